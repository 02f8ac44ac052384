package ptg

/*
#include "glue.h"
#include <stdlib.h>
#cgo noescape glue_self
#cgo nocallback glue_self
*/
import "C"

import (
	"runtime"
	"runtime/cgo"
	"syscall"
	"time"
	"unsafe"
)

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
		if !rt.manual {
			rt.turn()
			continue
		}
		rt.deliver()
		if rt.isDestroyed {
			break
		}
		if !rt.steps {
			rt.settle(0)
		}
		if rt.fallAsleep() {
			rt.sleep(false, rt.hasLoop() && !rt.steps)
		}
	}
	rt.isGone.Store(true)
	for l := rt.box.left; l != nil; l = l.next {
		rt.refuse(l)
	}
	rt.sweep()
	rt.places.free()
	C.free(unsafe.Pointer(&rt.batch[0]))
	C.free(unsafe.Pointer(&rt.events[0]))
	rt.box.close()
	close(rt.ended)
}

func (rt *Runtime) create(root GroupOptions) error {
	group := &Group{rt: rt, options: root}
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
	bell, err := C.glue_open_bell()
	if bell < 0 {
		id.Delete()
		rt.release(root.Release)
		return &Error{Op: "New", Status: ErrSystem, Message: "no descriptor: " + err.Error(), Errno: err.(syscall.Errno)}
	}
	rt.box.bell = bell
	if status := C.ptg_runtime_create(given, &rt.ptr); status != C.PTG_OK {
		rt.box.close()
		return &Error{Op: "New", Status: Status(status)}
	}
	C.glue_set_self(C.uint64_t(rt.number))
	var handle C.ptg_group
	C.ptg_runtime_get_root(rt.ptr, &handle)
	group.handle = Handle(handle)
	group.learnName()
	rt.root = group
	rt.groups[group.handle] = group
	if status := C.ptg_remote_open(rt.ptr, &rt.remote); status != C.PTG_OK {
		return rt.abort(&Error{Op: "New", Status: Status(status)})
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
	rt.box.close()
	return err
}

// sleep waits for mail and, if it has them, for what is due by the clock and for
// what comes to the loop from outside, as from a child process.
func (rt *Runtime) sleep(hasClock, hasLoop bool) {
	var clock, loop C.int
	if hasClock {
		clock = 1
	}
	if hasLoop {
		loop = 1
	}
	C.glue_wait(rt.ptr, rt.box.bell, clock, loop)
	rt.box.isAsleep.Store(false)
}

// hasLoop says whether the loop takes what comes. When the root is closed it lives
// only for the library's own sorts, and to look at it would be to spin.
func (rt *Runtime) hasLoop() bool { return !rt.rootClosed || len(rt.kinds) > 0 }

// settle moves a manual clock, then does all that is due.
func (rt *Runtime) settle(by time.Duration) C.ptg_status {
	if rt.isTelling {
		return C.PTG_EREENTRANT
	}
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

func (rt *Runtime) isOnThread() bool { return uint64(C.glue_self()) == rt.number }

// Do runs fn on the runtime's thread and waits until it has returned. There
// every call is carried out at once, without a hand-over for each. fn must
// not wait for anything. In a hook it is simply called. A panic of fn is
// returned as a [*PanicError].
func (rt *Runtime) Do(fn func()) error {
	var failure error
	if fn == nil {
		return invalid("Do", "the function is nil")
	}
	err := rt.do("Do", func() { failure = guard(func() error { fn(); return nil }) })
	if err != nil {
		return err
	}
	return failure
}

// runtimeIsClosed is said of every call that comes too late.
const runtimeIsClosed = "the runtime is closed"

func (rt *Runtime) do(op string, fn func()) error {
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
		return &Error{Op: op, Status: ErrClosed, Message: runtimeIsClosed}
	}
	return nil
}

// on carries out a call of ptg.h on the thread.
func (rt *Runtime) on(op string, fn func() C.ptg_status) error {
	return rt.onChecked(op, func() error { return rt.failure(op, fn()) })
}

// onChecked is for a call whose arguments can be looked at on the thread only.
func (rt *Runtime) onChecked(op string, fn func() error) error {
	var failure error
	if err := rt.do(op, func() { failure = fn() }); err != nil {
		return err
	}
	return failure
}

// refusal is failure for a call whose mistake is known. It has been left to the
// library to refuse it, because another reason may come first.
func (rt *Runtime) refusal(op string, status C.ptg_status, mistake string) error {
	if status == C.PTG_EINVAL && mistake != "" {
		return invalid(op, mistake)
	}
	return rt.failure(op, status)
}

// refusalOfMail is likewise, for what libptg's own way in says elsewhere than on
// the thread.
func refusalOfMail(op string, status C.ptg_status, mistake string) error {
	switch {
	case status == C.PTG_OK:
		return nil
	case status == C.PTG_EINVAL && mistake != "":
		return invalid(op, mistake)
	}
	return &Error{Op: op, Status: Status(status)}
}

// failure turns a status of the library's into an error, on the thread.
func (rt *Runtime) failure(op string, status C.ptg_status) error {
	if status == C.PTG_OK {
		return nil
	}
	err := &Error{Op: op, Status: Status(status)}
	info := C.ptg_error_info{size: C.sizeof_ptg_error_info}
	if !rt.isDestroyed && C.ptg_runtime_get_error(rt.ptr, &info) == C.PTG_OK && info.status == status {
		err.Message = goString(info.message, info.message_length)
		err.Errno = syscall.Errno(-info.uv_status)
	}
	return err
}
