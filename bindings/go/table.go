package ptg

import "sync"

// table gives numbers to tasks, for C to keep in their stead. A number is
// used again once it was removed.
type table struct {
	mu    sync.Mutex
	tasks []*Task
	free  []uint32
}

func (t *table) add(task *Task) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := len(t.free) - 1; last >= 0 {
		slot := t.free[last]
		t.free = t.free[:last]
		t.tasks[slot] = task
		return uint64(slot) + 1
	}
	t.tasks = append(t.tasks, task)
	return uint64(len(t.tasks))
}

// at is for who holds the lock.
func (t *table) at(id uint64) *Task { return t.tasks[id-1] }

func (t *table) remove(id uint64) {
	t.mu.Lock()
	t.removeLocked(id)
	t.mu.Unlock()
}

func (t *table) removeLocked(id uint64) {
	t.tasks[id-1] = nil
	t.free = append(t.free, uint32(id-1))
}
