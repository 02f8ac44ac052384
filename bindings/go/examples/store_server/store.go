package main

import (
	"bytes"
	"context"
	"os"

	"libptg.org/ptg"
)

// store is the file, which one task writes, in the order in which it is asked.
type store struct {
	file     *os.File
	count    int
	requests chan request
}

type request struct {
	line   string // empty: only the count is wanted
	answer chan<- answer
}

type answer struct {
	count int
	err   error
}

func openStore(name string) (*store, error) {
	before, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &store{file, bytes.Count(before, []byte("\n")), make(chan request)}, nil
}

// write is the task of the group store. When it drains the handlers, who ask,
// are closed: nothing is left.
func (s *store) write(ctx context.Context) error {
	for {
		select {
		case request := <-s.requests:
			request.answer <- s.carryOut(request)
		case <-ptg.Draining(ctx):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *store) carryOut(request request) answer {
	if request.line != "" {
		if _, err := s.file.WriteString(request.line); err != nil {
			return answer{err: err}
		}
		s.count++
	}
	return answer{count: s.count}
}

// ask waits until it is done, or ctx is.
func (s *store) ask(ctx context.Context, line string) (int, error) {
	answers := make(chan answer, 1)
	select {
	case s.requests <- request{line, answers}:
		answer := <-answers
		return answer.count, answer.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
