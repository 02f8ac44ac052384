/* limit.h - the least that a task group in C can do: a throw-away model of the
 * data structure, not the library.
 *
 * Records in a slab, named by a handle of slot and generation; a list through
 * the records of a group; a ready queue; an indirect call for each task. With
 * REAL defined also what a real library adds: the thread is checked at each
 * entry, the name copied, the time of the spawn and the status kept, counters
 * bumped in all groups above, and a hook called at the end.
 */
#ifndef PTG_BENCH_LIMIT_H
#define PTG_BENCH_LIMIT_H

#include "peer.h"
#include <pthread.h>
#include <sys/mman.h>

#ifdef REAL
#define RECORD 128
#else
#define RECORD 64
#endif
#define NIL 0u
#define CHUNK_BITS 12
#define CHUNK (1u << CHUNK_BITS)
#define MAX_GROUPS 4096

enum { TASK_FREE, TASK_READY, TASK_PARKED, TASK_CANCELLING };
enum { EVENT_START, EVENT_CANCEL, EVENT_TIMER };
typedef uint64_t handle;
struct system;
typedef void (*task_fn)(struct system *, handle, void *arg, int event);

typedef struct task {
  uint32_t generation;
  uint8_t state, is_queued, event, flags;
  uint32_t next, previous; /* in the group */
  uint32_t link;           /* in the ready queue, the wheel, or free ones */
  uint32_t group;
  task_fn fn;
  void *arg;
  const char *name;
  uint64_t deadline;
  void *user;
#ifdef REAL
  char own_name[24];
  uint64_t spawned_at;
  int status;
  char padding[RECORD - 64 - 40];
#endif
} task;
_Static_assert(sizeof(task) == RECORD, "size of a record");

typedef struct group {
  uint32_t head, tail, live, children, parent, first_child, sibling, is_closing;
  uint64_t spawned, completed, below, failed;
  void (*hook)(struct system *, handle, int status);
} group;

typedef struct system {
  task **chunks;
  uint32_t chunk_count, free_slot, ready_head, ready_tail;
  group groups[MAX_GROUPS];
  uint32_t group_count;
  uint64_t groups_done, hooked, now;
  pthread_t owner;
} system_t;

static inline task *at(system_t *s, uint32_t slot) {
  return &s->chunks[slot >> CHUNK_BITS][slot & (CHUNK - 1)];
}

static inline handle handle_of(const task *task, uint32_t slot) {
  return (uint64_t)task->generation << 32 | slot;
}

static void grow(system_t *s) {
  uint32_t chunk = s->chunk_count++;
  s->chunks = realloc(s->chunks, s->chunk_count * sizeof *s->chunks);
  task *tasks = mmap(NULL, sizeof(task) * CHUNK, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  s->chunks[chunk] = tasks;
  for (uint32_t i = CHUNK; i-- > 0;) {
    uint32_t slot = chunk << CHUNK_BITS | i;
    if (slot == NIL) continue;
    tasks[i].generation = 1;
    tasks[i].link = s->free_slot;
    s->free_slot = slot;
  }
}

static void system_init(system_t *s) {
  memset(s, 0, sizeof *s);
  s->owner = pthread_self();
  grow(s);
}

static inline void make_ready(system_t *s, uint32_t slot, task *task) {
  task->link = NIL;
  task->is_queued = 1;
  if (s->ready_tail)
    at(s, s->ready_tail)->link = slot;
  else
    s->ready_head = slot;
  s->ready_tail = slot;
}

static inline void add_below(system_t *s, uint32_t group, int change) {
  for (; group; group = s->groups[group].parent)
    s->groups[group].below += (uint64_t)change;
}

static __attribute__((noinline)) handle
spawn(system_t *s, uint32_t into, task_fn fn, void *arg, const char *name) {
  group *group = &s->groups[into];
#ifdef REAL
  if (!pthread_equal(pthread_self(), s->owner) || !fn || !name) return 0;
#endif
  if (group->is_closing) return 0;
  if (!s->free_slot) grow(s);
  uint32_t slot = s->free_slot;
  task *task = at(s, slot);
  s->free_slot = task->link;
  task->state = TASK_READY;
  task->event = EVENT_START;
  task->fn = fn;
  task->arg = arg;
  task->name = name;
  task->group = into;
  task->deadline = 0;
  task->user = NULL;
  task->next = NIL;
  task->previous = group->tail;
  if (group->tail)
    at(s, group->tail)->next = slot;
  else
    group->head = slot;
  group->tail = slot;
  group->live++;
  group->spawned++;
#ifdef REAL
  size_t length = strnlen(name, sizeof task->own_name - 1);
  memcpy(task->own_name, name, length);
  task->own_name[length] = 0;
  task->name = task->own_name;
  task->spawned_at = s->now;
  add_below(s, into, 1);
#endif
  make_ready(s, slot, task);
  return handle_of(task, slot);
}

static void cancel_tasks(system_t *s, group *group) {
  for (uint32_t slot = group->head; slot;) {
    task *task = at(s, slot);
    uint32_t next = task->next;
    task->state = TASK_CANCELLING;
    task->event = EVENT_CANCEL;
    if (!task->is_queued) make_ready(s, slot, task);
    slot = next;
  }
}

/* Children first, then the tasks of the group itself. */
static void close_if_done(system_t *s, group *group) {
  while (group->is_closing && !group->live && !group->children) {
    s->groups_done++;
    if (!group->parent) break;
    struct group *parent = &s->groups[group->parent];
    if (--parent->children == 0) cancel_tasks(s, parent);
    group = parent;
  }
}

static __attribute__((noinline)) int complete(system_t *s, handle h,
                                              int status) {
  uint32_t slot = (uint32_t)h;
#ifdef REAL
  if (!pthread_equal(pthread_self(), s->owner)) return -2;
  if (slot >> CHUNK_BITS >= s->chunk_count) return -2;
#endif
  task *task = at(s, slot);
  if (task->generation != (uint32_t)(h >> 32) || task->state == TASK_FREE)
    return -1;
  group *group = &s->groups[task->group];
  if (task->previous)
    at(s, task->previous)->next = task->next;
  else
    group->head = task->next;
  if (task->next)
    at(s, task->next)->previous = task->previous;
  else
    group->tail = task->previous;
  group->live--;
  group->completed++;
#ifdef REAL
  task->status = status;
  if (status) group->failed++;
  add_below(s, task->group, -1);
#endif
  if (group->hook) group->hook(s, h, status);
  task->generation++;
  task->state = TASK_FREE;
  task->link = s->free_slot;
  s->free_slot = slot;
  if (group->is_closing && !group->live) close_if_done(s, group);
  return 0;
}

static void run_ready(system_t *s) {
  while (s->ready_head) {
    uint32_t slot = s->ready_head;
    task *task = at(s, slot);
    s->ready_head = task->link;
    if (!s->ready_head) s->ready_tail = NIL;
    task->is_queued = 0;
    if (task->event == EVENT_START) task->state = TASK_PARKED;
    task->fn(s, handle_of(task, slot), task->arg, task->event);
  }
}

static uint32_t group_new(system_t *s, uint32_t parent) {
  uint32_t index = ++s->group_count;
  group *group = &s->groups[index];
  memset(group, 0, sizeof *group);
  group->parent = parent;
  if (parent) {
    group->sibling = s->groups[parent].first_child;
    s->groups[parent].first_child = index;
    s->groups[parent].children++;
  }
  return index;
}

static inline void noop(system_t *s, handle h, void *arg, int event) {
  (void)arg, (void)event;
  complete(s, h, 0);
}

#endif /* PTG_BENCH_LIMIT_H */
