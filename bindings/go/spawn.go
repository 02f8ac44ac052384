package ptg

/*
#include "glue.h"
#cgo noescape glue_spawn
*/
import "C"

import (
	"context"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Go spawns a task that runs fn on a goroutine of its own; it never waits for
// the group's answer. If the group refuses it (it is closed, full, or draining
// and this comes from outside), fn never runs, the refusal is counted by
// the group, and it is what [Task.Wait] returns. Who must know at once, say
// because fn is to give something back, calls [Group.Spawn].
//
// The task has the name of fn, as "serve" or "Server.serve", or "serve.func1"
// of a function inside of serve; and as its place the line of this call.
//
// Where more is on its way to the runtime than it can take in, Go waits for
// room. It panics if fn is nil.
func (g *Group) Go(fn func(ctx context.Context) error) *Task { return g.start(fn, nil) }

// Go spawns a task as [Group.Go] does, into the current group of ctx and on
// behalf of its current task: so it is accepted while the group drains. Without
// a current group it panics.
func Go(ctx context.Context, fn func(ctx context.Context) error) *Task {
	group := CurrentGroup(ctx)
	if group == nil {
		panic("ptg: Go: the context is of no task and no hook")
	}
	return group.start(fn, CurrentTask(ctx))
}

// start is for a function that is called by the program: the place is there.
func (g *Group) start(fn func(ctx context.Context) error, spawner *Task) *Task {
	if fn == nil {
		panic("ptg: Go: the function is nil")
	}
	var caller [1]uintptr
	runtime.Callers(3, caller[:])
	spec := &TaskSpec{Run: fn, Spawner: spawner, caller: caller[0]}
	if !g.rt.isOnThread() {
		task := &Task{rt: g.rt, group: g, spec: spec}
		g.rt.mailSpawn(task)
		return task
	}
	task, err := g.spawn("Go", nil, spec)
	if err != nil {
		task.refused(err)
	}
	return task
}

// refused ends a task that never was one.
func (t *Task) refused(err error) {
	t.end(&Outcome{Status: statusOf(err), Err: err, NeverRan: true})
}

// Spawn puts a task into the group and returns what the group says of it:
// [ErrClosed], [ErrFull], or the task. It is spawned on behalf of the current
// task of ctx, unless spec says otherwise. It waits for the runtime's thread,
// a few microseconds; in a hook it does not have to.
func (g *Group) Spawn(ctx context.Context, spec TaskSpec) (*Task, error) {
	if spec.Spawner == nil {
		if task := CurrentTask(ctx); task != nil && task.rt == g.rt {
			spec.Spawner = task
		}
	}
	var task *Task
	var refusal error
	err := g.rt.do("Spawn", func() { task, refusal = g.spawn("Spawn", nil, &spec) })
	if err != nil {
		g.rt.release(spec.Release)
		return nil, err
	}
	if refusal != nil {
		return nil, refusal
	}
	return task, nil
}

// Send sends a spawn on its way and does not wait. The error is that of the
// way: [ErrFull], [ErrClosed], or [ErrInvalid] for a spec that no group would
// accept. What the group says is the end of the task, as for [Group.Go].
func (g *Group) Send(spec TaskSpec) (*Task, error) {
	task, refusal := g.spawn("Send", g.rt.remote, &spec)
	runtime.KeepAlive(g.rt)
	if refusal != nil {
		return nil, refusal
	}
	return task, nil
}

// spawn by the way in, or on the thread where remote is nil. The task that it
// returns is none if there is an error.
func (g *Group) spawn(op string, remote *C.ptg_remote, spec *TaskSpec) (*Task, error) {
	task := &Task{rt: g.rt, group: g, spec: spec}
	refusal := invalid(op, spec.mistake())
	if refusal == nil {
		refusal = spec.Spawner.unnameable(op, "Spawner", g.rt)
	}
	if refusal != nil {
		g.rt.release(spec.Release)
		return task, refusal
	}
	var flags C.uint32_t
	if spec.Cleanup {
		flags |= C.PTG_SPAWN_CLEANUP
	}
	if spec.Observed {
		flags |= C.PTG_SPAWN_OBSERVED
	}
	var id uintptr
	if spec.Run != nil {
		id = g.rt.tasks.add(task)
	} else {
		id = uintptr(cgo.NewHandle(task))
	}
	var spawner C.ptg_task
	if spec.Spawner != nil {
		spawner = C.ptg_task(spec.Spawner.Handle())
	}
	name, nameLength := cString(spec.Name)
	place, placeLength := cString(spec.Place)
	if spec.caller != 0 {
		place, placeLength = g.rt.places.at(spec.caller), C.PTG_NUL_TERMINATED
	}
	answer := C.glue_spawn(g.rt.ptr, remote, C.ptg_group(g.handle), spec.toC(), flags,
		name, nameLength, place, placeLength, spawner, C.uintptr_t(id))
	if answer < 0 {
		if spec.Run != nil {
			g.rt.tasks.remove(id)
			g.rt.release(spec.Release)
		}
		if remote != nil {
			return task, refusalOfMail(op, C.ptg_status(answer), spec.mistakeInNames())
		}
		return task, g.rt.refusal(op, C.ptg_status(answer), spec.mistakeInNames())
	}
	task.handle.Store(uint64(answer))
	return task, nil
}

// cString points at the bytes of a string, for the time of a call.
func cString(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}
