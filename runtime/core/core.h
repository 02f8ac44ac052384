/* core.h - groups and tasks as a state machine.
 *
 * The core knows no loop, no clock and no thread. Calls change it; time is
 * handed in by ptg__core_turn(); what the host is to be told comes out of
 * ptg__core_next() as actions, one at a time, and ptg__core_did() says what
 * the host answered. A call never makes a callback, and nothing recurses:
 * records with something to do lie in a queue, which a turn works off.
 *
 * Records name each other by slot, never by address; PTG__NO_SLOT is nobody.
 */
#ifndef PTG_CORE_CORE_H
#define PTG_CORE_CORE_H

#include <ptg/ptg.h>

#include "alarm.h"
#include "memory.h"
#include "slab.h"

/* What a record in the queue has to do; a record is queued while any is set,
 * but for the wake of a task that waits for a place. */
enum {
  PTG__TASK_START = 1,
  PTG__TASK_WAKE = 2,
  PTG__TASK_DRAIN = 4,
  PTG__TASK_CANCEL = 8,
  PTG__TASK_ERROR = 16,
  PTG__TASK_DONE = 32,
  PTG__TASK_WATCHED = 64 /* its watches are to be told */
};
enum {
  PTG__GROUP_BEGIN = 1,    /* its turn in a shutdown has come */
  PTG__GROUP_DRAINED = 2,  /* its on_drain is to be called */
  PTG__GROUP_TELL = 4,     /* its tasks are to be told of its phase */
  PTG__GROUP_TOLD = 8,     /* its on_closed is to be called */
  PTG__GROUP_WATCHED = 16, /* its watches are to be told */
  PTG__GROUP_GONE = 32     /* all has been told: others may go on */
};

enum ptg__task_state {
  PTG__TASK_RESERVED = 0, /* its spawn is on its way from another thread */
  PTG__TASK_PENDING = PTG_TASK_PENDING,
  PTG__TASK_RUNNING = PTG_TASK_RUNNING,
  PTG__TASK_ENDED = 4
};

/* Flags of a task. */
enum {
  PTG__TASK_ASKED = 1,    /* asked to end */
  PTG__TASK_GIVEN_UP = 2, /* abandoned by its group */
  PTG__TASK_KILLED = 4,
  PTG__TASK_CLEANUP = 8,
  PTG__TASK_QUEUED = 16,
  PTG__TASK_NEVER_RAN = 32,
  PTG__TASK_ASKED_BY_GROUP = 64, /* ASKED, and by its group's shutdown */
  PTG__TASK_REPLACED = 128,      /* ASKED, and to make room in its group */
  PTG__TASK_WAITING = 256,       /* PENDING, for a place in its group */
  PTG__TASK_OBSERVED = 512,      /* not for the handler when it is watched */
  PTG__TASK_TOLD = 1024,         /* its done has been called */
  PTG__TASK_NOTED = 2048,        /* events have told of it */
  PTG__TASK_IN_CANCEL = 4096,    /* clean-up, accepted in the cancel phase */
  PTG__TASK_KILLABLE = 8192      /* can be ended by force */
};

/* What is to be told of a record as events; see events.h. */
struct ptg__noted {
  uint32_t next;  /* in the queue of events */
  uint16_t kinds; /* a bit for each enum ptg__action_kind */
  uint16_t is_queued;
};

/* What few tasks have; see cold.h. */
struct ptg__task_cold {
  struct ptg__string name;
  uint32_t short_used;
  char short_texts[60]; /* where texts are that fit: looks find a name near */
  struct ptg__task_cold *next_kept; /* for the next take of events; a spare */
  struct ptg__string place;
  struct ptg__string reason; /* bytes NULL: the default one */
  struct ptg__string message;
  uint64_t originator;
  uint32_t first_owned; /* groups whose owner it is, through owned_next */
  uint32_t owned;       /* how many */
};

struct ptg__task {
  uint32_t queue_next; /* in the queue; also the slab's, while free */
  uint32_t group;
  uint32_t prev; /* in the group's list, oldest first */
  uint32_t next;
  const ptg_task_type *type;
  void *user_data;
  int64_t spawned_ns;
  ptg_task spawner;
  struct ptg__task_cold *cold; /* NULL: nothing cold */
  union {
    struct ptg__alarm alarm; /* until it has ended */
    struct {
      uint64_t value;
      ptg_status status;
      int32_t code;
    } end;
  };
  uint8_t state;
  uint8_t pending; /* PTG__TASK_START... */
  uint16_t flags;
  uint32_t watches; /* a ring; the first */
  struct ptg__noted noted;
};

/* An order edge: first is closed before later begins to drain. It is in the
 * list of first's edges out and in the list of later's edges in. */
struct ptg__edge {
  uint32_t first;
  uint32_t later;
  struct ptg__edge *next_out;
  struct ptg__edge *next_in;
};

/* A group's part in a deadline: it is closed by close_by_ns (INT64_MAX: there
 * is no deadline), and of the time before that reserve_ns is for its cancel
 * phase. */
struct ptg__share {
  int64_t close_by_ns;
  int64_t reserve_ns;
};

struct ptg__watch {
  uint32_t next_free; /* the slab's, while free */
  uint32_t watched;   /* an entry as in the queue */
  uint32_t prev;      /* in the ring of what is watched, oldest first */
  uint32_t next;
  ptg_watch_options options;
};

/* The beginning of a text, cut between two characters. */
struct ptg__short_text {
  uint32_t length;
  char bytes[64];
};

/* Failures that are alike; see memo.c. */
#define PTG__FAILURES 8
struct ptg__failure {
  uint64_t serial; /* of the last one; 0: an empty place */
  uint64_t count;
  int64_t first_ns;
  int64_t last_ns;
  ptg_status status;
  int32_t code;
  struct ptg__short_text name;
  struct ptg__short_text message;
};
struct ptg__failures {
  uint64_t noted;
  struct ptg__failure rows[PTG__FAILURES];
};

/* A task of the history. */
struct ptg__ended {
  ptg_task task;
  ptg_task spawner;
  uint64_t originator;
  int64_t spawned_ns;
  int64_t ended_ns;
  ptg_status status;
  int32_t code;
  uint32_t flags;
  struct ptg__short_text name;
};

struct ptg__counts {
  uint64_t succeeded;
  uint64_t failed;
  uint64_t cancelled;
  uint64_t refused;
};

/* Invariant: spawned == live + succeeded + failed + cancelled + abandoned, and
 * live + untold + (abandoned, not late) is how many of its tasks could still
 * call back. */
struct ptg__group {
  uint32_t queue_next; /* in the queue; also the slab's, while free */
  uint32_t parent;
  uint32_t prev; /* siblings, oldest first */
  uint32_t next;
  uint32_t first_child;
  uint32_t last_child;

  /* What every task of it goes through lies together, as far as killable. */
  uint32_t first_task;
  uint32_t last_task;
  uint32_t cursor;        /* the task that is told next */
  uint32_t first_waiting; /* the oldest task that waits for a place */
  uint8_t state;          /* PTG_GROUP_* */
  uint8_t pending;        /* PTG__GROUP_BEGIN... */
  uint8_t is_queued;
  uint8_t is_ending; /* its shutdown has been asked for, here or above */
  uint8_t has_begun; /* its turn has come */
  uint8_t is_own;    /* the children are closed: its own tasks' phase */
  uint8_t is_forced;
  uint8_t is_killing;   /* the cancel wait is over, killed tasks are awaited */
  uint8_t holds_tree;   /* something in it goes on after its tree's end */
  uint8_t is_told;      /* on_closed has been called */
  uint8_t is_gone;      /* and all who wait for it have been let go on */
  uint8_t has_news;     /* a child was made after its deadline was shared out */
  uint8_t has_deadline; /* its share follows from a deadline of its own */
  uint8_t keeps_share;  /* scratch of deadline.c */
  uint8_t awaits_edges; /* its turn comes when it is not held back any more */
  uint8_t reserved;
  struct ptg__ended *history; /* a ring of options.history; NULL: none */
  struct ptg__counts counts;
  uint64_t spawned;
  uint64_t live;
  uint64_t untold;    /* tasks that ended and whose done is still to be told */
  uint64_t unstarted; /* of live */
  uint64_t waiting;   /* of unstarted: for a place */
  uint64_t exempt;    /* of live: clean-up, which takes no place */
  uint64_t peak;      /* the most that live has been */
  uint64_t killable;  /* of live: their type can kill */

  ptg_group_options options; /* as given, limits inherited; name is not it */
  struct ptg__string name;
  uint64_t serial; /* the how-manieth group of the runtime */
  int64_t created_ns;

  struct ptg__counts before; /* counts when its shutdown was asked for */
  uint64_t originator;       /* who asked for that */
  uint64_t abandoned;
  uint64_t late;
  uint64_t killed;
  uint64_t children;       /* not closed */
  uint64_t children_begun; /* of children: their turn has come */

  struct ptg__alarm alarm; /* the end of the phase it is in */
  ptg_status hook_status;  /* of a hook that failed: an error to be told */
  ptg_status noted_status; /* likewise: an event that has not been taken */
  uint32_t tree_top; /* of the ended tree it is in; PTG__NO_SLOT: of none */
  uint32_t owner;    /* a task; PTG__NO_SLOT: none, or it has ended */
  union {
    uint32_t owned_next; /* in its owner's list */
    uint32_t holders;    /* of the top of an ended tree, which has no owner any
                            more: so many groups hold it */
  };
  uint32_t watches; /* a ring; the first */
  struct ptg__noted noted;

  int64_t grace_cap_ns;       /* from shutdown calls; INT64_MAX: none */
  int64_t cancel_wait_cap_ns; /* likewise */
  struct ptg__share share;
  int64_t grace_until_ns; /* what a task was given beyond the grace; 0: none */
  int64_t phase_ns;       /* the phase it is in began */
  uint64_t phase_turn;    /* likewise, as core.turns counts */
  int64_t begun_ns;
  int64_t drain_ns;
  int64_t cancel_ns;
  int64_t closed_ns;
  uint64_t closed_serial; /* the how-manieth to close */
  ptg_group let_begin_by; /* the sibling, its own or an ancestor's, whose
                             closing was the signal for its turn */
  ptg_group waited_for;

  struct ptg__failures *failures; /* NULL: none yet */
  uint64_t remembered;            /* how many have ever been put there */
  ptg_task last_task_handle;      /* who ended last in its own phases */
  int64_t last_task_ns;
  struct ptg__short_text last_task_name;

  /* What a walk along the edges reads lies together; see order.c. */
  struct ptg__edge *edges_out;
  struct ptg__edge *edges_in;
  uint64_t rank; /* among its siblings: along each edge it grows; 0: none */
  uint64_t mark; /* scratch, as are the next three */
  uint32_t via;
  uint32_t heap_next;
  uint32_t heap_child;
  uint32_t held_back; /* by so many siblings, which end and are not gone, that
                         are to close first */
  uint32_t rank_prev; /* siblings that have a rank, in its order */
  uint32_t rank_next;
  uint32_t turn_next; /* siblings in the order of their turns; see order.h */
  uint32_t turn_prev;
  uint32_t turn_first; /* of the children */
  uint32_t turn_last;
  uint32_t rank_first;
  uint32_t rank_last;
  uint32_t edges_within; /* among the children */

  /* Scratch of order.c and plan.c, between two calls meaningless. */
  uint32_t is_critical;
  int64_t need_ns;
  int64_t tail_ns;
  struct {
    int64_t begin_ns;
    int64_t drain_ns;
    int64_t cancel_ns;
    int64_t closed_ns;
    struct ptg__share share;
    uint32_t begins_after;
    uint32_t drains_after;
  } plan;
};

/* In the order in which they can become true of a task or group. */
enum ptg__action_kind {
  PTG__ACT_START,
  PTG__ACT_WAKE,
  PTG__ACT_DRAIN,
  PTG__ACT_CANCEL,
  PTG__ACT_KILL,
  PTG__ACT_GROUP_DRAIN,
  PTG__ACT_ERROR,
  PTG__ACT_DONE,
  PTG__ACT_GROUP_CLOSED,
  PTG__ACT_WATCH
};

/* Something to be told to the host. Which of the fields below type are used
 * depends on the kind. */
struct ptg__action {
  enum ptg__action_kind kind;
  uint32_t slot;    /* the task's, or the group's */
  uint32_t inside;  /* the group whose callback it is; NOBODY: of a watch */
  uint64_t current; /* the task, else the group, whose callback it is */
  ptg_task task;
  ptg_group group;
  const ptg_task_type *type; /* for a task */
  void *user_data;           /* the task's, or of whose handler or hook it is */
  ptg_cancel_info cancel;
  ptg_outcome outcome;
  ptg_error error;
  ptg_error_fn on_error; /* NULL: nobody handles it */
  ptg_group_fn hook;
  ptg_watch watch;
  ptg_watch_options watcher;
};

/* Records with something to do, first in, first out; an entry is a slot, with
 * PTG__QUEUE_GROUP set for a group's. */
#define PTG__QUEUE_GROUP UINT32_C(0x80000000)
struct ptg__queue {
  uint32_t first;
  uint32_t *end; /* where the next entry is put */
};

struct ptg__core {
  struct ptg__memory memory;
  struct ptg__slab groups;
  struct ptg__slab tasks;
  struct ptg__slab watches;
  struct ptg__alarms group_alarms;
  struct ptg__alarms task_alarms;
  int64_t now_ns;
  uint32_t root;
  uint64_t turns;
  uint32_t overdue_turns; /* since a group's limit fell due, yet work goes on */
  uint32_t active;        /* the entry of the queue being worked off */
  uint32_t turn;          /* what this turn works off; the first */
  struct ptg__queue later;
  struct ptg__queue events; /* records with something noted */
  struct ptg__task_cold *kept;
  struct ptg__action retry; /* an error whose handler failed */
  int has_retry;
  uint32_t inside;  /* the group whose callback is running */
  uint64_t current; /* the task, else the group, whose callback is running */
  uint64_t groups_made;
  uint64_t groups_closed;
  uint64_t marks;
  ptg_status error_status;
  int32_t error_uv_status;
  char error_message[512];
  struct ptg__task_cold *spare; /* see cold.c */
  uint32_t spare_count;
};

static inline struct ptg__group *ptg__group_at(const struct ptg__core *core,
                                               uint32_t slot) {
  unsigned char *records =
      core->groups.blocks[slot >> PTG__BLOCK_BITS]->records;
  return (struct ptg__group *)(void *)records +
         (slot & (PTG__BLOCK_RECORDS - 1));
}

static inline struct ptg__task *ptg__task_at(const struct ptg__core *core,
                                             uint32_t slot) {
  unsigned char *records = core->tasks.blocks[slot >> PTG__BLOCK_BITS]->records;
  return (struct ptg__task *)(void *)records +
         (slot & (PTG__BLOCK_RECORDS - 1));
}

static inline ptg_task ptg__task_handle(const struct ptg__core *core,
                                        uint32_t slot) {
  return ptg__slab_handle_of(&core->tasks, PTG__KIND_TASK, slot);
}

static inline struct ptg__watch *ptg__watch_at(const struct ptg__core *core,
                                               uint32_t slot) {
  return ptg__slab_at(&core->watches, slot);
}

/* Makes a core with an open root group. options is complete and checked but
 * for what ptg__group_create() checks. */
ptg_status ptg__core_init(struct ptg__core *core, struct ptg__memory memory,
                          const struct ptg__block_source *source,
                          int64_t now_ns, const ptg_group_options *root);

/* Frees everything. What abandoned tasks are left must have been ended. */
void ptg__core_fini(struct ptg__core *core);

/* Brings the clock forward; it never goes back. */
void ptg__core_set_time(struct ptg__core *core, int64_t now_ns);

/* Begins a turn: what is queued now, and what has fallen due, is worked off by
 * the calls of ptg__core_next() that follow. */
void ptg__core_turn(struct ptg__core *core);

/* Sets *action to the next thing to tell, or returns 0 at the turn's end. */
int ptg__core_next(struct ptg__core *core, struct ptg__action *action);

/* Says that an action was carried out. status counts for START, ERROR and the
 * hooks. */
void ptg__core_did(struct ptg__core *core, const struct ptg__action *action,
                   ptg_status status);

/* The end of a task, or the closing of a group, has been told. */
void ptg__core_told_done(struct ptg__core *core, uint32_t slot);
void ptg__core_told_closed(struct ptg__core *core, uint32_t slot);

/* True while there is something for a turn to do now. */
int ptg__core_is_ready(const struct ptg__core *core);

/* The instant of the next turn: INT64_MAX if nothing will fall due. */
int64_t ptg__core_next_time(const struct ptg__core *core);

/* The instant at which something will be due, exactly; it takes longer to find.
 * INT64_MAX: there is none. */
int64_t ptg__core_next_instant(const struct ptg__core *core);

/* The instant of the next limit of a group, whatever there is to do before it:
 * INT64_MAX if there is none. */
int64_t ptg__core_next_limit(const struct ptg__core *core);

/* True once the root group is closed and everything has been told. */
int ptg__core_is_over(const struct ptg__core *core);

static inline void ptg__queue_clear(struct ptg__queue *queue) {
  queue->first = PTG__NO_SLOT;
  queue->end = &queue->first;
}

/* next is the link of the record that entry is of. */
static inline void ptg__queue_push(struct ptg__queue *queue, uint32_t entry,
                                   uint32_t *next) {
  *next = PTG__NO_SLOT;
  *queue->end = entry;
  queue->end = next;
}

/* Puts a record into the queue unless it lies there; slot is the task's. */
static inline void ptg__core_put_task(struct ptg__core *core, uint32_t slot,
                                      struct ptg__task *task, uint8_t pending) {
  task->pending |= pending;
  if (task->flags & PTG__TASK_QUEUED) return;
  task->flags |= PTG__TASK_QUEUED;
  ptg__queue_push(&core->later, slot, &task->queue_next);
}
static inline void ptg__core_queue_task(struct ptg__core *core, uint32_t slot,
                                        uint8_t pending) {
  ptg__core_put_task(core, slot, ptg__task_at(core, slot), pending);
}
void ptg__core_queue_group(struct ptg__core *core, uint32_t slot,
                           uint8_t pending);

/* Sets the last error and returns status. */
ptg_status ptg__core_fail(struct ptg__core *core, ptg_status status,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4), cold, noinline));

/* Checks and resolves a name; *length is set to its length in bytes. */
ptg_status ptg__core_check_name(struct ptg__core *core, const char *name,
                                size_t *length);

#endif
