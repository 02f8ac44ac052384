package ptg

/*
#include "glue.h"
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// Types live as long as the process.
var types struct {
	sync.RWMutex
	known map[typeKey]*C.ptg_task_type
}

type typeKey struct {
	set   C.uint32_t
	label string
	code  uintptr // of the function that gives the label; 0: none does
}

func (s *TaskSpec) toC() *C.ptg_task_type {
	key := typeKey{set: s.set(), label: s.Type}
	if s.isNamedByRun() {
		key.code = codeOf(s.Run)
	}
	types.RLock()
	known := types.known[key]
	types.RUnlock()
	if known != nil {
		return known
	}
	types.Lock()
	defer types.Unlock()
	if types.known == nil {
		types.known = map[typeKey]*C.ptg_task_type{}
	}
	if types.known[key] == nil {
		types.known[key] = C.glue_make_type(key.set, nameToC(s.label()))
	}
	return types.known[key]
}

func (s *TaskSpec) set() C.uint32_t {
	var set C.uint32_t
	if s.Run != nil {
		set = C.GLUE_EVENTS
		if s.Kill != nil {
			set |= C.GLUE_KILLABLE
		}
		return set
	}
	if s.Drain != nil {
		set |= C.GLUE_DRAIN
	}
	if s.Cancel != nil {
		set |= C.GLUE_CANCEL
	}
	if s.Kill != nil {
		set |= C.GLUE_KILL
	}
	if s.Wake != nil {
		set |= C.GLUE_WAKE
	}
	return set
}

func (s *TaskSpec) isNamedByRun() bool { return s.Type == "" && s.Run != nil }

// label is the name of the type, and of a task without one.
func (s *TaskSpec) label() string {
	if s.isNamedByRun() {
		return nameOf(codeOf(s.Run))
	}
	return s.Type
}

func codeOf(fn func(context.Context) error) uintptr { return reflect.ValueOf(fn).Pointer() }

// nameOf returns the name of a function without its package and what the
// compiler adds to it.
func nameOf(code uintptr) string {
	name := runtime.FuncForPC(code).Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	_, name, _ = strings.Cut(name, ".")
	name = strings.NewReplacer("(*", "", ")", "", "[...]", "", "-fm", "").Replace(name)
	if len(name) > C.PTG_NAME_MAX {
		name = strings.ToValidUTF8(name[:C.PTG_NAME_MAX], "")
	}
	return name
}

// placeTable has the places in the source, as texts in C memory, that tasks were
// spawned at. It is of the thread.
type placeTable map[uintptr]*C.char

func (t placeTable) at(caller uintptr) *C.char {
	if known := t[caller]; known != nil {
		return known
	}
	frame, _ := runtime.CallersFrames([]uintptr{caller}).Next()
	t[caller] = C.CString(filepath.Base(frame.File) + ":" + strconv.Itoa(frame.Line))
	return t[caller]
}

func (t placeTable) free() {
	for _, place := range t {
		C.free(unsafe.Pointer(place))
	}
}
