package ptg_test

import (
	"context"
	"errors"
	"fmt"
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
func ExampleGroup_Shutdown() {
	rt, _ := ptg.New(ptg.Options{})
	defer rt.Close()
	database, _ := rt.NewGroup(ptg.GroupOptions{Name: "database"})
	requests, _ := rt.NewGroup(ptg.GroupOptions{Name: "requests"})
	_ = requests.StopsBefore(database)
	for _, group := range []*ptg.Group{database, requests} {
		_, _ = group.Spawn(context.Background(), ptg.TaskSpec{Run: func(ctx context.Context) error {
			<-ptg.Draining(ctx)
			return nil
		}})
	}
	report, err := rt.Shutdown(context.Background(), ptg.Limits{Grace: 10 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = report.Write(os.Stdout)
	// Output:
	// report /requests drained=1 cancelled=0 failed=0 refused=0 abandoned=0
	// report /database drained=1 cancelled=0 failed=0 refused=0 abandoned=0
	// report / drained=0 cancelled=0 failed=0 refused=0 abandoned=0
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
