package ptg_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"libptg.org/ptg"
)

func TestTaskThatEndsWell(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	ran := make(chan struct{}, 1)
	task := rt.Root().Go(func(context.Context) error { ran <- struct{}{}; return nil })
	if err := task.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, ran)
	if outcome, ok := task.Outcome(); !ok || outcome.Status != ptg.OK {
		t.Fatalf("outcome %+v, over %v", outcome, ok)
	}
}

type ownError struct{ details []string }

func (e *ownError) Error() string { return "own: " + strings.Join(e.details, ",") }

type panickingError struct{ text *string }

func (e panickingError) Error() string { return *e.text }

type wrappingError struct{ inner error }

func (e *wrappingError) Error() string { return e.inner.Error() }

func (e *wrappingError) Unwrap() error { return e.inner }

// The very object arrives, at the handler and at who waits, whatever it is.
func TestErrorObjectsArriveUnharmed(t *testing.T) {
	own := &ownError{[]string{"a", "b"}}
	for name, failure := range map[string]error{
		"a type of its own":                   own,
		"one that wraps":                      fmt.Errorf("wrapping: %w", own),
		"two joined":                          errors.Join(own, errors.New("other")),
		"one with bytes that are not UTF-8":   errors.New("\xff\xfe and \x00"),
		"one of many kilobytes":               errors.New(strings.Repeat("long ", 20_000)),
		"one with nothing to say":             errors.New(""),
		"one whose Error panics":              panickingError{},
		"a nil pointer":                       (*wrappingError)(nil),
		"a cancellation that nobody asked of": context.Canceled,
		"a status":                            ptg.ErrFull,
	} {
		t.Run(name, func(t *testing.T) {
			handled := make(failures, 1)
			rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
			task := rt.Root().Go(func(context.Context) error { return failure })
			if err := task.Wait(within(t)); err != failure {
				t.Errorf("who waited got %#v", err)
			}
			got := receive(t, handled)
			if got.Outcome.Err != failure || got.Unwrap() != failure {
				t.Errorf("the handler got %#v", got.Outcome.Err)
			}
			if !utf8.ValidString(got.Outcome.Message) {
				t.Errorf("its text is %q", got.Outcome.Message)
			}
			if got.Task.Handle() != task.Handle() {
				t.Errorf("it is said of task %d, and not of %d", got.Task.Handle(), task.Handle())
			}
		})
	}
}

type server struct{}

func (*server) serve(ctx context.Context) error { return park(ctx) }

func generic[T any](ctx context.Context) error { return park(ctx) }

func TestTasksHaveTheNamesOfTheirFunctions(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	inside := func(ctx context.Context) error { return park(ctx) }
	for name, run := range map[string]func(context.Context) error{
		"park":         park,
		"server.serve": new(server).serve,
		"generic":      generic[int],
		"TestTasksHaveTheNamesOfTheirFunctions.func1": inside,
	} {
		spawned, err := rt.Root().Spawn(within(t), ptg.TaskSpec{Run: run})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range []*ptg.Task{rt.Root().Go(run), spawned} {
			info, err := task.Info()
			if err != nil || info.Name != name || info.Type != name || task.Name() != name {
				t.Errorf("%s: %+v, %v", name, info, err)
			}
		}
	}
	named, err := rt.Root().Spawn(within(t), ptg.TaskSpec{Name: "n", Type: "t", Place: "here", Run: park})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := named.Info(); err != nil || info.Name != "n" || info.Type != "t" || info.Place != "here" {
		t.Errorf("%+v, %v", info, err)
	}
}

// From outside, from a task, and in a hook.
func TestTasksKnowWhereTheyWereSpawned(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	spawned := make(chan *ptg.Task, 3)
	_, _, line, _ := runtime.Caller(0)
	spawned <- rt.Root().Go(func(ctx context.Context) error {
		spawned <- ptg.Go(ctx, park)
		return park(ctx)
	})
	if err := rt.Do(func() { spawned <- rt.Root().Go(park) }); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for range 3 {
		info, err := receive(t, spawned).Info()
		if err != nil {
			t.Fatal(err)
		}
		found[info.Place] = true
	}
	for _, after := range []int{1, 2, 5} {
		if place := fmt.Sprintf("task_test.go:%d", line+after); !found[place] {
			t.Errorf("%s is not among %v", place, found)
		}
	}
}

func TestPanicIsAFailureWithItsStack(t *testing.T) {
	handled := make(failures, 1)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	other := rt.Root().Go(untilDrain)
	task := rt.Root().Go(panicking)
	var panicked *ptg.PanicError
	if err := task.Wait(within(t)); !errors.As(err, &panicked) {
		t.Fatalf("it ended with %v", err)
	}
	if panicked.Value != "dropped" || !strings.Contains(string(panicked.Stack), "ptg_test.panicking") {
		t.Errorf("value %v, stack\n%s", panicked.Value, panicked.Stack)
	}
	if failure := receive(t, handled); !errors.Is(failure, panicked) {
		t.Errorf("the handler got %v", failure)
	}
	if _, isOver := other.Outcome(); isOver {
		t.Error("its sibling was harmed")
	}
}

func panicking(context.Context) error { panic("dropped") }

func TestGoexitIsAFailure(t *testing.T) {
	handled := make(failures, 1)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	task := rt.Root().Go(func(context.Context) error { runtime.Goexit(); return nil })
	if err := task.Wait(within(t)); err != ptg.ErrGoexit {
		t.Fatalf("it ended with %v", err)
	}
}

func TestCancelReachesTheContext(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	started := make(chan struct{})
	task := rt.Root().Go(func(ctx context.Context) error {
		close(started)
		<-ctx.Done()
		if ctx.Err() != context.Canceled {
			return fmt.Errorf("Err is %v", ctx.Err())
		}
		return context.Cause(ctx)
	})
	receive(t, started)
	if err := task.Cancel("no longer wanted"); err != nil {
		t.Fatal(err)
	}
	err := task.Wait(within(t))
	var cause *ptg.Cancellation
	if !errors.As(err, &cause) || cause.Reason != "no longer wanted" || !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %#v", err)
	}
	info, err := rt.Root().Info()
	if err != nil || info.Cancelled != 1 || info.Failed != 0 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestCancelBeforeTheFirstRun(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true, Stepped: true})
	task, err := rt.Root().Spawn(context.Background(), ptg.TaskSpec{Run: func(context.Context) error {
		t.Error("it ran")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = rt.Do(func() {
		if err := task.Cancel("too late"); err != nil {
			t.Error(err)
		}
		if err := rt.Advance(0); err != nil {
			t.Error(err)
		}
		if _, err := rt.Take(9); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	outcome, isOver := task.Outcome()
	if !isOver || !outcome.NeverRan || outcome.Status != ptg.ErrCanceled {
		t.Fatalf("%+v, over %v", outcome, isOver)
	}
}

// A context that is derived from a task's costs no goroutine, as one that is
// derived from the standard library's.
func TestContextsDeriveLikeTheStandardOnes(t *testing.T) {
	type key struct{}
	values := context.WithValue(context.Background(), key{}, "given")
	rt := newRuntime(t, ptg.Options{Context: values})
	derived := make(chan context.Context, 1)
	counts := make(chan int, 2)
	task := rt.Root().Go(func(ctx context.Context) error {
		counts <- runtime.NumGoroutine()
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		counts <- runtime.NumGoroutine()
		derived <- child
		<-child.Done()
		if ctx.Value(key{}) != "given" {
			return errors.New("the values are lost")
		}
		return context.Cause(child)
	})
	child := receive(t, derived)
	if before, after := receive(t, counts), receive(t, counts); after > before {
		t.Errorf("%d goroutines became %d", before, after)
	}
	if ptg.CurrentTask(child) != task || ptg.CurrentGroup(child) != rt.Root() {
		t.Error("a derived context does not know the task and group")
	}
	stop := make(chan error, 1)
	context.AfterFunc(child, func() { stop <- context.Cause(child) })
	if err := task.Cancel("because"); err != nil {
		t.Fatal(err)
	}
	if cause := receive(t, stop); cause.Error() != "ptg: cancelled: because" {
		t.Error(cause)
	}
	if err := task.Wait(within(t)); !errors.Is(err, ptg.ErrCanceled) {
		t.Fatal(err)
	}
}

func TestSleepFollowsTheManualClock(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true})
	asleep := make(chan struct{})
	task := rt.Root().Go(func(ctx context.Context) error {
		close(asleep)
		return ptg.Sleep(ctx, time.Hour)
	})
	receive(t, asleep)
	begin := time.Now()
	for _, isOver := task.Outcome(); !isOver; _, isOver = task.Outcome() {
		if err := rt.Advance(10 * time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := rt.Now(); err != nil || now < time.Hour {
		t.Errorf("it slept until %v, %v", now, err)
	}
	if time.Since(begin) > 10*time.Minute {
		t.Error("time was waited for")
	}
	if err := task.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

func TestSleepEndsWhenCancelled(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true})
	task := rt.Root().Go(func(ctx context.Context) error { return ptg.Sleep(ctx, time.Hour) })
	if err := task.Cancel("wake up"); err != nil {
		t.Fatal(err)
	}
	if err := task.Wait(within(t)); !errors.Is(err, ptg.ErrCanceled) {
		t.Fatal(err)
	}
}

func TestWhoWaitsForItselfIsTold(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "around"})
	tasks := make(chan *ptg.Task, 1)
	task := group.Go(func(ctx context.Context) error {
		self := <-tasks
		if err := self.Wait(ctx); !errors.Is(err, ptg.ErrDeadlock) {
			return fmt.Errorf("waiting for itself: %v", err)
		}
		if _, err := rt.Wait(ctx); !errors.Is(err, ptg.ErrDeadlock) {
			return fmt.Errorf("waiting for the root: %v", err)
		}
		if _, err := group.Shutdown(ctx); !errors.Is(err, ptg.ErrDeadlock) {
			return fmt.Errorf("waiting for the group around: %v", err)
		}
		<-ptg.Draining(ctx) // and the shutdown goes on
		return nil
	})
	tasks <- task
	if err := task.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestOwnerAndItsGroup(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	release := make(chan struct{})
	owner, err := rt.Root().Spawn(within(t), ptg.TaskSpec{Name: "owner", Run: func(context.Context) error {
		<-release
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	owned := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "owned", Owner: owner})
	inside := owned.Go(func(ctx context.Context) error {
		if err := owner.Wait(ctx); !errors.Is(err, ptg.ErrDeadlock) {
			return fmt.Errorf("waiting for the owner: %v", err)
		}
		close(release)
		return untilDrain(ctx)
	})
	if err := owner.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := inside.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestCallbacksInsteadOfAGoroutine(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true, Stepped: true})
	var told []string
	note := func(what string) func(*ptg.Task) { return func(*ptg.Task) { told = append(told, what) } }
	task, err := rt.Root().Spawn(context.Background(), ptg.TaskSpec{
		Name:  "driven",
		Start: func(task *ptg.Task) error { told = append(told, "start"); return task.Sleep(time.Second) },
		Wake:  note("wake"), Drain: note("drain"), Kill: note("kill"),
		Cancel: func(_ *ptg.Task, cause *ptg.Cancellation) { told = append(told, "cancel "+cause.Reason) },
		Done: func(task *ptg.Task, outcome ptg.Outcome) {
			told = append(told, fmt.Sprint("done ", outcome.Value, outcome.Killed))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	steps := func() {
		_ = rt.Advance(2 * time.Second)
		_ = rt.Root().BeginShutdown(ptg.Limits{Grace: time.Second, CancelWait: time.Second})
		_ = rt.Advance(2500 * time.Millisecond)
		_ = task.Finish(ptg.Outcome{Value: 7})
		_ = rt.Advance(0)
	}
	if err := rt.Do(steps); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(told, ", "); got != "start, wake, drain, cancel shutdown, kill, done 7 true" {
		t.Error(got)
	}
}

// What was given along is released once, whether or not the task ever ran.
func TestReleaseOnceInAnyCase(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	open := newGroup(t, rt.Root(), ptg.GroupOptions{MaxTasks: 1})
	block, released := make(chan struct{}), make(chan string, 16)
	spec := func(name string, run func(context.Context) error) ptg.TaskSpec {
		return ptg.TaskSpec{Name: name, Run: run, Release: func() { released <- name }}
	}
	ran, err := open.Spawn(within(t), spec("ran", func(context.Context) error { <-block; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Spawn(within(t), spec("refused", park)); !errors.Is(err, ptg.ErrFull) {
		t.Error(err)
	}
	if got := receive(t, released); got != "refused" {
		t.Error(got)
	}
	sent, err := open.Send(spec("sent", park))
	if err != nil {
		t.Fatal(err)
	}
	if err := sent.Wait(within(t)); !errors.Is(err, ptg.ErrFull) {
		t.Error(err)
	}
	if got := receive(t, released); got != "sent" {
		t.Error(got)
	}
	if _, err := open.Spawn(within(t), spec("malformed", nil)); !errors.Is(err, ptg.ErrInvalid) {
		t.Error(err)
	}
	if got := receive(t, released); got != "malformed" {
		t.Error(got)
	}
	close(block)
	if err := ran.Wait(within(t)); err != nil {
		t.Error(err)
	}
	if got := receive(t, released); got != "ran" {
		t.Error(got)
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Spawn(within(t), spec("after", park)); !errors.Is(err, ptg.ErrClosed) {
		t.Error(err)
	}
	if _, err := open.Send(spec("after", park)); !errors.Is(err, ptg.ErrClosed) {
		t.Error(err)
	}
	if one, two := receive(t, released), receive(t, released); one != "after" || two != "after" || len(released) > 0 {
		t.Error(one, two, len(released))
	}
}

func TestObservedFailureIsForWhoWaits(t *testing.T) {
	handled := make(failures, 2)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	failure := errors.New("for who waits")
	task, err := rt.Root().Spawn(within(t), ptg.TaskSpec{
		Observed: true, Run: func(context.Context) error { return failure },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := task.Wait(within(t)); err != failure {
		t.Error(err)
	}
	info, err := rt.Root().Info()
	if err != nil || info.Failed != 1 || len(handled) > 0 {
		t.Errorf("%+v, %v, %d handled", info, err, len(handled))
	}
}

// That they are both without a handle makes them no one task.
func TestWhoWaitsWithTheContextOfOneThatWasRefused(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	full := newGroup(t, rt.Root(), ptg.GroupOptions{MaxTasks: 1})
	full.Go(park)
	one, other := full.Go(park), full.Go(park)
	if err := one.Wait(context.WithoutCancel(other.Context())); !errors.Is(err, ptg.ErrFull) {
		t.Error(err)
	}
}

func TestOnlyTheFirstFinishCounts(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: ignore}})
	first := errors.New("first")
	task, err := rt.Root().Spawn(within(t), ptg.TaskSpec{Start: func(task *ptg.Task) error {
		if err := task.Finish(ptg.Outcome{Err: first}); err != nil {
			t.Error(err)
		}
		if err := task.Finish(ptg.Outcome{Err: errors.New("second")}); !errors.Is(err, ptg.ErrStale) {
			t.Error(err)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := task.Wait(within(t)); err != first {
		t.Error(err)
	}
}

// A hook can ask it to end; what needs the task itself says why it cannot be.
func TestATaskOnItsWayIsMetInAHook(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	inside, met, seen := make(chan struct{}), make(chan *ptg.Task), make(chan struct{})
	err := rt.Post(func() {
		defer close(seen)
		close(inside)
		task := <-met
		if handle := task.Handle(); handle != 0 {
			t.Error("it has a handle:", handle)
		}
		if _, err := task.Info(); !errors.Is(err, ptg.ErrBusy) {
			t.Error(err)
		}
		if err := task.Cancel("met"); err != nil {
			t.Error(err)
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	receive(t, inside)
	task := rt.Root().Go(park)
	met <- task
	receive(t, seen)
	var cause *ptg.Cancellation
	if err := task.Wait(within(t)); !errors.As(err, &cause) || cause.Reason != "met" {
		t.Error(err)
	}
}

func TestATaskSleepsOnceAtATime(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true})
	sleeping, refused := make(chan error, 2), make(chan struct{})
	task := rt.Root().Go(func(ctx context.Context) error {
		for range 2 {
			go func() { sleeping <- ptg.Sleep(ctx, time.Hour) }()
		}
		if err := <-sleeping; !errors.Is(err, ptg.ErrBusy) {
			t.Error("the second:", err)
		}
		close(refused)
		if err := <-sleeping; !errors.Is(err, ptg.ErrCanceled) {
			t.Error("the first:", err)
		}
		return ptg.Sleep(context.WithoutCancel(ctx), 0)
	})
	receive(t, refused)
	_ = task.Cancel("")
	if err := task.Wait(within(t)); err != nil {
		t.Error("it may sleep again:", err)
	}
}

// By the clock, which goes on when all is closed, and for good with the runtime.
func TestATaskThatWasGivenUpSleeps(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
	started, release, slept := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	task := rt.Root().Go(func(ctx context.Context) error {
		close(started)
		<-release
		for _, length := range []time.Duration{time.Microsecond, time.Hour} {
			slept <- ptg.Sleep(context.WithoutCancel(ctx), length)
		}
		return nil
	})
	receive(t, started)
	if _, err := rt.Shutdown(within(t), ptg.Limits{Force: true}); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := receive(t, slept); err != nil {
		t.Error(err)
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, slept); !errors.Is(err, ptg.ErrStale) && !errors.Is(err, ptg.ErrClosed) {
		t.Error(err)
	}
	if err := task.Wait(within(t)); !errors.Is(err, ptg.ErrTimedOut) {
		t.Error(err)
	}
}

// As soon as Err says that it is cancelled, there is a cause.
func TestAContextThatIsCancelledHasACause(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	for range 200 {
		task := rt.Root().Go(func(ctx context.Context) error {
			for ctx.Err() == nil {
				runtime.Gosched()
			}
			return context.Cause(ctx)
		})
		_ = task.Cancel("")
		if err := task.Wait(within(t)); !errors.Is(err, ptg.ErrCanceled) {
			t.Fatal(err)
		}
	}
}
