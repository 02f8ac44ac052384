package ptg

/*
#include "glue.h"
#cgo noescape glue_cancel
#cgo nocallback glue_cancel
*/
import "C"

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// TaskSpec says what a task is. It is either a function that runs on a
// goroutine of its own (Run), or something that is told what to do by
// functions that are called on the runtime's thread and must not wait
// (Start and the others), and ends when [Task.Finish] says so.
type TaskSpec struct {
	Name  string // at most 255 bytes of UTF-8; empty: as Type
	Type  string // the label under which monitors count it; few of them; empty: the name of Run
	Place string // where in the source it is spawned; empty: not known

	// Spawner is the task on whose behalf it is spawned: a draining group
	// accepts spawns only from inside. nil: whose hook is running, or that of
	// the context given to [Group.Spawn].
	Spawner *Task

	Cleanup  bool // accepted by a group that is cancelling, from inside
	Observed bool // its failure is for who waits for it; with Start: who watches it

	// Run is the task: it starts on a turn of the runtime, never inside of the
	// spawn, and the task ends when it returns. Its context is cancelled when
	// the task is asked to end; before that, [Draining] may tell it to finish
	// soon. An error is a failure, given to the group's handler, unless the
	// task was asked to end and the error says so (the cause of the context,
	// or [context.Canceled]). A panic is a failure too: a [*PanicError].
	Run func(ctx context.Context) error

	Start  func(t *Task) error                // runs its first step; an error ends it
	Drain  func(t *Task)                      // finish soon
	Cancel func(t *Task, cause *Cancellation) // finish now; nil: it cannot be hurried
	Kill   func(t *Task)                      // the cancel wait is over: end it by force
	Wake   func(t *Task)                      // the end of a sleep
	Done   func(t *Task, outcome Outcome)     // it has ended; told exactly once

	// Release is called exactly once, when nothing of this will be called any
	// more: after the end, or because the spawn was refused, then from inside of
	// it. It is for what Run was to give back.
	Release func()

	caller uintptr // of Group.Go: its place
}

// mistake is one that the library cannot see.
func (s *TaskSpec) mistake() string {
	switch {
	case s.Run == nil && s.Start == nil:
		return "a task needs Run, or Start"
	case s.Run != nil && s.Start != nil:
		return "a task has Run, or Start, and not both"
	case s.Run != nil && (s.Drain != nil || s.Cancel != nil || s.Wake != nil):
		return "Drain, Cancel and Wake are for a task with Start: Run has its context"
	}
	return mistakeInName("Type", s.Type)
}

func (s *TaskSpec) mistakeInNames() string {
	return cmp.Or(mistakeInName("Name", s.Name), mistakeInName("Place", s.Place))
}

// Outcome is how a task ended, or is to end.
type Outcome struct {
	Status  Status // OK: well; ErrCanceled: because it was asked to; else it failed
	Code    int32  // the task's own: an exit status, a signal, an errno
	Value   uint64 // the task's own
	Message string
	Err     error // what failed, as it was given; it sets Status and Message where these are empty

	// The rest is set by libptg.

	CancelRequested bool   // it had been asked to end
	NeverRan        bool   // cancelled, or refused, before its first run
	Abandoned       bool   // its group had given it up before
	Killed          bool   // its Kill was called
	Reason          string // why it was asked to end
	Originator      Handle // the task or group that asked; 0: outside
}

// Error returns what is left to say of an outcome as an error: nil if it ended
// well.
func (o *Outcome) error() error {
	switch {
	case o.Status == OK:
		return nil
	case o.Err != nil:
		return o.Err
	case o.Message != "":
		return &Error{Status: o.Status, Message: o.Message}
	}
	return o.Status
}

// Task is one unit of work in exactly one group. It stays good for asking how
// the task ended; holding it keeps nothing alive.
type Task struct {
	rt     *Runtime
	group  *Group
	handle atomic.Uint64
	letter letter
	spec   *TaskSpec // nil: not spawned here

	inner   atomic.Pointer[innerContext]
	cause   atomic.Pointer[error]
	woken   atomic.Pointer[chan struct{}]
	latch   atomic.Pointer[latch]   // of its end
	drain   atomic.Pointer[latch]   // of its being told to finish, soon or now
	isAsked atomic.Bool             // it has been told so
	outcome atomic.Pointer[Outcome] // of a task that is over

	failure atomic.Pointer[error]                       // what it failed with
	fire    func(context.Context, *Task) (*Task, error) // of a timer
	queue   *Queue
	process *Process
	isOwner atomic.Bool
	isTold  atomic.Bool // its end was said already
	sleeps  atomic.Bool // a goroutine of it does
}

// latch is a channel that is closed once.
type latch struct {
	once sync.Once
	done chan struct{}
}

func (l *latch) open() { l.once.Do(func() { close(l.done) }) }

// latchAt returns the channel of the latch that is kept there, and makes it if
// there is none yet. isOpen is asked once it can be seen by who opens it.
func latchAt(at *atomic.Pointer[latch], isOpen func() bool) <-chan struct{} {
	l := at.Load()
	if l == nil {
		l = &latch{done: make(chan struct{})}
		if !at.CompareAndSwap(nil, l) {
			l = at.Load()
		}
	}
	if isOpen() {
		l.open()
	}
	return l.done
}

// Most tasks end well, and share this.
var endedWell Outcome

// Handle returns the number of the task; 0: it was refused. Just after
// [Group.Go] it waits for the runtime to have given it one; in a hook, where
// that can not be waited for, it is 0 until then.
func (t *Task) Handle() Handle {
	if t == nil {
		return 0
	}
	if t.isOnItsWay() {
		_ = t.rt.do("Handle", func() {}) // after the spawn, in the order of the mail
	}
	return Handle(t.handle.Load())
}

// isOnItsWay says whether the runtime has not seen it yet. On its thread that can
// not be waited for.
func (t *Task) isOnItsWay() bool {
	return t != nil && t.handle.Load() == 0 && t.letter.task != nil && t.outcome.Load() == nil
}

// Group returns the group that it was spawned into.
func (t *Task) Group() *Group { return t.group }

// Name returns the name that it was spawned with, or else its type; "" of one
// that was not spawned here.
func (t *Task) Name() string {
	if t.spec == nil {
		return ""
	}
	return cmp.Or(t.spec.Name, t.spec.label())
}

// Context returns the task's context: the one that Run is given.
func (t *Task) Context() context.Context { return (*taskContext)(t) }

// Finish says that the task has ended, and how; for one with Run it says so
// before its function returns, which then is nobody's any more. On the
// runtime's thread the answer is [ErrStale] for one that had ended;
// elsewhere it is that of the way there.
func (t *Task) Finish(outcome Outcome) error {
	mistake := ""
	if outcome.Status > 0 {
		mistake = fmt.Sprintf("Status is positive: %d", outcome.Status)
	}
	err := t.send("Finish", mistake, func(way *C.ptg_remote) C.ptg_status { return t.finish(way, &outcome) })
	if err == nil {
		t.isTold.Store(true)
	}
	return err
}

// Cancel asks the task to end. It is a request: the task may end well, fail,
// or end cancelled after it. The first one counts. reason "" is "cancelled".
// From elsewhere than the runtime's thread it is mail: the error is that of the
// way there, and who is over is told to nobody.
func (t *Task) Cancel(reason string) error { return t.CancelFrom(reason, 0) }

// CancelFrom is [Task.Cancel] with the task or group that asks; 0: whose hook
// is running.
func (t *Task) CancelFrom(reason string, originator Handle) error {
	text, length := cString(reason)
	if length == 0 {
		text = nil
	}
	return t.send("Cancel", mistakeInName("the reason", reason), func(way *C.ptg_remote) C.ptg_status {
		asker := C.uint64_t(originator)
		if way == nil {
			asker = t.rt.asker(originator)
		}
		return C.glue_cancel(t.rt.ptr, way, C.ptg_task(t.Handle()), text, length, asker)
	})
}

// send is [Runtime.send] for a call about the task, which may be on its way.
func (t *Task) send(op, mistake string, fn func(way *C.ptg_remote) C.ptg_status) error {
	if !t.rt.isOnThread() {
		return t.rt.send(op, mistake, fn)
	}
	if t.isOnItsWay() && mistake == "" {
		return t.rt.mailCall(op, func() { fn(nil) }) // after its spawn
	}
	if err := t.unnameable(op, "the task", t.rt); err != nil {
		return err
	}
	return t.rt.send(op, mistake, fn)
}

// call carries out a call about the task on the thread.
func (t *Task) call(op, mistake string, fn func(task C.ptg_task) C.ptg_status) error {
	return t.rt.onChecked(op, func() error {
		if err := t.unnameable(op, "the task", t.rt); err != nil {
			return err
		}
		return t.rt.refusal(op, fn(C.ptg_task(t.handle.Load())), mistake)
	})
}

// send carries out a call on the runtime's thread, or sends it there: as mail;
// or, on a stepped clock, by libptg's own way in, which is bounded and says so.
func (rt *Runtime) send(op, mistake string, fn func(way *C.ptg_remote) C.ptg_status) error {
	if rt.isOnThread() {
		return rt.refusal(op, fn(nil), mistake)
	}
	if rt.steps {
		status := fn(rt.remote)
		runtime.KeepAlive(rt)
		return refusalOfMail(op, status, mistake)
	}
	if err := invalid(op, mistake); err != nil {
		return err
	}
	return rt.mailCall(op, func() { fn(nil) })
}

// Sleep has the task's Wake called once, after d; a new sleep takes the place
// of the last one, and [Forever] ends it. A task with Run calls the function
// [Sleep] instead.
func (t *Task) Sleep(d time.Duration) error {
	mistake := mistakeInDuration("the duration", d)
	if t.spec != nil && t.spec.Start != nil && t.spec.Wake == nil {
		mistake = "the task has no Wake"
	}
	return t.call("Sleep", mistake, func(task C.ptg_task) C.ptg_status {
		return C.ptg_task_sleep(t.rt.ptr, task, C.int64_t(d))
	})
}

// ExtendGrace asks for the drain phase of the task's group to last d from now,
// and returns how long it lasts now, as far as the deadline leaves it time.
// [ErrBusy]: the group is not in its drain phase.
func (t *Task) ExtendGrace(d time.Duration) (time.Duration, error) {
	var left C.int64_t
	err := t.call("ExtendGrace", mistakeInDuration("the duration", d), func(task C.ptg_task) C.ptg_status {
		return C.ptg_task_extend_grace(t.rt.ptr, task, C.int64_t(d), &left)
	})
	return time.Duration(left), err
}

// Done is closed when the task is over and that has been told. For a task
// that was not spawned here see [Runtime.Watch].
func (t *Task) Done() <-chan struct{} {
	return latchAt(&t.latch, func() bool { return t.outcome.Load() != nil })
}

// Outcome returns how the task ended; false: it is not over.
func (t *Task) Outcome() (Outcome, bool) {
	outcome := t.outcome.Load()
	if outcome == nil {
		return Outcome{}, false
	}
	return *outcome, true
}

// Wait waits until the task is over. It returns nil if it ended well, the very
// error that it failed with, its [*Cancellation], or why it was refused; or
// the cause of ctx, if that is done first, which leaves the task alone. Who
// waits for itself, or for the owner of a group around itself, gets
// [ErrDeadlock].
func (t *Task) Wait(ctx context.Context) error {
	if t.spec == nil {
		return invalid("Wait", "the task was not spawned here: see Runtime.Watch")
	}
	if t.outcome.Load() == nil && t.isWaitedForInside(CurrentTask(ctx)) {
		return &Error{Op: "Wait", Status: ErrDeadlock}
	}
	select {
	case <-t.Done():
		return t.outcome.Load().error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// isWaitedForInside says whether t would wait for who waits for it.
func (t *Task) isWaitedForInside(waiter *Task) bool {
	if t.rt.isOnThread() {
		return true
	}
	return waiter != nil && (waiter == t || t.isOwnerOf(waiter))
}

// isOwnerOf says whether a task stands in a group that t owns.
func (t *Task) isOwnerOf(task *Task) bool {
	if !t.isOwner.Load() {
		return false
	}
	for g := task.group; g != nil; g = g.parent {
		if g.options.Owner.Handle() == t.Handle() {
			return true
		}
	}
	return false
}
