package ptg

/*
#cgo pkg-config: ptg
#cgo CFLAGS: -std=c11 -Wall
#include "glue.h"
*/
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"syscall"
)

// Status is what libptg says of a call or of a task's end. The failing ones
// are errors, to be asked for with [errors.Is].
type Status int32

// The statuses of libptg.
const (
	OK           Status = C.PTG_OK         // success, and no error
	ErrInvalid   Status = C.PTG_EINVAL     // an argument is malformed
	ErrNoMemory  Status = C.PTG_ENOMEM     // there is no memory; nothing changed
	ErrStale     Status = C.PTG_ESTALE     // it names something that is gone
	ErrKind      Status = C.PTG_EKIND      // it names something of another kind
	ErrClosed    Status = C.PTG_ECLOSED    // the group, or the runtime, accepts nothing new
	ErrBusy      Status = C.PTG_EBUSY      // it is still in use
	ErrReentrant Status = C.PTG_EREENTRANT // not allowed inside a hook
	ErrThread    Status = C.PTG_ETHREAD    // not allowed outside of the runtime's thread
	ErrRange     Status = C.PTG_ERANGE     // an array is too small
	ErrCanceled  Status = C.PTG_ECANCELED  // the task ended because it was asked to
	ErrTimedOut  Status = C.PTG_ETIMEDOUT  // a limit ran out
	ErrABI       Status = C.PTG_EABI       // built for another libptg
	ErrSystem    Status = C.PTG_EUV        // the system failed
	ErrCycle     Status = C.PTG_ECYCLE     // the order edge would close a circle
	ErrFull      Status = C.PTG_EFULL      // a bound is reached
	ErrFailed    Status = C.PTG_EFAILED    // a task failed
	ErrExit      Status = C.PTG_EEXIT      // a child process exited with a status other than 0
	ErrSignal    Status = C.PTG_ESIGNAL    // a child process was ended by a signal
	ErrDeadlock  Status = C.PTG_EDEADLK    // who waits is part of what is waited for
)

// String returns the name of the status in every language, as "PTG_ESTALE".
func (s Status) String() string { return C.GoString(C.ptg_status_name(C.ptg_status(s))) }

// Error says in words what the status is, after "ptg: ".
func (s Status) Error() string { return "ptg: " + s.text() }

func (s Status) text() string {
	if text := statusTexts[s]; text != "" {
		return text
	}
	return fmt.Sprintf("status %d", int32(s))
}

var statusTexts = map[Status]string{
	OK:           "it went well",
	ErrInvalid:   "an argument is malformed",
	ErrNoMemory:  "there is no memory",
	ErrStale:     "it is gone",
	ErrKind:      "it is of another kind",
	ErrClosed:    "nothing new is accepted any more",
	ErrBusy:      "it is still in use",
	ErrReentrant: "not inside a hook",
	ErrThread:    "only on the runtime's thread",
	ErrRange:     "there is more than fits",
	ErrCanceled:  "it was cancelled",
	ErrTimedOut:  "a limit ran out",
	ErrABI:       "this was built for another version of libptg",
	ErrSystem:    "the system failed",
	ErrCycle:     "the order would be a circle",
	ErrFull:      "a bound is reached",
	ErrFailed:    "it failed",
	ErrExit:      "it exited with a status other than 0",
	ErrSignal:    "it was ended by a signal",
	ErrDeadlock:  "who waits is part of what is waited for",
}

// Error is the failure of a call: which one, why, and what more is known.
// [errors.Is] finds its Status, and its Errno.
type Error struct {
	Op      string // the function or method, as "NewGroup"; empty: it is how a task ended
	Status  Status
	Message string        // what is known beyond the status; may be empty
	Errno   syscall.Errno // of [ErrSystem]: what the system said; 0: nothing
}

// Error returns one line.
func (e *Error) Error() string {
	text := "ptg: "
	if e.Op != "" {
		text += e.Op + ": "
	}
	return text + cmp.Or(e.Message, e.Status.text())
}

// Unwrap returns the status and, if there is one, the errno.
func (e *Error) Unwrap() []error {
	if e.Errno == 0 {
		return []error{e.Status}
	}
	return []error{e.Status, e.Errno}
}

// Cancellation is why a task was asked to end. It is the [context.Cause] of
// the task's context and, when the task ends by it, the error of
// [Task.Wait]. [errors.Is] takes it for [context.Canceled] and
// [ErrCanceled].
type Cancellation struct {
	Reason     string // may be empty
	Originator Handle // the task or group that asked; 0: outside
}

// Error returns the reason.
func (c *Cancellation) Error() string {
	if c.Reason == "" {
		return "ptg: cancelled"
	}
	return "ptg: cancelled: " + c.Reason
}

// Is says whether target is another name of being cancelled.
func (c *Cancellation) Is(target error) bool {
	return target == context.Canceled || target == error(ErrCanceled)
}

// PanicError is the failure of a task or hook that panicked.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine that panicked
}

// Error returns the value, without the stack.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Unwrap returns the value, if that is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// ErrGoexit is the failure of a task whose function ended its goroutine by
// [runtime.Goexit], as [testing.T.FailNow] does.
var ErrGoexit = errors.New("ptg: the task's function called runtime.Goexit")

// statusOf returns what the library is told of an error.
func statusOf(err error) Status {
	if err == nil {
		return OK
	}
	if status, isStatus := errorAs[Status](err); isStatus && status < 0 {
		return status
	}
	isCanceled := false
	_ = guard(func() error { isCanceled = errors.Is(err, context.Canceled); return nil })
	if isCanceled {
		return ErrCanceled
	}
	return ErrFailed
}

// errorAs is [errors.As] for the errors of the program, whose methods may panic,
// as those of a nil pointer do: such a one is none.
func errorAs[T error](err error) (found T, is bool) {
	_ = guard(func() error { is = errors.As(err, &found); return nil })
	return found, is
}
