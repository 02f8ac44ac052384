package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// The test's own program is the server when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("STORE_SERVER") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type server struct {
	command *exec.Cmd
	out     *bufio.Reader
	address string
}

func start(t *testing.T, file string) *server {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{command: exec.Command(program, "--port", "0", "--store", file)}
	s.command.Env = append(os.Environ(), "STORE_SERVER=1")
	s.command.Stderr = os.Stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.command.Process.Kill() })
	s.out = bufio.NewReader(out)
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.address = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return s
}

func (s *server) end(t *testing.T, signals ...os.Signal) (report string) {
	t.Helper()
	for _, signal := range signals {
		if err := s.command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := io.ReadAll(s.out)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		t.Errorf("%v, and said\n%s", err, rest)
	}
	return string(rest)
}

// load puts until the connection ends, and returns what was sent and what of it
// was acknowledged.
func load(address string, client int, acknowledged func()) (sent, acked []string, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for n := 0; ; n++ {
		key := fmt.Sprintf("k%d-%d", client, n)
		sent = append(sent, key+" value of "+key)
		if _, err := fmt.Fprintf(conn, "put %s value of %s\n", key, key); err != nil {
			return sent, acked, nil
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return sent, acked, nil
		}
		if line != "stored "+key+"\n" {
			return sent, acked, errors.New(line)
		}
		acked = append(acked, sent[n])
		acknowledged()
	}
}

func TestSIGTERMUnderLoadKeepsWhatWasAcknowledged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store")
	server := start(t, file)
	var clients sync.WaitGroup
	var mu sync.Mutex
	var count atomic.Int64
	var sent, acked []string
	enough := make(chan struct{})
	for client := range 8 {
		clients.Go(func() {
			s, a, err := load(server.address, client, func() {
				if count.Add(1) == 2000 {
					close(enough)
				}
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			sent, acked = append(sent, s...), append(acked, a...)
		})
	}
	<-enough
	report := server.end(t, syscall.SIGTERM)
	clients.Wait()

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stored := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	slices.Sort(stored)
	slices.Sort(sent)
	if len(slices.Compact(slices.Clone(stored))) != len(stored) {
		t.Error("something is stored twice")
	}
	for _, line := range acked {
		if _, found := slices.BinarySearch(stored, line); !found {
			t.Errorf("%q was acknowledged and is not stored", line)
		}
	}
	for _, line := range stored {
		if _, found := slices.BinarySearch(sent, line); !found {
			t.Errorf("%q is stored and was not sent", line)
		}
	}
	const expected = `report /accept drained=1 cancelled=0 failed=0 refused=0 abandoned=0
report /handlers drained=8 cancelled=0 failed=0 refused=0 abandoned=0
report /store drained=1 cancelled=0 failed=0 refused=0 abandoned=0
report / drained=0 cancelled=0 failed=0 refused=0 abandoned=0
`
	if report != expected {
		t.Errorf("the report is\n%s", report)
	}
	t.Logf("%d acknowledged, %d stored, %d sent", len(acked), len(stored), len(sent))
}

func TestProtocol(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(file, []byte("before 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	server := start(t, file)
	conn, err := net.Dial("tcp", server.address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "count\nput a b c\nput a\nnonsense\ncount\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for _, expected := range []string{"1", "stored a", "error: ", "error: ", "2"} {
		line, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, expected) {
			t.Errorf("expected %q, got %q, %v", expected, line, err)
		}
	}
	_ = conn.Close()
	server.end(t, syscall.SIGINT)
	if text, err := os.ReadFile(file); err != nil || string(text) != "before 1\na b c\n" {
		t.Errorf("%q, %v", text, err)
	}
}
