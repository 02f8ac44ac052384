package ptg_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"libptg.org/ptg"
)

// TestMain looks for goroutines that a test has left behind.
func TestMain(m *testing.M) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1) // starts a goroutine of Go's own
	before := runtime.NumGoroutine()
	code := m.Run()
	if left := settled(before); left > before {
		stacks := make([]byte, 1<<16)
		stacks = stacks[:runtime.Stack(stacks, true)]
		println("goroutines are left:", left, "of", before, "\n"+string(stacks))
		code = 1
	}
	os.Exit(code)
}

// countOf counts what this process has of a sort: "fd", its descriptors, or
// "task", its threads.
func countOf(t *testing.T, sort string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/" + sort)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// settled returns how many goroutines there are, once there are no more than
// limit or it is clear that they stay.
func settled(limit int) int {
	until := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > limit && time.Now().Before(until) {
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

func newRuntime(t testing.TB, options ptg.Options) *ptg.Runtime {
	t.Helper()
	rt, err := ptg.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() { // what it was to let go is stuck, perhaps for ever
			_ = rt.Root().BeginShutdown(ptg.Limits{Force: true, CancelWait: ptg.AtOnce})
		}
		if err := rt.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return rt
}

func newGroup(t testing.TB, parent *ptg.Group, options ptg.GroupOptions) *ptg.Group {
	t.Helper()
	group, err := parent.NewGroup(options)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

// within is a context that ends a test that hangs. As the deadline of a shutdown
// it leaves every group its own limits.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// receive fails the test if nothing comes.
func receive[T any](t testing.TB, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	return value
}

// logs is a logger and what it was told.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logs) has(parts ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, part := range parts {
		if !strings.Contains(l.text.String(), part) {
			return false
		}
	}
	return true
}

// failures is an error handler and what it was given.
type failures chan *ptg.Failure

func (f failures) handle(_ context.Context, failure *ptg.Failure) error {
	f <- failure
	return nil
}

func ignore(context.Context, *ptg.Failure) error { return nil }

func park(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func untilDrain(ctx context.Context) error {
	select {
	case <-ptg.Draining(ctx):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
