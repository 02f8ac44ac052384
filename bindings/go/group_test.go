package ptg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"libptg.org/ptg"
)

func TestGroupStaysOpenWhenIdleAndRefusesWhenClosed(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "long-lived"})
	for range 3 {
		if err := group.Go(func(context.Context) error { return nil }).Wait(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := group.Shutdown(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := group.Shutdown(within(t)); err != nil || again != report {
		t.Errorf("who asks again gets %v, %v", again, err)
	}
	never := func(context.Context) error { t.Error("it ran"); return nil }
	if err := group.Go(never).Wait(within(t)); !errors.Is(err, ptg.ErrClosed) && !errors.Is(err, ptg.ErrStale) {
		t.Errorf("Go: %v", err)
	}
	if _, err := group.Spawn(within(t), ptg.TaskSpec{Run: never}); !errors.Is(err, ptg.ErrStale) {
		t.Errorf("Spawn: %v", err)
	}
	if _, err := group.NewGroup(ptg.GroupOptions{}); !errors.Is(err, ptg.ErrStale) {
		t.Errorf("NewGroup: %v", err)
	}
}

func TestMisusedHandles(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	task := rt.Root().Go(park)
	if _, err := rt.GroupAt(task.Handle()).Info(); !errors.Is(err, ptg.ErrKind) {
		t.Errorf("a task as a group: %v", err)
	}
	if _, err := rt.TaskAt(rt.Root().Handle()).Info(); !errors.Is(err, ptg.ErrKind) {
		t.Errorf("a group as a task: %v", err)
	}
	if _, err := rt.TaskAt(12345).Info(); !errors.Is(err, ptg.ErrInvalid) {
		t.Errorf("nothing: %v", err)
	}
	past := rt.Root().Go(func(context.Context) error { return nil })
	_ = past.Wait(within(t))
	if _, err := past.Info(); !errors.Is(err, ptg.ErrStale) {
		t.Errorf("one that is over: %v", err)
	}
	for name, spec := range map[string]ptg.TaskSpec{
		"neither function nor functions": {},
		"both":                           {Run: park, Start: func(*ptg.Task) error { return nil }},
		"a name with a NUL":              {Name: "a\x00b", Run: park},
		"a name that is not UTF-8":       {Name: "\xff", Run: park},
		"a name that is too long":        {Name: strings.Repeat("n", 256), Run: park},
	} {
		var failure *ptg.Error
		if _, err := rt.Root().Spawn(within(t), spec); !errors.As(err, &failure) || failure.Status != ptg.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := rt.Current(); !errors.Is(err, ptg.ErrThread) {
		t.Errorf("Current elsewhere: %v", err)
	}
	if err := rt.Advance(time.Second); !errors.Is(err, ptg.ErrInvalid) {
		t.Errorf("Advance on a real clock: %v", err)
	}
	if err := rt.Destroy(); !errors.Is(err, ptg.ErrBusy) {
		t.Errorf("Destroy while open: %v", err)
	}
}

func TestOrderOfSiblings(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	var mu sync.Mutex
	var closed []string
	options := func(name string) ptg.GroupOptions {
		return ptg.GroupOptions{Name: name, OnClosed: func(context.Context, *ptg.Group) error {
			mu.Lock()
			defer mu.Unlock()
			closed = append(closed, name)
			return nil
		}}
	}
	accept := newGroup(t, rt.Root(), options("accept"))
	handlers := newGroup(t, rt.Root(), options("handlers"))
	store := newGroup(t, rt.Root(), options("store"))
	if err := errors.Join(accept.StopsBefore(handlers), handlers.StopsBefore(store)); err != nil {
		t.Fatal(err)
	}
	err := store.StopsBefore(accept)
	if !errors.Is(err, ptg.ErrCycle) || !strings.Contains(err.Error(), "accept") {
		t.Errorf("the circle: %v", err)
	}
	for _, group := range []*ptg.Group{accept, handlers, store} {
		group.Go(untilDrain)
	}
	report, err := rt.Shutdown(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(closed, []string{"accept", "handlers", "store"}) {
		t.Error(closed)
	}
	var text strings.Builder
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	const rest = "cancelled=0 failed=0 refused=0 abandoned=0\n"
	expected := "report /accept drained=1 " + rest + "report /handlers drained=1 " + rest +
		"report /store drained=1 " + rest + "report / drained=0 " + rest
	if text.String() != expected || !report.IsClean() {
		t.Errorf("\n%s", text.String())
	}
}

func TestPhasesOnTheManualClock(t *testing.T) {
	rt := newRuntime(t, ptg.Options{ManualClock: true, Stepped: true})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "g", Grace: 10 * time.Second, CancelWait: 5 * time.Second})
	stubborn, err := group.Spawn(within(t), ptg.TaskSpec{
		Name: "stubborn", Start: func(*ptg.Task) error { return nil }, Cancel: func(*ptg.Task, *ptg.Cancellation) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	see := func(by time.Duration) {
		_ = rt.Advance(by)
		info, err := group.Info()
		states = append(states, fmt.Sprint(info.State, errors.Is(err, ptg.ErrStale)))
	}
	err = rt.Do(func() {
		see(0)
		_ = group.BeginShutdown(ptg.Limits{})
		see(0)
		see(10 * time.Second)
		see(5 * time.Second)
		abandoned, err := group.Abandoned()
		if err != nil || !slices.Equal(abandoned, []ptg.Handle{stubborn.Handle()}) {
			t.Error("abandoned:", abandoned, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(states, ", "); got != "open false, draining false, cancelling false, closed false" {
		t.Error(got)
	}
}

func TestSpawnsWhileDraining(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "g", Grace: ptg.Forever})
	draining := make(chan struct{})
	release := make(chan struct{})
	late := make(chan error, 2)
	group.Go(func(ctx context.Context) error {
		<-ptg.Draining(ctx)
		close(draining)
		_, err := group.Spawn(ctx, ptg.TaskSpec{Name: "inside", Run: func(context.Context) error { return nil }})
		late <- err
		late <- ptg.Go(ctx, func(context.Context) error { return nil }).Wait(ctx)
		<-release
		return nil
	})
	if err := group.BeginShutdown(ptg.Limits{}); err != nil {
		t.Fatal(err)
	}
	receive(t, draining)
	if err := errors.Join(receive(t, late), receive(t, late)); err != nil {
		t.Error("from inside:", err)
	}
	if err := group.Go(park).Wait(within(t)); !errors.Is(err, ptg.ErrClosed) {
		t.Error("from outside:", err)
	}
	close(release)
	report, err := group.Shutdown(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if row := report.Rows[0]; row.Drained != 3 || row.Refused != 1 {
		t.Errorf("%+v", row)
	}
}

// A task that waits for nothing but Draining ends too when there is no grace.
func TestACancelIsToldByDrainingToo(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{CancelWait: ptg.Forever})
	started := make(chan struct{}, 2)
	early := group.Go(func(ctx context.Context) error {
		draining := ptg.Draining(ctx)
		started <- struct{}{}
		<-draining
		return nil
	})
	late := group.Go(func(ctx context.Context) error {
		started <- struct{}{}
		<-ctx.Done()
		<-ptg.Draining(ctx)
		return nil
	})
	receive(t, started)
	receive(t, started)
	report, err := group.Shutdown(within(t), ptg.Limits{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(early.Wait(within(t)), late.Wait(within(t))); err != nil || !report.IsClean() {
		t.Errorf("%v, %+v", err, report.Rows[0])
	}
}

func TestDeadlineOfTheContextIsTheShutdowns(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Grace: ptg.Forever, CancelWait: ptg.Forever})
	started, release := make(chan struct{}), make(chan struct{})
	stuck, err := group.Spawn(within(t), ptg.TaskSpec{Name: "stuck", Run: func(context.Context) error {
		close(started)
		<-release
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, started)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	report, err := group.Shutdown(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows[0].Abandoned != 1 || report.IsClean() {
		t.Errorf("%+v", report.Rows[0])
	}
	close(release)
	if err := stuck.Wait(within(t)); err != nil {
		t.Error("its late end:", err)
	}
	if outcome, _ := stuck.Outcome(); !outcome.Abandoned {
		t.Errorf("%+v", outcome)
	}
}

// A group that has not had its turn is not at its end.
func TestDeadlineOfTheContextOfOneThatWaitsForItsTurn(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{Grace: ptg.Forever}})
	later, first := newGroup(t, rt.Root(), ptg.GroupOptions{}), newGroup(t, rt.Root(), ptg.GroupOptions{})
	release := make(chan struct{})
	first.Go(func(context.Context) error { <-release; return nil })
	if err := rt.Root().BeginShutdown(ptg.Limits{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if report, err := later.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || report != nil {
		t.Error(report, err)
	}
	close(release)
	if report, err := rt.Wait(within(t)); err != nil || !report.IsClean() {
		t.Error(report, err)
	}
}

func TestReportNamesWhoAskedForTheShutdown(t *testing.T) {
	elsewhere := newRuntime(t, ptg.Options{}).Root().Go(park)
	rt := newRuntime(t, ptg.Options{})
	task, other, past := rt.Root().Go(park), rt.Root().Go(park), rt.Root().Go(park)
	_ = past.Cancel("")
	_ = past.Wait(within(t))
	for name, asked := range map[string]struct {
		ctx    context.Context
		limits ptg.Limits
		by     ptg.Handle
	}{
		"nobody":            {ctx: within(t)},
		"a task":            {ctx: task.Context(), by: task.Handle()},
		"one of elsewhere":  {ctx: elsewhere.Context(), by: elsewhere.Handle()},
		"one that is over":  {ctx: context.WithoutCancel(past.Context()), by: past.Handle()},
		"one that is named": {task.Context(), ptg.Limits{Originator: other.Handle()}, other.Handle()},
	} {
		report, err := newGroup(t, rt.Root(), ptg.GroupOptions{}).Shutdown(asked.ctx, asked.limits)
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Rows[0].Originator; got != asked.by {
			t.Errorf("%s: %d and not %d", name, got, asked.by)
		}
	}
}

// A hook is the code of its group: on the thread, and where its context says so.
func TestReportNamesTheGroupWhoseHookAsked(t *testing.T) {
	for _, events := range []bool{false, true} {
		reportNamesTheGroup(t, events)
	}
}

func reportNamesTheGroup(t *testing.T, events bool) {
	rt := newRuntime(t, ptg.Options{})
	by := make(chan ptg.Handle, 2)
	tell := ptg.GroupOptions{OnClosed: func(_ context.Context, g *ptg.Group) error {
		report, err := g.Report()
		if err != nil {
			return err
		}
		by <- report.Rows[0].Originator
		return nil
	}}
	second, third := newGroup(t, rt.Root(), tell), newGroup(t, rt.Root(), tell)
	asked := make(chan error, 2)
	onDrain := func(ctx context.Context, g *ptg.Group) error {
		if task, group, err := rt.Current(); task != nil || group != g || err != nil {
			t.Error("current:", task, group, err)
		}
		asked <- second.BeginShutdown(ptg.Limits{})
		go func() {
			_, err := third.Shutdown(ctx)
			asked <- err
		}()
		return nil
	}
	first := newGroup(t, rt.Root(), ptg.GroupOptions{Events: events, OnDrain: onDrain})
	if _, err := first.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(receive(t, asked), receive(t, asked)); err != nil {
		t.Fatal(err)
	}
	if got := [...]ptg.Handle{receive(t, by), receive(t, by)}; got != [...]ptg.Handle{first.Handle(), first.Handle()} {
		t.Errorf("%v and not %d", got, first.Handle())
	}
}

// The function of a task is told by an event, of which C knows no more.
func TestWhoAsksInAFunctionOfATask(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	other := rt.Root().Go(park)
	task, err := rt.Root().Spawn(within(t), ptg.TaskSpec{
		Run: func(context.Context) error { return nil },
		Done: func(task *ptg.Task, _ ptg.Outcome) {
			if current, around, err := rt.Current(); current != task || around != rt.Root() || err != nil {
				t.Error("current:", current, around, err)
			}
			_ = other.Cancel("")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var cause *ptg.Cancellation
	if err := other.Wait(within(t)); !errors.As(err, &cause) || cause.Originator != task.Handle() {
		t.Errorf("%+v", err)
	}
}

func TestHandlersFailUpward(t *testing.T) {
	var logged logs
	first, second := errors.New("first handler"), errors.New("root handler")
	cause := errors.New("the cause")
	seen := make(failures, 1)
	rt := newRuntime(t, ptg.Options{Logger: logged.logger(), Root: ptg.GroupOptions{
		OnError: func(_ context.Context, f *ptg.Failure) error { seen <- f; return second },
	}})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "inner", OnError: func(context.Context, *ptg.Failure) error {
		return first
	}})
	task, err := group.Spawn(within(t), ptg.TaskSpec{Name: "clumsy", Run: func(context.Context) error { return cause }})
	if err != nil {
		t.Fatal(err)
	}
	failure := receive(t, seen)
	if failure.FailedHandler != group || failure.HandlerErr != first || !errors.Is(failure, cause) {
		t.Errorf("%+v", failure)
	}
	_ = task.Wait(within(t))
	if !logged.has("root handler", "the cause", "clumsy", "/inner") {
		t.Error(logged.text.String())
	}
}

// The error of a hook arrives at every handler.
func TestHooksFailUpward(t *testing.T) {
	handled := make(failures, 2)
	rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{OnError: handled.handle}})
	hook, closing, handler := errors.New("drain"), errors.New("closed"), errors.New("handler")
	group := newGroup(t, rt.Root(), ptg.GroupOptions{
		OnDrain:  func(context.Context, *ptg.Group) error { return hook },
		OnClosed: func(context.Context, *ptg.Group) error { return closing },
		OnError:  func(context.Context, *ptg.Failure) error { return handler },
	})
	if _, err := group.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{hook, closing} {
		if failure := receive(t, handled); failure.Outcome.Err != cause || failure.HandlerErr != handler {
			t.Errorf("%v, and not %v; %v", failure.Outcome.Err, cause, failure.HandlerErr)
		}
	}
}

// Nobody is told of it by the library.
func TestAHandlerThatIsToldByEventsFails(t *testing.T) {
	var logged logs
	rt := newRuntime(t, ptg.Options{Logger: logged.logger()})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{
		Name: "g", Events: true,
		OnError: func(_ context.Context, failure *ptg.Failure) error {
			if failure.State != ptg.StateOpen || failure.DuringCancel {
				t.Errorf("%+v", failure)
			}
			return errors.New("the handler")
		},
	})
	_ = group.Go(func(context.Context) error { return errors.New("the cause") }).Wait(within(t))
	if _, err := group.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	if !logged.has("the handler", "the cause", "group=/g") {
		t.Error(logged.text.String())
	}
}

// It is the nearest above that handles, as elsewhere.
func TestAGroupWithEventsAndWithoutAHandler(t *testing.T) {
	handled := make(failures, 1)
	rt := newRuntime(t, ptg.Options{})
	above := newGroup(t, rt.Root(), ptg.GroupOptions{OnError: handled.handle})
	group := newGroup(t, newGroup(t, above, ptg.GroupOptions{}), ptg.GroupOptions{Events: true})
	cause := errors.New("the cause")
	task := group.Go(func(context.Context) error { return cause })
	if failure := receive(t, handled); failure.Outcome.Err != cause || failure.Group != group || failure.Task != task {
		t.Errorf("%+v", failure)
	}
}

// panickingLogs is a log handler that is not as it should be.
type panickingLogs struct{ slog.Handler }

func (panickingLogs) Enabled(context.Context, slog.Level) bool { panic("logs") }

func TestALoggerThatPanicsHarmsNobody(t *testing.T) {
	rt := newRuntime(t, ptg.Options{Logger: slog.New(panickingLogs{})})
	cause := errors.New("the cause, and a logger that fails: both are meant to be here")
	if err := rt.Root().Go(func(context.Context) error { return cause }).Wait(within(t)); err != cause {
		t.Error(err)
	}
}

func TestDefaultHandlerLogs(t *testing.T) {
	var logged logs
	rt := newRuntime(t, ptg.Options{Logger: logged.logger()})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "app"})
	_ = group.Go(func(context.Context) error { panic("nobody looks") }).Wait(within(t))
	if !logged.has("level=ERROR", "group=/app", "task=TestDefaultHandlerLogs.func1", "nobody looks", "stack=") {
		t.Error(logged.text.String())
	}
}

// A handler is given the very task, of whatever sort, and a watch the outcome.
func TestWhoFailed(t *testing.T) {
	failed := errors.New("failed")
	for _, events := range []bool{false, true} {
		handled, over := make(failures, 3), make(chan ptg.Outcome, 1)
		rt := newRuntime(t, ptg.Options{})
		group := newGroup(t, rt.Root(), ptg.GroupOptions{OnError: handled.handle, Events: events})
		spawned := map[string]*ptg.Task{}
		spawned["goroutine"] = group.Go(func(context.Context) error { return failed })
		driven, err := group.Spawn(within(t), ptg.TaskSpec{
			Name: "driven", Start: func(*ptg.Task) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		spawned["driven"] = driven
		_, err = rt.Watch(driven.Handle(), ptg.WatchOptions{Over: func(outcome ptg.Outcome) { over <- outcome }})
		if err != nil {
			t.Fatal(err)
		}
		if err := driven.Finish(ptg.Outcome{Err: failed}); err != nil {
			t.Fatal(err)
		}
		spawned["timer"], err = group.SpawnTimer(ptg.TimerSpec{
			After: ptg.AtOnce, Fire: func(context.Context, *ptg.Task) (*ptg.Task, error) { return nil, failed },
		})
		if err != nil {
			t.Fatal(err)
		}
		given := map[*ptg.Task]bool{}
		for range 3 {
			failure := receive(t, handled)
			given[failure.Task] = errors.Is(failure, failed)
		}
		for name, task := range spawned {
			if !given[task] {
				t.Errorf("events %v: the handler was not given the %s", events, name)
			}
		}
		outcome := receive(t, over)
		if !errors.Is(outcome.Err, ptg.ErrFailed) || outcome.Err.Error() != "ptg: failed" {
			t.Errorf("the watch was told %v", outcome.Err)
		}
	}
}

// Panics of everything that C calls become failures, or are logged where
// nobody can be told.
func TestNoPanicCrossesIntoC(t *testing.T) {
	var logged logs
	handled := make(failures, 16)
	rt := newRuntime(t, ptg.Options{Logger: logged.logger(), Root: ptg.GroupOptions{OnError: handled.handle}})
	expect := func(what string) {
		t.Helper()
		var panicked *ptg.PanicError
		if failure := receive(t, handled); !errors.As(failure, &panicked) || panicked.Value != what {
			t.Errorf("%s: %v", what, failure)
		}
	}
	spawn := func(spec ptg.TaskSpec) *ptg.Task {
		t.Helper()
		task, err := rt.Root().Spawn(within(t), spec)
		if err != nil {
			t.Fatal(err)
		}
		return task
	}
	nothing := func(*ptg.Task) error { return nil }
	spawn(ptg.TaskSpec{Start: func(*ptg.Task) error { panic("start") }})
	expect("start")
	spawn(ptg.TaskSpec{
		Start: func(task *ptg.Task) error { return task.Sleep(0) }, Wake: func(*ptg.Task) { panic("wake") },
	})
	expect("wake")
	cancelled := spawn(ptg.TaskSpec{Start: nothing, Cancel: func(*ptg.Task, *ptg.Cancellation) { panic("cancel") }})
	_ = rt.Do(func() {}) // it has started, or is pending and never will
	_ = cancelled.Cancel("")
	if outcome, _ := cancelled.Outcome(); !outcome.NeverRan {
		if err := cancelled.Wait(within(t)); !errors.Is(err, ptg.ErrCanceled) {
			expect("cancel")
		}
	}
	timer, err := rt.Root().SpawnTimer(ptg.TimerSpec{
		After: ptg.AtOnce, Fire: func(context.Context, *ptg.Task) (*ptg.Task, error) { panic("fire") },
	})
	if err != nil {
		t.Fatal(err)
	}
	expect("fire")
	var panicked *ptg.PanicError
	if err := timer.Wait(within(t)); !errors.As(err, &panicked) {
		t.Errorf("the timer ended with %v", err)
	}
	group := newGroup(t, rt.Root(), ptg.GroupOptions{
		OnDrain:  func(context.Context, *ptg.Group) error { panic("drain hook") },
		OnClosed: func(context.Context, *ptg.Group) error { panic("closed hook") },
	})
	if _, err := group.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	expect("drain hook")
	expect("closed hook")
	done := spawn(ptg.TaskSpec{
		Run:  func(context.Context) error { return nil },
		Done: func(*ptg.Task, ptg.Outcome) { panic("done") },
	})
	_ = done.Wait(within(t))
	if err := rt.Post(func() { panic("posted") }, nil); err != nil {
		t.Fatal(err)
	}
	if err := rt.Do(func() { panic("do") }); !errors.As(err, &panicked) {
		t.Errorf("Do returned %v", err)
	}
	if !logged.has("done", "posted") {
		t.Error(logged.text.String())
	}
}

// In every task, handler and hook the current group, and task, can be asked for.
func TestCurrentEverywhere(t *testing.T) {
	type seen struct {
		what  string
		group *ptg.Group
		task  *ptg.Task
	}
	found := make(chan seen, 8)
	note := func(what string, ctx context.Context) {
		found <- seen{what, ptg.CurrentGroup(ctx), ptg.CurrentTask(ctx)}
	}
	rt := newRuntime(t, ptg.Options{})
	group := newGroup(t, rt.Root(), ptg.GroupOptions{
		Name:     "g",
		OnError:  func(ctx context.Context, _ *ptg.Failure) error { note("handler", ctx); return nil },
		OnDrain:  func(ctx context.Context, _ *ptg.Group) error { note("drain", ctx); return nil },
		OnClosed: func(ctx context.Context, _ *ptg.Group) error { note("closed", ctx); return nil },
	})
	task := group.Go(func(ctx context.Context) error { note("task", ctx); return errors.New("failed") })
	driven, err := group.Spawn(within(t), ptg.TaskSpec{Start: func(self *ptg.Task) error {
		task, group, err := rt.Current()
		if err != nil || task.Handle() != self.Handle() {
			t.Errorf("current: %v, %v", task, err)
		}
		found <- seen{"callback", group, self}
		return self.Finish(ptg.Outcome{})
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = task.Wait(within(t)), driven.Wait(within(t))
	if _, err := group.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		at := receive(t, found)
		wanted := map[string]*ptg.Task{"task": task, "callback": driven}[at.what]
		if at.group != group || at.task != wanted {
			t.Errorf("in %s: %v, %v", at.what, at.group, at.task)
		}
	}
	if ptg.CurrentGroup(context.Background()) != nil || ptg.CurrentTask(context.Background()) != nil {
		t.Error("outside there is one")
	}
}

func TestBoundedGroups(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	refusing := newGroup(t, rt.Root(), ptg.GroupOptions{MaxTasks: 1})
	queueing := newGroup(t, rt.Root(), ptg.GroupOptions{MaxTasks: 1, WhenFull: ptg.Queued})
	release := make(chan struct{})
	block := func(context.Context) error { <-release; return nil }
	refusing.Go(block)
	if err := refusing.Go(block).Wait(within(t)); !errors.Is(err, ptg.ErrFull) {
		t.Errorf("the second: %v", err)
	}
	first, second := queueing.Go(block), queueing.Go(func(context.Context) error { return nil })
	info, err := queueing.Info()
	if err != nil || info.Queued != 1 {
		t.Errorf("%+v, %v", info, err)
	}
	close(release)
	if err := errors.Join(first.Wait(within(t)), second.Wait(within(t))); err != nil {
		t.Error(err)
	}
}

// As long as a task that was abandoned goes on.
func TestAClosedGroupIsKeptWithItsReport(t *testing.T) {
	for _, events := range []bool{false, true} {
		rt := newRuntime(t, ptg.Options{Root: ptg.GroupOptions{CancelWait: ptg.AtOnce}})
		released := make(chan struct{}, 2)
		options := ptg.GroupOptions{Events: events, Release: func() { released <- struct{}{} }}
		top := newGroup(t, rt.Root(), options)
		low := newGroup(t, top, options)
		started, release := make(chan struct{}), make(chan struct{})
		stuck := low.Go(func(context.Context) error { close(started); <-release; return nil })
		receive(t, started)
		whole, err := top.Shutdown(within(t), ptg.Limits{Force: true})
		if err != nil || len(whole.Rows) != 2 {
			t.Fatal(whole, err)
		}
		if report, err := low.Shutdown(within(t)); err != nil || report.Rows[0] != whole.Rows[0] {
			t.Error("who asks late:", report, err)
		}
		if report, err := top.Report(); err != nil || !slices.Equal(report.Rows, whole.Rows) {
			t.Error(report, err)
		}
		if blame, err := top.Blame(); err != nil || blame[0].Group != low.Handle() || blame[0].Task != stuck.Handle() {
			t.Error(blame, err)
		}
		if rt.GroupAt(low.Handle()) != low || len(released) > 0 {
			t.Error("it is gone")
		}
		close(release)
		if err := stuck.Wait(within(t)); err != nil {
			t.Error(err)
		}
		receive(t, released)
		receive(t, released)
		if _, err := top.Report(); !errors.Is(err, ptg.ErrStale) || rt.GroupAt(low.Handle()) == low {
			t.Error("it is kept:", err)
		}
	}
}
