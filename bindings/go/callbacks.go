package ptg

/*
#include "glue.h"
*/
import "C"

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/cgo"
	"runtime/debug"
	"time"
)

// guard calls fn and turns a panic into an error: none may unwind into C.
func guard(fn func() error) (err error) {
	isDone := false
	defer func() {
		if isDone {
			return
		}
		value := recover()
		if value == nil {
			// It cannot be stopped, and would take the thread away from under C.
			fmt.Fprintf(os.Stderr, "ptg: runtime.Goexit, as by t.FailNow, on the runtime's thread\n\n%s", debug.Stack())
			os.Exit(2)
		}
		err = newPanicError(value)
	}()
	err = fn()
	isDone = true
	return err
}

func newPanicError(value any) *PanicError { return &PanicError{value, debug.Stack()} }

func goString(text *C.char, length C.size_t) string { return C.GoStringN(text, C.int(length)) }

func object[T any](id C.uintptr_t) T { return cgo.Handle(id).Value().(T) }

func outcomeOf(c *C.ptg_outcome) Outcome {
	return Outcome{
		Status: Status(c.status), Code: int32(c.code), Value: uint64(c.value),
		Message:         goString(c.message, c.message_length),
		CancelRequested: c.flags&C.PTG_OUTCOME_CANCEL_REQUESTED != 0,
		NeverRan:        c.flags&C.PTG_OUTCOME_NEVER_RAN != 0,
		Abandoned:       c.flags&C.PTG_OUTCOME_ABANDONED != 0,
		Killed:          c.flags&C.PTG_OUTCOME_KILLED != 0,
		Reason:          goString(c.reason, c.reason_length),
		Originator:      Handle(c.originator),
	}
}

// ------------------------------------------------------------------- tasks --

//export ptgGoStart
func ptgGoStart(id C.uintptr_t, handle C.ptg_task) C.ptg_status {
	task := object[*Task](id)
	task.handle.Store(uint64(handle))
	err := guard(func() error { return task.spec.Start(task) })
	if err == nil {
		return C.PTG_OK
	}
	if status, isStatus := err.(Status); isStatus {
		return C.ptg_status(status) // it says nothing more
	}
	task.fail(err)
	return C.PTG_EFAILED
}

// fail ends a task by an error that the library need not know. What comes of
// it when the task has ended already is nothing.
func (t *Task) fail(err error) {
	if ended := t.Finish(Outcome{Err: err}); ended != nil {
		t.rt.log("an error after the end of a task", t.group, t.Name(), err)
	}
}

//export ptgGoTell
func ptgGoTell(id C.uintptr_t, _ C.ptg_task, kind C.int) {
	task := object[*Task](id)
	fn := task.spec.Wake
	switch kind {
	case C.PTG_EVENT_DRAIN:
		fn = task.spec.Drain
	case C.PTG_EVENT_KILL:
		fn = task.spec.Kill
	}
	task.step(func() { fn(task) })
}

// step calls a function of a task's, the panic of which ends it.
func (t *Task) step(fn func()) {
	if err := guard(func() error { fn(); return nil }); err != nil {
		t.fail(err)
	}
}

//export ptgGoCancel
func ptgGoCancel(id C.uintptr_t, reason *C.char, length C.size_t, originator C.uint64_t) {
	task := object[*Task](id)
	cause := &Cancellation{goString(reason, length), Handle(originator)}
	task.toldCancel(cause)
	task.step(func() { task.spec.Cancel(task, cause) })
}

func (t *Task) toldCancel(cause *Cancellation) {
	err := error(cause)
	t.cancelContext(&err)
	t.tellDrain()
}

//export ptgGoDone
func ptgGoDone(id C.uintptr_t, handle C.ptg_task, c *C.ptg_outcome) {
	task := object[*Task](id)
	task.handle.Store(uint64(handle))
	delete(task.rt.kinds, Handle(handle))
	outcome := outcomeOf(c)
	task.over(&outcome)
}

// over gives an outcome the error object that belongs to it, forgets the task
// and tells who waits.
func (t *Task) over(outcome *Outcome) {
	if outcome.Status != OK {
		outcome.Err = t.failed(outcome)
	}
	if outcome.Status == ErrCanceled && outcome.Err == nil {
		if cause := t.cause.Load(); cause != nil && *cause != context.Canceled {
			outcome.Err = *cause
		} else {
			outcome.Err = &Cancellation{cmp.Or(outcome.Reason, outcome.Message), outcome.Originator}
		}
	}
	t.end(outcome)
	if t.spec.Done == nil {
		return
	}
	if err := guard(func() error { t.spec.Done(t, *outcome); return nil }); err != nil {
		t.rt.log("a function of a task that is over failed", t.group, t.Name(), err)
	}
}

//export ptgGoRelease
func ptgGoRelease(id C.uintptr_t) {
	handle := cgo.Handle(id)
	value := handle.Value()
	handle.Delete()
	switch given := value.(type) {
	case *Group:
		given.isReleased = true
		given.forget()
		given.rt.release(given.options.Release)
	case *Task:
		given.rt.release(given.spec.Release)
	case *Watch:
		given.rt.release(given.options.Release)
	case *posted:
		given.rt.release(given.release)
	}
}

// release calls what was given along for the end of something.
func (rt *Runtime) release(fn func()) {
	if fn == nil {
		return
	}
	if err := guard(func() error { fn(); return nil }); err != nil {
		rt.log("a release failed", rt.root, "", err)
	}
}

// forget forgets a group that is gone and, if it is told by events, was told so:
// before or after.
func (g *Group) forget() {
	if !g.isReleased || g.options.Events && !g.isTold {
		return
	}
	g.rt.mu.Lock()
	delete(g.rt.groups, g.handle)
	g.rt.mu.Unlock()
}

// ------------------------------------------------------------------ groups --

//export ptgGoError
func ptgGoError(id C.uintptr_t, c *C.ptg_error) C.ptg_status {
	handler := object[*Group](id)
	rt := handler.rt
	failure := &Failure{
		Group: rt.groupOrNil(Handle(c.group)), Task: rt.failedTask(Handle(c.task), uintptr(c.task_user_data)),
		Name: goString(c.name, c.name_length), Age: time.Duration(c.age_ns),
		Outcome:      outcomeOf(c.outcome),
		DuringCancel: c.flags&C.PTG_ERROR_DURING_CANCEL != 0,
		State:        State(c.group_state),
	}
	if c.failed_handler != 0 {
		failure.FailedHandler = rt.groupOrNil(Handle(c.failed_handler))
		failure.HandlerErr = failure.FailedHandler.handlerErr
		if failure.HandlerErr == nil {
			failure.HandlerErr = Status(c.handler_status)
		}
	}
	return handler.give(failure, handler.parent == nil)
}

// failedTask returns the task that an error is of; nil: a hook. What C has
// for those of the library's own sorts is theirs.
func (rt *Runtime) failedTask(handle Handle, userData uintptr) *Task {
	switch kind := rt.kinds[handle]; {
	case handle == 0:
		return nil
	case kind != nil:
		return kind
	case isOfGoroutine(userData):
		return rt.tasks.get(userData)
	}
	return object[*Task](C.uintptr_t(userData))
}

// give gives a failure to a group's own handler; isLast: nobody is told by the
// library if that fails.
func (g *Group) give(failure *Failure, isLast bool) C.ptg_status {
	switch {
	case failure.Task != nil:
		failure.Outcome.Err = failure.Task.failed(&failure.Outcome)
	case len(failure.Group.hookErrs) > 0:
		failure.Outcome.Err = failure.Group.hookErrs[0]
	}
	g.handlerErr = guard(func() error { return g.options.OnError(hookContext(g), failure) })
	if g.handlerErr != nil && !isLast {
		return C.ptg_status(statusOf(g.handlerErr))
	}
	if failure.Task == nil && len(failure.Group.hookErrs) > 0 {
		failure.Group.hookErrs = failure.Group.hookErrs[1:]
	}
	if g.handlerErr != nil {
		g.rt.log("a handler failed", g, failure.Name, g.handlerErr)
		_ = g.rt.logFailure(g.rt.base, failure)
	}
	return C.PTG_OK
}

//export ptgGoGroup
func ptgGoGroup(id C.uintptr_t, kind C.int) C.ptg_status {
	group := object[*Group](id)
	if kind == C.PTG_EVENT_GROUP_DRAIN {
		return group.hook(group.options.OnDrain)
	}
	return group.toldClosed()
}

func (g *Group) toldClosed() C.ptg_status {
	status := g.hook(g.options.OnClosed)
	if g.isWanted.Load() || g == g.rt.root {
		g.keepReport()
	}
	if g == g.rt.root && !g.rt.rootClosed {
		g.rt.rootClosed = true
		close(g.rt.over)
	}
	return status
}

func (g *Group) hook(fn func(context.Context, *Group) error) C.ptg_status {
	if fn == nil {
		return C.PTG_OK
	}
	err := guard(func() error { return fn(hookContext(g), g) })
	if err != nil {
		g.hookErrs = append(g.hookErrs, err)
	}
	return C.ptg_status(statusOf(err))
}

// logFailure is the handler of a root group that has none of its own.
func (rt *Runtime) logFailure(_ context.Context, failure *Failure) error {
	details := []any{"group", failure.Group.path(), "age", failure.Age}
	if failure.Task != nil {
		details = append(details, "task", failure.Name)
	}
	details = append(details, "error", failure.Unwrap())
	if failure.HandlerErr != nil {
		details = append(details, "handler_error", failure.HandlerErr)
	}
	if panicked, isPanic := errorAs[*PanicError](failure); isPanic {
		details = append(details, "stack", string(panicked.Stack))
	}
	rt.logLine("a task failed and nobody handled it", details)
	return nil
}

func (rt *Runtime) log(what string, group *Group, task string, err error) {
	rt.logLine(what, []any{"group", group.path(), "task", task, "error", err})
}

// logLine calls a logger, which is code of the program and may panic.
func (rt *Runtime) logLine(what string, details []any) {
	failure := guard(func() error { rt.slog().Error("ptg: "+what, details...); return nil })
	if failure != nil {
		fmt.Fprintf(os.Stderr, "ptg: %s, and the logger failed: %v\n", what, failure)
	}
}

func (rt *Runtime) slog() *slog.Logger {
	if rt.logger != nil {
		return rt.logger
	}
	return slog.Default()
}

// ------------------------------------------------------- posts and watches --

type posted struct {
	rt      *Runtime
	fn      func()
	release func()
}

//export ptgGoPosted
func ptgGoPosted(id C.uintptr_t) { object[*posted](id).call() }

func (p *posted) call() {
	if err := guard(func() error { p.fn(); return nil }); err != nil {
		p.rt.log("a posted function failed", p.rt.root, "", err)
	}
}

//export ptgGoOver
func ptgGoOver(id C.uintptr_t, c *C.ptg_outcome) {
	watch := object[*Watch](id)
	outcome := outcomeOf(c)
	outcome.Err = outcome.error()
	if err := guard(func() error { watch.options.Over(outcome); return nil }); err != nil {
		watch.rt.log("the function of a watch failed", watch.rt.root, "", err)
	}
}
