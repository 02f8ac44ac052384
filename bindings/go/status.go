package ptg

/*
#cgo pkg-config: ptg
#cgo CFLAGS: -std=c11 -Wall
#include "glue.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
)

// Status is what libptg says of a call or of a task's end. The failing ones
// are errors, to be asked for with [errors.Is].
type Status int32

// The statuses of libptg.
const (
	OK           Status = C.PTG_OK
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
	ErrSystem    Status = C.PTG_EUV        // libuv failed
	ErrCycle     Status = C.PTG_ECYCLE     // the order edge would close a circle
	ErrFull      Status = C.PTG_EFULL      // a bound is reached
	ErrFailed    Status = C.PTG_EFAILED    // a task failed
	ErrExit      Status = C.PTG_EEXIT      // a child process exited with a status other than 0
	ErrSignal    Status = C.PTG_ESIGNAL    // a child process was ended by a signal
	ErrDeadlock  Status = C.PTG_EDEADLK    // who waits is part of what is waited for
)

// String returns the name of the status in ptg.h, as "PTG_ESTALE".
func (s Status) String() string { return C.GoString(C.ptg_status_name(C.ptg_status(s))) }

// Error returns the name of the status, after "ptg: ".
func (s Status) Error() string { return "ptg: " + s.String() }

// Error is the failure of a call: which one, why, and what more is known.
// [errors.Is] finds its Status.
type Error struct {
	Op      string // the function of ptg.h
	Status  Status
	Message string // what the runtime knew of it; may be empty
}

// Error returns one line.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("ptg: %s: %v", e.Op, e.Status.String())
	}
	return fmt.Sprintf("ptg: %s: %s (%v)", e.Op, e.Message, e.Status.String())
}

// Unwrap returns the status.
func (e *Error) Unwrap() error { return e.Status }

// Cancellation is why a task was asked to end. It is the [context.Cause] of
// the task's context and, when the task ends by it, the error of
// [Task.Wait]. [errors.Is] takes it for [context.Canceled] and
// [ErrCanceled].
type Cancellation struct {
	Reason     string
	Originator Handle // the task or group that asked; 0: outside
}

// Error returns the reason.
func (c *Cancellation) Error() string { return "ptg: cancelled: " + c.Reason }

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
	var status Status
	switch {
	case err == nil:
		return OK
	case errors.As(err, &status) && status < 0:
		return status
	case errors.Is(err, context.Canceled):
		return ErrCanceled
	}
	return ErrFailed
}
