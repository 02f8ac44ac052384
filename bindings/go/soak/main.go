// Command soak runs many short tasks through one group and fails when memory
// has grown: nothing of a task is kept once it has ended.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"time"

	"libptg.org/ptg"
)

// What the process may take more at the end than after the first tenth.
const slack = 24 << 20

func main() {
	count := flag.Int("n", 10_000_000, "tasks")
	flag.Parse()
	if err := run(*count); err != nil {
		log.Fatal("soak: ", err)
	}
}

func run(count int) error {
	var failed int
	rt, err := ptg.New(ptg.Options{Root: ptg.GroupOptions{
		OnError: func(context.Context, *ptg.Failure) error { failed++; return nil },
	}})
	if err != nil {
		return err
	}
	defer func() { _ = rt.Close() }()
	group, err := rt.NewGroup(ptg.GroupOptions{Name: "soak", Grace: time.Minute})
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := spawn(group, 0, count/10); err != nil {
		return err
	}
	before := resident()
	if err := spawn(group, count/10, count); err != nil {
		return err
	}
	after, took := resident(), time.Since(begin)
	info, err := group.Info()
	if err != nil {
		return err
	}
	if int(info.Spawned) != count || info.Live != 0 || int(info.Failed) != failed || failed == 0 {
		return fmt.Errorf("of %d tasks: %+v; %d failures were handled", count, info, failed)
	}
	fmt.Printf("soak: %d tasks in %.1f s, %d ns each; resident %.1f MiB, %.1f MiB after the first tenth\n", count,
		took.Seconds(), took.Nanoseconds()/int64(count), float64(after)/(1<<20), float64(before)/(1<<20))
	if after > before+slack {
		return errors.New("memory has grown")
	}
	return nil
}

// spawn runs those numbered from begin to end, and waits until all are over.
func spawn(group *ptg.Group, begin, end int) error {
	failure := errors.New("one in a thousand")
	for n := begin; n < end; n++ {
		switch {
		case n%1000 == 0:
			group.Go(func(context.Context) error { return failure })
		case n%1000 == 1:
			task := group.Go(func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
			if err := task.Cancel("one in a thousand"); err != nil {
				return err
			}
		default:
			group.Go(func(context.Context) error { return nil })
		}
	}
	for {
		info, err := group.Info()
		if err != nil || info.Live == 0 {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// resident returns how much memory the process holds, in bytes.
func resident() int64 {
	runtime.GC()
	var size, pages int64
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		log.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
