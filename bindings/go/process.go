package ptg

/*
#include "glue.h"
#include <stdlib.h>
*/
import "C"

import (
	"cmp"
	"fmt"
	"os"
	"syscall"
	"unicode/utf8"
	"unsafe"
)

// ProcessSpec says what a child process is. Its functions are called on the
// runtime's thread, one at a time, and must not wait.
type ProcessSpec struct {
	Name string   // at most 255 bytes of UTF-8; empty: Args[0]
	Args []string // the program, looked up in PATH, and its arguments; required
	Env  []string // each "KEY=value"; nil: that of this program
	Dir  string   // where it runs; empty: where this program does

	// Stdout and Stderr are files that are appended to; it may be the same one.
	// Empty: what is written goes to OnLine or, without that, to where that of
	// this program goes.
	Stdout, Stderr string

	// OnLine is given the output by lines, without their ends, as the process
	// wrote them; a line of more than 65,536 bytes comes in pieces.
	OnLine func(p *Process, stream Stream, line string)

	// DrainSignal asks it to end, when it is told to drain or cancelled. nil:
	// SIGTERM.
	DrainSignal os.Signal

	Spawner *Task                             // as of TaskSpec
	Started func(p *Process)                  // it runs: its pid is known
	Done    func(p *Process, outcome Outcome) // it has ended; told exactly once
	Release func()                            // as of TaskSpec
}

// Stream is which output a line came from.
type Stream int32

// The outputs of a process.
const (
	Stdout Stream = C.PTG_STDOUT
	Stderr Stream = C.PTG_STDERR
)

// Process is a child process, and as such a task. It stands for a process group
// of its own and for all descendants, also those that left the group: they end
// with it, and with this program at the latest.
//
// It ends well with exit status 0. Another exit status and a signal are its
// failure, an [*ExitError], unless it was asked to end before: then it ended
// cancelled. What could not be started fails with [ErrSystem] and the errno
// that says why, as [syscall.ENOENT]. When the cancel wait of its group is over
// what is left of it is killed.
type Process struct {
	*Task
	process *ProcessSpec
}

// ExitError is the failure of a child process. [errors.Is] finds [ErrExit] or
// [ErrSignal].
type ExitError struct {
	Code   int            // its exit status; 0: it did not exit
	Signal syscall.Signal // that ended it; 0: none did
}

// Error returns one line.
func (e *ExitError) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("ended by signal %d (%v)", int(e.Signal), e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// Unwrap returns the status.
func (e *ExitError) Unwrap() error {
	if e.Signal != 0 {
		return ErrSignal
	}
	return ErrExit
}

// SpawnProcess puts a child process into the group. It is started on a turn of
// the runtime, never inside of this: what the group says of it is returned here,
// and that a program could not be started is how the task ends. From the first
// one on [os/signal.Notify] is not told of SIGCHLD any more.
func (g *Group) SpawnProcess(spec ProcessSpec) (*Process, error) {
	p := &Process{process: &spec}
	asTask := &TaskSpec{Name: spec.Name, Type: "process", Spawner: spec.Spawner, Release: spec.Release}
	p.Task = &Task{rt: g.rt, group: g, process: p, spec: asTask}
	if spec.Done != nil {
		asTask.Done = func(_ *Task, outcome Outcome) { spec.Done(p, outcome) }
	}
	mistake := spec.mistake()
	if mistake == "" {
		asTask.Name = cmp.Or(spec.Name, spec.Args[0])
	}
	spawn := func(id C.uintptr_t, handle *C.ptg_task) C.ptg_status {
		options, free := spec.toC()
		defer free()
		hasLines := C.int(0)
		if spec.OnLine != nil {
			hasLines = 1
		}
		return C.glue_process(g.rt.ptr, C.ptg_group(g.Handle()), options, hasLines, id, handle)
	}
	if err := g.spawnKind(p.Task, "SpawnProcess", mistake, spawn); err != nil {
		return nil, err
	}
	return p, nil
}

func (s *ProcessSpec) mistake() string {
	switch {
	case len(s.Args) == 0 || s.Args[0] == "":
		return "a process needs Args, the first of which is a program"
	case s.Name == "" && !utf8.ValidString(s.Args[0]):
		return "Args[0] is not UTF-8: it needs a Name"
	case s.DrainSignal != nil && !isSignal(s.DrainSignal):
		return fmt.Sprintf("DrainSignal is no signal: %v", s.DrainSignal)
	}
	return cmp.Or(mistakeInName("Name", s.Name), mistakeInTexts("Args", s.Args), mistakeInTexts("Env", s.Env),
		mistakeInText("Dir", s.Dir), mistakeInText("Stdout", s.Stdout), mistakeInText("Stderr", s.Stderr))
}

func mistakeInTexts(what string, texts []string) string {
	for i, text := range texts {
		if mistake := mistakeInText(fmt.Sprintf("%s[%d]", what, i), text); mistake != "" {
			return mistake
		}
	}
	return ""
}

func isSignal(signal os.Signal) bool {
	number, isNumber := signal.(syscall.Signal)
	return isNumber && C.glue_is_signal(C.int(number)) != 0
}

// toC returns the options in C memory, until free is called.
func (s *ProcessSpec) toC() (options *C.ptg_process_options, free func()) {
	options = (*C.ptg_process_options)(C.calloc(1, C.sizeof_ptg_process_options))
	options.size = C.sizeof_ptg_process_options
	options.name, options.name_length = nameToC(s.Name), C.size_t(len(s.Name))
	options.argv = textsToC(s.Args)
	if s.Env != nil {
		options.env = textsToC(s.Env)
	}
	options.cwd = nameToC(s.Dir)
	options.stdout_path, options.stderr_path = nameToC(s.Stdout), nameToC(s.Stderr)
	if s.DrainSignal != nil {
		options.drain_signal = C.int32_t(s.DrainSignal.(syscall.Signal))
	}
	options.spawner = C.ptg_task(s.Spawner.Handle())
	return options, func() {
		freeTexts(options.argv)
		freeTexts(options.env)
		for _, text := range []*C.char{options.name, options.cwd, options.stdout_path, options.stderr_path} {
			C.free(unsafe.Pointer(text))
		}
		C.free(unsafe.Pointer(options))
	}
}

// textsToC returns an array that ends with NULL.
func textsToC(texts []string) **C.char {
	array := (**C.char)(C.calloc(C.size_t(len(texts)+1), C.sizeof_uintptr_t))
	for i, text := range texts {
		unsafe.Slice(array, len(texts))[i] = C.CString(text)
	}
	return array
}

func freeTexts(array **C.char) {
	for at := array; at != nil && *at != nil; at = (**C.char)(unsafe.Add(unsafe.Pointer(at), C.sizeof_uintptr_t)) {
		C.free(unsafe.Pointer(*at))
	}
	C.free(unsafe.Pointer(array))
}

// Signal sends a signal to its process group. [ErrBusy]: it has not started.
// [ErrStale]: it has ended.
func (p *Process) Signal(signal os.Signal) error {
	return p.rt.onChecked("Signal", func() error {
		number, _ := signal.(syscall.Signal)
		status := C.ptg_process_signal(p.rt.ptr, C.ptg_task(p.Handle()), C.int32_t(number))
		mistake := ""
		if !isSignal(signal) {
			mistake = fmt.Sprintf("it is no signal: %v", signal)
		}
		return p.rt.refusal("Signal", status, mistake)
	})
}

// Pid returns its process id; 0: it has not started. [ErrStale]: it has ended.
func (p *Process) Pid() (int, error) {
	var pid C.int64_t
	err := p.rt.on("Pid", func() C.ptg_status {
		return C.ptg_process_get_pid(p.rt.ptr, C.ptg_task(p.Handle()), &pid)
	})
	return int(pid), err
}

// failureOf returns how a process failed; nil: the outcome says it all.
func (p *Process) failureOf(outcome *Outcome) error {
	switch outcome.Status {
	case ErrExit:
		return &ExitError{Code: int(outcome.Code)}
	case ErrSignal:
		return &ExitError{Signal: syscall.Signal(outcome.Code)}
	case ErrSystem:
		return &Error{Status: ErrSystem, Message: outcome.Message, Errno: syscall.Errno(outcome.Code)}
	}
	return nil
}

//export ptgGoStarted
func ptgGoStarted(id C.uintptr_t) {
	p := object[*Task](id).process
	if p.process.Started != nil {
		p.step(func() { p.process.Started(p) })
	}
}

//export ptgGoLine
func ptgGoLine(id C.uintptr_t, stream C.int32_t, line *C.char, length C.size_t) {
	p := object[*Task](id).process
	text := goString(line, length)
	p.step(func() { p.process.OnLine(p, Stream(stream), text) })
}
