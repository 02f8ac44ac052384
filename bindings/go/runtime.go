package ptg

/*
#include "glue.h"
#include <stdlib.h>
#cgo noescape glue_self
#cgo nocallback glue_self
*/
import "C"

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
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
	// at that moment. When the root is closed nobody is left to handle those of
	// tasks that were abandoned: the library prints them on stderr.
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

	tasks  table // of goroutines; callbacks have cgo handles
	mu     sync.Mutex
	groups map[Handle]*Group // not gone yet, made here

	ending  sync.Mutex // held while it is destroyed
	isEnded bool

	box    mailbox
	isGone atomic.Bool   // nobody opens it any more
	over   chan struct{} // closed when the root group is
	ended  chan struct{} // closed when the thread has gone

	// Of the thread.
	batch     []C.glue_mail // C memory
	batched   []*Task       // whom it is about
	events    []C.ptg_event // C memory
	isFull    bool          // the last taking was: there may be more
	isTelling bool          // events, or the last ends: it is a hook, and none that C knows of
	tellTask  *Task         // whose event it is, or
	tellGroup *Group        // whose
	places    placeTable
	kinds     map[Handle]*Task // of the library's own sorts, not over yet

	rootClosed, isDestroyed bool
}

var runtimes atomic.Uint64 // made in this process

const eventCapacity, batchCapacity = 256, 256

// New makes a runtime, with an open root group, and its thread.
func New(options Options) (*Runtime, error) {
	if err := invalid("New", options.mistake()); err != nil {
		return nil, err
	}
	base := context.Background()
	if options.Context != nil {
		base = context.WithoutCancel(options.Context)
	}
	rt := &Runtime{
		number: runtimes.Add(1), base: base, logger: options.Logger,
		manual: options.ManualClock, steps: options.ManualClock && options.Stepped,
		groups: map[Handle]*Group{}, places: placeTable{}, kinds: map[Handle]*Task{},
		over: make(chan struct{}), ended: make(chan struct{}),
	}
	failure := make(chan error)
	go rt.main(options.Root, failure)
	if err := <-failure; err != nil {
		return nil, err
	}
	runtime.AddCleanup(rt, func(remote *C.ptg_remote) { C.ptg_remote_close(remote) }, rt.remote)
	return rt, nil
}

func (o *Options) mistake() string {
	switch root := o.Root.mistake(); {
	case root != "":
		return "Root: " + root
	case o.Root.Owner != nil:
		return "Root: Owner: the root group can have none"
	case o.Stepped && !o.ManualClock:
		return "Stepped is for a manual clock"
	}
	return ""
}

// asker is who asks for something on the thread: who was named, or whose event is
// being carried out; 0: whose callback C knows to be running.
func (rt *Runtime) asker(named Handle) C.uint64_t {
	return C.uint64_t(cmp.Or(named, rt.tellTask.Handle(), rt.tellGroup.Handle()))
}

// Root returns the root group.
func (rt *Runtime) Root() *Group { return rt.root }

// NewGroup makes a group below the root, as [Group.NewGroup].
func (rt *Runtime) NewGroup(options GroupOptions) (*Group, error) { return rt.root.NewGroup(options) }

// Now returns the runtime's clock: monotonic, from an instant of its own.
func (rt *Runtime) Now() (time.Duration, error) {
	var now C.int64_t
	err := rt.on("Now", func() C.ptg_status { return C.ptg_runtime_get_time(rt.ptr, &now) })
	return time.Duration(now), err
}

// Advance moves a manual clock on and does all that falls due on the way, each
// thing at its own instant. [ErrReentrant] in a hook.
func (rt *Runtime) Advance(by time.Duration) error {
	if !rt.manual {
		return invalid("Advance", "the clock is a real one: see Options.ManualClock")
	}
	if err := invalid("Advance", mistakeInDuration("the duration", by)); err != nil {
		return err
	}
	return rt.on("Advance", func() C.ptg_status { return rt.settle(by) })
}

// Current returns whose hook is running on the runtime's thread: a task and
// its group, or only a group, or neither. To be asked there; elsewhere
// it is [ErrThread]: the context of a task or hook says it everywhere.
func (rt *Runtime) Current() (*Task, *Group, error) {
	if !rt.isOnThread() {
		return nil, nil, &Error{Op: "Current", Status: ErrThread}
	}
	if rt.tellTask != nil {
		return rt.tellTask, rt.tellTask.group, nil
	}
	if rt.tellGroup != nil {
		return nil, rt.tellGroup, nil
	}
	var task C.ptg_task
	var group C.ptg_group
	status := C.ptg_runtime_get_current(rt.ptr, &task, &group)
	if status != C.PTG_OK {
		return nil, nil, rt.failure("Current", status)
	}
	return rt.taskOrNil(Handle(task)), rt.groupOrNil(Handle(group)), nil
}

// Post sends fn to be called on the runtime's thread and does not wait for it.
// It is not called if the runtime ends before. release, if it is not nil, is
// called once in any case: after fn, or when that will never be.
func (rt *Runtime) Post(fn, release func()) error {
	if fn == nil {
		rt.release(release)
		return invalid("Post", "the function is nil")
	}
	post := &posted{rt, fn, release}
	if rt.steps {
		status := C.glue_post(rt.remote, C.uintptr_t(cgo.NewHandle(post)))
		runtime.KeepAlive(rt)
		return refusalOfMail("Post", status, "")
	}
	if rt.isGone.Load() {
		rt.release(release)
		return &Error{Op: "Post", Status: ErrClosed, Message: runtimeIsClosed}
	}
	rt.mail(&letter{kind: letterCall, fn: func() {
		if !rt.isDestroyed {
			post.call()
		}
		rt.release(release)
	}})
	return nil
}
