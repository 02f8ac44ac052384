package ptg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"libptg.org/ptg"
)

// child is a process and what it was heard to say.
type child struct {
	*ptg.Process
	lines chan string
}

func (c *child) hears(spec ptg.ProcessSpec) ptg.ProcessSpec {
	c.lines = make(chan string, 16)
	spec.OnLine = func(_ *ptg.Process, stream ptg.Stream, line string) {
		c.lines <- map[ptg.Stream]string{ptg.Stdout: "", ptg.Stderr: "stderr: "}[stream] + line
	}
	return spec
}

// shell spawns a script, which is heard.
func shell(t *testing.T, group *ptg.Group, script string) *child {
	t.Helper()
	c := &child{}
	var err error
	c.Process, err = group.SpawnProcess(c.hears(ptg.ProcessSpec{Args: []string{"sh", "-c", script}}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) says(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if got := receive(t, c.lines); got != line {
			t.Errorf("it said %q, and not %q", got, line)
		}
	}
}

func (c *child) pid(t *testing.T) int {
	t.Helper()
	pid, err := c.Pid()
	if err != nil || pid <= 0 {
		t.Fatal(pid, err)
	}
	return pid
}

func isAlive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// children are those of this program, as the kernel has them.
func children(t *testing.T) string {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		t.Fatal(lists, err)
	}
	all := ""
	for _, list := range lists {
		// A thread may be gone since.
		if text, err := os.ReadFile(list); err == nil {
			all += string(text)
		}
	}
	return all
}

func TestProcessThatEndsWell(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	dir, told := t.TempDir(), make(chan string, 4)
	c := &child{}
	var err error
	c.Process, err = rt.Root().SpawnProcess(c.hears(ptg.ProcessSpec{
		Args: []string{"sh", "-c", `echo "$PTG_WORD $1"; pwd; printf 'no end' >&2`, "sh", "two  words"},
		Env:  append(os.Environ(), "PTG_WORD=given"), Dir: dir,
		Started: func(p *ptg.Process) { told <- "started " + strconv.FormatBool(p == c.Process) },
		Done:    func(p *ptg.Process, o ptg.Outcome) { told <- "done " + strconv.FormatBool(o.Status == ptg.OK) },
		Release: func() { told <- "released" },
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(within(t)); err != nil {
		t.Error(err)
	}
	lines := []string{receive(t, c.lines), receive(t, c.lines), receive(t, c.lines)}
	for _, line := range []string{"given two  words", dir, "stderr: no end"} {
		if !slices.Contains(lines, line) {
			t.Errorf("%q is not among %q", line, lines)
		}
	}
	for _, what := range []string{"started true", "done true", "released"} {
		if got := receive(t, told); got != what {
			t.Errorf("told %q, and not %q", got, what)
		}
	}
	if c.Name() != "sh" || c.Group() != rt.Root() {
		t.Errorf("%q in %v", c.Name(), c.Group())
	}
	if _, err := c.Pid(); !errors.Is(err, ptg.ErrStale) {
		t.Errorf("the pid of one that is over: %v", err)
	}
	if err := c.Signal(os.Interrupt); !errors.Is(err, ptg.ErrStale) {
		t.Errorf("a signal to one that is over: %v", err)
	}
}

func TestOutputIsAppendedToFiles(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	both := filepath.Join(t.TempDir(), "both")
	if err := os.WriteFile(both, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rt.Root().SpawnProcess(ptg.ProcessSpec{
		Args: []string{"sh", "-c", "echo out; echo err >&2"}, Stdout: both, Stderr: both,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(within(t)); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(both); err != nil || string(text) != "before\nout\nerr\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// Who waits and the handler are given the very error.
func TestFailuresOfProcesses(t *testing.T) {
	handled := make(failures, 1)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for _, expected := range []struct {
		spec   ptg.ProcessSpec
		text   string
		is     []error
		code   int
		signal syscall.Signal
	}{
		{
			spec: ptg.ProcessSpec{Args: []string{"sh", "-c", "exit 3"}},
			text: "exit status 3", is: []error{ptg.ErrExit}, code: 3,
		},
		{
			spec: ptg.ProcessSpec{Args: []string{"sh", "-c", "kill -KILL $$"}},
			text: "ended by signal 9 (killed)", is: []error{ptg.ErrSignal}, signal: syscall.SIGKILL,
		},
		{
			spec: ptg.ProcessSpec{Args: []string{nowhere}},
			text: "ptg: cannot run " + nowhere + ": no such file or directory",
			is:   []error{ptg.ErrSystem, syscall.ENOENT, os.ErrNotExist},
		},
		{
			spec: ptg.ProcessSpec{Args: []string{"true"}, Dir: nowhere},
			text: "ptg: cannot change to folder " + nowhere + ": no such file or directory",
			is:   []error{ptg.ErrSystem, syscall.ENOENT},
		},
		{
			spec: ptg.ProcessSpec{Args: []string{"true"}, Stdout: nowhere + "/file"},
			text: "ptg: cannot open " + nowhere + "/file: no such file or directory",
			is:   []error{ptg.ErrSystem, syscall.ENOENT},
		},
	} {
		p, err := rt.Root().SpawnProcess(expected.spec)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Wait(within(t))
		if err == nil || err.Error() != expected.text {
			t.Errorf("%q was expected, and not: %v", expected.text, err)
		}
		for _, is := range expected.is {
			if !errors.Is(err, is) {
				t.Errorf("%v is not %v", err, is)
			}
		}
		var exit *ptg.ExitError
		hasExit := errors.As(err, &exit)
		if hasExit != (expected.code+int(expected.signal) > 0) {
			t.Errorf("%#v", err)
		}
		if hasExit && (exit.Code != expected.code || exit.Signal != expected.signal) {
			t.Errorf("%+v", exit)
		}
		if failure := receive(t, handled); failure.Task != p.Task || failure.Outcome.Err != err {
			t.Errorf("the handler was given %v of %v", failure.Outcome.Err, failure.Task)
		}
	}
}

func TestProcessIsToldToDrain(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Grace: ptg.Forever})
	dies := shell(t, group, "echo ready; exec sleep 1000")
	ends, err := group.SpawnProcess((&child{}).hears(ptg.ProcessSpec{Args: []string{"true"}}))
	if err != nil {
		t.Fatal(err)
	}
	asked := &child{}
	asked.Process, err = group.SpawnProcess(asked.hears(ptg.ProcessSpec{
		Name: "asked", Args: []string{"sh", "-c", "trap 'echo told; exit 0' USR1; echo ready; sleep 1000 & wait"},
		DrainSignal: syscall.SIGUSR1,
	}))
	if err != nil {
		t.Fatal(err)
	}
	dies.says(t, "ready")
	asked.says(t, "ready")
	if err := ends.Wait(within(t)); err != nil {
		t.Error(err)
	}
	pids := []int{dies.pid(t), asked.pid(t)}
	report, err := group.Shutdown(within(t))
	if err != nil {
		t.Fatal(err)
	}
	asked.says(t, "told")
	if err := asked.Wait(within(t)); err != nil {
		t.Error("who exits with 0 ended well:", err)
	}
	err = dies.Wait(within(t))
	if !errors.Is(err, ptg.ErrCanceled) || !errors.Is(err, context.Canceled) ||
		err.Error() != "ptg: cancelled: ended by signal 15 (Terminated)" {
		t.Errorf("it ended with %v", err)
	}
	if row := report.Rows[0]; row.Drained != 1 || row.Cancelled != 1 || !report.IsClean() {
		t.Errorf("%+v", row)
	}
	for _, pid := range pids {
		if isAlive(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

func TestProcessIsCancelled(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	c := shell(t, rt.Root(), "sleep 1000 & echo $!; sleep 1000")
	grandchild, err := strconv.Atoi(receive(t, c.lines))
	if err != nil {
		t.Fatal(err)
	}
	pid := c.pid(t)
	if err := c.Cancel("no longer wanted"); err != nil {
		t.Fatal(err)
	}
	var cause *ptg.Cancellation
	if err := c.Wait(within(t)); !errors.As(err, &cause) || cause.Reason != "no longer wanted" {
		t.Errorf("it ended with %v", err)
	}
	if outcome, _ := c.Outcome(); outcome.Code != int32(syscall.SIGTERM) || !outcome.CancelRequested {
		t.Errorf("%+v", outcome)
	}
	if isAlive(pid) || isAlive(grandchild) {
		t.Errorf("of %d and %d there is something left", pid, grandchild)
	}
}

// By the manual clock, and by a short cancel wait of a real one.
func TestProcessThatWillNotEndIsKilled(t *testing.T) {
	for _, manual := range []bool{true, false} {
		rt := newRuntime(t, ptg.Options{ManualClock: manual})
		wait := 10 * time.Millisecond
		if manual {
			wait = time.Hour
		}
		group := newGroup(t, rt.Root(), ptg.GroupOptions{CancelWait: wait})
		c := shell(t, group, "trap '' TERM; echo ready; sleep 1000")
		c.says(t, "ready")
		pid := c.pid(t)
		if err := group.BeginShutdown(ptg.Limits{Force: true}); err != nil {
			t.Fatal(err)
		}
		if manual {
			if err := rt.Advance(time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Wait(within(t)); !errors.Is(err, ptg.ErrCanceled) {
			t.Errorf("it ended with %v", err)
		}
		if outcome, _ := c.Outcome(); !outcome.Killed || outcome.Abandoned || outcome.Code != int32(syscall.SIGKILL) {
			t.Errorf("%+v", outcome)
		}
		if isAlive(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

func TestSignals(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	var c *child
	err := rt.Do(func() {
		c = shell(t, rt.Root(), "trap 'echo hup; exit 4' HUP; echo ready; sleep 1000 & wait")
		if err := c.Signal(syscall.SIGHUP); !errors.Is(err, ptg.ErrBusy) {
			t.Errorf("before it has started: %v", err)
		}
		if pid, err := c.Pid(); pid != 0 || err != nil {
			t.Errorf("before it has started: %d, %v", pid, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c.says(t, "ready")
	if err := c.Signal(syscall.SIGHUP); err != nil {
		t.Error(err)
	}
	c.says(t, "hup")
	var exit *ptg.ExitError
	if err := c.Wait(within(t)); !errors.As(err, &exit) || exit.Code != 4 {
		t.Errorf("it ended with %v", err)
	}
}

// It ends the task, and with it the process.
func TestPanicInAFunctionOfAProcess(t *testing.T) {
	handled := make(failures, 1)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	pids := make(chan int, 1)
	p, err := rt.Root().SpawnProcess(ptg.ProcessSpec{
		Args: []string{"sh", "-c", "echo ready; exec sleep 1000"},
		OnLine: func(p *ptg.Process, _ ptg.Stream, line string) {
			pid, _ := p.Pid()
			pids <- pid
			panic(line)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var panicked *ptg.PanicError
	if err := p.Wait(within(t)); !errors.As(err, &panicked) || panicked.Value != "ready" {
		t.Errorf("it ended with %v", err)
	}
	receive(t, handled)
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	if pid := receive(t, pids); isAlive(pid) {
		t.Errorf("process %d is left", pid)
	}
}

// A spawn by libptg's own way in is carried out late in a turn of its loop.
func TestProcessSpawnedByATask(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	said := make(chan string, 1)
	_, err := rt.Root().Send(ptg.TaskSpec{Start: func(task *ptg.Task) error {
		_, err := rt.Root().SpawnProcess(ptg.ProcessSpec{
			Args:   []string{"echo", "here"},
			OnLine: func(_ *ptg.Process, _ ptg.Stream, line string) { said <- line },
		})
		return errors.Join(err, task.Finish(ptg.Outcome{}))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if line := receive(t, said); line != "here" {
		t.Error(line)
	}
}

func TestNoProcessIsLeftAfterClose(t *testing.T) {
	before := 0
	for range 2 {
		rt, err := ptg.New(ptg.Options{Root: ptg.GroupOptions{CancelWait: 10 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			shell(t, rt.Root(), "echo ready; sleep 1000 & exec sleep 1000").says(t, "ready")
			shell(t, rt.Root(), "trap '' TERM; echo ready; sleep 1000 & sleep 1000").says(t, "ready")
			shell(t, rt.Root(), "echo never heard")
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if left := children(t); left != "" {
			t.Errorf("processes are left: %s", left)
		}
		// The first time a few are opened for as long as the program runs.
		if after := countOf(t, "fd"); before > 0 && after > before {
			t.Errorf("%d open descriptors became %d", before, after)
		}
		before = countOf(t, "fd")
	}
}
