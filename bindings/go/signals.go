package ptg

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// ShutdownOnSignals has the first of the signals shut the root group down, the
// second force it, and the third end the process with status 130, as `ptg run`
// does. No signals: SIGTERM and SIGINT. It holds until stop is called or the
// root group is closed. The limits are those of the first signal's shutdown; it
// panics if they are malformed.
func (rt *Runtime) ShutdownOnSignals(limits Limits, signals ...os.Signal) (stop func()) {
	if err := invalid("ShutdownOnSignals", limits.mistake()); err != nil {
		panic(err)
	}
	if len(signals) == 0 {
		signals = []os.Signal{syscall.SIGTERM, os.Interrupt}
	}
	arrived, stopped := make(chan os.Signal, 3), make(chan struct{})
	signal.Notify(arrived, signals...)
	go func() {
		defer signal.Stop(arrived)
		for count := 1; ; count++ {
			select {
			case <-arrived:
				rt.signalled(count, limits)
			case <-stopped:
				return
			case <-rt.over:
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(stopped) })
}

func (rt *Runtime) signalled(count int, limits Limits) {
	switch count {
	case 1:
		// Refused only when the root group is closed: then all is done.
		_ = rt.root.BeginShutdown(limits)
	case 2:
		_ = rt.RequestShutdown(true)
	default:
		os.Exit(130)
	}
}
