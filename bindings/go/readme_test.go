package ptg_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What README.md shows is in the examples, to the letter, and so is what they
// print.
func TestReadmeShowsTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	programs := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	programs = programs[1:] // that of examples/first, which has a test of its own
	for _, log := range regexp.MustCompile(`(?m)^    (level=.*\n)`).FindAllStringSubmatch(string(readme), -1) {
		programs = append(programs, []string{"", "// " + log[1]})
	}
	if len(programs) != 4 {
		t.Errorf("%d programs are shown", len(programs))
	}
	for _, program := range programs {
		body := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(program[1], "\t$1")
		if !strings.Contains(string(examples), body) {
			t.Errorf("README.md shows what is not in example_test.go:\n%s", program[1])
		}
	}
}
