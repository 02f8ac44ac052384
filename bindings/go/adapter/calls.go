package main

import (
	"context"
	"fmt"
	"os"

	"libptg.org/ptg"
)

// reply is what the suite lets a call return.
type reply struct {
	status  ptg.Status
	started *ptg.Task
}

// call passes a call on, does what is asked for meanwhile, and returns what it
// is told to.
func (a *adapter) call(what string, fields object) reply {
	if a.silent {
		return reply{}
	}
	now, _ := a.rt.Now()
	fields["call"], fields["at"] = what, a.instant(now)
	a.wire.write(fields)
	a.calls++
	request := a.serve()
	a.calls--
	if request == nil {
		return reply{}
	}
	request.a = a
	answer := reply{word(request, "status", statuses), request.task("started")}
	if request.why != "" {
		fmt.Fprintln(os.Stderr, "adapter: in a return:", request.why)
	}
	return answer
}

// noteRelease makes what tells that what was given along with as is released.
func (a *adapter) noteRelease(as string) func() {
	return func() {
		if !a.silent {
			a.wire.write(object{"note": "release", "of": as})
		}
	}
}

func (a *adapter) callTask(what, as string, task *ptg.Task) reply {
	fields := object{"task": a.reference(task.Handle())}
	if name := a.names[task.Handle()]; name != "" && name != as {
		fields["task"] = fmt.Sprintf("%s, with the functions of %s", name, as)
	}
	return a.call(what, fields)
}

// tellTask makes the functions of a task that is told by calls.
func (a *adapter) tellTask(as string, spec *ptg.TaskSpec, tells map[string]bool) {
	spec.Start = func(t *ptg.Task) error { return returned(a.callTask("start", as, t).status) }
	spec.Wake = func(t *ptg.Task) { a.callTask("wake", as, t) }
	spec.Done = a.tellDone
	if tells["drain"] {
		spec.Drain = func(t *ptg.Task) { a.callTask("drain", as, t) }
	}
	if tells["kill"] {
		spec.Kill = func(t *ptg.Task) { a.callTask("kill", as, t) }
	}
	if tells["cancel"] {
		spec.Cancel = func(t *ptg.Task, cause *ptg.Cancellation) { a.tellCancel(t, cause) }
	}
}

// One that is thrown away is not worth being called abandoned.
func (a *adapter) tellCancel(task *ptg.Task, cause *ptg.Cancellation) {
	if a.silent {
		_ = task.Finish(ptg.Outcome{Status: ptg.ErrCanceled})
		return
	}
	a.call("cancel", object{
		"task": a.reference(task.Handle()), "reason": cause.Reason, "originator": a.reference(cause.Originator),
	})
}

func (a *adapter) tellDone(task *ptg.Task, outcome ptg.Outcome) {
	a.call("done", object{"task": a.reference(task.Handle()), "outcome": a.outcome(outcome)})
}

// tellGroup makes the hooks of a group.
func (a *adapter) tellGroup(options *ptg.GroupOptions, tells map[string]bool) {
	if tells["error"] {
		options.OnError = a.tellError
	}
	if tells["drain"] {
		options.OnDrain = func(_ context.Context, g *ptg.Group) error {
			return returned(a.call("group_drain", object{"group": a.reference(g.Handle())}).status)
		}
	}
	if tells["closed"] {
		options.OnClosed = func(_ context.Context, g *ptg.Group) error {
			return returned(a.call("group_closed", object{"group": a.reference(g.Handle())}).status)
		}
	}
}

func (a *adapter) tellError(ctx context.Context, failure *ptg.Failure) error {
	flags := []string{}
	if failure.DuringCancel {
		flags = append(flags, "during_cancel")
	}
	if failure.Task == nil {
		flags = append(flags, "from_hook")
	}
	fields := object{
		"group": a.reference(ptg.CurrentGroup(ctx).Handle()), "from": a.reference(failure.Group.Handle()),
		"task": a.reference(failure.Task.Handle()), "name": failure.Name, "age": int64(failure.Age),
		"flags": flags, "state": failure.State.String(), "outcome": a.outcome(failure.Outcome),
		"failed_handler": a.reference(failure.FailedHandler.Handle()), "handler_status": nil,
	}
	if failure.FailedHandler != nil {
		fields["handler_status"] = statusWord(failure.HandlerErr)
	}
	return returned(a.call("error", fields).status)
}

func (a *adapter) tellFire(_ context.Context, timer *ptg.Task) (*ptg.Task, error) {
	answer := a.call("fire", object{"task": a.reference(timer.Handle())})
	return answer.started, returned(answer.status)
}

func (a *adapter) tellHandle(_ context.Context, queue *ptg.Queue, message any) (*ptg.Task, error) {
	answer := a.call("handle", object{"task": a.reference(queue.Handle()), "message": message})
	return answer.started, returned(answer.status)
}

func (a *adapter) tellDrop(queue *ptg.Queue, message any) {
	a.call("drop", object{"task": a.reference(queue.Handle()), "message": message})
}

func (a *adapter) tellRoom(queue *ptg.Queue) {
	a.call("has_room", object{"task": a.reference(queue.Handle())})
}
