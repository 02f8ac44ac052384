package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
)

// object is a JSON object on its way out.
type object = map[string]any

type wire struct {
	in  *bufio.Reader
	out io.Writer
}

func newWire(in io.Reader, out io.Writer) *wire {
	return &wire{bufio.NewReaderSize(in, 1<<16), out}
}

// read returns nil at the end. What is no request is one that is malformed.
func (w *wire) read() *request {
	line, err := w.in.ReadBytes('\n')
	if err != nil {
		return nil
	}
	r := &request{}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&r.body); err != nil {
		r.refuse("not JSON: %v", err)
		return r
	}
	r.op, _ = r.body["op"].(string)
	for field, value := range r.body {
		if value == nil {
			delete(r.body, field)
		}
	}
	return r
}

// write ends the program when nobody reads: there is nobody to speak with.
func (w *wire) write(line object) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	if _, err := w.out.Write(append(text, '\n')); err != nil {
		os.Exit(4)
	}
}
