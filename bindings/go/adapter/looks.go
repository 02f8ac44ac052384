package main

import (
	"slices"

	"libptg.org/ptg"
)

// What there is, as it was asked for.

func doInfo(a *adapter, r *request, answer object) error {
	if r.has("group") == r.has("task") {
		r.refuse("info: of one group or of one task")
	}
	if r.has("task") {
		return a.taskInfo(r, answer)
	}
	group := r.group("group")
	if r.why != "" {
		return nil
	}
	info, err := group.Info()
	if err != nil {
		return err
	}
	fields := object{
		"name": info.Name, "parent": a.reference(info.Parent), "state": info.State.String(),
		"is_ending": info.IsEnding, "children": info.Children, "spawned": info.Spawned, "live": info.Live,
		"pending": info.Pending, "queued": info.Queued, "succeeded": info.Succeeded, "failed": info.Failed,
		"cancelled": info.Cancelled, "abandoned": info.Abandoned, "late": info.Late, "killed": info.Killed,
		"refused": info.Refused, "peak": info.Peak, "grace": duration(info.Grace),
		"cancel_wait": duration(info.CancelWait), "deadline": limit(info.Deadline),
		"phase_left": limit(info.PhaseLeft), "oldest_age": duration(info.OldestAge),
		"created_at": a.instant(info.Created), "owner": a.reference(info.Owner),
	}
	// An age of 0 may be that of a task, or nobody's.
	if info.Live+info.Abandoned == info.Late {
		fields["oldest_age"] = nil
	}
	return fill(answer, fields)
}

func fill(answer, fields object) error {
	for field, value := range fields {
		answer[field] = value
	}
	return nil
}

func (a *adapter) taskInfo(r *request, answer object) error {
	task := r.task("task")
	if r.why != "" {
		return nil
	}
	info, err := task.Info()
	if err != nil {
		return err
	}
	return fill(answer, object{
		"name": info.Name, "type": optional(info.Type), "group": a.reference(info.Group),
		"state": info.State.String(), "age": int64(info.Age), "is_cancel_requested": info.IsCancelRequested,
		"is_killed": info.IsKilled, "reason": optional(info.Reason), "originator": a.reference(info.Originator),
		"spawner": a.reference(info.Spawner), "place": optional(info.Place),
	})
}

func doList(a *adapter, r *request, answer object) error {
	what := word(r, "what", map[string]func(*ptg.Group) ([]ptg.Handle, error){
		"groups": (*ptg.Group).Groups, "tasks": (*ptg.Group).Tasks, "abandoned": (*ptg.Group).Abandoned,
	})
	group := r.group("group")
	if r.why != "" {
		return nil
	}
	handles, err := what(group)
	names := []any{}
	for _, handle := range handles {
		names = append(names, a.reference(handle))
	}
	answer["names"] = names
	return err
}

// doRows answers a list of what a group knows.
func doRows[T any](r *request, answer object, list func(*ptg.Group) ([]T, error), describe func(T) object) error {
	group := r.group("group")
	if r.why != "" {
		return nil
	}
	found, err := list(group)
	rows := []object{}
	for _, row := range found {
		rows = append(rows, describe(row))
	}
	answer["rows"] = rows
	return err
}

func doCountNames(_ *adapter, r *request, answer object) error {
	capacity := r.integer("capacity")
	if capacity < 0 || capacity > 100000 {
		r.refuse("capacity: not from 0 to 100000")
	}
	count := func(g *ptg.Group) ([]ptg.NameCount, error) { return g.CountNames(int(capacity)) }
	return doRows(r, answer, count, func(row ptg.NameCount) object {
		return object{"type": optional(row.Type), "name": row.Name, "count": row.Count}
	})
}

func doFailures(a *adapter, r *request, answer object) error {
	return doRows(r, answer, (*ptg.Group).Failures, func(row ptg.FailureCount) object {
		return object{
			"name": row.Name, "failed": statusWords[row.Status], "code": row.Code, "message": optional(row.Message),
			"count": row.Count, "first_at": a.instant(row.First), "last_at": a.instant(row.Last),
		}
	})
}

func doHistory(a *adapter, r *request, answer object) error {
	return doRows(r, answer, (*ptg.Group).History, func(row ptg.PastTask) object {
		return object{
			"task": a.reference(row.Task), "name": row.Name, "ended": statusWords[row.Outcome.Status],
			"code": row.Outcome.Code, "flags": flags(row.Outcome), "spawner": a.reference(row.Spawner),
			"originator": a.reference(row.Outcome.Originator), "spawned_at": a.instant(row.Spawned),
			"ended_at": a.instant(row.Ended),
		}
	})
}

func doPlan(a *adapter, r *request, answer object) error {
	return doRows(r, answer, (*ptg.Group).Plan, func(row ptg.PlanStep) object {
		return object{
			"group": a.reference(row.Group), "waits_for": a.reference(row.WaitsFor), "begin": duration(row.Begin),
			"cancel": duration(row.Cancel), "closed": duration(row.Closed), "is_critical": row.IsCritical,
		}
	})
}

func doReport(a *adapter, r *request, answer object) error {
	list := func(g *ptg.Group) ([]ptg.ReportRow, error) {
		report, err := g.Report()
		if err != nil {
			return nil, err
		}
		return report.Rows, nil
	}
	return doRows(r, answer, list, func(row ptg.ReportRow) object {
		return object{
			"group": a.reference(row.Group), "parent": a.reference(row.Parent), "state": row.State.String(),
			"waited_for": a.reference(row.WaitedFor), "begun_at": a.eventual(row.Begun),
			"drain_at": a.eventual(row.Drain), "cancel_at": a.eventual(row.Cancel),
			"closed_at": a.eventual(row.Closed), "drained": row.Drained, "cancelled": row.Cancelled,
			"failed": row.Failed, "refused": row.Refused, "abandoned": row.Abandoned, "killed": row.Killed,
			"originator": a.reference(row.Originator),
		}
	})
}

func doBlame(a *adapter, r *request, answer object) error {
	return doRows(r, answer, (*ptg.Group).Blame, func(row ptg.Blame) object {
		return object{
			"group": a.reference(row.Group), "held": duration(row.Held), "abandoned": row.Abandoned,
			"task": a.reference(row.Task), "task_name": optional(row.TaskName), "task_held": duration(row.TaskHeld),
		}
	})
}

func doSnapshot(a *adapter, r *request, answer object) error {
	group := r.group("group")
	if r.why != "" {
		return nil
	}
	picture, err := group.Snapshot()
	if err != nil {
		return err
	}
	groups, tasks := []object{}, []object{}
	for _, row := range picture.Groups {
		groups = append(groups, object{
			"group": a.reference(row.Group), "parent": a.reference(row.Parent), "owner": a.reference(row.Owner),
			"name": row.Name, "state": row.State.String(), "is_ending": row.IsEnding, "age": int64(row.Age),
			"spawned": row.Spawned, "succeeded": row.Succeeded, "failed": row.Failed, "cancelled": row.Cancelled,
			"abandoned": row.Abandoned, "refused": row.Refused,
		})
	}
	for _, row := range picture.Tasks {
		tasks = append(tasks, object{
			"task": a.reference(row.Task), "group": a.reference(row.Group), "name": row.Name,
			"state": row.State.String(), "age": int64(row.Age), "is_cancel_requested": row.IsCancelRequested,
			"spawner": a.reference(row.Spawner),
		})
	}
	answer["groups"], answer["tasks"] = groups, tasks
	return nil
}

func doTake(a *adapter, r *request, answer object) error {
	capacity := r.integer("capacity")
	if capacity < 0 || capacity > 100000 {
		r.refuse("capacity: not from 0 to 100000")
	}
	if r.why != "" {
		return nil
	}
	found, err := a.rt.Take(int(capacity))
	events := []object{}
	for _, event := range found {
		events = append(events, a.event(event))
	}
	answer["events"] = events
	return err
}

func (a *adapter) event(event ptg.Event) object {
	fields := object{"call": eventCalls[event.Kind]}
	if event.Task == 0 || event.Kind == ptg.EventError {
		fields["group"] = a.reference(event.Group)
	} else {
		fields["task"] = a.reference(event.Task)
	}
	switch event.Kind {
	case ptg.EventCancel:
		fields["reason"], fields["originator"] = event.Reason, a.reference(event.Originator)
	case ptg.EventError:
		fields["from"], fields["task"] = a.reference(event.Originator), a.reference(event.Task)
	}
	if slices.Contains([]ptg.EventKind{ptg.EventError, ptg.EventDone}, event.Kind) {
		fields["outcome"] = a.outcome(event.Outcome)
	}
	return fields
}
