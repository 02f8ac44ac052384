package ptg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"libptg.org/ptg"
)

func TestNoGoroutineIsLeftAfterClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		rt, err := ptg.New(ptg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "g"})
		stop := rt.ShutdownOnSignals(ptg.Limits{})
		for range 100 {
			group.Go(park)
			rt.Root().Go(func(ctx context.Context) error { return ptg.Sleep(ctx, time.Hour) })
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		stop()
	}
	if after := settled(before); after > before {
		t.Errorf("%d goroutines became %d", before, after)
	}
	// Threads that the runtimes left are used again by Go: not one for each.
	if count := countOf(t, "task"); count > 20 {
		t.Errorf("%d threads are left", count)
	}
}

// A goroutine that outlives its runtime finds nothing to do any more, and
// nothing that is gone.
func TestGoroutineOutlivesItsRuntime(t *testing.T) {
	for _, manual := range []bool{false, true} {
		rt, err := ptg.New(ptg.Options{ManualClock: manual, Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
		if err != nil {
			t.Fatal(err)
		}
		release, returned := make(chan struct{}), make(chan struct{})
		started := make(chan struct{})
		task := rt.Root().Go(func(ctx context.Context) error {
			close(started)
			<-release
			defer close(returned)
			if err := ptg.Sleep(ctx, time.Second); !errors.Is(err, ptg.ErrClosed) && !errors.Is(err, context.Canceled) {
				t.Errorf("Sleep: %v", err)
			}
			if _, err := ptg.CurrentGroup(ctx).Spawn(ctx, ptg.TaskSpec{Run: park}); !errors.Is(err, ptg.ErrClosed) {
				t.Errorf("Spawn: %v", err)
			}
			return errors.New("too late for anybody")
		})
		receive(t, started)
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if err := task.Wait(within(t)); !errors.Is(err, ptg.ErrTimedOut) {
			t.Errorf("given up with %v", err)
		}
		close(release)
		receive(t, returned)
	}
}

func TestLateEndIsToldWhenAllIsClosed(t *testing.T) {
	for _, manual := range []bool{false, true} {
		rt := newRuntime(t, ptg.Options{ManualClock: manual, Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
		started, release := make(chan struct{}), make(chan struct{})
		task := rt.Root().Go(func(context.Context) error { close(started); <-release; return nil })
		receive(t, started)
		report, err := rt.Shutdown(within(t), ptg.Limits{Force: true})
		if err != nil || report.Rows[0].Abandoned != 1 {
			t.Fatalf("%+v, %v", report, err)
		}
		if _, isOver := task.Outcome(); isOver {
			t.Error("it is over before it ended")
		}
		close(release)
		if err := task.Wait(within(t)); err != nil {
			t.Error(err)
		}
		if outcome, _ := task.Outcome(); !outcome.Abandoned || !outcome.CancelRequested {
			t.Errorf("%+v", outcome)
		}
	}
}

// Neither C nor a table keeps a runtime that is closed.
func TestClosedRuntimeIsCollected(t *testing.T) {
	collected := make(chan struct{})
	func() {
		rt, err := ptg.New(ptg.Options{Root: ptg.GroupOptions{OnError: ignore}})
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(rt, func(int) { close(collected) }, 0)
		group := newGroup(t, rt.Root(), ptg.GroupOptions{})
		task := group.Go(func(context.Context) error { return errors.New("failed") })
		_ = task.Wait(within(t))
		_ = task.Finish(ptg.Outcome{Err: errors.New("again")})
		if _, err := rt.Watch(group.Handle(), ptg.WatchOptions{Over: func(ptg.Outcome) {}}); err != nil {
			t.Error(err)
		}
		handle := func(context.Context, *ptg.Queue, any) (*ptg.Task, error) { return nil, nil }
		if _, err := group.SpawnQueue(ptg.QueueSpec{Capacity: 1, Handle: handle}); err != nil {
			t.Error(err)
		}
		if _, err := group.SpawnProcess(ptg.ProcessSpec{Args: []string{"sleep", "1000"}}); err != nil {
			t.Error(err)
		}
		if err := errors.Join(rt.Close(), rt.Close()); err != nil {
			t.Error(err)
		}
	}()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
		runtime.GC()
		select {
		case <-collected:
			return
		default:
		}
	}
	t.Error("it is still kept")
}

func TestEverythingIsRefusedAfterClose(t *testing.T) {
	rt, err := ptg.New(ptg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	group := newGroup(t, rt.Root(), ptg.GroupOptions{})
	task := rt.Root().Go(park)
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	_, spawn := group.Spawn(within(t), ptg.TaskSpec{Run: park})
	_, send := group.Send(ptg.TaskSpec{Run: park})
	_, info := group.Info()
	_, plan := rt.Root().Plan()
	_, now := rt.Now()
	_, shut := group.Shutdown(within(t))
	for what, err := range map[string]error{
		"Go": group.Go(park).Wait(within(t)), "Spawn": spawn, "Send": send, "Info": info, "Plan": plan, "Now": now,
		"Shutdown": shut, "BeginShutdown": group.BeginShutdown(ptg.Limits{}), "Cancel": task.Cancel(""),
		"Finish": task.Finish(ptg.Outcome{}), "Post": rt.Post(func() {}, nil), "Do": rt.Do(func() {}),
		"RequestShutdown": rt.RequestShutdown(true), "Destroy": rt.Destroy(),
	} {
		if !errors.Is(err, ptg.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := rt.Close(); err != nil {
		t.Error("closing again:", err)
	}
}

func TestHooksMayCallEverythingAndWaitForNothing(t *testing.T) {
	told := make(chan error, 8)
	var rt *ptg.Runtime
	rt = newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: func(ctx context.Context, f *ptg.Failure) error {
		_, wait := rt.Root().Shutdown(context.Background())
		told <- wait
		told <- rt.Close()
		told <- rt.Destroy()
		_, err := f.Group.Spawn(ctx, ptg.TaskSpec{Run: func(context.Context) error { return nil }})
		told <- err
		return nil
	}}})
	rt.Root().Go(func(context.Context) error { return errors.New("begin") })
	if err := receive(t, told); !errors.Is(err, ptg.ErrDeadlock) {
		t.Errorf("Shutdown: %v", err)
	}
	if err := receive(t, told); !errors.Is(err, ptg.ErrReentrant) {
		t.Errorf("Close: %v", err)
	}
	if err := receive(t, told); !errors.Is(err, ptg.ErrReentrant) {
		t.Errorf("Destroy: %v", err)
	}
	if err := receive(t, told); err != nil {
		t.Errorf("a spawn from inside, while draining: %v", err)
	}
	if _, err := rt.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

// Functions that are told by events are hooks too, where C does not know it.
func TestHooksByEventsAreNoPlaceToDestroyFrom(t *testing.T) {
	for _, manual := range []bool{false, true} {
		rt, err := ptg.New(ptg.Options{ManualClock: manual, Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
		if err != nil {
			t.Fatal(err)
		}
		started, release, told := make(chan struct{}, 3), make(chan struct{}), make(chan error, 9)
		done := func(*ptg.Task, ptg.Outcome) {
			_, taken := rt.Take(9)
			for _, err := range []error{taken, rt.Destroy(), rt.Close()} {
				told <- err
			}
			if manual {
				told <- rt.Advance(0)
			}
		}
		for name, spec := range map[string]ptg.TaskSpec{
			"ends late":  {Run: func(context.Context) error { started <- struct{}{}; <-release; return nil }},
			"never does": {Start: func(*ptg.Task) error { started <- struct{}{}; return nil }},
		} {
			spec.Name, spec.Done = name, done
			if _, err := rt.Root().Spawn(within(t), spec); err != nil {
				t.Fatal(err)
			}
			receive(t, started)
		}
		if _, err := rt.Shutdown(within(t), ptg.Limits{Force: true}); err != nil {
			t.Fatal(err)
		}
		close(release)
		expect := func() {
			t.Helper()
			for range 3 {
				if err := receive(t, told); !errors.Is(err, ptg.ErrReentrant) {
					t.Error(err)
				}
			}
			if manual && !errors.Is(receive(t, told), ptg.ErrReentrant) {
				t.Error("time was moved")
			}
		}
		expect()
		if err := rt.Destroy(); err != nil {
			t.Fatal(err)
		}
		expect()
	}
}

func TestManyCloseAtOnce(t *testing.T) {
	for _, manual := range []bool{false, true} {
		for range 20 {
			rt, err := ptg.New(ptg.Options{ManualClock: manual})
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if err := rt.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
	}
}

// As many as were asked for, and room for no more than there are.
func TestCountNames(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	for n := range 300 {
		spec := ptg.TaskSpec{Name: fmt.Sprint(n), Run: park}
		if _, err := rt.Root().Spawn(within(t), spec); err != nil {
			t.Fatal(err)
		}
	}
	for capacity, expected := range map[int]int{0: 0, 7: 7, 256: 256, 257: 257, 300: 300, 1 << 60: 300} {
		if names, err := rt.Root().CountNames(capacity); err != nil || len(names) != expected {
			t.Errorf("%d for %d, %v", len(names), capacity, err)
		}
	}
}

// Goroutines without number spawn, cancel, look and shut down at once: what
// the race detector is for.
func TestManyGoroutinesAtOnce(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: ignore}})
	var ended, spawned atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			group, err := rt.NewGroup(ptg.GroupOptions{Grace: time.Minute})
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 300 {
				task := group.Go(func(context.Context) error {
					ended.Add(1)
					if n%7 == 0 {
						return errors.New("now and then")
					}
					return nil
				})
				spawned.Add(1)
				switch (n + i) % 10 {
				case 0:
					_ = task.Cancel("no reason")
				case 1:
					_ = task.Wait(context.Background())
				case 2:
					if _, err := group.Info(); err != nil {
						t.Error(err)
					}
				}
			}
			report, err := group.Shutdown(within(t))
			if err != nil {
				t.Error(err)
				return
			}
			if row := report.Rows[0]; row.Abandoned > 0 || row.Refused > 0 {
				t.Errorf("%+v", row)
			}
		})
	}
	all.Wait()
	if ended.Load() > spawned.Load() {
		t.Error("a task ran twice")
	}
}

func TestSnapshotOfTwoRuntimes(t *testing.T) {
	one := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{Name: "one"}})
	two := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{Name: "two"}})
	inner := newGroup(t, two.Root(), ptg.GroupOptions{Name: "inner"})
	task, err := inner.Spawn(within(t), ptg.TaskSpec{Name: "parked", Type: "sort", Run: park})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := ptg.SnapshotAll(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[ptg.Handle]string{}
	for _, group := range picture.Groups {
		groups[group.Group] = group.Name
	}
	for group, name := range map[*ptg.Group]string{one.Root(): "one", two.Root(): "two", inner: "inner"} {
		if groups[group.Handle()] != name {
			t.Errorf("%s is not in the picture", name)
		}
	}
	found := false
	for _, row := range picture.Tasks {
		found = found || row.Task == task.Handle() && row.Name == "parked" && row.Type == "sort" &&
			row.Group == inner.Handle()
	}
	if !found {
		t.Errorf("the task is not among %+v", picture.Tasks)
	}
}

func TestQueueHandlesInOrder(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true, Logger: (&logs{}).logger()})
	type message struct{ text string }
	var handled, dropped []string
	queue, err := rt.Root().SpawnQueue(ptg.QueueSpec{
		Name: "q", Capacity: 2,
		Handle: func(_ context.Context, _ *ptg.Queue, m any) (*ptg.Task, error) {
			text := m.(*message).text
			if text == "bad" {
				panic("bad message")
			}
			handled = append(handled, text)
			return nil, nil
		},
		Drop: func(_ *ptg.Queue, m any) { dropped = append(dropped, m.(*message).text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = rt.Do(func() {
		for _, text := range []string{"a", "b"} {
			if err := queue.Push(&message{text}, nil); err != nil {
				t.Error(err)
			}
		}
		if err := queue.Push(&message{"c"}, nil); !errors.Is(err, ptg.ErrFull) {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = rt.Advance(0)
	_ = rt.Do(func() { _, _ = queue.Push(&message{"bad"}, nil), queue.Push(&message{"left"}, nil) })
	_ = rt.Advance(0)
	var panicked *ptg.PanicError
	if err := queue.Wait(within(t)); !errors.As(err, &panicked) {
		t.Errorf("it ended with %v", err)
	}
	if got := strings.Join(handled, "") + " " + strings.Join(dropped, ","); got != "ab bad,left" {
		t.Error(got)
	}
}

func TestPlanAndBlame(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{Grace: time.Second, CancelWait: time.Second}})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "g"})
	plan, err := rt.Root().Plan()
	if err != nil || len(plan) != 2 || plan[0].Group != group.Handle() || plan[1].Begin != plan[0].Closed {
		t.Errorf("%+v, %v", plan, err)
	}
	group.Go(untilDrain)
	if _, err := rt.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	blame, err := rt.Root().Blame()
	if err != nil || len(blame) == 0 {
		t.Errorf("%+v, %v", blame, err)
	}
}

// It ends the program, which would hang: there is no way to go on.
func TestGoexitInAHookIsSaid(t *testing.T) {
	if os.Getenv("PTG_GOEXIT") != "" {
		rt := newRuntime(t, ptg.Options{})
		_ = rt.Do(func() { t.FailNow() })
	}
	command := exec.Command(os.Args[0], "-test.run=^TestGoexitInAHookIsSaid$")
	command.Env = append(os.Environ(), "PTG_GOEXIT=1")
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(output), "runtime.Goexit") ||
		!strings.Contains(string(output), "runtime_test.go") {
		t.Errorf("%v\n%s", err, output)
	}
}

// What is left to tell is told by it.
func TestDestroyJustAfterALateEnd(t *testing.T) {
	for _, manual := range []bool{false, true} {
		rt := newRuntime(t, ptg.Options{ManualClock: manual, Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
		started := make(chan struct{})
		task, err := rt.Root().Spawn(within(t), ptg.TaskSpec{Start: func(*ptg.Task) error { close(started); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		receive(t, started)
		if _, err := rt.Shutdown(within(t), ptg.Limits{Force: true}); err != nil {
			t.Fatal(err)
		}
		err = rt.Do(func() {
			if err := errors.Join(task.Finish(ptg.Outcome{Value: 7}), rt.Destroy()); err != nil {
				t.Error(err)
			}
		})
		if outcome, isOver := task.Outcome(); err != nil || !isOver || outcome.Value != 7 {
			t.Errorf("%v, %+v", err, outcome)
		}
	}
}
