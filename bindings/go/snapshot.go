package ptg

/*
#include "glue.h"
*/
import "C"

import (
	"time"
	"unsafe"
)

// Snapshot is a picture of groups and tasks at one instant.
type Snapshot struct {
	Groups     []SnapshotGroup // parents before children
	Tasks      []SnapshotTask
	Unanswered int // runtimes that did not answer in time, of [SnapshotAll]
}

// SnapshotGroup is a group of a picture. Ages count back from its instant; the
// counts are as of [GroupInfo].
type SnapshotGroup struct {
	Group, Parent, Owner Handle
	Runtime              uint64 // a number for the runtime, from 1
	Name                 string
	State                State
	IsEnding             bool
	Age                  time.Duration
	Spawned, Succeeded   uint64
	Failed, Cancelled    uint64
	Abandoned, Refused   uint64
}

// SnapshotTask is a task of a picture.
type SnapshotTask struct {
	Task, Group, Spawner Handle
	Name, Type           string
	State                TaskState
	Age                  time.Duration
	IsCancelRequested    bool
}

// Snapshot takes a picture of the group with all below it.
func (g *Group) Snapshot() (*Snapshot, error) {
	var picture *Snapshot
	err := g.rt.on("Snapshot", func() C.ptg_status {
		var c *C.ptg_snapshot
		status := C.ptg_snapshot_take(g.rt.ptr, C.ptg_group(g.Handle()), &c)
		if status == C.PTG_OK {
			picture = readSnapshot(c)
		}
		return status
	})
	return picture, err
}

// SnapshotAll takes a picture of every runtime of the process, of whatever
// language. One that does not answer within timeout is left out. Not for
// hooks: the others are waited for.
func SnapshotAll(timeout time.Duration) (*Snapshot, error) {
	if err := invalid("SnapshotAll", mistakeInDuration("the timeout", timeout)); err != nil {
		return nil, err
	}
	var c *C.ptg_snapshot
	if status := C.ptg_snapshot_take_all(C.int64_t(timeout), &c); status != C.PTG_OK {
		return nil, &Error{Op: "SnapshotAll", Status: Status(status)}
	}
	return readSnapshot(c), nil
}

// readSnapshot copies a picture and destroys it.
func readSnapshot(c *C.ptg_snapshot) *Snapshot {
	defer C.ptg_snapshot_destroy(c)
	view := C.ptg_snapshot_view{size: C.sizeof_ptg_snapshot_view}
	C.ptg_snapshot_get_view(c, &view)
	picture := &Snapshot{Unanswered: int(view.unanswered)}
	text := func(place C.uint64_t) string {
		return C.GoString((*C.char)(unsafe.Add(unsafe.Pointer(view.strings), place)))
	}
	for i := range view.group_count {
		at := (*C.ptg_snapshot_group)(unsafe.Add(unsafe.Pointer(view.groups), i*view.group_size))
		picture.Groups = append(picture.Groups, SnapshotGroup{
			Group: Handle(at.group), Parent: Handle(at.parent), Owner: Handle(at.owner), Runtime: uint64(at.runtime),
			Name: text(at.name), State: State(at.state), IsEnding: at.is_ending != 0, Age: time.Duration(at.age_ns),
			Spawned: uint64(at.spawned), Succeeded: uint64(at.succeeded), Failed: uint64(at.failed),
			Cancelled: uint64(at.cancelled), Abandoned: uint64(at.abandoned), Refused: uint64(at.refused),
		})
	}
	for i := range view.task_count {
		at := (*C.ptg_snapshot_task)(unsafe.Add(unsafe.Pointer(view.tasks), i*view.task_size))
		picture.Tasks = append(picture.Tasks, SnapshotTask{
			Task: Handle(at.task), Group: picture.Groups[at.group].Group, Spawner: Handle(at.spawner),
			Name: text(at.name), Type: text(at.type_name), State: TaskState(at.state), Age: time.Duration(at.age_ns),
			IsCancelRequested: at.is_cancel_requested != 0,
		})
	}
	return picture
}
