package ptg

/*
#include "glue.h"
#include <stdlib.h>
*/
import "C"

import (
	"cmp"
	"context"
	"runtime/cgo"
	"unsafe"
)

// QueueSpec says what a queue does with its messages.
type QueueSpec struct {
	Name     string // at most 255 bytes of UTF-8; empty: "queue"
	Capacity int    // messages that wait; required
	AtOnce   int    // messages being handled at once; 0: 1
	Spawner  *Task  // as of TaskSpec

	// Handle is called on the runtime's thread for each message, in order, and
	// must not wait. What takes longer it spawns, and returns: then the
	// message is handled when that task is over. An error ends the queue.
	Handle func(ctx context.Context, queue *Queue, message any) (started *Task, err error)

	Drop    func(queue *Queue, message any)     // one that will not be handled
	HasRoom func(queue *Queue)                  // after ErrFull: push again
	Done    func(queue *Queue, outcome Outcome) // it has ended; told exactly once
	Release func()                              // as of TaskSpec
}

// Queue is a bounded queue, and as such a task: it ends well when it is closed,
// or drains, and everything that it accepted has been handled.
type Queue struct {
	*Task
	queue *QueueSpec
}

// SpawnQueue puts a queue into the group.
func (g *Group) SpawnQueue(spec QueueSpec) (*Queue, error) {
	queue := &Queue{queue: &spec}
	asTask := &TaskSpec{Name: spec.Name, Type: "queue", Spawner: spec.Spawner, Release: spec.Release}
	queue.Task = &Task{rt: g.rt, group: g, queue: queue, spec: asTask}
	if spec.Done != nil {
		queue.spec.Done = func(_ *Task, outcome Outcome) { spec.Done(queue, outcome) }
	}
	spawn := func(id C.uintptr_t, handle *C.ptg_task) C.ptg_status {
		options := (*C.ptg_queue_options)(C.calloc(1, C.sizeof_ptg_queue_options))
		name := nameToC(spec.Name)
		defer C.free(unsafe.Pointer(options))
		defer C.free(unsafe.Pointer(name))
		options.size = C.sizeof_ptg_queue_options
		options.name, options.name_length = name, C.size_t(len(spec.Name))
		options.capacity, options.at_once = C.uint64_t(spec.Capacity), C.uint64_t(spec.AtOnce)
		options.spawner = C.ptg_task(spec.Spawner.Handle())
		return C.glue_queue(g.rt.ptr, C.ptg_group(g.Handle()), options, id, handle)
	}
	if err := g.spawnKind(queue.Task, "SpawnQueue", spec.mistake(), spawn); err != nil {
		return nil, err
	}
	return queue, nil
}

func (s *QueueSpec) mistake() string {
	switch {
	case s.Handle == nil:
		return "a queue needs Handle"
	case s.Capacity == 0:
		return "a queue needs a Capacity"
	}
	return cmp.Or(mistakeInName("Name", s.Name), mistakeInCount("Capacity", s.Capacity),
		mistakeInCount("AtOnce", s.AtOnce))
}

// QueueAt returns the queue of a handle; see [Runtime.GroupAt].
func (rt *Runtime) QueueAt(handle Handle) *Queue { return &Queue{Task: rt.TaskAt(handle)} }

// Push puts a message at the end of the queue, on behalf of pusher; nil: whose
// hook is running. [ErrFull]: HasRoom will say when to push again. [ErrClosed]:
// it is closed, or it drains and this comes from outside. [ErrStale]: it has
// ended. A message that is refused stays the caller's.
func (q *Queue) Push(message any, pusher *Task) error {
	return q.rt.onChecked("Push", func() error {
		if err := pusher.unnameable("Push", "the pusher", q.rt); err != nil {
			return err
		}
		id := cgo.NewHandle(message)
		status := C.glue_push(q.rt.ptr, C.ptg_task(q.Handle()), C.ptg_task(pusher.Handle()), C.uintptr_t(id))
		if status != C.PTG_OK {
			id.Delete()
		}
		return q.rt.failure("Push", status)
	})
}

// Close lets nothing in after this; what was accepted is handled, and then the
// queue ends well.
func (q *Queue) Close() error {
	return q.rt.on("Close", func() C.ptg_status {
		return C.ptg_queue_close(q.rt.ptr, C.ptg_task(q.Handle()))
	})
}

// QueueInfo is a queue as it is now.
type QueueInfo struct {
	IsClosed         bool   // nothing more is accepted from outside
	Length, Capacity uint64 // messages that wait, and how many may
	Running, AtOnce  uint64 // messages being handled, and how many may be
	Accepted         uint64 // = Length + Running + Handled
	Handled          uint64
	Refused          uint64 // pushes that were
}

// QueueInfo returns the queue as it is now.
func (q *Queue) QueueInfo() (QueueInfo, error) {
	var info QueueInfo
	err := q.rt.on("QueueInfo", func() C.ptg_status {
		c := C.ptg_queue_info{size: C.sizeof_ptg_queue_info}
		status := C.ptg_queue_get_info(q.rt.ptr, C.ptg_task(q.Handle()), &c)
		info = QueueInfo{
			IsClosed: c.is_closed != 0, Length: uint64(c.length), Capacity: uint64(c.capacity),
			Running: uint64(c.running), AtOnce: uint64(c.at_once), Accepted: uint64(c.accepted),
			Handled: uint64(c.handled), Refused: uint64(c.refused),
		}
		return status
	})
	return info, err
}

//export ptgGoHandle
func ptgGoHandle(id C.uintptr_t, _ C.ptg_task, message C.uintptr_t, started *C.ptg_task) C.ptg_status {
	queue := object[*Task](id).queue
	var task *Task
	err := guard(func() (err error) {
		task, err = queue.queue.Handle(queue.Context(), queue, cgo.Handle(message).Value())
		return err
	})
	if err == nil {
		cgo.Handle(message).Delete()
	} // else it is one of those left, and will be dropped
	return queue.endStep(task, err, started)
}

//export ptgGoDrop
func ptgGoDrop(id C.uintptr_t, message C.uintptr_t) {
	queue := object[*Task](id).queue
	value := cgo.Handle(message).Value()
	cgo.Handle(message).Delete()
	if queue.queue.Drop != nil {
		queue.step(func() { queue.queue.Drop(queue, value) })
	}
}

//export ptgGoRoom
func ptgGoRoom(id C.uintptr_t) {
	queue := object[*Task](id).queue
	if queue.queue.HasRoom != nil {
		queue.step(func() { queue.queue.HasRoom(queue) })
	}
}
