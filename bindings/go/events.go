package ptg

/*
#include "glue.h"
*/
import "C"

import "cmp"

// EventKind is what an event says.
type EventKind uint32

// The kinds of events.
const (
	EventStart       EventKind = C.PTG_EVENT_START        // the task runs
	EventWake        EventKind = C.PTG_EVENT_WAKE         // its sleep is over
	EventDrain       EventKind = C.PTG_EVENT_DRAIN        // it is to finish soon
	EventCancel      EventKind = C.PTG_EVENT_CANCEL       // it is to finish now
	EventKill        EventKind = C.PTG_EVENT_KILL         // it is to be ended by force
	EventDone        EventKind = C.PTG_EVENT_DONE         // it has ended
	EventError       EventKind = C.PTG_EVENT_ERROR        // it, or a hook, has failed
	EventGroupDrain  EventKind = C.PTG_EVENT_GROUP_DRAIN  // the group is to drain
	EventGroupClosed EventKind = C.PTG_EVENT_GROUP_CLOSED // the group is closed
)

// Event is what a goroutine's task, or a group with Events, was told.
type Event struct {
	Kind       EventKind
	Group      Handle  // the task's; of an error the handler's
	Task       Handle  // 0: it is about the group
	Outcome    Outcome // of a done and an error
	Reason     string  // of a cancel
	Originator Handle  // of a cancel: who asked; of an error: the group where it happened
}

// Take carries out at most capacity events, each as it says: it starts the
// goroutine of a task, cancels its context, calls a hook. It returns them, to
// be looked at. On a stepped clock nothing is carried out otherwise; elsewhere
// the runtime does it by itself. [ErrReentrant] where one is being carried out.
func (rt *Runtime) Take(capacity int) ([]Event, error) {
	var events []Event
	err := rt.on("Take", func() C.ptg_status {
		if rt.isTelling {
			return C.PTG_EREENTRANT
		}
		rt.take(capacity, func(e *C.ptg_event) { events = append(events, eventOf(e)) })
		return C.PTG_OK
	})
	return events, err
}

func eventOf(e *C.ptg_event) Event {
	event := Event{
		Kind: EventKind(e.kind), Group: Handle(e.group), Task: Handle(e.task), Originator: Handle(e.originator),
	}
	switch event.Kind {
	case EventCancel:
		event.Reason = goString(e.text, e.text_length)
	case EventDone, EventError:
		event.Outcome = outcomeOfEvent(e)
	}
	return event
}

func outcomeOfEvent(e *C.ptg_event) Outcome {
	return Outcome{
		Status: Status(e.status), Code: int32(e.code), Value: uint64(e.value),
		Message:         goString(e.text, e.text_length),
		CancelRequested: e.flags&C.PTG_OUTCOME_CANCEL_REQUESTED != 0,
		NeverRan:        e.flags&C.PTG_OUTCOME_NEVER_RAN != 0,
		Abandoned:       e.flags&C.PTG_OUTCOME_ABANDONED != 0,
		Killed:          e.flags&C.PTG_OUTCOME_KILLED != 0,
	}
}

// dispatch carries out a batch. The table is locked once for all of it.
func (rt *Runtime) dispatch(events []C.ptg_event) {
	rt.isFull = len(events) == eventCapacity
	if len(events) == 0 {
		return
	}
	var tasks [eventCapacity]*Task
	rt.tasks.mu.Lock()
	for i := range events {
		e := &events[i]
		if !isOfGoroutine(uintptr(e.user_data)) {
			continue
		}
		tasks[i] = rt.tasks.at(uintptr(e.user_data))
		if e.kind == C.PTG_EVENT_DONE {
			rt.tasks.removeLocked(uintptr(e.user_data))
		}
	}
	rt.tasks.mu.Unlock()
	// The library knows of no callback here, and would let hooks do what takes
	// the next events, over these.
	rt.isTelling = true
	defer func() { rt.isTelling, rt.tellTask, rt.tellGroup = false, nil, nil }()
	for i := range events {
		e := &events[i]
		if e.task == 0 || e.kind == C.PTG_EVENT_ERROR {
			rt.tellTask = nil
			rt.toldGroup(e, tasks[i])
		} else {
			rt.tellTask = tasks[i]
			tasks[i].told(e)
		}
	}
}

// told carries out the event of a goroutine's task.
func (t *Task) told(e *C.ptg_event) {
	switch e.kind {
	case C.PTG_EVENT_START:
		t.handle.Store(uint64(e.task))
		if t.spec.Observed {
			t.observe()
		}
		go t.run()
	case C.PTG_EVENT_DONE:
		t.toldDone(e)
		t.rt.release(t.spec.Release)
	case C.PTG_EVENT_DRAIN:
		t.group.hasDrained.Store(true)
		t.tellDrain()
	case C.PTG_EVENT_CANCEL:
		t.toldCancel(&Cancellation{goString(e.text, e.text_length), Handle(e.originator)})
	case C.PTG_EVENT_WAKE:
		if woken := t.woken.Swap(nil); woken != nil {
			close(*woken)
		}
	case C.PTG_EVENT_KILL:
		t.step(func() { t.spec.Kill(t) })
	}
}

// observe watches a task whose failure is for who waits for it.
func (t *Task) observe() {
	watch := &Watch{rt: t.rt, options: WatchOptions{Over: func(Outcome) {}}}
	if status := watch.add(t.handle.Load()); status != C.PTG_OK {
		t.rt.log("a task cannot be observed", t.group, t.Name(), Status(status))
	}
}

func (t *Task) toldDone(e *C.ptg_event) {
	if t.spec.Done == nil && e.status == C.PTG_OK && e.flags == 0 && e.value == 0 && e.code == 0 && e.text == nil {
		t.end(&endedWell)
		return
	}
	t.handle.Store(uint64(e.task))
	outcome := outcomeOfEvent(e)
	t.over(&outcome)
}

// toldGroup carries out the event of a group with Events. If it is an error of a
// goroutine's task, which may be over by the same batch, that is failed.
func (rt *Runtime) toldGroup(e *C.ptg_event, failed *Task) {
	group := rt.GroupAt(Handle(e.group))
	rt.tellGroup = group
	switch e.kind {
	case C.PTG_EVENT_GROUP_DRAIN:
		rt.logHook(group, group.hook(group.options.OnDrain))
	case C.PTG_EVENT_GROUP_CLOSED:
		rt.logHook(group, group.toldClosed())
		group.isTold = true
		group.forget()
	case C.PTG_EVENT_ERROR:
		if group.options.OnError == nil && rt.steps {
			return // who takes it sees it
		}
		for group.options.OnError == nil { // the root has one
			group = cmp.Or(group.parent, rt.root)
		}
		rt.tellGroup = group
		if failed == nil {
			failed = rt.failedTask(Handle(e.task), uintptr(e.user_data))
		}
		failure := &Failure{
			Group: rt.groupOrNil(Handle(e.originator)), Task: failed, Outcome: outcomeOfEvent(e),
		}
		failure.DuringCancel = failure.Outcome.CancelRequested
		if info, err := failure.Group.Info(); err == nil {
			failure.State = info.State
		}
		if failure.Task != nil {
			failure.Name = failure.Task.Name()
		}
		group.give(failure, true)
	}
}

// A hook that is told by an event has nobody to tell its failure to.
func (rt *Runtime) logHook(group *Group, status C.ptg_status) {
	if status != C.PTG_OK {
		outcome := Outcome{Err: group.hookErrs[0], Status: Status(status)}
		_ = rt.logFailure(rt.base, &Failure{Group: group, Outcome: outcome})
		group.hookErrs = nil
	}
}
