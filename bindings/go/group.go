package ptg

/*
#include "glue.h"
#include <stdlib.h>
*/
import "C"

import (
	"cmp"
	"context"
	"errors"
	"runtime/cgo"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"
)

// State is the state of a group: in this order, and never backwards.
type State uint32

// The states of a group.
const (
	StateOpen       State = C.PTG_GROUP_OPEN       // it accepts tasks
	StateDraining   State = C.PTG_GROUP_DRAINING   // its tasks are to finish soon
	StateCancelling State = C.PTG_GROUP_CANCELLING // their contexts are cancelled
	StateClosed     State = C.PTG_GROUP_CLOSED     // it is over
)

// String returns the state as a word.
func (s State) String() string {
	switch s {
	case StateOpen:
		return "open"
	case StateDraining:
		return "draining"
	case StateCancelling:
		return "cancelling"
	case StateClosed:
		return "closed"
	}
	return "unknown"
}

// WhenFull is what a spawn meets when MaxTasks tasks are live.
type WhenFull uint32

// What a spawn meets in a full group.
const (
	Refuse        WhenFull = C.PTG_FULL_REFUSE         // ErrFull
	Queued        WhenFull = C.PTG_FULL_QUEUE          // it waits for a place
	ReplaceOldest WhenFull = C.PTG_FULL_REPLACE_OLDEST // and the oldest is asked to end
)

// Policy is what the failure of a task does beyond being reported.
type Policy uint32

// The policies of a group.
const (
	ReportOnly    Policy = C.PTG_POLICY_REPORT         // nothing
	ShutdownGroup Policy = C.PTG_POLICY_SHUTDOWN_GROUP // its group is shut down
	ShutdownRoot  Policy = C.PTG_POLICY_SHUTDOWN_ROOT  // the root group is
)

// GroupOptions of a group. The zero value means: as the parent's.
//
// The hooks are called on the runtime's thread, one at a time. They may call
// everything and must wait for nothing; what takes longer is spawned. An error
// or a panic of a hook is a failure of the group.
type GroupOptions struct {
	Name       string        // at most 255 bytes of UTF-8; empty: one is made up
	Grace      time.Duration // from drain to cancel; of the root: 10 s
	CancelWait time.Duration // from cancel to giving up; of the root: 5 s
	Deadline   time.Duration // for this group with all below it; 0: none of its own

	MaxTasks  int // live at once, timers, queues and processes too; 0: no bound
	MaxQueued int // that wait for a place; 0: no bound
	WhenFull  WhenFull
	OnFailure Policy
	History   int // how many ended tasks are remembered; 0: none

	Parallel     bool // children that no edge holds back close together
	AdmitsAnyone bool // while it drains it accepts spawns from outside too
	Events       bool // its hooks are told by [Runtime.Take]; then an error of OnError is logged and goes no further

	// Owner is the task whose end shuts the group down, and which is done only
	// when the group is closed; of the parent group or one above.
	Owner *Task

	// OnError handles failures of its tasks, and of groups below without a
	// handler. nil: the nearest ancestor's; the root's logs them. If it fails
	// the next one gets both errors.
	OnError func(ctx context.Context, failure *Failure) error

	OnDrain  func(ctx context.Context, g *Group) error // it is told to drain
	OnClosed func(ctx context.Context, g *Group) error // it is closed; its report can be read

	Release func() // as of TaskSpec: when the group is gone, or was refused
}

// Failure is a failure on its way to a handler. As an error it is that of the
// task or hook: [errors.Is] and [errors.As] look through it.
type Failure struct {
	Group        *Group        // where it happened
	Task         *Task         // who failed; nil: a hook
	Name         string        // of the task
	Age          time.Duration // since it was spawned; of a group with Events: 0
	Outcome      Outcome       // how it failed; Err is the very error
	DuringCancel bool          // after it was asked to end
	State        State         // of Group, as now

	// FailedHandler is the group whose handler failed on this before, with
	// HandlerErr; nil: none did.
	FailedHandler *Group
	HandlerErr    error
}

// Error returns one line.
func (f *Failure) Error() string {
	name := f.Name
	if f.Task == nil {
		name = "hook"
	}
	text := name + ": "
	if err := f.Outcome.error(); err != nil {
		text += err.Error()
	}
	return text
}

// Unwrap returns the error of the task or hook.
func (f *Failure) Unwrap() error { return f.Outcome.error() }

// Group is a node of the tree: it owns tasks and groups. It stays open when it
// is idle, until it is shut down.
type Group struct {
	rt      *Runtime
	parent  *Group
	handle  Handle
	name    string
	options GroupOptions

	hasDrained atomic.Bool // its tasks have been told to finish soon
	isWanted   atomic.Bool // its report, when it is closed
	report     atomic.Pointer[Report]
	hookErrs   []error // of the thread: told, not handled yet
	handlerErr error   // of the thread
	isTold     bool    // of the thread: an event has said that it is closed
	isReleased bool    // of the thread
}

// NewGroup makes a group in g, open. [ErrClosed]: g is not open any more.
func (g *Group) NewGroup(options GroupOptions) (*Group, error) {
	child := &Group{rt: g.rt, parent: g, options: options}
	if err := invalid("NewGroup", options.mistakeInCounts()); err != nil {
		g.rt.release(options.Release)
		return nil, err
	}
	id := cgo.NewHandle(child)
	given, free := options.toC(id)
	defer free()
	var handle C.ptg_group
	isCalled := false
	err := g.rt.onChecked("NewGroup", func() error {
		if err := options.Owner.unnameable("NewGroup", "Owner", g.rt); err != nil {
			return err
		}
		isCalled = true
		status := C.ptg_group_create(g.rt.ptr, C.ptg_group(g.handle), given, &handle)
		if status == C.PTG_OK {
			child.handle = Handle(handle)
			child.learnName()
			g.rt.mu.Lock()
			g.rt.groups[child.handle] = child
			g.rt.mu.Unlock()
			if options.Owner != nil {
				options.Owner.isOwner.Store(true)
			}
		}
		return g.rt.refusal("NewGroup", status, options.mistake())
	})
	if !isCalled {
		id.Delete()
		g.rt.release(options.Release)
	}
	if err != nil {
		return nil, err
	}
	return child, nil
}

func (o *GroupOptions) mistake() string {
	return cmp.Or(
		mistakeInName("Name", o.Name), mistakeInLimit("Grace", o.Grace), mistakeInLimit("CancelWait", o.CancelWait),
		mistakeInLimit("Deadline", o.Deadline), o.mistakeInCounts(),
		mistakeInWord("WhenFull", o.WhenFull, ReplaceOldest), mistakeInWord("OnFailure", o.OnFailure, ShutdownRoot),
	)
}

// mistakeInCounts is one that the library cannot see.
func (o *GroupOptions) mistakeInCounts() string {
	return cmp.Or(mistakeInCount("MaxTasks", o.MaxTasks), mistakeInCount("MaxQueued", o.MaxQueued),
		mistakeInCount("History", o.History))
}

// toC returns the options in C memory, until free is called.
func (o *GroupOptions) toC(id cgo.Handle) (given *C.ptg_group_options, free func()) {
	given = (*C.ptg_group_options)(C.calloc(1, C.sizeof_ptg_group_options))
	given.size = C.sizeof_ptg_group_options
	given.name = C.CString(o.Name)
	given.name_length = C.size_t(len(o.Name))
	given.grace_ns = C.int64_t(o.Grace)
	given.cancel_wait_ns = C.int64_t(o.CancelWait)
	given.deadline_ns = C.int64_t(o.Deadline)
	given.max_tasks = C.uint64_t(o.MaxTasks)
	given.max_queued = C.uint64_t(o.MaxQueued)
	given.history = C.uint64_t(o.History)
	given.when_full = C.uint32_t(o.WhenFull)
	given.on_failure = C.uint32_t(o.OnFailure)
	if o.Owner != nil {
		given.owner = C.ptg_task(o.Owner.Handle())
	}
	if o.Parallel {
		given.flags |= C.PTG_GROUP_PARALLEL
	}
	if o.AdmitsAnyone {
		given.flags |= C.PTG_GROUP_ADMITS_ANYONE
	}
	hooks := C.uint32_t(C.GLUE_ON_CLOSED)
	if o.OnError != nil {
		hooks |= C.GLUE_ON_ERROR
	}
	if o.OnDrain != nil {
		hooks |= C.GLUE_ON_DRAIN
	}
	if o.Events {
		given.flags |= C.PTG_GROUP_EVENTS
		hooks = 0
	}
	C.glue_set_hooks(given, hooks, C.uintptr_t(id))
	return given, func() {
		C.free(unsafe.Pointer(given.name))
		C.free(unsafe.Pointer(given))
	}
}

// Handle returns the number of the group.
func (g *Group) Handle() Handle {
	if g == nil {
		return 0
	}
	return g.handle
}

// Runtime returns the runtime that it is of.
func (g *Group) Runtime() *Runtime { return g.rt }

// Parent returns the group that it was made in; nil: it is the root, or was
// not made here.
func (g *Group) Parent() *Group { return g.parent }

// Name returns the name that it was made with, or that was made up.
func (g *Group) Name() string { return g.name }

// learnName asks for the name that a group without one was given.
func (g *Group) learnName() {
	info := C.ptg_group_info{size: C.sizeof_ptg_group_info}
	if C.ptg_group_get_info(g.rt.ptr, C.ptg_group(g.handle), &info) == C.PTG_OK {
		g.name = goString(info.name, info.name_length)
	}
}

// StopsBefore declares an order between two siblings: when both are shut down,
// g is closed before later begins to drain. [ErrCycle] names the circle that
// it would close.
func (g *Group) StopsBefore(later *Group) error {
	if later == nil {
		return invalid("StopsBefore", "the later group is nil")
	}
	return g.rt.on("StopsBefore", func() C.ptg_status {
		return C.ptg_group_stops_before(g.rt.ptr, C.ptg_group(g.handle), C.ptg_group(later.Handle()))
	})
}

// Limits of a shutdown. They only ever shorten those of the groups, and hold
// for all below too. Zero: the groups' own.
type Limits struct {
	Force      bool          // straight to the cancel phase
	Grace      time.Duration // from drain to cancel
	CancelWait time.Duration // from cancel to giving up
	Deadline   time.Duration // from the call to all closed

	// Originator is the task or group that asks, for the report; 0: the current
	// one of the context given to Shutdown, or else whose hook is running.
	Originator Handle
}

// BeginShutdown begins the shutdown of the group with all below it and does
// not wait. The groups below close first, in order; then the group's tasks are
// told to drain, and when the grace is over their contexts are cancelled,
// newest first; when the cancel wait is over those that are left are
// abandoned. Again it can shorten limits and force, never put off. From
// elsewhere than the runtime's thread it is mail, as [Task.Cancel]: the error is
// that of the way there, and a group that is gone is told to nobody.
func (g *Group) BeginShutdown(limits Limits) error {
	options := limits.toC()
	return g.rt.send("BeginShutdown", limits.mistake(), func(way *C.ptg_remote) C.ptg_status {
		if way == nil {
			options.originator = g.rt.asker(limits.Originator)
			return C.ptg_group_shutdown(g.rt.ptr, C.ptg_group(g.handle), &options)
		}
		return C.ptg_remote_shutdown(way, C.ptg_group(g.handle), &options)
	})
}

func (l *Limits) mistake() string {
	return cmp.Or(mistakeInLimit("Grace", l.Grace), mistakeInLimit("CancelWait", l.CancelWait),
		mistakeInLimit("Deadline", l.Deadline))
}

func (l *Limits) toC() C.ptg_shutdown_options {
	options := C.ptg_shutdown_options{
		size:     C.sizeof_ptg_shutdown_options,
		grace_ns: C.int64_t(l.Grace), cancel_wait_ns: C.int64_t(l.CancelWait),
		deadline_ns: C.int64_t(l.Deadline), originator: C.uint64_t(l.Originator),
	}
	if l.Force {
		options.flags = C.PTG_SHUTDOWN_FORCE
	}
	return options
}

// Shutdown begins the shutdown of the group, as [Group.BeginShutdown], waits
// until it is closed, and returns the report. The current task or group of ctx
// is who asks. A deadline of ctx is one of the shutdown: by then all is closed,
// and the report is returned. When ctx is cancelled before, or the group has not
// had its turn in the shutdown of one above by then, Shutdown returns the cause
// and the shutdown goes on. Everybody who waits gets the same report. From
// inside of the group, or in a hook, it begins and is [ErrDeadlock] at once.
func (g *Group) Shutdown(ctx context.Context, limits ...Limits) (*Report, error) {
	limit := Limits{}
	for _, given := range limits {
		limit = given
	}
	if err := invalid("Shutdown", limit.mistake()); err != nil {
		return nil, err
	}
	limit.Originator = cmp.Or(limit.Originator, currentHandle(ctx))
	if at, ok := ctx.Deadline(); ok {
		left := max(time.Until(at), 1)
		if limit.Deadline == 0 || limit.Deadline == Forever || left < limit.Deadline {
			limit.Deadline = left
		}
	}
	if report := g.report.Load(); report != nil {
		return report, nil
	}
	closed, isOnThread := make(chan struct{}), g.rt.isOnThread()
	err := g.rt.onChecked("Shutdown", func() error {
		options := limit.toC()
		options.originator = g.rt.asker(limit.Originator)
		g.isWanted.Store(true)
		status := C.ptg_group_shutdown(g.rt.ptr, C.ptg_group(g.handle), &options)
		if status == C.PTG_OK && isOnThread {
			return &Error{Op: "Shutdown", Status: ErrDeadlock}
		}
		if status == C.PTG_OK {
			over := func(Outcome) {
				g.keepReport() // if it was closed before it was wanted
				close(closed)
			}
			watch := &Watch{rt: g.rt, options: WatchOptions{Waiter: CurrentTask(ctx), Over: over}}
			status = watch.add(uint64(g.handle))
			if status == C.PTG_ESTALE { // the task of ctx has ended, or is of another runtime: it holds nothing up
				watch.options.Waiter = nil
				status = watch.add(uint64(g.handle))
			}
		}
		return g.rt.failure("Shutdown", status)
	})
	if err != nil {
		return g.report.Load(), err
	}
	select {
	case <-closed:
	case <-ctx.Done():
		if g.rt.manual || !errors.Is(ctx.Err(), context.DeadlineExceeded) || g.waitsForItsTurn() {
			return nil, context.Cause(ctx)
		}
		<-closed // its deadline is the shutdown's, which is at its end
	}
	return g.report.Load(), nil
}

// keepReport keeps the report for those who wait, if it can be read.
func (g *Group) keepReport() {
	if g.report.Load() != nil {
		return
	}
	if report, err := g.Report(); err == nil {
		g.report.Store(report)
	}
}

// waitsForItsTurn says whether the shutdown of the group is held up by others.
func (g *Group) waitsForItsTurn() bool {
	report, err := g.Report()
	if err != nil {
		return false // it is closed and gone
	}
	return !slices.ContainsFunc(report.Rows, func(row ReportRow) bool {
		return row.State == StateDraining || row.State == StateCancelling || row.Group == g.handle && row.State == StateClosed
	})
}

// path returns the names from the root down, for people.
func (g *Group) path() string {
	if g == nil || g.parent == nil {
		return "/"
	}
	if g.parent.parent == nil {
		return "/" + g.Name()
	}
	return g.parent.path() + "/" + g.Name()
}
