package ptg

/*
#include "glue.h"
*/
import "C"

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// What is wrong with what was given is said here, in the words of this package:
// the library would use those of ptg.h, and could tell nobody of what comes as
// mail. A mistake is a text; "": there is none.

// invalid returns nil if there is no mistake.
func invalid(op, mistake string) error {
	if mistake == "" {
		return nil
	}
	return &Error{Op: op, Status: ErrInvalid, Message: mistake}
}

func mistakeInName(what, name string) string {
	switch {
	case len(name) > C.PTG_NAME_MAX:
		return fmt.Sprintf("%s is longer than %d bytes", what, C.PTG_NAME_MAX)
	case !utf8.ValidString(name):
		return what + " is not UTF-8"
	}
	return mistakeInText(what, name)
}

func mistakeInText(what, text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		return what + " has a NUL in it"
	}
	return ""
}

func mistakeInLimit(what string, limit time.Duration) string {
	if limit == Forever || limit == AtOnce {
		return ""
	}
	return mistakeInDuration(what, limit)
}

func mistakeInDuration(what string, d time.Duration) string {
	if d < 0 {
		return fmt.Sprintf("%s is negative: %v", what, d)
	}
	return ""
}

func mistakeInCount(what string, count int) string {
	if count < 0 {
		return fmt.Sprintf("%s is negative: %d", what, count)
	}
	return ""
}

func mistakeInWord[T ~uint32](what string, value, last T) string {
	if value > last {
		return fmt.Sprintf("%s is none of its constants: %d", what, value)
	}
	return ""
}

// unnameable says why a task cannot be named in a call, as who spawns, owns or
// waits; nil: it can, or there is none. It is asked on the thread of rt, where
// one that is on its way cannot be waited for.
func (t *Task) unnameable(op, what string, rt *Runtime) error {
	switch {
	case t == nil:
		return nil
	case t.rt != rt:
		return invalid(op, what+" is a task of another runtime")
	case t.isOnItsWay():
		return &Error{Op: op, Status: ErrBusy, Message: what + " is still on its way to its group"}
	case t.spec != nil && t.handle.Load() == 0:
		return &Error{Op: op, Status: ErrStale, Message: what + " was refused by its group"}
	}
	return nil
}
