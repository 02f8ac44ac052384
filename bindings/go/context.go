package ptg

import (
	"cmp"
	"context"
	"time"
)

// taskContext is a Task as its context. The context of the standard library
// is made when somebody waits for it or derives from it.
type taskContext Task

type innerContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

type currentKey struct{}

func (c *taskContext) Deadline() (time.Time, bool) { return time.Time{}, false }

func (c *taskContext) Done() <-chan struct{} { return c.standard().Done() }

// Err is nil until Done is closed, and with that there is a cause.
func (c *taskContext) Err() error {
	if c.cause.Load() == nil {
		return nil
	}
	return c.standard().Err()
}

func (c *taskContext) Value(key any) any {
	if key == (currentKey{}) {
		return (*Task)(c)
	}
	return c.standard().Value(key)
}

func (c *taskContext) String() string { return "ptg: context of task " + (*Task)(c).Name() }

func (c *taskContext) standard() *innerContext {
	if inner := c.inner.Load(); inner != nil {
		return inner
	}
	inner := &innerContext{}
	inner.Context, inner.cancel = context.WithCancelCause(c.rt.base)
	if !c.inner.CompareAndSwap(nil, inner) {
		inner.cancel(nil)
		return c.inner.Load()
	}
	if cause := c.cause.Load(); cause != nil {
		inner.cancel(*cause)
	}
	return inner
}

// cancelContext cancels a task's context; the first cause counts.
func (t *Task) cancelContext(cause *error) {
	t.cause.CompareAndSwap(nil, cause)
	if inner := t.inner.Load(); inner != nil {
		inner.cancel(*t.cause.Load())
	}
}

// hookContext is the context of a hook of a group.
func hookContext(g *Group) context.Context {
	return context.WithValue(g.rt.base, currentKey{}, g)
}

// CurrentTask returns the task whose context this is, or derives from; nil:
// there is none.
func CurrentTask(ctx context.Context) *Task {
	task, _ := ctx.Value(currentKey{}).(*Task)
	return task
}

// CurrentGroup returns the group of [CurrentTask], or that whose hook was
// given the context; nil: there is none.
func CurrentGroup(ctx context.Context) *Group {
	switch current := ctx.Value(currentKey{}).(type) {
	case *Task:
		return current.group
	case *Group:
		return current
	}
	return nil
}

// currentHandle returns who a call is on behalf of: the current task, or else
// group; 0: nobody.
func currentHandle(ctx context.Context) Handle {
	return cmp.Or(CurrentTask(ctx).Handle(), CurrentGroup(ctx).Handle())
}

// Draining is closed when the current task is told to finish soon, in the
// grace of its group, or at the latest with its context, which is cancelled
// only when the grace is over. Without a current task it is nil, which is never
// ready.
func Draining(ctx context.Context) <-chan struct{} {
	task := CurrentTask(ctx)
	if task == nil {
		return nil
	}
	return latchAt(&task.drain, func() bool { return task.isAsked.Load() || task.group.hasDrained.Load() })
}

// tellDrain says to the task that it shall finish.
func (t *Task) tellDrain() {
	t.isAsked.Store(true)
	if drain := t.drain.Load(); drain != nil {
		drain.open()
	}
}

// Sleep waits for d by the runtime's clock, which may be a manual one. It
// ends early, with the cause, when ctx is done. A task sleeps once at a time:
// [ErrBusy] says that another goroutine of it does. Without a current task it is
// [ErrInvalid].
func Sleep(ctx context.Context, d time.Duration) error {
	task := CurrentTask(ctx)
	if task == nil || task.spec == nil || task.spec.Run == nil {
		return &Error{Op: "Sleep", Status: ErrInvalid, Message: "not in a task with a function"}
	}
	if !task.sleeps.CompareAndSwap(false, true) {
		return &Error{Op: "Sleep", Status: ErrBusy, Message: "another goroutine of the task sleeps"}
	}
	defer task.sleeps.Store(false)
	woken := make(chan struct{})
	task.woken.Store(&woken)
	if err := task.Sleep(d); err != nil {
		return err
	}
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		_ = task.Sleep(Forever)
		return context.Cause(ctx)
	case <-task.Done(): // it was given up, and the runtime has ended
		return &Error{Op: "Sleep", Status: ErrStale, Message: "the task has ended"}
	}
}
