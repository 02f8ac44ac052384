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
	"sync"
	"unsafe"
)

// Go spawns a task that runs fn on a goroutine of its own; it never waits for
// the group's answer. If the group refuses it (it is closed, full, or draining
// and this comes from outside), fn never runs, the refusal is counted by
// the group, and it is what [Task.Wait] returns. Who must know at once, say
// because fn is to give something back, calls [Group.Spawn].
//
// Where more is on its way to the runtime than it can take in, Go waits for
// room.
func (g *Group) Go(fn func(ctx context.Context) error) *Task {
	return g.start(&TaskSpec{Type: goroutineType, Run: fn})
}

// Go spawns a task as [Group.Go] does, into the current group of ctx and on
// behalf of its current task: so it is accepted while the group drains. Without
// a current group it panics.
func Go(ctx context.Context, fn func(ctx context.Context) error) *Task {
	group := CurrentGroup(ctx)
	if group == nil {
		panic("ptg: Go: the context is of no task and no hook")
	}
	return group.start(&TaskSpec{Type: goroutineType, Run: fn, Spawner: CurrentTask(ctx)})
}

func (g *Group) start(spec *TaskSpec) *Task {
	if !g.rt.isOnThread() {
		task := &Task{rt: g.rt, group: g, spec: spec}
		g.rt.mailSpawn(task)
		return task
	}
	task, status := g.spawn(nil, spec)
	if status != C.PTG_OK {
		task.end(&Outcome{Status: Status(status), NeverRan: true})
	}
	return task
}

const goroutineType = "goroutine"

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
	var failure error
	err := g.rt.do(func() {
		var status C.ptg_status
		task, status = g.spawn(nil, &spec)
		failure = g.rt.failure("ptg_task_spawn", status)
	})
	if err != nil {
		g.rt.release(spec.Release)
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return task, nil
}

// Send sends a spawn on its way and does not wait. The error is that of the
// way: [ErrFull], [ErrClosed], or [ErrInvalid] for a spec that no group would
// accept. What the group says is the end of the task, as for [Group.Go].
func (g *Group) Send(spec TaskSpec) (*Task, error) {
	task, status := g.spawn(g.rt.remote, &spec)
	if g.rt.manual && !g.rt.steps {
		g.rt.nudge()
	}
	runtime.KeepAlive(g.rt)
	if status != C.PTG_OK {
		return nil, &Error{Op: "ptg_remote_spawn", Status: Status(status)}
	}
	return task, nil
}

// spawn by the way in, or on the thread where remote is nil. The task that it
// returns is over, in truth, when the status says so.
func (g *Group) spawn(remote *C.ptg_remote, spec *TaskSpec) (*Task, C.ptg_status) {
	task := &Task{rt: g.rt, group: g, spec: spec}
	var flags C.uint32_t
	if spec.Cleanup {
		flags |= C.PTG_SPAWN_CLEANUP
	}
	if spec.Observed {
		flags |= C.PTG_SPAWN_OBSERVED
	}
	kind := spec.toC()
	if kind == nil {
		g.rt.release(spec.Release)
		return task, C.PTG_EINVAL
	}
	if spec.Spawner.isOnItsWay() {
		g.rt.release(spec.Release)
		return task, C.PTG_EBUSY
	}
	var id uint64
	if spec.Run != nil {
		id = g.rt.tasks.add(task)
	} else {
		id = uint64(cgo.NewHandle(task))
	}
	var spawner C.ptg_task
	if spec.Spawner != nil {
		spawner = C.ptg_task(spec.Spawner.Handle())
	}
	name, nameLength := cString(spec.Name)
	place, placeLength := cString(spec.Place)
	answer := C.glue_spawn(g.rt.ptr, remote, C.ptg_group(g.handle), kind, flags,
		name, nameLength, place, placeLength, spawner, C.uintptr_t(id))
	if answer < 0 {
		if spec.Run != nil {
			g.rt.tasks.remove(id)
			g.rt.release(spec.Release)
		}
		return task, C.ptg_status(answer)
	}
	task.handle.Store(uint64(answer))
	return task, C.PTG_OK
}

// cString points at the bytes of a string, for the time of a call.
func cString(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

// Types live as long as the process.
var types struct {
	sync.RWMutex
	known map[typeKey]*C.ptg_task_type
}

type typeKey struct {
	set   C.uint32_t
	label string
}

// toC returns nil for a spec that is neither of a function nor of functions.
func (s *TaskSpec) toC() *C.ptg_task_type {
	if (s.Run == nil) == (s.Start == nil) {
		return nil
	}
	key := typeKey{C.GLUE_EVENTS, s.Type}
	if s.Run == nil {
		key.set = s.set()
	} else if s.Kill != nil {
		key.set |= C.GLUE_KILLABLE
	}
	types.RLock()
	known := types.known[key]
	types.RUnlock()
	if known != nil {
		return known
	}
	types.Lock()
	defer types.Unlock()
	if types.known == nil {
		types.known = map[typeKey]*C.ptg_task_type{}
	}
	if types.known[key] == nil {
		var label *C.char
		if s.Type != "" {
			label = C.CString(s.Type)
		}
		types.known[key] = C.glue_make_type(key.set, label)
	}
	return types.known[key]
}

func (s *TaskSpec) set() C.uint32_t {
	var set C.uint32_t
	if s.Drain != nil {
		set |= C.GLUE_DRAIN
	}
	if s.Cancel != nil {
		set |= C.GLUE_CANCEL
	}
	if s.Kill != nil {
		set |= C.GLUE_KILL
	}
	if s.Wake != nil {
		set |= C.GLUE_WAKE
	}
	return set
}
