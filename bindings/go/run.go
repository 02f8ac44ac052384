package ptg

/*
#include "glue.h"
#cgo noescape glue_finish
#cgo nocallback glue_finish
*/
import "C"

import (
	"context"
	"strings"
)

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
		if t.letter.task == nil {
			t.letter.task = t
		}
		t.letter.kind = letterEnd
		t.rt.mail(&t.letter)
		return
	}
	outcome := &Outcome{Err: err, Status: ErrFailed}
	if t.isCancellation(err) {
		outcome.Status = ErrCanceled
	}
	// When the runtime has ended nobody is left to be told.
	_ = t.rt.mailCall("finish", func() { t.finish(nil, outcome) })
}

// isCancellation says whether a task that was asked to end ended by that.
func (t *Task) isCancellation(err error) bool {
	cause := t.cause.Load()
	return cause != nil && statusOf(err) == ErrCanceled
}

// keepFailure keeps the error object for the handler and who waits: the first.
func (t *Task) keepFailure(err error) {
	if err != nil {
		t.failure.CompareAndSwap(nil, &err)
	}
}

// failed returns the error object of a task that ended so; nil: there is none.
func (t *Task) failed(outcome *Outcome) error {
	if t.process != nil && t.failure.Load() == nil {
		t.keepFailure(t.process.failureOf(outcome))
	}
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
	if way != nil {
		t.keepFailure(outcome.Err) // it may be told before this returns
	}
	answer := C.glue_finish(t.rt.ptr, way, C.ptg_task(t.Handle()), C.ptg_status(status),
		C.int32_t(outcome.Code), C.uint64_t(outcome.Value), text, length)
	if answer == C.PTG_OK {
		t.keepFailure(outcome.Err)
	}
	return answer
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
