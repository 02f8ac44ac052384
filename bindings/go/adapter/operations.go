package main

import (
	"context"
	"strings"

	"libptg.org/ptg"
)

// operation is what a request is carried out by. Its fields are required. It
// reads the request first, and does nothing of one that is malformed.
type operation struct {
	fields string
	do     func(a *adapter, r *request, answer object) error
}

var operations map[string]operation

func init() {
	operations = map[string]operation{
		"hello": {"", doHello}, "reset": {"", doReset}, "advance": {"by", doAdvance}, "destroy": {"", doDestroy},
		"request_shutdown": {"", doRequestShutdown}, "time": {"", doTime}, "current": {"", doCurrent},
		"group": {"as in", doGroup}, "edge": {"first later", doEdge}, "shutdown": {"group", doShutdown},
		"watch": {"as on", doWatch}, "unwatch": {"watch", doUnwatch}, "post": {"as", doPost},
		"spawn": {"as in", doSpawn}, "finish": {"task", doFinish}, "cancel": {"task", doCancel},
		"sleep": {"task for", doSleep}, "extend_grace": {"task for", doExtendGrace},
		"info": {"", doInfo}, "list": {"what group", doList}, "count_names": {"group capacity", doCountNames},
		"failures": {"group", doFailures}, "history": {"group", doHistory}, "plan": {"group", doPlan},
		"report": {"group", doReport}, "blame": {"group", doBlame}, "snapshot": {"group", doSnapshot},
		"take": {"capacity", doTake}, "timer": {"as in", doTimer}, "timer_info": {"task", doTimerInfo},
		"queue": {"as in capacity", doQueue}, "push": {"queue message", doPush}, "queue_close": {"queue", doQueueClose},
		"queue_info": {"queue", doQueueInfo},
	}
}

func (a *adapter) answer(r *request) {
	r.a = a
	answer := object{}
	err := a.carryOut(r, answer)
	switch {
	case r.why != "":
		a.wire.write(object{"status": "unsupported", "why": r.why})
	case a.silent:
	default:
		answer["status"] = statusWord(err)
		a.wire.write(answer)
	}
}

func (a *adapter) carryOut(r *request, answer object) error {
	operation, isKnown := operations[r.op]
	if !isKnown {
		r.refuse("no such operation: %s", r.op)
	}
	for _, field := range strings.Fields(operation.fields) {
		if !r.has(field) {
			r.refuse("%s: left out", field)
		}
	}
	if r.op == "reset" && a.calls > 0 {
		r.refuse("reset: not inside a call")
	}
	isRemote := r.flag("remote") || r.op == "post"
	if r.why != "" {
		return nil
	}
	isFree := r.op == "hello" || r.op == "reset"
	if !isFree && a.rt == nil && (!isRemote || a.old == nil) {
		return ptg.ErrInvalid
	}
	return operation.do(a, r, answer)
}

// way is the runtime that what comes from another thread is sent to.
func (a *adapter) way() *ptg.Runtime { return a.old }

// elsewhere runs fn on another thread: the runtime's is locked to this one.
func elsewhere(fn func() error) error {
	failure := make(chan error)
	go func() { failure <- fn() }()
	return <-failure
}

func sent(r *request, fn func() error) error {
	if r.flag("remote") {
		return elsewhere(fn)
	}
	return fn()
}

// ---------------------------------------------------------------- runtime --

func doHello(_ *adapter, _ *request, answer object) error {
	answer["protocol"], answer["name"], answer["version"] = 1, "libptg for Go", "0.1.0"
	answer["clock"] = "virtual"
	answer["features"] = strings.Fields(`handles release deadline owner watch kill cleanup spawner policy observed
		limits edges parallel nesting names attribution wake history extend_grace failures count_names info report
		blame plan current stderr snapshot remote events timer queue`)
	return nil
}

func doReset(a *adapter, r *request, answer object) error {
	a.throwAway()
	a.handles, a.names = map[string]ptg.Handle{}, map[ptg.Handle]string{}
	options := a.groupOptions(r, "root")
	if r.why != "" {
		return nil
	}
	rt, err := ptg.New(ptg.Options{Root: options, ManualClock: true, Stepped: true})
	if err != nil {
		return err
	}
	a.rt, a.old, a.thrown = rt, rt, make(chan struct{})
	a.keep("root", rt.Root().Handle())
	now, err := rt.Now()
	a.begin = int64(now)
	answer["handle"] = rt.Root().Handle()
	return err
}

func doAdvance(a *adapter, r *request, _ object) error {
	by := r.duration("by")
	if r.why != "" {
		return nil
	}
	return a.rt.Advance(by)
}

func doDestroy(a *adapter, _ *request, _ object) error {
	err := a.rt.Destroy()
	if err == nil {
		close(a.thrown)
		a.rt = nil
	}
	return err
}

func doRequestShutdown(a *adapter, r *request, _ object) error {
	isForced := r.flag("force")
	if r.why != "" {
		return nil
	}
	return a.rt.RequestShutdown(isForced)
}

func doTime(a *adapter, _ *request, answer object) error {
	now, err := a.rt.Now()
	answer["at"] = a.instant(now)
	return err
}

func doCurrent(a *adapter, _ *request, answer object) error {
	task, group, err := a.rt.Current()
	answer["task"], answer["group"] = a.reference(task.Handle()), a.reference(group.Handle())
	return err
}

// ----------------------------------------------------------------- groups --

func (a *adapter) groupOptions(r *request, as string) ptg.GroupOptions {
	options := ptg.GroupOptions{
		Name: r.text("name"), Grace: r.duration("grace"), CancelWait: r.duration("cancel_wait"),
		Deadline: r.duration("deadline"), MaxTasks: r.count("max_tasks"), MaxQueued: r.count("max_queued"),
		History: r.count("history"), WhenFull: word(r, "when_full", whenFull),
		OnFailure: word(r, "on_failure", policies), Parallel: r.flag("parallel"),
		AdmitsAnyone: r.flag("admits_anyone"), Events: r.flag("events"), Owner: r.task("owner"),
		Release: a.noteRelease(as),
	}
	tells := map[string]bool{"drain": true, "closed": true}
	if r.has("tells") {
		tells = r.tells("drain", "error", "closed")
	}
	if !options.Events {
		a.tellGroup(&options, tells)
	}
	return options
}

func (a *adapter) made(r *request, handle ptg.Handle, err error, answer object) error {
	a.keep(r.text("as"), handle)
	if handle != 0 {
		answer["handle"] = handle
	}
	return err
}

func doGroup(a *adapter, r *request, answer object) error {
	options, parent := a.groupOptions(r, r.text("as")), r.group("in")
	if r.why != "" {
		return nil
	}
	group, err := parent.NewGroup(options)
	return a.made(r, group.Handle(), err, answer)
}

func doEdge(_ *adapter, r *request, _ object) error {
	first, later := r.group("first"), r.group("later")
	if r.why != "" {
		return nil
	}
	return first.StopsBefore(later)
}

func doShutdown(a *adapter, r *request, _ object) error {
	limits := ptg.Limits{
		Force: r.flag("force"), Grace: r.duration("grace"), CancelWait: r.duration("cancel_wait"),
		Deadline: r.duration("deadline"), Originator: r.handle("originator"),
	}
	group := a.way().GroupAt(r.handle("group"))
	if r.why != "" {
		return nil
	}
	return sent(r, func() error { return group.BeginShutdown(limits) })
}

func doWatch(a *adapter, r *request, answer object) error {
	on, waiter, as := r.handle("on"), r.task("waiter"), r.text("as")
	if r.why != "" {
		return nil
	}
	over := func(outcome ptg.Outcome) {
		a.call("over", object{"watch": as, "on": a.reference(on), "outcome": a.outcome(outcome)})
	}
	watch, err := a.rt.Watch(on, ptg.WatchOptions{Waiter: waiter, Over: over, Release: a.noteRelease(as)})
	return a.made(r, watch.Handle(), err, answer)
}

func doUnwatch(a *adapter, r *request, _ object) error {
	watch := a.rt.WatchAt(r.handle("watch"))
	if r.why != "" {
		return nil
	}
	return watch.Remove()
}

func doPost(a *adapter, r *request, _ object) error {
	as := r.text("as")
	if r.why != "" {
		return nil
	}
	a.keep(as, 0)
	call := func() { a.call("posted", object{"as": as}) }
	return elsewhere(func() error { return a.way().Post(call, a.noteRelease(as)) })
}

// ------------------------------------------------------------------ tasks --

func (a *adapter) taskSpec(r *request) ptg.TaskSpec {
	spec := ptg.TaskSpec{
		Name: r.text("name"), Type: r.text("type"), Place: r.text("place"), Spawner: r.task("spawner"),
		Cleanup: r.flag("cleanup"), Observed: r.flag("observed"),
	}
	tells := map[string]bool{"drain": true, "cancel": true}
	if r.has("tells") {
		tells = r.tells("drain", "cancel", "kill")
	}
	isKillable := r.flag("killable")
	if !r.flag("events") {
		spec.Release = a.noteRelease(r.text("as"))
		a.tellTask(r.text("as"), &spec, tells)
		return spec
	}
	// A goroutine that leaves it to the suite to say when it ends.
	thrown := a.thrown
	spec.Run = func(context.Context) error { <-thrown; return nil }
	if isKillable {
		spec.Kill = func(*ptg.Task) {}
	}
	return spec
}

func doSpawn(a *adapter, r *request, answer object) error {
	spec, group := a.taskSpec(r), a.way().GroupAt(r.handle("in"))
	if r.why != "" {
		return nil
	}
	var task *ptg.Task
	var err error
	if r.flag("remote") {
		err = elsewhere(func() (err error) { task, err = group.Send(spec); return err })
	} else {
		task, err = group.Spawn(context.Background(), spec)
	}
	return a.made(r, task.Handle(), err, answer)
}

func doFinish(_ *adapter, r *request, _ object) error {
	task, outcome := r.task("task"), r.outcome()
	if r.why != "" {
		return nil
	}
	return sent(r, func() error { return task.Finish(outcome) })
}

func doCancel(_ *adapter, r *request, _ object) error {
	task, reason, originator := r.task("task"), r.text("reason"), r.handle("originator")
	if r.why != "" {
		return nil
	}
	return sent(r, func() error { return task.CancelFrom(reason, originator) })
}

func doSleep(_ *adapter, r *request, _ object) error {
	task, length := r.task("task"), r.duration("for")
	if r.why != "" {
		return nil
	}
	return task.Sleep(length)
}

func doExtendGrace(_ *adapter, r *request, answer object) error {
	task, length := r.task("task"), r.duration("for")
	if r.why != "" {
		return nil
	}
	left, err := task.ExtendGrace(length)
	answer["left"] = duration(left)
	return err
}

// ------------------------------------------------------------------ kinds --

func doTimer(a *adapter, r *request, answer object) error {
	spec := ptg.TimerSpec{
		Name: r.text("name"), After: r.duration("after"), Every: r.duration("every"),
		Overlap: word(r, "overlap", overlaps), Spawner: r.task("spawner"), Fire: a.tellFire, Done: a.tellDone,
		Release: a.noteRelease(r.text("as")),
	}
	group := r.group("in")
	if r.why != "" {
		return nil
	}
	timer, err := group.SpawnTimer(spec)
	return a.made(r, timer.Handle(), err, answer)
}

func doTimerInfo(_ *adapter, r *request, answer object) error {
	task := r.task("task")
	if r.why != "" {
		return nil
	}
	info, err := task.TimerInfo()
	answer["fired"], answer["skipped"], answer["missed"] = info.Fired, info.Skipped, info.Missed
	return err
}

func doQueue(a *adapter, r *request, answer object) error {
	spec := ptg.QueueSpec{
		Name: r.text("name"), Capacity: r.count("capacity"), AtOnce: r.count("at_once"), Spawner: r.task("spawner"),
		Handle: a.tellHandle, Drop: a.tellDrop, HasRoom: a.tellRoom,
		Release: a.noteRelease(r.text("as")),
		Done:    func(queue *ptg.Queue, outcome ptg.Outcome) { a.tellDone(queue.Task, outcome) },
	}
	group := r.group("in")
	if r.why != "" {
		return nil
	}
	queue, err := group.SpawnQueue(spec)
	if err != nil {
		return a.made(r, 0, err, answer)
	}
	return a.made(r, queue.Handle(), err, answer)
}

func doPush(a *adapter, r *request, _ object) error {
	queue, message, pusher := a.rt.QueueAt(r.handle("queue")), r.integer("message"), r.task("pusher")
	if r.why != "" {
		return nil
	}
	return queue.Push(message, pusher)
}

func doQueueClose(a *adapter, r *request, _ object) error {
	queue := a.rt.QueueAt(r.handle("queue"))
	if r.why != "" {
		return nil
	}
	return queue.Close()
}

func doQueueInfo(a *adapter, r *request, answer object) error {
	queue := a.rt.QueueAt(r.handle("queue"))
	if r.why != "" {
		return nil
	}
	info, err := queue.QueueInfo()
	answer["is_closed"], answer["length"], answer["capacity"] = info.IsClosed, info.Length, info.Capacity
	answer["running"], answer["at_once"], answer["accepted"] = info.Running, info.AtOnce, info.Accepted
	answer["handled"], answer["refused"] = info.Handled, info.Refused
	return err
}
