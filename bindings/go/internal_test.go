package ptg

import (
	"context"
	"errors"
	"testing"
)

// Nothing is kept of tasks and groups that are over, however they ended.
func TestNothingIsKept(t *testing.T) {
	rt, err := New(Options{Root: GroupOptions{OnError: func(context.Context, *Failure) error { return nil }}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	for n := range 50 {
		group, err := rt.NewGroup(GroupOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var tasks []*Task
		for _, run := range []func(context.Context) error{
			func(context.Context) error { return nil },
			func(context.Context) error { return errors.New("failed") },
			func(context.Context) error { panic("failed") },
			func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		} {
			tasks = append(tasks, group.Go(run))
		}
		for _, task := range tasks[:3] {
			_ = task.Wait(context.Background())
			// Said too late: kept neither.
			_ = task.Finish(Outcome{Err: errors.New("too late")})
		}
		fire := func(context.Context, *Task) (*Task, error) { return nil, errors.New("failed") }
		timer, err := group.SpawnTimer(TimerSpec{After: AtOnce, Fire: fire})
		if err != nil {
			t.Fatal(err)
		}
		if err := timer.Wait(context.Background()); err == nil || err.Error() != "failed" {
			t.Error(err)
		}
		if n%2 == 0 {
			_ = tasks[3].Cancel("")
		}
		if _, err := group.Shutdown(context.Background(), Limits{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	err = rt.Do(func() {
		rt.mu.Lock()
		defer rt.mu.Unlock()
		if len(rt.kinds) != 0 || len(rt.groups) != 1 {
			t.Errorf("%d timers and %d groups are kept", len(rt.kinds), len(rt.groups)-1)
		}
		if left := len(rt.tasks.tasks) - len(rt.tasks.free); left != 0 {
			t.Errorf("%d tasks are kept", left)
		}
		if len(rt.tasks.tasks) > 100 {
			t.Errorf("%d places were needed for 4 tasks at once", len(rt.tasks.tasks))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
