// Command bench measures a task of a group against a goroutine with a
// sync.WaitGroup, interleaved in one run, and prints the medians as
//
//	name	ours	baseline	ratio	goal
//
// in nanoseconds a task. It is no test: what it says depends on the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"libptg.org/ptg"
)

type row struct {
	name           string
	goal           string
	ours, baseline func(n int)
	n              int
}

func main() {
	count := flag.Int("n", 200_000, "tasks in a measurement")
	repeats := flag.Int("repeats", 7, "measurements, of which the median counts")
	flag.Parse()
	rt, err := ptg.New(ptg.Options{Root: ptg.GroupOptions{Name: "bench"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	defer func() { _ = rt.Close() }()
	for _, row := range []row{
		{"spawn and finish", "5.0", func(n int) { burst(rt, n) }, goroutines, *count},
		{"spawn and finish, two spawners", "5.0", func(n int) { spawners(rt, n) }, goroutineSpawners, *count},
		{"spawn, wait, one at a time", "-", func(n int) { pingPong(rt, n) }, goroutinePingPong, *count / 20},
		{"shutdown of parked tasks", "-", func(n int) { parked(rt, n) }, parkedGoroutines, *count / 2},
	} {
		row.measure(*repeats)
	}
}

func (r row) measure(repeats int) {
	var ours, baseline []float64
	for range repeats {
		ours = append(ours, nsPerTask(r.ours, r.n))
		baseline = append(baseline, nsPerTask(r.baseline, r.n))
	}
	slices.Sort(ours)
	slices.Sort(baseline)
	a, b := ours[len(ours)/2], baseline[len(baseline)/2]
	fmt.Printf("%s\t%.0f\t%.0f\t%.2f\t%s\n", r.name, a, b, a/b, r.goal)
}

func nsPerTask(fn func(int), n int) float64 {
	begin := time.Now()
	fn(n)
	return float64(time.Since(begin).Nanoseconds()) / float64(n)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func nothing(context.Context) error { return nil }

// burst spawns n tasks and waits until they all are over, by shutting their
// group down.
func burst(rt *ptg.Runtime, n int) {
	group := must(rt.NewGroup(ptg.GroupOptions{Grace: time.Minute}))
	for range n {
		group.Go(nothing)
	}
	must(group.Shutdown(context.Background()))
}

func goroutines(n int) {
	var group sync.WaitGroup
	for range n {
		group.Go(func() { _ = nothing(context.Background()) })
	}
	group.Wait()
}

func spawners(rt *ptg.Runtime, n int) {
	group := must(rt.NewGroup(ptg.GroupOptions{Grace: time.Minute}))
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for range n / 2 {
				group.Go(nothing)
			}
		})
	}
	both.Wait()
	must(group.Shutdown(context.Background()))
}

func goroutineSpawners(n int) {
	var group, both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for range n / 2 {
				group.Go(func() { _ = nothing(context.Background()) })
			}
		})
	}
	both.Wait()
	group.Wait()
}

func pingPong(rt *ptg.Runtime, n int) {
	for range n {
		_ = rt.Root().Go(nothing).Wait(context.Background())
	}
}

func goroutinePingPong(n int) {
	for range n {
		var group sync.WaitGroup
		group.Go(func() {})
		group.Wait()
	}
}

// parked has n tasks that wait for their cancellation.
func parked(rt *ptg.Runtime, n int) {
	group := must(rt.NewGroup(ptg.GroupOptions{}))
	for range n {
		group.Go(func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
	}
	must(group.Shutdown(context.Background(), ptg.Limits{Force: true, CancelWait: time.Minute}))
}

func parkedGoroutines(n int) {
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for range n {
		group.Go(func() { <-ctx.Done() })
	}
	cancel()
	group.Wait()
}
