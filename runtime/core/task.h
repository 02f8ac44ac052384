/* task.h - asking, ending, telling and listing tasks. */
#ifndef PTG_CORE_TASK_H
#define PTG_CORE_TASK_H

#include "core.h"

/* What a task is called that neither has a name nor is of a type with one. */
#define PTG__NAMELESS "task"

/* Sets *slot to a task that has not ended, or that has ended late and is still
 * listed, or fails with a message. */
ptg_status ptg__task_find_listed(struct ptg__core *core, ptg_task handle,
                                 uint32_t *slot);

/* Says why there is no such task that has not ended. */
ptg_status ptg__task_not_found(struct ptg__core *core, ptg_task handle);

/* Sets *slot to a task that has not ended, or fails with a message. */
static inline ptg_status ptg__task_find(struct ptg__core *core, ptg_task handle,
                                        uint32_t *slot) {
  if (ptg__slab_find(&core->tasks, handle, slot) == PTG_OK) {
    uint8_t state = ptg__task_at(core, *slot)->state;
    if (state == PTG__TASK_PENDING || state == PTG__TASK_RUNNING) return PTG_OK;
  }
  return ptg__task_not_found(core, handle);
}

/* Ends a task; message may be NULL. */
void ptg__task_end(struct ptg__core *core, uint32_t slot,
                   const ptg_outcome *outcome);

/* Ends a task that was given up, at the end of its runtime: that is no new
 * failure, the report has it. */
void ptg__task_drop(struct ptg__core *core, uint32_t slot);

/* Asks a task to end on behalf of its group, which needs no memory. Returns 1
 * if it is to be told so, 0 if it had been asked, or had not started: then it
 * has ended. */
int ptg__task_ask_by_group(struct ptg__core *core, uint32_t slot);

/* Asks a task to end, which is told from the queue: to make room, which needs
 * no memory; or for a reason that is copied, which fails only for want of
 * memory. */
void ptg__task_ask_to_make_room(struct ptg__core *core, uint32_t slot);
ptg_status ptg__task_ask(struct ptg__core *core, uint32_t slot,
                         const char *reason, size_t reason_length,
                         uint64_t originator);

/* Sets the task's alarm; duration_ns is 0 or more, or PTG_FOREVER. */
void ptg__task_sleep(struct ptg__core *core, uint32_t slot,
                     int64_t duration_ns);

/* Queues the start of a task that has been accepted into a group. One that
 * comes while that drains is told so after its start. */
static inline void ptg__task_queue_start(struct ptg__core *core,
                                         const struct ptg__group *group,
                                         uint32_t slot,
                                         struct ptg__task *task) {
  int is_draining = group->is_own && group->state == PTG_GROUP_DRAINING;
  ptg__core_put_task(core, slot, task,
                     is_draining ? PTG__TASK_START | PTG__TASK_DRAIN
                                 : PTG__TASK_START);
}

/* Takes a task that has not ended off its group's account. */
void ptg__task_give_up(struct ptg__core *core, uint32_t slot);

/* The task's type wants events. */
static inline int ptg__task_has_events(const struct ptg__task *task) {
  return task->type != NULL && (task->type->flags & PTG_TASK_TYPE_EVENTS) != 0;
}

/* The PTG_TASK_* state that is shown of it. */
static inline uint32_t ptg__task_public_state(const struct ptg__task *task) {
  if (task->flags & PTG__TASK_GIVEN_UP) return PTG_TASK_ABANDONED;
  return task->state;
}

/* The PTG_OUTCOME_* bits of one that has ended. */
static inline uint32_t ptg__task_outcome_flags(const struct ptg__task *task) {
  uint32_t flags = 0;
  if ((task->flags & (PTG__TASK_ASKED | PTG__TASK_NEVER_RAN |
                      PTG__TASK_GIVEN_UP | PTG__TASK_KILLED)) == 0)
    return 0;
  if (task->flags & PTG__TASK_ASKED) flags |= PTG_OUTCOME_CANCEL_REQUESTED;
  if (task->flags & PTG__TASK_NEVER_RAN) flags |= PTG_OUTCOME_NEVER_RAN;
  if (task->flags & PTG__TASK_GIVEN_UP) flags |= PTG_OUTCOME_ABANDONED;
  if (task->flags & PTG__TASK_KILLED) flags |= PTG_OUTCOME_KILLED;
  return flags;
}

/* The host has been told to start it. */
void ptg__task_mark_started(struct ptg__core *core, uint32_t slot);

struct ptg__string ptg__task_name(const struct ptg__core *core, uint32_t slot);

/* Why a task was asked to end; how one ended. */
ptg_cancel_info ptg__task_cancel_info(const struct ptg__core *core,
                                      uint32_t slot);
void ptg__task_get_outcome(const struct ptg__core *core, uint32_t slot,
                           ptg_outcome *outcome);

/* Frees a task that has ended and is in no list. */
void ptg__task_free(struct ptg__core *core, uint32_t slot);

/* Frees a task whose end has been told, or keeps it while it is listed. */
void ptg__task_let_go(struct ptg__core *core, uint32_t slot,
                      struct ptg__task *task);

/* Sets *action to the next thing to tell of a queued task, or returns 0. */
int ptg__task_next(struct ptg__core *core, uint32_t slot,
                   struct ptg__task *task, struct ptg__action *action);

/* Sets *action to telling a running task this, if its type has a callback for
 * it; else returns 0. */
int ptg__task_tell(struct ptg__core *core, uint32_t slot,
                   enum ptg__action_kind kind, struct ptg__action *action);

void ptg__task_get_info(const struct ptg__core *core, uint32_t slot,
                        ptg_task_info *info);

/* Copies up to capacity handles of the tasks that have not ended, or of those
 * that were abandoned; returns how many there are. */
size_t ptg__task_list(const struct ptg__core *core, uint32_t group,
                      ptg_task *tasks, size_t capacity);
size_t ptg__task_list_abandoned(const struct ptg__core *core, uint32_t group,
                                ptg_task *tasks, size_t capacity);

#endif
