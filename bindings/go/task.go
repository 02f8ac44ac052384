package ptg

/*
#include "glue.h"
#include <stdlib.h>
#cgo noescape glue_spawn
#cgo noescape glue_finish
#cgo nocallback glue_finish
#cgo noescape glue_cancel
#cgo nocallback glue_cancel
*/
import "C"

import (
	"context"
	"runtime"
	"runtime/cgo"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// TaskSpec says what a task is. It is either a function that runs on a
// goroutine of its own (Run), or something that is told what to do by
// functions that are called on the runtime's thread and must not wait
// (Start and the others), and ends when [Task.Finish] says so.
type TaskSpec struct {
	Name  string // at most 255 bytes of UTF-8; empty: the type's
	Type  string // the label under which monitors count it; few of them
	Place string // where in the source it is spawned; empty: not known

	// Spawner is the task on whose behalf it is spawned: a draining group
	// accepts spawns only from inside. nil: whose hook is running, or that of
	// the context given to [Group.Spawn].
	Spawner *Task

	Cleanup  bool // accepted by a group that is cancelling, from inside
	Observed bool // its failure is for who waits for it, not for a handler

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
		return &Error{Op: "task", Status: o.Status, Message: o.Message}
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
	latch   atomic.Pointer[latch]
	outcome atomic.Pointer[Outcome] // of a task that is over

	failure atomic.Pointer[error]                       // what it failed with
	fire    func(context.Context, *Task) (*Task, error) // of a timer
	queue   *Queue
	isOwner atomic.Bool
	isTold  atomic.Bool // its end was said already
}

// latch is a channel that is closed once.
type latch struct {
	once sync.Once
	done chan struct{}
}

func (l *latch) open() { l.once.Do(func() { close(l.done) }) }

// Most tasks end well, and share this.
var endedWell Outcome

// ----------------------------------------------------------------- spawning --

// Go spawns a task that runs fn on a goroutine of its own; it never waits for
// the group's answer. If the group refuses it (it is closed, full, or draining
// and this comes from outside), fn never runs, the refusal is counted by
// the group, and it is what [Task.Wait] returns. Who must know at once, say
// because fn is to give something back, calls [Group.Spawn].
//
// Where more is on its way to the runtime than it can take in, Go waits for
// room.
func (g *Group) Go(fn func(ctx context.Context) error) *Task {
	return g.start(&TaskSpec{Type: goroutineType, Run: fn})
}

// Go spawns a task as [Group.Go] does, into the current group of ctx and on
// behalf of its current task: so it is accepted while the group drains. Without
// a current group it panics.
func Go(ctx context.Context, fn func(ctx context.Context) error) *Task {
	group := CurrentGroup(ctx)
	if group == nil {
		panic("ptg: Go: the context is of no task and no hook")
	}
	return group.start(&TaskSpec{Type: goroutineType, Run: fn, Spawner: CurrentTask(ctx)})
}

func (g *Group) start(spec *TaskSpec) *Task {
	if !g.rt.isOnThread() {
		task := &Task{rt: g.rt, group: g, spec: spec}
		g.rt.mailSpawn(task)
		return task
	}
	task, status := g.spawn(nil, spec)
	if status != C.PTG_OK {
		task.end(&Outcome{Status: Status(status), NeverRan: true})
	}
	return task
}

const goroutineType = "goroutine"

// Spawn puts a task into the group and returns what the group says of it:
// [ErrClosed], [ErrFull], or the task. It is spawned on behalf of the current
// task of ctx, unless spec says otherwise. It waits for the runtime's thread,
// a few microseconds; in a hook it does not have to.
func (g *Group) Spawn(ctx context.Context, spec TaskSpec) (*Task, error) {
	if spec.Spawner == nil {
		if task := CurrentTask(ctx); task != nil && task.rt == g.rt {
			spec.Spawner = task
		}
	}
	var task *Task
	var failure error
	err := g.rt.do(func() {
		var status C.ptg_status
		task, status = g.spawn(nil, &spec)
		failure = g.rt.failure("ptg_task_spawn", status)
	})
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return task, nil
}

// Send sends a spawn on its way and does not wait. The error is that of the
// way: [ErrFull], [ErrClosed], or [ErrInvalid] for a spec that no group would
// accept. What the group says is the end of the task, as for [Group.Go].
func (g *Group) Send(spec TaskSpec) (*Task, error) {
	task, status := g.spawn(g.rt.remote, &spec)
	if g.rt.manual && !g.rt.steps {
		g.rt.nudge()
	}
	runtime.KeepAlive(g.rt)
	if status != C.PTG_OK {
		return nil, &Error{Op: "ptg_remote_spawn", Status: Status(status)}
	}
	return task, nil
}

// spawn by the way in, or on the thread where remote is nil. The task that it
// returns is over, in truth, when the status says so.
func (g *Group) spawn(remote *C.ptg_remote, spec *TaskSpec) (*Task, C.ptg_status) {
	task := &Task{rt: g.rt, group: g, spec: spec}
	var flags C.uint32_t
	if spec.Cleanup {
		flags |= C.PTG_SPAWN_CLEANUP
	}
	if spec.Observed {
		flags |= C.PTG_SPAWN_OBSERVED
	}
	kind := spec.toC()
	if kind == nil {
		return task, C.PTG_EINVAL
	}
	var id uint64
	if spec.Run != nil {
		id = g.rt.tasks.add(task)
	} else {
		id = uint64(cgo.NewHandle(task))
	}
	var spawner C.ptg_task
	if spec.Spawner != nil {
		spawner = C.ptg_task(spec.Spawner.Handle())
	}
	name, nameLength := cString(spec.Name)
	place, placeLength := cString(spec.Place)
	answer := C.glue_spawn(g.rt.ptr, remote, C.ptg_group(g.handle), kind, flags,
		name, nameLength, place, placeLength, spawner, C.uintptr_t(id))
	if answer < 0 {
		if spec.Run != nil {
			g.rt.tasks.remove(id)
		}
		return task, C.ptg_status(answer)
	}
	task.handle.Store(uint64(answer))
	return task, C.PTG_OK
}

// cString points at the bytes of a string, for the time of a call.
func cString(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

// Types live as long as the process.
var types struct {
	sync.RWMutex
	known map[typeKey]*C.ptg_task_type
}

type typeKey struct {
	set   C.uint32_t
	label string
}

// toC returns nil for a spec that is neither of a function nor of functions.
func (s *TaskSpec) toC() *C.ptg_task_type {
	if (s.Run == nil) == (s.Start == nil) {
		return nil
	}
	key := typeKey{C.GLUE_EVENTS, s.Type}
	if s.Run == nil {
		key.set = s.set()
	} else if s.Kill != nil {
		key.set |= C.GLUE_KILLABLE
	}
	types.RLock()
	known := types.known[key]
	types.RUnlock()
	if known != nil {
		return known
	}
	types.Lock()
	defer types.Unlock()
	if types.known == nil {
		types.known = map[typeKey]*C.ptg_task_type{}
	}
	if types.known[key] == nil {
		var label *C.char
		if s.Type != "" {
			label = C.CString(s.Type)
		}
		types.known[key] = C.glue_make_type(key.set, label)
	}
	return types.known[key]
}

func (s *TaskSpec) set() C.uint32_t {
	var set C.uint32_t
	if s.Drain != nil {
		set |= C.GLUE_DRAIN
	}
	if s.Cancel != nil {
		set |= C.GLUE_CANCEL
	}
	if s.Kill != nil {
		set |= C.GLUE_KILL
	}
	if s.Wake != nil {
		set |= C.GLUE_WAKE
	}
	return set
}

// ------------------------------------------------------------------ running --

// run is the goroutine of a task.
func (t *Task) run() {
	err := ErrGoexit
	isDone := false
	defer func() {
		if !isDone {
			if value := recover(); value != nil {
				err = newPanicError(value)
			}
		}
		t.ranTo(err)
	}()
	err = t.spec.Run((*taskContext)(t))
	isDone = true
}

// ranTo tells the end of a task whose function returned err, unless that was
// told before.
func (t *Task) ranTo(err error) {
	if !t.isTold.CompareAndSwap(false, true) {
		return
	}
	if err == nil {
		t.letter.task, t.letter.kind = t, letterEnd
		t.rt.mail(&t.letter)
		return
	}
	outcome := &Outcome{Err: err, Status: ErrFailed}
	if t.isCancellation(err) {
		outcome.Status = ErrCanceled
	}
	t.keepFailure(outcome)
	// When the runtime has ended nobody is left to be told.
	_ = t.rt.mailCall("finish", func() { t.finish(nil, outcome) })
}

// isCancellation says whether a task that was asked to end ended by that.
func (t *Task) isCancellation(err error) bool {
	cause := t.cause.Load()
	return cause != nil && statusOf(err) == ErrCanceled
}

// keepFailure keeps the error object until the end of the task has been told.
func (t *Task) keepFailure(outcome *Outcome) {
	if outcome.Err == nil || t.spec == nil {
		return
	}
	err := outcome.Err
	t.failure.Store(&err)
	t.rt.mu.Lock()
	t.rt.failing[t.Handle()] = t
	t.rt.mu.Unlock()
}

// failed returns the error object; nil: there is none.
func (t *Task) failed() error {
	if err := t.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (t *Task) finish(way *C.ptg_remote, outcome *Outcome) C.ptg_status {
	status, message := outcome.Status, outcome.Message
	if outcome.Err != nil {
		if status == OK {
			status = statusOf(outcome.Err)
		}
		if message == "" {
			message = messageOf(outcome.Err)
		}
	}
	text, length := cString(message)
	return C.glue_finish(t.rt.ptr, way, C.ptg_task(t.handle.Load()), C.ptg_status(status),
		C.int32_t(outcome.Code), C.uint64_t(outcome.Value), text, length)
}

// messageOf returns what an error says, whatever it is: as UTF-8, and without
// a panic of its own.
func messageOf(err error) (message string) {
	failure := guard(func() error { message = err.Error(); return nil })
	if failure != nil {
		message = "an error whose Error method panicked"
	}
	return strings.ToValidUTF8(message, "\uFFFD")
}

// end says here that the task is over.
func (t *Task) end(outcome *Outcome) {
	t.outcome.CompareAndSwap(nil, outcome)
	if latch := t.latch.Load(); latch != nil {
		latch.open()
	}
	canceled := error(context.Canceled)
	t.cancelContext(&canceled)
}

// ------------------------------------------------------------------- public --

// Handle returns the number of the task; 0: it was refused. Just after
// [Group.Go] it waits for the runtime to have given it one.
func (t *Task) Handle() Handle {
	if t == nil {
		return 0
	}
	if t.handle.Load() == 0 && t.letter.task != nil && t.outcome.Load() == nil {
		_ = t.rt.do(func() {}) // after the spawn, in the order of the mail
	}
	return Handle(t.handle.Load())
}

// Group returns the group that it was spawned into.
func (t *Task) Group() *Group { return t.group }

// Name returns the name that it was spawned with, or that of its type.
func (t *Task) Name() string {
	switch {
	case t.spec == nil:
		return ""
	case t.spec.Name != "":
		return t.spec.Name
	}
	return t.spec.Type
}

// Context returns the task's context: the one that Run is given.
func (t *Task) Context() context.Context { return (*taskContext)(t) }

// Finish says that the task has ended, and how; for one with Run it says so
// before its function returns, which then is nobody's any more. On the
// runtime's thread the answer is [ErrStale] for one that had ended;
// elsewhere it is that of the way there.
func (t *Task) Finish(outcome Outcome) error {
	if t.rt.isOnThread() {
		t.keepFailure(&outcome)
		err := t.rt.failure("ptg_task_finish", t.finish(nil, &outcome))
		t.isTold.Store(t.isTold.Load() || err == nil)
		return err
	}
	t.keepFailure(&outcome)
	t.isTold.Store(true)
	return t.rt.sendOr("ptg_remote_finish", func(way *C.ptg_remote) C.ptg_status { return t.finish(way, &outcome) })
}

// Cancel asks the task to end. It is a request: the task may end well, fail,
// or end cancelled after it. The first one counts. reason "" is "cancelled".
func (t *Task) Cancel(reason string) error { return t.CancelFrom(reason, 0) }

// CancelFrom is [Task.Cancel] with the task or group that asks; 0: whose hook
// is running.
func (t *Task) CancelFrom(reason string, originator Handle) error {
	text, length := cString(reason)
	if length == 0 {
		text = nil
	}
	cancel := func(way *C.ptg_remote) C.ptg_status {
		return C.glue_cancel(t.rt.ptr, way, C.ptg_task(t.handle.Load()), text, length, C.uint64_t(originator))
	}
	if t.rt.isOnThread() {
		return t.rt.failure("ptg_task_cancel", cancel(nil))
	}
	return t.rt.sendOr("ptg_remote_cancel", cancel)
}

// sendOr sends a call to the runtime's thread: as mail; or, on a stepped clock,
// by libptg's own way in, which is bounded and says so.
func (rt *Runtime) sendOr(op string, fn func(way *C.ptg_remote) C.ptg_status) error {
	if !rt.steps {
		return rt.mailCall(op, func() { fn(nil) })
	}
	status := fn(rt.remote)
	runtime.KeepAlive(rt)
	if status != C.PTG_OK {
		return &Error{Op: op, Status: Status(status)}
	}
	return nil
}

// Sleep has the task's Wake called once, after d; a new sleep takes the place
// of the last one, and [Forever] ends it. A task with Run calls the function
// [Sleep] instead.
func (t *Task) Sleep(d time.Duration) error {
	return t.rt.on("ptg_task_sleep", func() C.ptg_status {
		return C.ptg_task_sleep(t.rt.ptr, C.ptg_task(t.Handle()), C.int64_t(d))
	})
}

// ExtendGrace asks for the drain phase of the task's group to last d from now,
// and returns how long it lasts now, as far as the deadline leaves it time.
// [ErrBusy]: the group is not in its drain phase.
func (t *Task) ExtendGrace(d time.Duration) (time.Duration, error) {
	var left C.int64_t
	err := t.rt.on("ptg_task_extend_grace", func() C.ptg_status {
		return C.ptg_task_extend_grace(t.rt.ptr, C.ptg_task(t.Handle()), C.int64_t(d), &left)
	})
	return time.Duration(left), err
}

// Done is closed when the task is over and that has been told. For a task
// that was not spawned here see [Runtime.Watch].
func (t *Task) Done() <-chan struct{} {
	l := t.latch.Load()
	if l == nil {
		l = &latch{done: make(chan struct{})}
		if !t.latch.CompareAndSwap(nil, l) {
			l = t.latch.Load()
		}
	}
	if t.outcome.Load() != nil {
		l.open()
	}
	return l.done
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
	waiter := CurrentTask(ctx)
	if t.rt.isOnThread() || waiter != nil && (waiter.Handle() == t.Handle() && t.Handle() != 0 || t.isOwnerOf(waiter)) {
		if t.outcome.Load() == nil {
			return &Error{Op: "wait", Status: ErrDeadlock, Message: "who waits is part of what is waited for"}
		}
	}
	select {
	case <-t.Done():
		return t.outcome.Load().error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
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
