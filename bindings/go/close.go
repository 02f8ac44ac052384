package ptg

/*
#include "glue.h"
*/
import "C"

import (
	"context"
	"errors"
	"time"
)

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
		return &Error{Op: "RequestShutdown", Status: ErrClosed, Message: runtimeIsClosed}
	}
	status := C.ptg_runtime_request_shutdown(rt.ptr, force)
	if status != C.PTG_OK {
		return &Error{Op: "RequestShutdown", Status: Status(status)}
	}
	return nil
}

// Over is closed when the root group is.
func (rt *Runtime) Over() <-chan struct{} { return rt.over }

// Wait waits until the root group is closed, by whatever it was shut down,
// and returns the report.
func (rt *Runtime) Wait(ctx context.Context) (*Report, error) {
	if rt.isOnThread() || CurrentTask(ctx) != nil && CurrentTask(ctx).rt == rt {
		return nil, &Error{Op: "Wait", Status: ErrDeadlock}
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
// end here for the library, as timed out; their goroutines are theirs. What is
// left of child processes has been killed, and is waited for.
func (rt *Runtime) Destroy() error {
	isOnThread := rt.isOnThread()
	err := rt.on("Destroy", rt.destroy)
	if err == nil && !isOnThread {
		<-rt.ended
	}
	return err
}

func (rt *Runtime) destroy() C.ptg_status {
	if rt.isTelling {
		return C.PTG_EREENTRANT
	}
	rt.ending.Lock()
	defer rt.ending.Unlock()
	status := rt.destroyNow()
	for status == C.PTG_EBUSY && rt.rootClosed && !rt.steps {
		// The ends of those that were abandoned are events, to be taken first.
		if rt.take(eventCapacity, nil) == 0 {
			rt.awaitLast()
		}
		status = rt.destroyNow()
	}
	if status == C.PTG_OK {
		rt.isDestroyed, rt.isEnded = true, true
		C.glue_set_self(0)
	}
	return status
}

// destroyNow tells the ends of those that were abandoned by callbacks, which are
// no place to destroy it from again.
func (rt *Runtime) destroyNow() C.ptg_status {
	rt.isTelling = true
	defer func() { rt.isTelling = false }()
	return C.ptg_runtime_destroy(rt.ptr)
}

// awaitLast waits for child processes that were given up, and killed. Their ends
// are told, but they live on in the loop. It does not wait if there is more to do.
func (rt *Runtime) awaitLast() {
	rt.sleep(true, true)
	if rt.manual {
		rt.settle(0)
	} else {
		rt.cross(0)
	}
}

// Close ends the runtime whatever state it is in: what is not closed is shut
// down by force, each group within its cancel wait, and then the runtime is
// destroyed. It is [ErrReentrant] in a hook. After it every call is
// [ErrClosed]. Closing again is nil.
func (rt *Runtime) Close() error {
	if rt.isOnThread() {
		return &Error{Op: "Close", Status: ErrReentrant}
	}
	end := rt.end
	if rt.manual {
		end = rt.endManual
	}
	if err := end(); err != nil && !errors.Is(err, ErrClosed) {
		return err
	}
	<-rt.ended // it was this, or somebody else was faster
	return nil
}

func (rt *Runtime) end() error {
	if err := rt.RequestShutdown(true); err != nil {
		return err
	}
	<-rt.over
	return rt.Destroy()
}

// endManual gives time to those that are to be killed, as nobody else does.
func (rt *Runtime) endManual() error {
	var err error
	for i := range 100 {
		_ = rt.root.BeginShutdown(Limits{Force: true, Grace: AtOnce, CancelWait: AtOnce, Deadline: AtOnce})
		_ = rt.Advance(time.Duration(i) * C.PTG_KILL_WAIT_NS)
		_, _ = rt.Take(1 << 20)
		if err = rt.Destroy(); err == nil || errors.Is(err, ErrClosed) {
			return err
		}
	}
	return err
}
