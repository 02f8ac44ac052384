package ptg_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"libptg.org/ptg"
)

// What is malformed is refused with one line, which says what is wrong in the
// words of this package.
func TestMisuseSaysWhatIsWrong(t *testing.T) {
	rt, other := newRuntime(t, ptg.Options{}), newRuntime(t, ptg.Options{})
	foreign := other.Root().Go(park)
	task := rt.Root().Go(park)
	ctx := within(t)
	long := strings.Repeat("n", 256)
	start := func(*ptg.Task) error { return nil }
	fire := func(context.Context, *ptg.Task) (*ptg.Task, error) { return nil, nil }
	handle := func(context.Context, *ptg.Queue, any) (*ptg.Task, error) { return nil, nil }
	driven, err := rt.Root().Spawn(ctx, ptg.TaskSpec{Start: start, Cancel: func(t *ptg.Task, _ *ptg.Cancellation) {
		_ = t.Finish(ptg.Outcome{})
	}})
	if err != nil {
		t.Fatal(err)
	}

	child := shell(t, rt.Root(), "exec sleep 1000")
	runtimeError := func(o ptg.Options) error { _, err := ptg.New(o); return err }
	group := func(o ptg.GroupOptions) error { _, err := rt.NewGroup(o); return err }
	spawn := func(s ptg.TaskSpec) error { _, err := rt.Root().Spawn(ctx, s); return err }
	send := func(s ptg.TaskSpec) error { _, err := rt.Root().Send(s); return err }
	timer := func(s ptg.TimerSpec) error { _, err := rt.Root().SpawnTimer(s); return err }
	queue := func(s ptg.QueueSpec) error { _, err := rt.Root().SpawnQueue(s); return err }
	process := func(s ptg.ProcessSpec) error { _, err := rt.Root().SpawnProcess(s); return err }
	watch := func(o ptg.WatchOptions) error { _, err := rt.Watch(task.Handle(), o); return err }
	shutdown := func(l ptg.Limits) error { _, err := rt.Root().Shutdown(ctx, l); return err }
	extend := func(d time.Duration) error { _, err := task.ExtendGrace(d); return err }
	count := func(n int) error { _, err := rt.Root().CountNames(n); return err }
	all := func(d time.Duration) error { _, err := ptg.SnapshotAll(d); return err }

	for _, misuse := range []struct {
		err  error
		text string
	}{
		{runtimeError(ptg.Options{Root: ptg.GroupOptions{Grace: -3}}), "New: Root: Grace is negative: -3ns"},
		{runtimeError(ptg.Options{Root: ptg.GroupOptions{Owner: task}}), "New: Root: Owner: the root group can have none"},
		{runtimeError(ptg.Options{Stepped: true}), "New: Stepped is for a manual clock"},

		{group(ptg.GroupOptions{Name: long}), "NewGroup: Name is longer than 255 bytes"},
		{group(ptg.GroupOptions{Name: "\xff"}), "NewGroup: Name is not UTF-8"},
		{group(ptg.GroupOptions{Name: "a\x00b"}), "NewGroup: Name has a NUL in it"},
		{group(ptg.GroupOptions{Grace: -time.Second}), "NewGroup: Grace is negative: -1s"},
		{group(ptg.GroupOptions{CancelWait: -time.Second}), "NewGroup: CancelWait is negative: -1s"},
		{group(ptg.GroupOptions{Deadline: -time.Second}), "NewGroup: Deadline is negative: -1s"},
		{group(ptg.GroupOptions{MaxTasks: -1}), "NewGroup: MaxTasks is negative: -1"},
		{group(ptg.GroupOptions{MaxQueued: -1}), "NewGroup: MaxQueued is negative: -1"},
		{group(ptg.GroupOptions{History: -1}), "NewGroup: History is negative: -1"},
		{group(ptg.GroupOptions{WhenFull: 9}), "NewGroup: WhenFull is none of its constants: 9"},
		{group(ptg.GroupOptions{OnFailure: 9}), "NewGroup: OnFailure is none of its constants: 9"},
		{group(ptg.GroupOptions{Owner: foreign}), "NewGroup: Owner is a task of another runtime"},
		{rt.Root().StopsBefore(nil), "StopsBefore: the later group is nil"},

		{spawn(ptg.TaskSpec{}), "Spawn: a task needs Run, or Start"},
		{spawn(ptg.TaskSpec{Run: park, Start: start}), "Spawn: a task has Run, or Start, and not both"},
		{
			spawn(ptg.TaskSpec{Run: park, Drain: func(*ptg.Task) {}}),
			"Spawn: Drain, Cancel and Wake are for a task with Start: Run has its context",
		},
		{spawn(ptg.TaskSpec{Run: park, Name: long}), "Spawn: Name is longer than 255 bytes"},
		{spawn(ptg.TaskSpec{Run: park, Type: "\xff"}), "Spawn: Type is not UTF-8"},
		{spawn(ptg.TaskSpec{Run: park, Place: "\x00"}), "Spawn: Place has a NUL in it"},
		{spawn(ptg.TaskSpec{Run: park, Spawner: foreign}), "Spawn: Spawner is a task of another runtime"},
		{send(ptg.TaskSpec{}), "Send: a task needs Run, or Start"},
		{send(ptg.TaskSpec{Run: park, Name: long}), "Send: Name is longer than 255 bytes"},

		{timer(ptg.TimerSpec{Every: 1}), "SpawnTimer: a timer needs Fire"},
		{timer(ptg.TimerSpec{Fire: fire}), "SpawnTimer: a timer needs After, or Every"},
		{timer(ptg.TimerSpec{Fire: fire, After: ptg.Forever}), "SpawnTimer: After is negative: -1ns"},
		{timer(ptg.TimerSpec{Fire: fire, Every: -5}), "SpawnTimer: Every is negative: -5ns"},
		{timer(ptg.TimerSpec{Fire: fire, Every: 5, Overlap: 9}), "SpawnTimer: Overlap is none of its constants: 9"},
		{timer(ptg.TimerSpec{Fire: fire, Every: 5, Name: "\xff"}), "SpawnTimer: Name is not UTF-8"},
		{queue(ptg.QueueSpec{Capacity: 1}), "SpawnQueue: a queue needs Handle"},
		{queue(ptg.QueueSpec{Handle: handle}), "SpawnQueue: a queue needs a Capacity"},
		{queue(ptg.QueueSpec{Handle: handle, Capacity: -1}), "SpawnQueue: Capacity is negative: -1"},
		{queue(ptg.QueueSpec{Handle: handle, Capacity: 1, AtOnce: -1}), "SpawnQueue: AtOnce is negative: -1"},
		{process(ptg.ProcessSpec{}), "SpawnProcess: a process needs Args, the first of which is a program"},
		{process(ptg.ProcessSpec{Args: []string{"\xff"}}), "SpawnProcess: Args[0] is not UTF-8: it needs a Name"},
		{process(ptg.ProcessSpec{Args: []string{"a", "b\x00"}}), "SpawnProcess: Args[1] has a NUL in it"},
		{process(ptg.ProcessSpec{Args: []string{"a"}, Env: []string{"\x00"}}), "SpawnProcess: Env[0] has a NUL in it"},
		{process(ptg.ProcessSpec{Args: []string{"a"}, Dir: "\x00"}), "SpawnProcess: Dir has a NUL in it"},
		{process(ptg.ProcessSpec{Args: []string{"a"}, Name: long}), "SpawnProcess: Name is longer than 255 bytes"},
		{
			process(ptg.ProcessSpec{Args: []string{"a"}, DrainSignal: syscall.Signal(99)}),
			"SpawnProcess: DrainSignal is no signal: signal 99",
		},
		{child.Signal(syscall.Signal(0)), "Signal: it is no signal: signal 0"},
		{child.Signal(nil), "Signal: it is no signal: <nil>"},
		{watch(ptg.WatchOptions{}), "Watch: a watch needs Over"},
		{
			watch(ptg.WatchOptions{Over: func(ptg.Outcome) {}, Waiter: foreign}),
			"Watch: Waiter is a task of another runtime",
		},

		{rt.Root().BeginShutdown(ptg.Limits{Grace: -9}), "BeginShutdown: Grace is negative: -9ns"},
		{shutdown(ptg.Limits{CancelWait: -9}), "Shutdown: CancelWait is negative: -9ns"},
		{task.Cancel(long), "Cancel: the reason is longer than 255 bytes"},
		{task.Finish(ptg.Outcome{Status: 1}), "Finish: Status is positive: 1"},
		{task.Sleep(-3), "Sleep: the duration is negative: -3ns"},
		{driven.Sleep(3), "Sleep: the task has no Wake"},
		{extend(-3), "ExtendGrace: the duration is negative: -3ns"},
		{rt.TaskAt(task.Handle()).Wait(ctx), "Wait: the task was not spawned here: see Runtime.Watch"},
		{ptg.Sleep(ctx, time.Second), "Sleep: not in a task with a function"},
		{rt.Advance(time.Second), "Advance: the clock is a real one: see Options.ManualClock"},
		{rt.Do(nil), "Do: the function is nil"},
		{rt.Post(nil, nil), "Post: the function is nil"},
		{count(-1), "CountNames: the capacity is negative: -1"},
		{all(-1), "SnapshotAll: the timeout is negative: -1ns"},
	} {
		if !errors.Is(misuse.err, ptg.ErrInvalid) || misuse.err.Error() != "ptg: "+misuse.text {
			t.Errorf("%q was expected, and not: %v", misuse.text, misuse.err)
		}
	}
	if info, err := rt.Root().Info(); err != nil || info.State != ptg.StateOpen || info.Live != 3 {
		t.Errorf("something was done: %+v, %v", info, err)
	}
}

// What no group can be asked about ends the program, there where it is written.
func TestMisuseThatPanics(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	for text, misuse := range map[string]func(){
		"ptg: Go: the function is nil":                       func() { rt.Root().Go(nil) },
		"ptg: Go: the context is of no task and no hook":     func() { ptg.Go(context.Background(), park) },
		"ptg: ShutdownOnSignals: Deadline is negative: -5ns": func() { rt.ShutdownOnSignals(ptg.Limits{Deadline: -5}) },
	} {
		func() {
			defer func() {
				value := recover()
				if err, isError := value.(error); isError {
					value = err.Error()
				}
				if value != text {
					t.Errorf("%q was expected, and not: %v", text, value)
				}
			}()
			misuse()
		}()
	}
}

// What is refused for what there is, and not for how it was asked, says so too.
func TestRefusalsInWords(t *testing.T) {
	rt := newRuntime(t, ptg.Options{})
	full := newGroup(t, rt.Root(), ptg.GroupOptions{Name: "small", MaxTasks: 1})
	full.Go(park)
	refused := full.Go(park)
	_, again := full.Spawn(within(t), ptg.TaskSpec{Run: park})
	_, owned := rt.NewGroup(ptg.GroupOptions{Owner: refused})
	_, _, current := rt.Current()
	for text, err := range map[string]error{
		`ptg: Go: the group "small": a bound is reached`:                 refused.Wait(within(t)),
		`ptg: Spawn: the group "small" has as many tasks as it may`:      again,
		`ptg: NewGroup: Owner was refused by its group`:                  owned,
		`ptg: Current: only on the runtime's thread`:                     current,
		`ptg: Destroy: the root group is not closed`:                     rt.Destroy(),
		`ptg: StopsBefore: "small" and "root" are not siblings`:          full.StopsBefore(rt.Root()),
		`ptg: Advance: the clock is a real one: see Options.ManualClock`: rt.Advance(0),
	} {
		if err == nil || err.Error() != text {
			t.Errorf("%q was expected, and not: %v", text, err)
		}
	}
	if !errors.Is(refused.Wait(within(t)), ptg.ErrFull) || !errors.Is(owned, ptg.ErrStale) {
		t.Error(refused.Wait(within(t)), owned)
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if err := full.Go(park).Wait(within(t)); err.Error() != "ptg: Go: the runtime is closed" {
		t.Error(err)
	}
	if _, err := full.Info(); err.Error() != "ptg: Info: the runtime is closed" {
		t.Error(err)
	}
}
