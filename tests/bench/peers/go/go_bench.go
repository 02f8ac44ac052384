// go_bench.go - goroutines with WaitGroup, errgroup and context.
//
//	go_bench SCENARIO N     GOMAXPROCS comes from the environment
//
// S5 walks a registry of names and states that the goroutines keep themselves;
// S5profile asks the runtime, which also takes each one's stack. S6 hands
// closures to the one that spawns, S6direct spawns on the second thread.
package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

func rss() float64 {
	b, _ := os.ReadFile("/proc/self/statm")
	var a, r float64
	fmt.Sscan(string(b), &a, &r)
	return r * 4096
}
func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	return float64(u.Utime.Nano() + u.Stime.Nano())
}
func out(s string, n int, m string, v float64) { fmt.Printf("%s\t%d\t%s\t%.2f\n", s, n, m, v) }
func since(t time.Time, n int) float64         { return float64(time.Since(t).Nanoseconds()) / float64(n) }

func s1(n, batch int, tag, kind string) {
	for w := 0; w < 2; w++ {
		t, c := time.Now(), cpu()
		for i := 0; i < n; i += batch {
			if kind == "wg" {
				var wg sync.WaitGroup
				for j := 0; j < batch; j++ {
					wg.Add(1)
					go func() { wg.Done() }()
				}
				wg.Wait()
			} else {
				g, _ := errgroup.WithContext(context.Background())
				for j := 0; j < batch; j++ {
					g.Go(func() error { return nil })
				}
				g.Wait()
			}
		}
		if w == 1 {
			out(tag, n, "ns", since(t, n))
			out(tag, n, "cpu_ns", (cpu()-c)/float64(n))
		}
	}
}
func s23(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var parked int64
	runtime.GC()
	r, t := rss(), time.Now()
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() { atomic.AddInt64(&parked, 1); <-ctx.Done(); wg.Done() }()
	}
	for atomic.LoadInt64(&parked) < int64(n) {
		runtime.Gosched()
	}
	out("S2", n, "spawn_park_ns", since(t, n))
	out("S2", n, "bytes", (rss()-r)/float64(n))
	t = time.Now()
	cancel()
	wg.Wait()
	out("S3", n, "ns", since(t, n))
}

type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	kids   []*group
}

func build(ctx context.Context, depth int, parked *int64) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancel(ctx)
	if depth == 0 {
		for i := 0; i < 100; i++ {
			g.wg.Add(1)
			go func() { atomic.AddInt64(parked, 1); <-g.ctx.Done(); g.wg.Done() }()
		}
	} else {
		for i := 0; i < 10; i++ {
			g.kids = append(g.kids, build(g.ctx, depth-1, parked))
		}
	}
	return g
}
func (g *group) stop() {
	for _, k := range g.kids {
		k.stop()
	}
	g.cancel()
	g.wg.Wait()
}
func s4() {
	for w := 0; w < 2; w++ {
		var parked int64
		t := time.Now()
		g := build(context.Background(), 3, &parked)
		for atomic.LoadInt64(&parked) < 100000 {
			runtime.Gosched()
		}
		if w == 1 {
			out("S4", 100000, "build_ms", float64(time.Since(t).Microseconds())/1e3)
		}
		t = time.Now()
		g.stop()
		if w == 1 {
			out("S4", 100000, "ms", float64(time.Since(t).Microseconds())/1e3)
		}
	}
}
func s5profile(n int) {
	stop := make(chan struct{})
	for i := 0; i < n; i++ {
		go func() { <-stop }()
	}
	time.Sleep(200 * time.Millisecond)
	p := make([]runtime.StackRecord, n+1000)
	t := time.Now()
	k, ok := runtime.GoroutineProfile(p)
	if !ok || k < n {
		panic("profile")
	}
	out("S5profile", n, "ns", since(t, n))
}

type entry struct {
	name  string
	state int
}

// After churn: n have come, gone in random order, and come again.
func s5(n int) {
	var mu sync.Mutex
	registry := map[*entry]struct{}{}
	var wg sync.WaitGroup
	fill := func() []chan struct{} {
		stops := make([]chan struct{}, n)
		for i := range stops {
			stop, e := make(chan struct{}), &entry{"task-" + strconv.Itoa(i), 1}
			stops[i] = stop
			mu.Lock()
			registry[e] = struct{}{}
			mu.Unlock()
			wg.Add(1)
			go func() {
				<-stop
				mu.Lock()
				delete(registry, e)
				mu.Unlock()
				wg.Done()
			}()
		}
		return stops
	}
	stops := fill()
	rand.Shuffle(n, func(i, j int) { stops[i], stops[j] = stops[j], stops[i] })
	for _, stop := range stops {
		close(stop)
	}
	wg.Wait()
	stops = fill()
	var t time.Time
	sum := 0
	for pass := 0; pass < 11; pass++ {
		if pass == 1 {
			t = time.Now()
		}
		mu.Lock()
		if len(registry) != n {
			panic("registry")
		}
		for e := range registry {
			sum += int(e.name[0]) + e.state
		}
		mu.Unlock()
	}
	out("S5", n, "ns", since(t, 10*n))
	runtime.KeepAlive(stops)
}

// From cancelling a context until its goroutine runs, under n that yield.
func latency(n int) {
	const victims = 200
	var stop atomic.Bool
	for i := 0; i < n; i++ {
		go func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		}()
	}
	var all []float64
	for i := 0; i < victims; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		told := make(chan time.Time)
		go func() {
			<-ctx.Done()
			told <- time.Now()
		}()
		time.Sleep(time.Duration(rand.Intn(3000000)))
		asked := time.Now()
		cancel()
		all = append(all, float64((<-told).Sub(asked).Nanoseconds())/1e3)
	}
	stop.Store(true)
	sort.Float64s(all)
	out("latency", n, "p50_us", all[victims/2])
	out("latency", n, "p99_us", all[victims*99/100])
}
func twice(pass func(isPrinted bool)) {
	pass(false)
	pass(true)
}

// A second OS thread hands closures to the owner over a channel, who spawns.
func s6(n int, isPrinted bool) {
	ch := make(chan func(), 1024)
	t, c := time.Now(), cpu()
	var wg sync.WaitGroup
	wg.Add(n)
	go func() {
		runtime.LockOSThread()
		f := func() { wg.Done() }
		for i := 0; i < n; i++ {
			ch <- f
		}
		close(ch)
	}()
	for f := range ch {
		go f()
	}
	wg.Wait()
	if isPrinted {
		out("S6", n, "ns", since(t, n))
		out("S6", n, "cpu_ns", (cpu()-c)/float64(n))
	}
}

// Or simply on the second OS thread: any may spawn.
func s6direct(n int, isPrinted bool) {
	t, c := time.Now(), cpu()
	var wg sync.WaitGroup
	wg.Add(n)
	go func() {
		runtime.LockOSThread()
		for i := 0; i < n; i++ {
			go func() { wg.Done() }()
		}
	}()
	wg.Wait()
	if isPrinted {
		out("S6direct", n, "ns", since(t, n))
		out("S6direct", n, "cpu_ns", (cpu()-c)/float64(n))
	}
}
func s7(n int) {
	t, c := time.Now(), cpu()
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		d := time.Duration(1+rand.Intn(1000)) * time.Millisecond
		go func() { time.Sleep(d); wg.Done() }()
	}
	wg.Wait()
	out("S7", n, "cpu_ns", (cpu()-c)/float64(n))
	out("S7", n, "wall_ms", float64(time.Since(t).Milliseconds()))
}
func main() {
	n, _ := strconv.Atoi(os.Args[2])
	switch os.Args[1] {
	case "S1":
		s1(n, 1000, "S1", "wg")
	case "S1one":
		s1(n, 1, "S1one", "wg")
	case "S1errgroup":
		s1(n, 1000, "S1errgroup", "eg")
	case "S2":
		s23(n)
	case "S4":
		s4()
	case "S5":
		s5(n)
	case "S5profile":
		s5profile(n)
	case "latency":
		latency(n)
	case "S6":
		twice(func(p bool) { s6(n, p) })
	case "S6direct":
		twice(func(p bool) { s6direct(n, p) })
	case "S7":
		s7(n)
	}
}
