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
	"time"
	"unsafe"
)

// Overlap is what a periodic timer does when the task of its last firing has
// not ended.
type Overlap uint32

// The overlap policies of a timer.
const (
	Skip    Overlap = C.PTG_OVERLAP_SKIP    // this firing is left out, and counted
	Allow   Overlap = C.PTG_OVERLAP_ALLOW   // both run
	Replace Overlap = C.PTG_OVERLAP_REPLACE // the last one is cancelled
)

// TimerSpec says when a timer fires, by the runtime's clock, and what it does.
type TimerSpec struct {
	Name    string        // at most 255 bytes of UTF-8; empty: "timer"
	After   time.Duration // to the first firing; 0: Every; AtOnce
	Every   time.Duration // 0: it fires once
	Overlap Overlap
	Spawner *Task // as of TaskSpec

	// Fire is called on the runtime's thread and must not wait. What takes
	// longer it spawns, and returns: then the overlap policy applies to that.
	// An error ends the timer.
	Fire func(ctx context.Context, timer *Task) (started *Task, err error)
	Done func(timer *Task, outcome Outcome) // it has ended; told exactly once

	Release func() // as of TaskSpec
}

// SpawnTimer puts a timer into the group. It is a task, which ends after its
// firing, or, periodic, when it is told to drain or cancelled.
func (g *Group) SpawnTimer(spec TimerSpec) (*Task, error) {
	asTask := &TaskSpec{Name: spec.Name, Type: "timer", Spawner: spec.Spawner, Done: spec.Done, Release: spec.Release}
	timer := &Task{rt: g.rt, group: g, fire: spec.Fire, spec: asTask}
	spawn := func(id C.uintptr_t, handle *C.ptg_task) C.ptg_status {
		options := (*C.ptg_timer_options)(C.calloc(1, C.sizeof_ptg_timer_options))
		name := nameToC(spec.Name)
		defer C.free(unsafe.Pointer(options))
		defer C.free(unsafe.Pointer(name))
		options.size = C.sizeof_ptg_timer_options
		options.name, options.name_length = name, C.size_t(len(spec.Name))
		options.after_ns, options.every_ns = C.int64_t(spec.After), C.int64_t(spec.Every)
		options.overlap = C.uint32_t(spec.Overlap)
		options.spawner = C.ptg_task(spec.Spawner.Handle())
		return C.glue_timer(g.rt.ptr, C.ptg_group(g.Handle()), options, id, handle)
	}
	if err := g.spawnKind(timer, "SpawnTimer", spec.mistake(), spawn); err != nil {
		return nil, err
	}
	return timer, nil
}

func (s *TimerSpec) mistake() string {
	switch {
	case s.Fire == nil:
		return "a timer needs Fire"
	case s.After == 0 && s.Every == 0:
		return "a timer needs After, or Every"
	case s.After < 0 && s.After != AtOnce:
		return mistakeInDuration("After", s.After)
	}
	return cmp.Or(mistakeInName("Name", s.Name), mistakeInDuration("Every", s.Every),
		mistakeInWord("Overlap", s.Overlap, Replace))
}

// spawnKind makes a task of a sort that comes with the library.
func (g *Group) spawnKind(
	task *Task, op, mistake string, spawn func(C.uintptr_t, *C.ptg_task) C.ptg_status,
) error {
	isCalled := false
	err := g.rt.onChecked(op, func() error {
		err := invalid(op, mistake)
		if err == nil {
			err = task.spec.Spawner.unnameable(op, "Spawner", g.rt)
		}
		if err != nil {
			return err
		}
		isCalled = true
		var handle C.ptg_task
		status := spawn(C.uintptr_t(cgo.NewHandle(task)), &handle)
		task.handle.Store(uint64(handle))
		if status == C.PTG_OK {
			g.rt.kinds[Handle(handle)] = task
		}
		return g.rt.failure(op, status)
	})
	if !isCalled {
		g.rt.release(task.spec.Release)
	}
	return err
}

// nameToC returns NULL for no name.
func nameToC(name string) *C.char {
	if name == "" {
		return nil
	}
	return C.CString(name)
}

//export ptgGoFire
func ptgGoFire(id C.uintptr_t, _ C.ptg_task, started *C.ptg_task) C.ptg_status {
	timer := object[*Task](id)
	var task *Task
	err := guard(func() (err error) {
		task, err = timer.fire(timer.Context(), timer)
		return err
	})
	return timer.endStep(task, err, started)
}

// endStep tells what a timer or queue started, or that it failed.
func (t *Task) endStep(task *Task, err error, started *C.ptg_task) C.ptg_status {
	*started = C.ptg_task(task.Handle())
	t.keepFailure(err)
	return C.ptg_status(statusOf(err))
}

// TimerInfo is what a timer has done.
type TimerInfo struct {
	Fired   uint64 // firings
	Skipped uint64 // by the overlap policy
	Missed  uint64 // because the runtime was too busy
}

// TimerInfo returns what a timer has done.
func (t *Task) TimerInfo() (TimerInfo, error) {
	var info TimerInfo
	err := t.call("TimerInfo", "", func(task C.ptg_task) C.ptg_status {
		c := C.ptg_timer_info{size: C.sizeof_ptg_timer_info}
		status := C.ptg_timer_get_info(t.rt.ptr, task, &c)
		info = TimerInfo{uint64(c.fired), uint64(c.skipped), uint64(c.missed)}
		return status
	})
	return info, err
}
