package ptg

/*
#include "glue.h"
*/
import "C"

import (
	"fmt"
	"io"
	"time"
)

// rows fetches a list of ptg.h, on the thread.
func rows[T any](rt *Runtime, op string, list func(rows *T, capacity C.size_t, count *C.size_t) C.ptg_status,
	convert func(*T)) error {
	return rt.on(op, func() C.ptg_status {
		var count C.size_t
		status := list(nil, 0, &count)
		for status == C.PTG_ERANGE {
			found := make([]T, count)
			status = list(&found[0], count, &count)
			if status == C.PTG_OK {
				for i := range found[:count] {
					convert(&found[i])
				}
			}
		}
		return status
	})
}

// GroupInfo is a group as it is now. The counts are of its own tasks, without
// those below.
type GroupInfo struct {
	Group, Parent Handle
	Name          string
	State         State
	IsEnding      bool   // a shutdown has been asked for, here or above
	Children      uint64 // groups below that are not closed
	Spawned       uint64 // = Live + Succeeded + Failed + Cancelled + Abandoned
	Live          uint64 // not ended, not abandoned
	Pending       uint64 // of Live: not started yet
	Queued        uint64 // of Pending: waiting for a place
	Succeeded     uint64
	Failed        uint64
	Cancelled     uint64
	Abandoned     uint64        // given up on, whether or not ended since
	Late          uint64        // of Abandoned: ended since
	Killed        uint64        // ended by force
	Refused       uint64        // spawns that were
	Peak          uint64        // the most that were live at once
	Created       time.Duration // an instant of the runtime's clock
	Grace         time.Duration // as it applies: own or inherited
	CancelWait    time.Duration
	Deadline      time.Duration // its own; 0: none
	PhaseLeft     time.Duration // to the end of the phase that it is in
	OldestAge     time.Duration // of the tasks that have not ended; 0: there are none
	Owner         Handle        // 0: none, or it has ended
}

// Info returns the group as it is now.
func (g *Group) Info() (GroupInfo, error) {
	var info GroupInfo
	err := g.rt.on("Info", func() C.ptg_status {
		c := C.ptg_group_info{size: C.sizeof_ptg_group_info}
		status := C.ptg_group_get_info(g.rt.ptr, C.ptg_group(g.Handle()), &c)
		if status == C.PTG_OK {
			info = groupInfoOf(&c)
		}
		return status
	})
	return info, err
}

func groupInfoOf(c *C.ptg_group_info) GroupInfo {
	return GroupInfo{
		Group: Handle(c.group), Parent: Handle(c.parent), Name: goString(c.name, c.name_length),
		State: State(c.state), IsEnding: c.is_ending != 0,
		Children: uint64(c.children), Spawned: uint64(c.spawned), Live: uint64(c.live),
		Pending: uint64(c.pending), Queued: uint64(c.queued), Succeeded: uint64(c.succeeded),
		Failed: uint64(c.failed), Cancelled: uint64(c.cancelled), Abandoned: uint64(c.abandoned),
		Late: uint64(c.late), Killed: uint64(c.killed), Refused: uint64(c.refused), Peak: uint64(c.peak),
		Created: time.Duration(c.created_ns), Grace: time.Duration(c.grace_ns),
		CancelWait: time.Duration(c.cancel_wait_ns), Deadline: time.Duration(c.deadline_ns),
		PhaseLeft: time.Duration(c.phase_left_ns), OldestAge: time.Duration(c.oldest_age_ns),
		Owner: Handle(c.owner),
	}
}

// TaskState is the state of a task that has not ended.
type TaskState uint32

// The states of a task.
const (
	TaskPending   TaskState = C.PTG_TASK_PENDING   // accepted, not started
	TaskRunning   TaskState = C.PTG_TASK_RUNNING   // started, and not ended
	TaskAbandoned TaskState = C.PTG_TASK_ABANDONED // running, and given up by its group
)

// String returns the state as a word.
func (s TaskState) String() string {
	switch s {
	case TaskPending:
		return "pending"
	case TaskRunning:
		return "running"
	case TaskAbandoned:
		return "abandoned"
	}
	return "unknown"
}

// TaskInfo is a task as it is now.
type TaskInfo struct {
	Task, Group       Handle
	Name              string
	Type              string // empty: it has none
	State             TaskState
	Age               time.Duration // since it was spawned
	IsCancelRequested bool
	IsKilled          bool
	Reason            string // of the cancel request
	Originator        Handle // of the cancel request; 0: outside
	Spawner           Handle // 0: none
	Place             string // where it was spawned; empty: not known
}

// Info returns the task as it is now; [ErrStale]: it has ended.
func (t *Task) Info() (TaskInfo, error) {
	var info TaskInfo
	err := t.call("Info", "", func(task C.ptg_task) C.ptg_status {
		c := C.ptg_task_info{size: C.sizeof_ptg_task_info}
		status := C.ptg_task_get_info(t.rt.ptr, task, &c)
		if status == C.PTG_OK {
			info = TaskInfo{
				Task: Handle(c.task), Group: Handle(c.group), Name: goString(c.name, c.name_length),
				Type: C.GoString(c.type_name), State: TaskState(c.state), Age: time.Duration(c.age_ns),
				IsCancelRequested: c.is_cancel_requested != 0, IsKilled: c.is_killed != 0,
				Reason: goString(c.reason, c.reason_length), Originator: Handle(c.originator),
				Spawner: Handle(c.spawner), Place: goString(c.place, c.place_length),
			}
		}
		return status
	})
	return info, err
}

// Groups returns the groups below, oldest first; closed ones are among them
// while the shutdown that closed them goes on.
func (g *Group) Groups() ([]Handle, error) {
	var handles []Handle
	err := rows(g.rt, "Groups", func(r *C.ptg_group, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_list_groups(g.rt.ptr, C.ptg_group(g.Handle()), r, n, count)
	}, func(c *C.ptg_group) { handles = append(handles, Handle(*c)) })
	return handles, err
}

// Tasks returns the tasks that have not ended, abandoned ones too, oldest
// first.
func (g *Group) Tasks() ([]Handle, error) {
	var handles []Handle
	err := rows(g.rt, "Tasks", func(r *C.ptg_task, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_list_tasks(g.rt.ptr, C.ptg_group(g.Handle()), r, n, count)
	}, func(c *C.ptg_task) { handles = append(handles, Handle(*c)) })
	return handles, err
}

// Abandoned returns the tasks that the group gave up, newest first.
func (g *Group) Abandoned() ([]Handle, error) {
	var handles []Handle
	err := rows(g.rt, "Abandoned", func(r *C.ptg_task, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_list_abandoned(g.rt.ptr, C.ptg_group(g.Handle()), r, n, count)
	}, func(c *C.ptg_task) { handles = append(handles, Handle(*c)) })
	return handles, err
}

// FailureCount is how often tasks or hooks of a group failed alike.
type FailureCount struct {
	Name        string // of the task; empty: a hook
	Status      Status
	Code        int32
	Message     string
	Count       uint64
	First, Last time.Duration // of the runtime's clock
}

// Failures returns what the group remembers of its failures, the latest first:
// the last eight that are not alike.
func (g *Group) Failures() ([]FailureCount, error) {
	var failures []FailureCount
	err := rows(g.rt, "Failures", func(r *C.ptg_failure_row, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_list_failures(g.rt.ptr, C.ptg_group(g.Handle()), r, C.sizeof_ptg_failure_row, n, count)
	}, func(c *C.ptg_failure_row) {
		failures = append(failures, FailureCount{
			Name: goString(c.name, c.name_length), Status: Status(c.status), Code: int32(c.code),
			Message: goString(c.message, c.message_length), Count: uint64(c.count),
			First: time.Duration(c.first_ns), Last: time.Duration(c.last_ns),
		})
	})
	return failures, err
}

// PastTask is a task that has ended.
type PastTask struct {
	Task           Handle
	Name           string
	Outcome        Outcome // Status, Code and what was asked of it
	Spawner        Handle
	Spawned, Ended time.Duration // of the runtime's clock
}

// History returns what the group remembers of its ended tasks, the latest
// first: see GroupOptions.History.
func (g *Group) History() ([]PastTask, error) {
	var tasks []PastTask
	err := rows(g.rt, "History", func(r *C.ptg_history_row, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_list_history(g.rt.ptr, C.ptg_group(g.Handle()), r, C.sizeof_ptg_history_row, n, count)
	}, func(c *C.ptg_history_row) {
		outcome := outcomeOf(&C.ptg_outcome{status: c.status, code: c.code, flags: c.flags, originator: c.originator})
		tasks = append(tasks, PastTask{
			Task: Handle(c.task), Name: goString(c.name, c.name_length), Outcome: outcome, Spawner: Handle(c.spawner),
			Spawned: time.Duration(c.spawned_ns), Ended: time.Duration(c.ended_ns),
		})
	})
	return tasks, err
}

// NameCount is how many tasks there are of a type and name.
type NameCount struct {
	Type, Name string
	Count      uint64
}

// CountNames returns the most frequent types and names, at most capacity of
// them, among the tasks of the group and of all below, the most frequent first.
func (g *Group) CountNames(capacity int) ([]NameCount, error) {
	if err := invalid("CountNames", mistakeInCount("the capacity", capacity)); err != nil {
		return nil, err
	}
	var names []NameCount
	err := g.rt.on("CountNames", func() C.ptg_status {
		// As many as there are, and not as were asked for, which may be any number.
		found := make([]C.ptg_name_row, min(capacity, 256)+1)
		for {
			room, count := len(found)-1, C.size_t(0)
			status := C.ptg_group_count_names(g.rt.ptr, C.ptg_group(g.Handle()), &found[0], C.sizeof_ptg_name_row,
				C.size_t(room), &count)
			if status == C.PTG_OK && int(count) == room && room < capacity {
				found = make([]C.ptg_name_row, min(capacity, 16*room)+1)
				continue
			}
			for _, c := range found[:count] {
				names = append(names, NameCount{C.GoString(c.type_name), goString(c.name, c.name_length), uint64(c.count)})
			}
			return status
		}
	})
	return names, err
}

// PlanStep is a group of a plan, of which [Runtime.GroupAt] knows the name. Times
// count from the beginning of the shutdown; [Forever]: not bounded.
type PlanStep struct {
	Group                 Handle
	WaitsFor              Handle // whose closing lets its drain begin; 0: nobody's
	Begin, Cancel, Closed time.Duration
	IsCritical            bool // on the critical path
}

// Plan says what a shutdown of the group would do in the worst case, without
// doing it.
func (g *Group) Plan() ([]PlanStep, error) {
	var steps []PlanStep
	err := rows(g.rt, "Plan", func(r *C.ptg_plan_step, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_get_plan(g.rt.ptr, C.ptg_group(g.Handle()), r, C.sizeof_ptg_plan_step, n, count)
	}, func(c *C.ptg_plan_step) {
		steps = append(steps, PlanStep{
			Group: Handle(c.group), WaitsFor: Handle(c.waits_for), Begin: time.Duration(c.begin_ns),
			Cancel: time.Duration(c.cancel_ns), Closed: time.Duration(c.closed_ns), IsCritical: c.is_critical != 0,
		})
	})
	return steps, err
}

// Report is what a shutdown did: a row for each group, in the order of their
// closing.
type Report struct{ Rows []ReportRow }

// ReportRow is a group of a report. Instants are of the runtime's clock; 0: it
// did not happen.
type ReportRow struct {
	Group, Parent Handle
	Name          string
	Path          string // the names from the root down
	State         State
	WaitedFor     Handle        // whose closing let its drain begin
	Begun         time.Duration // its shutdown was asked for, here or above
	Drain         time.Duration // its drain began
	Cancel        time.Duration // its cancel phase began
	Closed        time.Duration // it was closed
	Drained       uint64        // tasks that ended after Begun, not cancelled
	Cancelled     uint64
	Failed        uint64
	Refused       uint64
	Abandoned     uint64
	Killed        uint64
	Originator    Handle // of the shutdown; 0: outside
}

// Report returns the report of the group's shutdown, as far as it has come: from
// its beginning to the end of OnClosed of the group that it was asked for, and as
// long as a task that was abandoned there or below goes on. The root's until
// [Runtime.Destroy]. What [Group.Shutdown] returns stays.
func (g *Group) Report() (*Report, error) {
	report := &Report{}
	paths := map[Handle]string{}
	err := rows(g.rt, "Report", func(r *C.ptg_report_row, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_get_report(g.rt.ptr, C.ptg_group(g.Handle()), r, C.sizeof_ptg_report_row, n, count)
	}, func(c *C.ptg_report_row) { report.Rows = append(report.Rows, reportRowOf(c)) })
	if err != nil {
		return nil, err
	}
	for i := len(report.Rows) - 1; i >= 0; i-- { // parents close last
		row := &report.Rows[i]
		switch {
		case row.Group == g.handle:
			row.Path = g.path()
		case paths[row.Parent] == "/":
			row.Path = "/" + row.Name
		default:
			row.Path = paths[row.Parent] + "/" + row.Name
		}
		paths[row.Group] = row.Path
	}
	return report, nil
}

func reportRowOf(c *C.ptg_report_row) ReportRow {
	return ReportRow{
		Group: Handle(c.group), Parent: Handle(c.parent), Name: goString(c.name, c.name_length),
		State: State(c.state), WaitedFor: Handle(c.waited_for),
		Begun: time.Duration(c.begun_ns), Drain: time.Duration(c.drain_ns),
		Cancel: time.Duration(c.cancel_ns), Closed: time.Duration(c.closed_ns),
		Drained: uint64(c.drained), Cancelled: uint64(c.cancelled), Failed: uint64(c.failed),
		Refused: uint64(c.refused), Abandoned: uint64(c.abandoned), Killed: uint64(c.killed),
		Originator: Handle(c.originator),
	}
}

// Write writes a line for each group, in order of closing.
func (r *Report) Write(w io.Writer) error {
	for _, row := range r.Rows {
		_, err := fmt.Fprintf(w, "report %s drained=%d cancelled=%d failed=%d refused=%d abandoned=%d\n",
			row.Path, row.Drained, row.Cancelled, row.Failed, row.Refused, row.Abandoned)
		if err != nil {
			return err
		}
	}
	return nil
}

// IsClean says whether nothing failed and nothing was abandoned.
func (r *Report) IsClean() bool {
	for _, row := range r.Rows {
		if row.Failed > 0 || row.Abandoned > 0 {
			return false
		}
	}
	return true
}

// Blame is a group of the chain that decided how long a shutdown took.
type Blame struct {
	Group     Handle
	Name      string        // of the group
	Held      time.Duration // the parts add up to the whole shutdown
	Abandoned uint64
	Task      Handle        // who ended last, or was given up; 0: it had no task
	TaskName  string        // its first 63 bytes
	TaskHeld  time.Duration // from the group's drain to that end
}

// Blame says who held the shutdown of the group up; it can be asked for when
// the report can, once the group is closed.
func (g *Group) Blame() ([]Blame, error) {
	var chain []Blame
	err := rows(g.rt, "Blame", func(r *C.ptg_blame_row, n C.size_t, count *C.size_t) C.ptg_status {
		return C.ptg_group_get_blame(g.rt.ptr, C.ptg_group(g.Handle()), r, C.sizeof_ptg_blame_row, n, count)
	}, func(c *C.ptg_blame_row) {
		chain = append(chain, Blame{
			Group: Handle(c.group), Name: goString(c.name, c.name_length), Held: time.Duration(c.held_ns),
			Abandoned: uint64(c.abandoned), Task: Handle(c.task), TaskName: goString(c.task_name, c.task_name_length),
			TaskHeld: time.Duration(c.task_held_ns),
		})
	})
	return chain, err
}
