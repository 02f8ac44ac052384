/* core.c - see core.h. */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "cold.h"
#include "events.h"
#include "group.h"
#include "memo.h"
#include "shutdown.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

/* A limit falls when all that is ready at its instant has been done; but work
 * that goes on and on puts it off by no more than this many turns. */
#define OVERDUE_TURNS_MAX 16

/* It takes so many turns to tell all tasks of a group that a phase has begun:
 * its own, the group's, the tasks'. */
#define PHASE_TURNS_MIN 3

ptg_status ptg__core_init(struct ptg__core *core, struct ptg__memory memory,
                          const struct ptg__block_source *source,
                          int64_t now_ns, const ptg_group_options *root) {
  PTG_CHECK(now_ns > 0);
  memset(core, 0, sizeof(*core));
  core->memory = memory;
  core->now_ns = now_ns;
  core->active = core->inside = NOBODY;
  core->turn = NOBODY;
  ptg__queue_clear(&core->later);
  ptg__queue_clear(&core->events);
  ptg__slab_init(&core->groups, &core->memory, source, PTG__KIND_GROUP,
                 sizeof(struct ptg__group));
  ptg__slab_init(&core->tasks, &core->memory, source, PTG__KIND_TASK,
                 sizeof(struct ptg__task));
  ptg__slab_init(&core->watches, &core->memory, source, PTG__KIND_WATCH,
                 sizeof(struct ptg__watch));
  ptg__alarms_init(&core->group_alarms, &core->groups,
                   offsetof(struct ptg__group, alarm));
  ptg__alarms_init(&core->task_alarms, &core->tasks,
                   offsetof(struct ptg__task, alarm));
  ptg_status status =
      ptg__group_create(core, NOBODY, NOBODY, root, &core->root);
  if (status != PTG_OK) {
    ptg__slab_fini(&core->groups);
    ptg__slab_fini(&core->tasks);
    ptg__slab_fini(&core->watches);
  }
  return status;
}

void ptg__core_fini(struct ptg__core *core) {
  ptg__group_free_tree(core, core->root);
  ptg__events_begin_take(core);
  ptg__cold_fini(core);
  ptg__slab_fini(&core->groups);
  ptg__slab_fini(&core->tasks);
  ptg__slab_fini(&core->watches);
}

void ptg__core_set_time(struct ptg__core *core, int64_t now_ns) {
  if (now_ns > core->now_ns) core->now_ns = now_ns;
}

/* ----------------------------------------------------------------- queue -- */

static uint32_t *queue_next_at(struct ptg__core *core, uint32_t entry) {
  uint32_t slot = entry & ~PTG__QUEUE_GROUP;
  return entry & PTG__QUEUE_GROUP ? &ptg__group_at(core, slot)->queue_next
                                  : &ptg__task_at(core, slot)->queue_next;
}

static uint32_t pop(struct ptg__core *core) {
  uint32_t entry = core->turn;
  if (entry != NOBODY) core->turn = *queue_next_at(core, entry);
  return entry;
}

void ptg__core_queue_group(struct ptg__core *core, uint32_t slot,
                           uint8_t pending) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->pending |= pending;
  if (group->is_queued) return;
  group->is_queued = 1;
  ptg__group_hold_tree(core, slot);
  ptg__queue_push(&core->later, slot | PTG__QUEUE_GROUP, &group->queue_next);
}

/* ---------------------------------------------------------------- errors -- */

ptg_status ptg__core_fail(struct ptg__core *core, ptg_status status,
                          const char *format, ...) {
  char message[sizeof(core->error_message)];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  message[ptg__text_whole_length(message, strlen(message))] = '\0';
  memcpy(core->error_message, message, sizeof(message));
  core->error_status = status;
  core->error_uv_status = 0;
  return status;
}

ptg_status ptg__core_check_name(struct ptg__core *core, const char *name,
                                size_t *length) {
  *length = ptg__text_length(name, *length, PTG_NAME_MAX);
  if (*length > PTG_NAME_MAX)
    return ptg__core_fail(core, PTG_EINVAL, "a name is longer than %d bytes",
                          PTG_NAME_MAX);
  if (!ptg__text_is_valid(name, *length))
    return ptg__core_fail(core, PTG_EINVAL,
                          "a name is not UTF-8, or has a NUL in it");
  return PTG_OK;
}

/* Gives an error to the nearest group, from here upward, that has a handler and
 * is not gone; on_error stays NULL if there is none. */
static void find_handler(const struct ptg__core *core, uint32_t from,
                         struct ptg__action *action) {
  action->error.outcome = &action->outcome;
  action->on_error = NULL;
  action->inside = NOBODY;
  action->current = PTG_NONE;
  action->user_data = NULL;
  for (uint32_t at = from; at != NOBODY; at = ptg__group_at(core, at)->parent) {
    const struct ptg__group *group = ptg__group_at(core, at);
    int has_events = (group->options.flags & PTG_GROUP_EVENTS) != 0;
    if (group->is_gone) continue;
    if (group->options.on_error == NULL && !has_events) continue;
    action->on_error = group->options.on_error;
    action->inside = at;
    action->current = ptg__group_handle(core, at);
    action->user_data = group->options.user_data;
    return;
  }
}

/* The handler itself failed: the next one above is told of both. */
static void pass_up(struct ptg__core *core, const struct ptg__action *action,
                    ptg_status status) {
  core->retry = *action;
  core->has_retry = 1;
  if (core->retry.error.failed_handler == PTG_NONE) {
    core->retry.error.failed_handler = action->current;
    core->retry.error.handler_status = status;
  }
  find_handler(core, ptg__group_at(core, action->inside)->parent, &core->retry);
}

/* ----------------------------------------------------------------- turns -- */

/* First all are taken off, then their phases end: the next phase may be over
 * at this very instant too. But whoever is in a phase is told so first. */
static void ring_groups(struct ptg__core *core) {
  uint32_t due = NOBODY, slot;
  uint32_t *link = &due; /* a list, through heap_next */
  while ((slot = ptg__alarms_pop(&core->group_alarms, core->now_ns)) !=
         NOBODY) {
    *link = slot;
    link = &ptg__group_at(core, slot)->heap_next;
    *link = NOBODY;
  }
  while (due != NOBODY) {
    slot = due;
    const struct ptg__group *group = ptg__group_at(core, slot);
    due = group->heap_next;
    if (core->turns - group->phase_turn < PHASE_TURNS_MIN) {
      ptg__alarms_set(&core->group_alarms, slot, core->now_ns);
    } else {
      ptg__shutdown_limit(core, slot);
    }
  }
}

/* One that waits for a place is told of the end of a sleep after its start. */
static void ring_tasks(struct ptg__core *core) {
  uint32_t slot;
  while ((slot = ptg__alarms_pop(&core->task_alarms, core->now_ns)) != NOBODY) {
    struct ptg__task *task = ptg__task_at(core, slot);
    if (task->flags & PTG__TASK_WAITING) {
      task->pending |= PTG__TASK_WAKE;
    } else {
      ptg__core_queue_task(core, slot, PTG__TASK_WAKE);
    }
  }
}

/* It is no turn when the alarms' wheels have only gone on. */
void ptg__core_turn(struct ptg__core *core) {
  PTG_CHECK(core->active == NOBODY && core->turn == NOBODY);
  ring_tasks(core);
  int is_due = ptg__alarms_are_due(&core->group_alarms, core->now_ns);
  int is_busy = core->later.first != NOBODY;
  if (!is_due && !is_busy) return;

  core->turns++;
  if (is_due && is_busy && core->overdue_turns < OVERDUE_TURNS_MAX) {
    core->overdue_turns++;
  } else {
    core->overdue_turns = 0;
    ring_groups(core);
  }
  core->turn = core->later.first;
  ptg__queue_clear(&core->later);
}

/* Who calls the library from inside this action's callback. */
static void enter(struct ptg__core *core, const struct ptg__action *action) {
  core->inside = action->inside;
  core->current = action->current;
}

/* A group, or that of a task; NOBODY: a spawn that was refused on arrival. */
static int group_adds_up(const struct ptg__core *core, uint32_t entry) {
  uint32_t slot = entry & ~PTG__QUEUE_GROUP;
  if ((entry & PTG__QUEUE_GROUP) == 0) slot = ptg__task_at(core, slot)->group;
  return slot == NOBODY || ptg__group_adds_up(ptg__group_at(core, slot));
}

/* All there was to tell a task for now has been told. */
static inline void leave_task(struct ptg__core *core, uint32_t slot,
                              struct ptg__task *task) {
  PTG_CHECK_SLOW(group_adds_up(core, slot));
  core->active = NOBODY;
  task->flags &= (uint16_t)~PTG__TASK_QUEUED;
  /* The last of its watches has been told, or was removed. */
  if (task->flags & PTG__TASK_TOLD && task->watches == NOBODY)
    ptg__task_let_go(core, slot, task);
}

static void leave_group(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  PTG_CHECK_SLOW(group_adds_up(core, slot | PTG__QUEUE_GROUP));
  core->active = NOBODY;
  group->is_queued = 0;
  if (group->pending & PTG__GROUP_GONE) {
    if (group->noted_status == PTG_OK) ptg__shutdown_told(core, slot);
  } else {
    ptg__group_let_go(core, slot);
  }
}

/* Sets *action to what the active record has to tell, or leaves it: 0. */
static inline int tell_active(struct ptg__core *core,
                              struct ptg__action *action) {
  uint32_t slot = core->active;
  if (slot & PTG__QUEUE_GROUP) {
    slot &= ~PTG__QUEUE_GROUP;
    if (ptg__shutdown_next(core, slot, action)) return 1;
    leave_group(core, slot);
    return 0;
  }
  struct ptg__task *task = ptg__task_at(core, slot);
  if (ptg__task_next(core, slot, task, action)) return 1;
  leave_task(core, slot, task);
  return 0;
}

int ptg__core_next(struct ptg__core *core, struct ptg__action *action) {
  if (core->has_retry) {
    core->has_retry = 0;
    *action = core->retry;
    if (!ptg__events_want(core, action)) {
      enter(core, action);
      return 1;
    }
    ptg__events_note(core, action);
  }
  for (;;) {
    if (core->active == NOBODY) core->active = pop(core);
    if (core->active == NOBODY) return 0;
    if (!tell_active(core, action)) continue;
    if (action->kind == PTG__ACT_ERROR)
      find_handler(core, action->inside, action);
    if (!ptg__events_want(core, action)) break;
    ptg__events_note(core, action);
  }
  enter(core, action);
  return 1;
}

static void did_start(struct ptg__core *core, const struct ptg__action *action,
                      ptg_status status) {
  if (status == PTG_OK) return;
  if (ptg__task_at(core, action->slot)->state == PTG__TASK_ENDED) return;
  ptg__task_end(core, action->slot, &(ptg_outcome){.status = status});
}

static void did_hook(struct ptg__core *core, const struct ptg__action *action,
                     ptg_status status) {
  ptg__group_at(core, action->slot)->hook_status = status;
  if (status != PTG_OK)
    ptg__memo_note_failure(core, action->slot, NOBODY, status);
  if (action->kind == PTG__ACT_GROUP_CLOSED)
    ptg__core_told_closed(core, action->slot);
}

void ptg__core_told_closed(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  uint8_t pending = PTG__GROUP_GONE;
  if (group->watches != NOBODY) pending |= PTG__GROUP_WATCHED;
  group->is_told = 1;
  ptg__core_queue_group(core, slot, pending);
}

/* Also when one more watch has been told. */
static inline void told_done(struct ptg__core *core, uint32_t slot,
                             struct ptg__task *task) {
  task->flags |= PTG__TASK_TOLD;
  if (task->watches != NOBODY) {
    ptg__core_put_task(core, slot, task, PTG__TASK_WATCHED);
    return;
  }
  task->pending = 0;
  if (core->active == slot) {
    leave_task(core, slot, task);
  } else if ((task->flags & PTG__TASK_QUEUED) == 0) {
    ptg__task_let_go(core, slot, task);
  }
}

void ptg__core_told_done(struct ptg__core *core, uint32_t slot) {
  told_done(core, slot, ptg__task_at(core, slot));
}

PTG__ASIDE static void did_rarer(struct ptg__core *core,
                                 const struct ptg__action *action,
                                 ptg_status status) {
  switch (action->kind) {
  case PTG__ACT_WATCH:
    if (action->task != PTG_NONE) ptg__core_told_done(core, action->slot);
    break;
  case PTG__ACT_ERROR:
    if (status != PTG_OK && action->on_error != NULL)
      pass_up(core, action, status);
    break;
  case PTG__ACT_GROUP_DRAIN:
  case PTG__ACT_GROUP_CLOSED:
    did_hook(core, action, status);
    break;
  default:
    break;
  }
}

void ptg__core_did(struct ptg__core *core, const struct ptg__action *action,
                   ptg_status status) {
  core->inside = NOBODY;
  core->current = PTG_NONE;
  if (action->kind == PTG__ACT_START) {
    did_start(core, action, status);
  } else if (action->kind == PTG__ACT_DONE) {
    told_done(core, action->slot, ptg__task_at(core, action->slot));
  } else {
    did_rarer(core, action, status);
  }
}

int ptg__core_is_ready(const struct ptg__core *core) {
  return core->has_retry || core->active != NOBODY || core->turn != NOBODY ||
         core->later.first != NOBODY;
}

static int64_t earlier_of(int64_t group_ns, int64_t task_ns) {
  return group_ns < task_ns ? group_ns : task_ns;
}

int64_t ptg__core_next_time(const struct ptg__core *core) {
  if (ptg__core_is_ready(core)) return core->now_ns;
  return earlier_of(ptg__alarms_next(&core->group_alarms),
                    ptg__alarms_next(&core->task_alarms));
}

int64_t ptg__core_next_instant(const struct ptg__core *core) {
  if (ptg__core_is_ready(core)) return core->now_ns;
  return earlier_of(ptg__alarms_earliest(&core->group_alarms),
                    ptg__alarms_earliest(&core->task_alarms));
}

int64_t ptg__core_next_limit(const struct ptg__core *core) {
  return ptg__alarms_earliest(&core->group_alarms);
}

int ptg__core_is_over(const struct ptg__core *core) {
  return ptg__group_at(core, core->root)->is_gone &&
         !ptg__core_is_ready(core) && core->events.first == NOBODY;
}
