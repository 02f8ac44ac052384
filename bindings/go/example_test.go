package ptg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"libptg.org/ptg"
)

func Example() {
	rt, err := ptg.New(ptg.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	group, err := rt.NewGroup(ptg.GroupOptions{Name: "app"})
	if err != nil {
		fmt.Println(err)
		return
	}
	task := group.Go(func(ctx context.Context) error {
		fmt.Println("a task of", ptg.CurrentGroup(ctx).Name())
		return nil
	})
	fmt.Println("ended with", task.Wait(context.Background()))
	// Output:
	// a task of app
	// ended with <nil>
}

// A failure harms no sibling; the handler gets the very error.
func ExampleGroupOptions_onError() {
	errLost := errors.New("lost")
	rt, _ := ptg.New(ptg.Options{})
	defer rt.Close()
	group, _ := rt.NewGroup(ptg.GroupOptions{
		OnError: func(_ context.Context, failure *ptg.Failure) error {
			fmt.Println(failure.Name, "failed; lost:", errors.Is(failure, errLost))
			return nil
		},
	})
	task, _ := group.Spawn(context.Background(), ptg.TaskSpec{
		Name: "finder",
		Run:  func(context.Context) error { return fmt.Errorf("searching: %w", errLost) },
	})
	fmt.Println("it ended with", task.Wait(context.Background()))
	// Output:
	// finder failed; lost: true
	// it ended with searching: lost
}

// A shutdown in an order, and its report.
func ExampleGroup_StopsBefore() {
	rt, _ := ptg.New(ptg.Options{})
	defer rt.Close()
	database, _ := rt.NewGroup(ptg.GroupOptions{Name: "database"})
	requests, _ := rt.NewGroup(ptg.GroupOptions{Name: "requests"})
	if err := requests.StopsBefore(database); err != nil {
		fmt.Println(err) // it names the circle that this would close
	}
	for _, group := range []*ptg.Group{requests, database} {
		group.Go(func(ctx context.Context) error {
			<-ptg.Draining(ctx)
			fmt.Println(group.Name(), "has drained")
			return nil
		})
	}
	report, _ := rt.Shutdown(context.Background())
	_ = report.Write(os.Stdout)
	// Output:
	// requests has drained
	// database has drained
	// report /requests drained=1 cancelled=0 failed=0 refused=0 abandoned=0
	// report /database drained=1 cancelled=0 failed=0 refused=0 abandoned=0
	// report / drained=0 cancelled=0 failed=0 refused=0 abandoned=0
}

// A child that is told to end, and one that fails.
func ExampleGroup_SpawnProcess() {
	rt, _ := ptg.New(ptg.Options{Root: ptg.GroupOptions{OnError: func(_ context.Context, failure *ptg.Failure) error {
		fmt.Println("failed:", failure)
		return nil
	}}})
	defer rt.Close()
	listens := make(chan struct{})
	database, _ := rt.Root().SpawnProcess(ptg.ProcessSpec{
		Name: "database",
		Args: []string{"sh", "-c", "echo listening; exec sleep 1000"},
		OnLine: func(_ *ptg.Process, _ ptg.Stream, line string) {
			fmt.Println("database says", line)
			close(listens)
		},
	})
	<-listens
	check, _ := rt.Root().SpawnProcess(ptg.ProcessSpec{Name: "check", Args: []string{"sh", "-c", "exit 3"}})
	var exit *ptg.ExitError
	if errors.As(check.Wait(context.Background()), &exit) {
		fmt.Println("check exited with", exit.Code)
	}
	_, _ = rt.Shutdown(context.Background()) // SIGTERM; SIGKILL for what does not care
	fmt.Println(database.Wait(context.Background()))
	// Output:
	// database says listening
	// failed: check: exit status 3
	// check exited with 3
	// ptg: cancelled: ended by signal 15 (Terminated)
}

// A look from outside, at every runtime of the process.
func ExampleSnapshotAll() {
	rt, _ := ptg.New(ptg.Options{})
	defer rt.Close()
	started := make(chan struct{})
	_, _ = rt.Root().Spawn(context.Background(), ptg.TaskSpec{Name: "listener", Run: func(ctx context.Context) error {
		close(started)
		<-ctx.Done()
		return context.Cause(ctx)
	}})
	<-started
	picture, _ := ptg.SnapshotAll(time.Second)
	for _, task := range picture.Tasks {
		fmt.Println(task.Name, "is", task.State)
	}
	// Output:
	// listener is running
}

// Failures that no handler takes are logged.
func ExampleOptions_logger() {
	plain := func(_ []string, attribute slog.Attr) slog.Attr {
		if attribute.Key == slog.TimeKey || attribute.Key == "age" {
			return slog.Attr{}
		}
		return attribute
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: plain}))
	rt, _ := ptg.New(ptg.Options{Logger: logger})
	defer rt.Close()
	app, _ := rt.NewGroup(ptg.GroupOptions{Name: "app"})
	task, _ := app.Spawn(context.Background(), ptg.TaskSpec{
		Name: "clumsy", Run: func(context.Context) error { return errors.New("it was dropped") },
	})
	_ = task.Wait(context.Background())
	// Output:
	// level=ERROR msg="ptg: a task failed and nobody handled it" group=/app task=clumsy error="it was dropped"
}

// Time is tested without waiting.
func ExampleRuntime_Advance() {
	rt, _ := ptg.New(ptg.Options{ManualClock: true})
	defer rt.Close()
	_, _ = rt.Root().SpawnTimer(ptg.TimerSpec{
		Every: time.Hour,
		Fire: func(ctx context.Context, timer *ptg.Task) (*ptg.Task, error) {
			now, _ := ptg.CurrentGroup(ctx).Runtime().Now()
			fmt.Println("fired after", now.Round(time.Second))
			return nil, nil
		},
	})
	_ = rt.Advance(2 * time.Hour)
	// Output:
	// fired after 1h0m0s
	// fired after 2h0m0s
}
