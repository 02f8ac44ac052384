// Command adapter lets the conformance suite drive this package: it speaks as
// spec/adapter.md says and goes through the package's public names only. What
// the suite asks for is carried out on the runtime's thread, by Do, or inside
// of the hook that is being called.
package main

import (
	"os"

	"libptg.org/ptg"
)

type adapter struct {
	wire    *wire
	rt      *ptg.Runtime // nil: there is none
	old     *ptg.Runtime // that of the ways in: good after a destroy
	begin   int64        // the clock at reset
	handles map[string]ptg.Handle
	names   map[ptg.Handle]string
	calls   int // the depth: 0 or 1
	silent  bool
	thrown  chan struct{} // closed when what there is is thrown away
}

func main() {
	a := &adapter{wire: newWire(os.Stdin, os.Stdout)}
	a.serve()
	a.throwAway()
}

// serve answers requests until there are no more, or, inside a call, until one
// of them is the return.
func (a *adapter) serve() *request {
	for {
		request := a.wire.read()
		if request == nil {
			a.silent = true
			return nil
		}
		if request.op == "return" && a.calls > 0 {
			return request
		}
		if a.rt != nil && request.op != "reset" {
			if err := a.rt.Do(func() { a.answer(request) }); err != nil {
				panic(err)
			}
		} else {
			a.answer(request)
		}
	}
}

func (a *adapter) throwAway() {
	if a.rt == nil {
		return
	}
	a.silent = true
	close(a.thrown)
	if err := a.rt.Close(); err != nil {
		panic(err)
	}
	a.rt, a.silent = nil, false
}

func (a *adapter) keep(as string, handle ptg.Handle) {
	a.handles[as] = handle
	if handle != 0 {
		a.names[handle] = as
	}
}
