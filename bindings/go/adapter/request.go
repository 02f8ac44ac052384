package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"libptg.org/ptg"
)

// request is a line of the suite's. A field that is not as it should be makes
// it malformed; then nothing of it is done.
type request struct {
	a    *adapter
	body map[string]any
	op   string
	why  string // not empty: it is malformed
}

func (r *request) refuse(format string, values ...any) {
	if r.why == "" {
		r.why = fmt.Sprintf(format, values...)
	}
}

func (r *request) has(field string) bool { return r.body[field] != nil }

func (r *request) integer(field string) int64 {
	value, ok := r.body[field]
	if !ok {
		return 0
	}
	if number, ok := value.(json.Number); ok {
		if n, err := number.Int64(); err == nil {
			return n
		}
	}
	r.refuse("%s: not an integer", field)
	return 0
}

func (r *request) count(field string) int { return int(r.integer(field)) }

func (r *request) code(field string) int32 {
	n := r.integer(field)
	if n < math.MinInt32 || n > math.MaxInt32 {
		r.refuse("%s: too large", field)
	}
	return int32(n)
}

func (r *request) duration(field string) time.Duration {
	switch text, _ := r.body[field].(string); text {
	case "":
		return time.Duration(r.integer(field))
	case "forever":
		return ptg.Forever
	case "at_once":
		return ptg.AtOnce
	}
	r.refuse("%s: not a duration", field)
	return 0
}

func (r *request) flag(field string) bool {
	value, ok := r.body[field]
	is, isFlag := value.(bool)
	if ok && !isFlag {
		r.refuse("%s: neither true nor false", field)
	}
	return is
}

func (r *request) text(field string) string {
	value, ok := r.body[field]
	text, isText := value.(string)
	if ok && !isText {
		r.refuse("%s: not a string", field)
	}
	return text
}

// handle is that of a name, or a number as it is.
func (r *request) handle(field string) ptg.Handle {
	value, ok := r.body[field]
	if !ok {
		return 0
	}
	name, isName := value.(string)
	if !isName {
		return ptg.Handle(r.integer(field))
	}
	handle, isKnown := r.a.handles[name]
	if !isKnown {
		r.refuse("%s: nothing is named %s", field, name)
	}
	return handle
}

func (r *request) group(field string) *ptg.Group { return r.a.rt.GroupAt(r.handle(field)) }

// task returns nil where the field was left out.
func (r *request) task(field string) *ptg.Task {
	if !r.has(field) {
		return nil
	}
	return r.a.way().TaskAt(r.handle(field))
}

func word[T any](r *request, field string, words map[string]T) T {
	var none T
	text := r.text(field)
	if text == "" {
		return none
	}
	value, ok := words[text]
	if !ok {
		r.refuse("%s: not known: %s", field, text)
	}
	return value
}

// tells says which callbacks there are.
func (r *request) tells(known ...string) map[string]bool {
	tells := map[string]bool{}
	list, isList := r.body["tells"].([]any)
	if r.has("tells") && !isList {
		r.refuse("tells: not a list")
	}
	for _, item := range list {
		text, _ := item.(string)
		isKnown := false
		for _, one := range known {
			isKnown = isKnown || one == text
		}
		if !isKnown {
			r.refuse("tells: not known: %v", item)
		}
		tells[text] = true
	}
	return tells
}

func (r *request) outcome() ptg.Outcome {
	if inner, ok := r.body["outcome"].(map[string]any); ok {
		return (&request{a: r.a, body: inner}).outcome()
	}
	return ptg.Outcome{
		Status: word(r, "status", statuses), Code: r.code("code"),
		Value: uint64(r.integer("value")), Message: r.text("message"),
	}
}
