package ptg

/*
#include "glue.h"
#cgo nocallback glue_ring
*/
import "C"

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// letter is mail for the runtime's thread, in the order in which it was sent.
// What most letters are about, a task that is to be spawned or has ended well,
// is carried out in C, many at a time; the rest are functions.
type letter struct {
	next *letter
	task *Task
	kind uint8
	fn   func() // of letterCall
}

const (
	letterSpawn = iota // task, of Group.Go
	letterEnd          // task, whose function returned nil
	letterCall
)

// mailbox is a stack that its one receiver takes whole and turns round.
type mailbox struct {
	top      atomic.Pointer[letter]
	isAsleep atomic.Bool  // the receiver waits, and is to be woken
	ringing  atomic.Int32 // who is about to wake it
	bell     C.int
	spawns   atomic.Int64 // on their way
	left     *letter      // of the receiver: taken, oldest first
}

// maxSpawns are let be on their way; who spawns more waits for room.
const maxSpawns = 4096

// mail sends a letter.
func (rt *Runtime) mail(l *letter) {
	for {
		top := rt.box.top.Load()
		l.next = top
		if rt.box.top.CompareAndSwap(top, l) {
			break
		}
	}
	if rt.box.isAsleep.Load() {
		rt.box.wake()
	}
	if rt.isGone.Load() {
		rt.sweep()
	}
}

func (b *mailbox) wake() {
	b.ringing.Add(1)
	if b.isAsleep.CompareAndSwap(true, false) {
		C.glue_ring(b.bell)
	}
	b.ringing.Add(-1)
}

// close is for the receiver, which never sleeps again: so nobody rings any more,
// once those are through who were about to.
func (b *mailbox) close() {
	for b.ringing.Load() > 0 {
		runtime.Gosched()
	}
	C.glue_close_bell(b.bell)
}

// sweep refuses what came too late.
func (rt *Runtime) sweep() {
	for l := rt.box.top.Swap(nil); l != nil; l = l.next {
		rt.refuse(l)
	}
}

func (rt *Runtime) refuse(l *letter) {
	switch l.kind {
	case letterSpawn:
		rt.box.spawns.Add(-1)
		l.task.refused(&Error{Op: "Go", Status: ErrClosed, Message: runtimeIsClosed})
	case letterCall:
		l.fn() // sees that the runtime has ended
	}
}

// mailSpawn sends a spawn, when there is room for one more.
func (rt *Runtime) mailSpawn(t *Task) {
	for attempt := 0; rt.box.spawns.Load() >= maxSpawns && !rt.isGone.Load(); attempt++ {
		if attempt < 8 {
			runtime.Gosched()
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	}
	rt.box.spawns.Add(1)
	t.letter.task, t.letter.kind = t, letterSpawn
	rt.mail(&t.letter)
}

// open moves what has come to what is left, and says whether there is any.
func (b *mailbox) open() bool {
	if b.left == nil {
		for l := b.top.Swap(nil); l != nil; {
			next := l.next
			l.next = b.left
			b.left = l
			l = next
		}
	}
	return b.left != nil
}

// sort carries out the functions among the mail, and returns how many letters
// it has put into the batch for C. It ends before a function, so that the order
// is kept, and when the batch is full.
func (rt *Runtime) sort() int {
	count := 0
	for rt.box.open() && count < batchCapacity {
		l := rt.box.left
		if l.kind == letterCall {
			if count > 0 {
				break
			}
			rt.box.left, l.next = l.next, nil
			l.fn()
			if rt.isDestroyed {
				break
			}
			continue
		}
		rt.box.left, l.next = l.next, nil
		rt.address(l, &rt.batch[count])
		rt.batched[count] = l.task
		count++
	}
	return count
}

func (rt *Runtime) address(l *letter, c *C.glue_mail) {
	if l.kind == letterEnd {
		c.task, c.group = C.ptg_task(l.task.handle.Load()), 0
		return
	}
	c.group = C.ptg_group(l.task.group.handle)
	c._type = l.task.spec.toC()
	c.place = rt.places.at(l.task.spec.caller)
	c.spawner = C.ptg_task(l.task.spec.Spawner.Handle())
	c.user_data = C.uintptr_t(rt.tasks.add(l.task))
}

// delivered looks at what became of the batch.
func (rt *Runtime) delivered(count int) {
	spawns := int64(0)
	for i, task := range rt.batched[:count] {
		rt.batched[i] = nil
		c := &rt.batch[i]
		if c.group == 0 {
			continue
		}
		spawns++
		if c.answer < 0 {
			rt.tasks.remove(uintptr(c.user_data))
			task.refused(task.group.refusal(Status(c.answer)))
			continue
		}
		task.handle.Store(uint64(c.answer))
	}
	if spawns > 0 {
		rt.box.spawns.Add(-spawns)
	}
}

// refusal says what the group said of a task that was mailed, when others may
// have been refused since.
func (g *Group) refusal(status Status) error {
	return &Error{Op: "Go", Status: status, Message: fmt.Sprintf("the group %q: %s", g.name, status.text())}
}

// mailCall sends a call that nobody waits for. Once the runtime has ended it is
// refused, as libptg's own way in does it.
func (rt *Runtime) mailCall(op string, fn func()) error {
	if rt.isGone.Load() {
		return &Error{Op: op, Status: ErrClosed, Message: runtimeIsClosed}
	}
	rt.mail(&letter{kind: letterCall, fn: func() {
		if !rt.isDestroyed {
			fn()
		}
	}})
	return nil
}

// deliver carries out all mail that has come, without a turn of the loop.
func (rt *Runtime) deliver() {
	for !rt.isDestroyed {
		count := rt.sort()
		if count == 0 {
			return
		}
		C.glue_deliver(rt.ptr, &rt.batch[0], C.size_t(count))
		rt.delivered(count)
	}
}

// turn delivers mail and runs the loop once; it waits for something to happen
// unless there is more to do already.
func (rt *Runtime) turn() {
	count := rt.sort()
	if rt.isDestroyed {
		return
	}
	if count == 0 && !rt.isFull && rt.fallAsleep() {
		rt.sleep(true, rt.hasLoop())
	}
	rt.cross(count)
}

// cross goes into C once: with the batch, for a turn of the loop, and for events.
func (rt *Runtime) cross(count int) {
	var taken C.size_t
	C.glue_turn(rt.ptr, &rt.batch[0], C.size_t(count), &rt.events[0], eventCapacity, &taken)
	rt.delivered(count)
	rt.dispatch(rt.events[:taken])
}

// fallAsleep says that whoever sends mail has to wake the thread; false: some
// has come.
func (rt *Runtime) fallAsleep() bool {
	rt.box.isAsleep.Store(true)
	if rt.box.top.Load() == nil {
		return true
	}
	rt.box.isAsleep.Store(false)
	return false
}
