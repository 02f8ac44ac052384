package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The two tasks print as they come; the lines are compared in any order.
func TestFirstProgramAndWhatTheReadmeSaysOfIt(t *testing.T) {
	readme := read(t, "../../README.md")
	if !strings.Contains(readme, "```go\n"+read(t, "main.go")+"```") {
		t.Error("README.md does not show this program")
	}
	_, shown, _ := strings.Cut(readme, "$ go run ./examples/first\n\n")
	shown, _, _ = strings.Cut(shown, "\n\nA")
	if got, shown := lines(run(t)), lines(shown); !slices.Equal(got, shown) {
		t.Errorf("it prints\n%q\nand README.md says\n%q", got, shown)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run returns what main prints.
func run(t *testing.T) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "printed")
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = file
	main()
	os.Stdout = stdout
	return read(t, file.Name())
}

func lines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return lines
}
