package ptg

import "sync"

// table gives numbers to the tasks of goroutines, for C to keep in their stead.
// A number is used again once it was removed.
type table struct {
	mu    sync.Mutex
	tasks []*Task
	free  []uint32
}

// goroutine is a bit of each of the numbers, and of no cgo handle, which is what
// C keeps for other tasks.
const goroutine = ^uintptr(0)>>1 + 1

func isOfGoroutine(id uintptr) bool { return id&goroutine != 0 }

func (t *table) add(task *Task) uintptr {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := len(t.free) - 1; last >= 0 {
		slot := t.free[last]
		t.free = t.free[:last]
		t.tasks[slot] = task
		return goroutine | uintptr(slot)
	}
	t.tasks = append(t.tasks, task)
	return goroutine | uintptr(len(t.tasks)-1)
}

func (t *table) get(id uintptr) *Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at(id)
}

// at is for who holds the lock.
func (t *table) at(id uintptr) *Task { return t.tasks[id&^goroutine] }

func (t *table) remove(id uintptr) {
	t.mu.Lock()
	t.removeLocked(id)
	t.mu.Unlock()
}

func (t *table) removeLocked(id uintptr) {
	t.tasks[id&^goroutine] = nil
	t.free = append(t.free, uint32(id&^goroutine))
}
