package ptg

/*
#include "glue.h"
*/
import "C"

import "runtime/cgo"

// WatchOptions say what becomes of a watch.
type WatchOptions struct {
	Waiter *Task // who waits; nil: nobody who would be held up

	// Over is called once, on the runtime's thread; required. Err is made of what
	// the library knows: the very error is for who waits for the task.
	Over    func(Outcome)
	Release func() // as of TaskSpec: after Over, or Remove, or in a refusal
}

// Watch is a wait for the end of a task or group.
type Watch struct {
	rt      *Runtime
	handle  Handle
	options WatchOptions
}

// Watch has Over called when the task or group of that handle is done with. For
// a group the outcome is [OK], or [ErrTimedOut] with the number of abandoned
// tasks as value. [ErrDeadlock]: who waits is part of what it waits for.
// [ErrStale]: it is over already.
func (rt *Runtime) Watch(watched Handle, options WatchOptions) (*Watch, error) {
	watch := &Watch{rt: rt, options: options}
	isCalled := false
	err := rt.onChecked("Watch", func() error {
		if options.Over == nil {
			return invalid("Watch", "a watch needs Over")
		}
		if err := options.Waiter.unnameable("Watch", "Waiter", rt); err != nil {
			return err
		}
		isCalled = true
		return rt.failure("Watch", watch.add(uint64(watched)))
	})
	if !isCalled {
		rt.release(options.Release)
	}
	if err != nil {
		return nil, err
	}
	return watch, nil
}

func (w *Watch) add(watched uint64) C.ptg_status {
	var handle C.ptg_watch
	status := C.glue_watch(w.rt.ptr, C.uint64_t(watched), C.ptg_task(w.options.Waiter.Handle()),
		C.uintptr_t(cgo.NewHandle(w)), &handle)
	w.handle = Handle(handle)
	return status
}

// Handle returns the number of the watch.
func (w *Watch) Handle() Handle {
	if w == nil {
		return 0
	}
	return w.handle
}

// Remove gives the watch up: its function will not be called.
func (w *Watch) Remove() error {
	return w.rt.on("Remove", func() C.ptg_status {
		return C.ptg_watch_remove(w.rt.ptr, C.ptg_watch(w.Handle()))
	})
}

// WatchAt returns the watch of a handle; see [Runtime.GroupAt].
func (rt *Runtime) WatchAt(handle Handle) *Watch { return &Watch{rt: rt, handle: handle} }

// GroupAt returns the group of a handle, say of one that another language
// made. It may be stale, or name no group: then every call says so.
func (rt *Runtime) GroupAt(handle Handle) *Group {
	rt.mu.Lock()
	group := rt.groups[handle]
	rt.mu.Unlock()
	if group != nil {
		return group
	}
	return &Group{rt: rt, handle: handle}
}

// TaskAt returns the task of a handle, as [Runtime.GroupAt]. It knows no more
// than the handle: it is for calls, and [Task.Wait] is none of them.
func (rt *Runtime) TaskAt(handle Handle) *Task {
	task := &Task{rt: rt}
	task.handle.Store(uint64(handle))
	return task
}

func (rt *Runtime) groupOrNil(handle Handle) *Group {
	if handle == 0 {
		return nil
	}
	return rt.GroupAt(handle)
}

func (rt *Runtime) taskOrNil(handle Handle) *Task {
	if handle == 0 {
		return nil
	}
	return rt.TaskAt(handle)
}
