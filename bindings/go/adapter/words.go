package main

import (
	"errors"
	"time"

	"libptg.org/ptg"
)

// The protocol's words for the package's constants.

var statuses = map[string]ptg.Status{
	"ok": ptg.OK, "invalid": ptg.ErrInvalid, "nomem": ptg.ErrNoMemory, "stale": ptg.ErrStale, "kind": ptg.ErrKind,
	"closed": ptg.ErrClosed, "busy": ptg.ErrBusy, "reentrant": ptg.ErrReentrant, "thread": ptg.ErrThread,
	"range": ptg.ErrRange, "canceled": ptg.ErrCanceled, "timeout": ptg.ErrTimedOut, "version": ptg.ErrABI,
	"system": ptg.ErrSystem, "cycle": ptg.ErrCycle, "full": ptg.ErrFull, "failed": ptg.ErrFailed,
	"exit": ptg.ErrExit, "signal": ptg.ErrSignal, "deadlock": ptg.ErrDeadlock,
}

var statusWords = func() map[ptg.Status]string {
	words := map[ptg.Status]string{}
	for word, status := range statuses {
		words[status] = word
	}
	return words
}()

var whenFull = map[string]ptg.WhenFull{
	"refuse": ptg.Refuse, "queue": ptg.Queued, "replace_oldest": ptg.ReplaceOldest,
}

var policies = map[string]ptg.Policy{
	"report": ptg.ReportOnly, "shutdown_group": ptg.ShutdownGroup, "shutdown_root": ptg.ShutdownRoot,
}

var overlaps = map[string]ptg.Overlap{"skip": ptg.Skip, "allow": ptg.Allow, "replace": ptg.Replace}

var eventCalls = map[ptg.EventKind]string{
	ptg.EventStart: "start", ptg.EventWake: "wake", ptg.EventDrain: "drain", ptg.EventCancel: "cancel",
	ptg.EventKill: "kill", ptg.EventDone: "done", ptg.EventError: "error",
	ptg.EventGroupDrain: "group_drain", ptg.EventGroupClosed: "group_closed",
}

func statusWord(err error) string {
	if err == nil {
		return "ok"
	}
	var status ptg.Status
	if !errors.As(err, &status) {
		return err.Error()
	}
	return statusWords[status]
}

// returned is the error that stands for what a hook is told to return.
func returned(status ptg.Status) error {
	if status == ptg.OK {
		return nil
	}
	return status
}

func (a *adapter) reference(handle ptg.Handle) any {
	if handle == 0 {
		return nil
	}
	if name, ok := a.names[handle]; ok {
		return name
	}
	return handle
}

func (a *adapter) instant(at time.Duration) int64 { return int64(at) - a.begin }

// eventual is an instant that may not have come.
func (a *adapter) eventual(at time.Duration) any {
	if at == 0 {
		return nil
	}
	return a.instant(at)
}

func duration(d time.Duration) any {
	switch d {
	case ptg.Forever:
		return "forever"
	case ptg.AtOnce:
		return "at_once"
	}
	return int64(d)
}

func limit(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return duration(d)
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func flags(outcome ptg.Outcome) []string {
	list := []string{}
	add := func(is bool, word string) {
		if is {
			list = append(list, word)
		}
	}
	add(outcome.CancelRequested, "cancel_requested")
	add(outcome.NeverRan, "never_ran")
	add(outcome.Abandoned, "abandoned")
	add(outcome.Killed, "killed")
	return list
}

func (a *adapter) outcome(outcome ptg.Outcome) object {
	return object{
		"status": statusWords[outcome.Status], "code": outcome.Code, "value": int64(outcome.Value),
		"message": optional(outcome.Message), "flags": flags(outcome), "reason": optional(outcome.Reason),
		"originator": a.reference(outcome.Originator),
	}
}
