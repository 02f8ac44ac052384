package ptg

/*
#include "glue.h"
#include <stdlib.h>
#cgo noescape glue_wake
#cgo noescape glue_self
#cgo nocallback glue_self
*/
import "C"

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Handle is the number of a group, a task or a watch. It is never 0, below
// 2^53, never given out twice in a process, and the same in every language.
type Handle uint64

// Two durations with a meaning of their own, in options. Zero always means
// "as before": inherited, or the default.
const (
	Forever time.Duration = C.PTG_FOREVER // no limit
	AtOnce  time.Duration = C.PTG_AT_ONCE // a limit of no time at all
)

// Options of a runtime. The zero value is a good one.
type Options struct {
	// Root has the options of the root group.
	Root GroupOptions

	// Context gives its values to the contexts of all tasks and hooks. Its
	// cancellation is not looked at. nil: none.
	Context context.Context

	// Logger is told of failures that no handler takes. nil: slog.Default()
	// at that moment.
	Logger *slog.Logger

	// ManualClock makes time stand still but in [Runtime.Advance]. What is due
	// at the present instant is still done by itself.
	ManualClock bool

	// Stepped, on a manual clock, lets nothing happen but in
	// [Runtime.Advance] and [Runtime.Take]: for tests of what happens in
	// which order.
	Stepped bool
}

// Runtime is a tree of groups on an OS thread of its own. All methods may be
// called from any goroutine, and from hooks, unless they say otherwise.
//
// A Runtime holds a thread and C memory until [Runtime.Close].
type Runtime struct {
	number uint64 // from 1, in this process
	ptr    *C.ptg_runtime
	remote *C.ptg_remote // given back when the Runtime is collected
	root   *Group
	base   context.Context
	logger *slog.Logger
	manual bool
	steps  bool

	tasks   table // of goroutines; callbacks have cgo handles
	mu      sync.Mutex
	groups  map[Handle]*Group // not gone yet, made here
	failing map[Handle]*Task  // failed, the end not told yet

	ending  sync.Mutex // held while it is destroyed
	isEnded bool

	box    mailbox
	isGone atomic.Bool   // nobody opens it any more
	wake   chan struct{} // buffered: there is mail
	over   chan struct{} // closed when the root group is
	ended  chan struct{} // closed when the thread has gone

	// Of the thread.
	batch   []C.glue_mail // C memory
	batched []*Task       // whom it is about
	events  []C.ptg_event // C memory
	isFull  bool          // the last taking was: there may be more

	rootClosed, isOver, isDestroyed bool
}

var runtimes atomic.Uint64 // made in this process

const eventCapacity, batchCapacity = 256, 256

// New makes a runtime, with an open root group, and its thread.
func New(options Options) (*Runtime, error) {
	base := context.Background()
	if options.Context != nil {
		base = context.WithoutCancel(options.Context)
	}
	rt := &Runtime{
		number: runtimes.Add(1), base: base, logger: options.Logger,
		manual: options.ManualClock, steps: options.ManualClock && options.Stepped,
		groups: map[Handle]*Group{}, failing: map[Handle]*Task{},
		wake: make(chan struct{}, 1), over: make(chan struct{}), ended: make(chan struct{}),
	}
	failure := make(chan error)
	go rt.main(options.Root, failure)
	if err := <-failure; err != nil {
		return nil, err
	}
	runtime.AddCleanup(rt, func(remote *C.ptg_remote) { C.ptg_remote_close(remote) }, rt.remote)
	return rt, nil
}

// main is the thread of the runtime, from its making to its end.
func (rt *Runtime) main(root GroupOptions, failure chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := rt.create(root); err != nil {
		failure <- err
		return
	}
	failure <- nil
	for !rt.isDestroyed {
		if !rt.manual && !rt.isOver {
			rt.turn()
			continue
		}
		rt.deliver()
		if rt.manual && !rt.steps && !rt.isDestroyed {
			rt.settle(0)
		}
		if !rt.isDestroyed && rt.fallAsleep() {
			<-rt.wake
		}
	}
	rt.isGone.Store(true)
	for l := rt.box.left; l != nil; l = l.next {
		rt.refuse(l)
	}
	rt.sweep()
	C.free(unsafe.Pointer(&rt.batch[0]))
	C.free(unsafe.Pointer(&rt.events[0]))
	close(rt.ended)
}

func (rt *Runtime) create(root GroupOptions) error {
	group := &Group{rt: rt, options: root, drain: make(chan struct{})}
	if root.OnError == nil {
		group.options.OnError = rt.logFailure
	}
	id := cgo.NewHandle(group)
	options, free := group.options.toC(id)
	defer free()
	given := (*C.ptg_runtime_options)(C.calloc(1, C.sizeof_ptg_runtime_options))
	defer C.free(unsafe.Pointer(given))
	given.size = C.sizeof_ptg_runtime_options
	given.root = options
	if rt.manual {
		given.flags = C.PTG_RUNTIME_MANUAL_CLOCK
	}
	if status := C.ptg_runtime_create(given, &rt.ptr); status != C.PTG_OK {
		return &Error{Op: "ptg_runtime_create", Status: Status(status)}
	}
	C.glue_set_self(C.uint64_t(rt.number))
	var handle C.ptg_group
	C.ptg_runtime_get_root(rt.ptr, &handle)
	group.handle = Handle(handle)
	group.learnName()
	rt.root = group
	rt.groups[group.handle] = group
	if status := C.ptg_remote_open(rt.ptr, &rt.remote); status != C.PTG_OK {
		return rt.abort(&Error{Op: "ptg_remote_open", Status: Status(status)})
	}
	batch := C.calloc(batchCapacity, C.sizeof_glue_mail)
	rt.batch = unsafe.Slice((*C.glue_mail)(batch), batchCapacity)
	rt.batched = make([]*Task, batchCapacity)
	memory := C.calloc(eventCapacity, C.sizeof_ptg_event)
	rt.events = unsafe.Slice((*C.ptg_event)(memory), eventCapacity)
	return nil
}

// abort ends a runtime that could not be made whole.
func (rt *Runtime) abort(err error) error {
	C.ptg_group_shutdown(rt.ptr, C.ptg_group(rt.root.handle), nil)
	if rt.manual {
		C.ptg_runtime_advance(rt.ptr, 0)
	} else {
		C.ptg_runtime_run(rt.ptr)
	}
	C.ptg_runtime_destroy(rt.ptr)
	return err
}

// settle moves a manual clock, then does all that is due.
func (rt *Runtime) settle(by time.Duration) C.ptg_status {
	status := C.ptg_runtime_advance(rt.ptr, C.int64_t(by))
	for status == C.PTG_OK && !rt.steps && rt.take(eventCapacity, nil) > 0 {
		C.ptg_runtime_advance(rt.ptr, 0)
	}
	return status
}

// take takes at most capacity events, and returns how many there were.
func (rt *Runtime) take(capacity int, see func(*C.ptg_event)) int {
	taken := 0
	for taken < capacity {
		var count C.size_t
		most := C.size_t(min(capacity-taken, eventCapacity))
		C.ptg_events_take(rt.ptr, &rt.events[0], C.sizeof_ptg_event, most, &count)
		if see != nil {
			for i := range rt.events[:count] {
				see(&rt.events[i])
			}
		}
		rt.dispatch(rt.events[:count])
		taken += int(count)
		if count < most {
			break
		}
	}
	return taken
}

// ------------------------------------------------------------- the thread --

func (rt *Runtime) isOnThread() bool { return uint64(C.glue_self()) == rt.number }

// Do runs fn on the runtime's thread and waits until it has returned. There
// every call is carried out at once, without a hand-over for each. fn must
// not wait for anything. In a hook it is simply called. A panic of fn is
// returned as a [*PanicError].
func (rt *Runtime) Do(fn func()) error {
	var failure error
	err := rt.do(func() { failure = guard(func() error { fn(); return nil }) })
	if err != nil {
		return err
	}
	return failure
}

func (rt *Runtime) do(fn func()) error {
	if rt.isOnThread() {
		fn()
		return nil
	}
	isDone, done := false, make(chan struct{})
	rt.mail(&letter{kind: letterCall, fn: func() {
		if !rt.isDestroyed {
			fn()
			isDone = true
		}
		close(done)
	}})
	<-done
	if !isDone {
		return &Error{Op: "call", Status: ErrClosed, Message: "the runtime is closed"}
	}
	return nil
}

// on carries out a call of ptg.h on the thread.
func (rt *Runtime) on(op string, fn func() C.ptg_status) error {
	var failure error
	if err := rt.do(func() { failure = rt.failure(op, fn()) }); err != nil {
		return err
	}
	return failure
}

func (rt *Runtime) nudge() {
	select {
	case rt.wake <- struct{}{}:
	default:
	}
}

// failure turns a status into an error, on the thread.
func (rt *Runtime) failure(op string, status C.ptg_status) error {
	if status == C.PTG_OK {
		return nil
	}
	err := &Error{Op: op, Status: Status(status)}
	info := C.ptg_error_info{size: C.sizeof_ptg_error_info}
	if !rt.isDestroyed && C.ptg_runtime_get_error(rt.ptr, &info) == C.PTG_OK && info.status == status {
		err.Message = goString(info.message, info.message_length)
	}
	return err
}

// -------------------------------------------------------------- the public --

// Root returns the root group.
func (rt *Runtime) Root() *Group { return rt.root }

// NewGroup makes a group below the root, as [Group.NewGroup].
func (rt *Runtime) NewGroup(options GroupOptions) (*Group, error) { return rt.root.NewGroup(options) }

// Now returns the runtime's clock: monotonic, from an instant of its own.
func (rt *Runtime) Now() (time.Duration, error) {
	var now C.int64_t
	err := rt.on("ptg_runtime_get_time", func() C.ptg_status { return C.ptg_runtime_get_time(rt.ptr, &now) })
	return time.Duration(now), err
}

// Advance moves a manual clock on and does all that falls due on the way, each
// thing at its own instant. [ErrReentrant] in a hook.
func (rt *Runtime) Advance(by time.Duration) error {
	return rt.on("ptg_runtime_advance", func() C.ptg_status { return rt.settle(by) })
}

// Current returns whose hook is running on the runtime's thread: a task and
// its group, or only a group, or neither. To be asked there; elsewhere
// it is [ErrThread]: the context of a task or hook says it everywhere.
func (rt *Runtime) Current() (*Task, *Group, error) {
	if !rt.isOnThread() {
		return nil, nil, &Error{Op: "ptg_runtime_get_current", Status: ErrThread}
	}
	var task C.ptg_task
	var group C.ptg_group
	status := C.ptg_runtime_get_current(rt.ptr, &task, &group)
	if status != C.PTG_OK {
		return nil, nil, rt.failure("ptg_runtime_get_current", status)
	}
	return rt.taskOrNil(Handle(task)), rt.groupOrNil(Handle(group)), nil
}

// Post sends fn to be called on the runtime's thread, from the loop, and does
// not wait for it. It is never called if the runtime ends before.
func (rt *Runtime) Post(fn func()) error {
	post := &posted{rt, fn}
	return rt.sendOr("ptg_remote_post", func(way *C.ptg_remote) C.ptg_status {
		if way == nil {
			post.call()
			return C.PTG_OK
		}
		return C.glue_post(way, C.uintptr_t(cgo.NewHandle(post)))
	})
}

// RequestShutdown asks for the shutdown of the root group, with its cancel
// phase at once if isForced, and does not wait. It needs no memory and no
// room, and is never refused before [Runtime.Close].
func (rt *Runtime) RequestShutdown(isForced bool) error {
	force := C.int32_t(0)
	if isForced {
		force = 1
	}
	if !rt.isOnThread() {
		rt.ending.Lock() // the runtime must not be destroyed meanwhile
		defer rt.ending.Unlock()
	}
	if rt.isEnded {
		return &Error{Op: "ptg_runtime_request_shutdown", Status: ErrClosed}
	}
	status := C.ptg_runtime_request_shutdown(rt.ptr, force)
	if rt.manual && !rt.steps {
		rt.nudge()
	}
	if status != C.PTG_OK {
		return &Error{Op: "ptg_runtime_request_shutdown", Status: Status(status)}
	}
	return nil
}

// Over is closed when the root group is.
func (rt *Runtime) Over() <-chan struct{} { return rt.over }

// Wait waits until the root group is closed, by whatever it was shut down,
// and returns the report.
func (rt *Runtime) Wait(ctx context.Context) (*Report, error) {
	if rt.isOnThread() || CurrentTask(ctx) != nil && CurrentTask(ctx).rt == rt {
		return nil, &Error{Op: "wait", Status: ErrDeadlock, Message: "who waits is part of the root group"}
	}
	select {
	case <-rt.over:
		return rt.root.report.Load(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Shutdown shuts down the root group: see [Group.Shutdown].
func (rt *Runtime) Shutdown(ctx context.Context, limits ...Limits) (*Report, error) {
	return rt.root.Shutdown(ctx, limits...)
}

// Destroy ends a runtime whose root group is closed, with its thread; else it
// is [ErrBusy] and nothing has changed. Tasks that were abandoned and go on
// end here for the library, as timed out; their goroutines are theirs.
func (rt *Runtime) Destroy() error {
	isOnThread := rt.isOnThread()
	err := rt.on("ptg_runtime_destroy", rt.destroy)
	if err == nil && !isOnThread {
		<-rt.ended
	}
	return err
}

func (rt *Runtime) destroy() C.ptg_status {
	rt.ending.Lock()
	defer rt.ending.Unlock()
	status := C.ptg_runtime_destroy(rt.ptr)
	// The ends of those that were abandoned are events, to be taken first.
	for status == C.PTG_EBUSY && rt.rootClosed && !rt.steps && rt.take(eventCapacity, nil) > 0 {
		status = C.ptg_runtime_destroy(rt.ptr)
	}
	for status == C.PTG_EBUSY && rt.rootClosed && !rt.manual && !rt.isOver {
		rt.turn()
		status = C.ptg_runtime_destroy(rt.ptr)
	}
	if status == C.PTG_OK {
		rt.isDestroyed, rt.isEnded = true, true
		C.glue_set_self(0)
	}
	return status
}

// Close ends the runtime whatever state it is in: what is not closed is shut
// down by force, each group within its cancel wait, and then the runtime is
// destroyed. It is [ErrReentrant] in a hook. After it every call is
// [ErrClosed]. Closing again is nil.
func (rt *Runtime) Close() error {
	if rt.isOnThread() {
		return &Error{Op: "close", Status: ErrReentrant}
	}
	rt.ending.Lock()
	isEnded := rt.isEnded
	rt.ending.Unlock()
	if isEnded {
		<-rt.ended
		return nil
	}
	if rt.manual {
		return rt.closeManual()
	}
	if err := rt.RequestShutdown(true); err != nil {
		return err
	}
	<-rt.over
	return rt.Destroy()
}

// closeManual gives time to those that are to be killed, as nobody else does.
func (rt *Runtime) closeManual() error {
	var err error
	for i := range 100 {
		_ = rt.root.BeginShutdown(Limits{Force: true, Grace: AtOnce, CancelWait: AtOnce, Deadline: AtOnce})
		_ = rt.Advance(time.Duration(i) * C.PTG_KILL_WAIT_NS)
		_, _ = rt.Take(1 << 20)
		if err = rt.Destroy(); err == nil {
			return nil
		}
	}
	return err
}
