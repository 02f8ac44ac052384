/* events.h - telling by events instead of callbacks.
 *
 * An action for a task type or group that wants events is not carried out but
 * noted as a bit in its record, and the record is put in a queue through a
 * link of its own. Taking events empties that queue. So an event needs no
 * memory, and whoever does not take them holds up nothing but those records.
 */
#ifndef PTG_CORE_EVENTS_H
#define PTG_CORE_EVENTS_H

#include "core.h"

/* True if a group's errors and phases are to be told as events; NOBODY's are
 * not. */
static inline int ptg__events_of_group(const struct ptg__core *core,
                                       uint32_t group) {
  return group != PTG__NO_SLOT &&
         (ptg__group_at(core, group)->options.flags & PTG_GROUP_EVENTS) != 0;
}

/* True if an action is to be told as an event. */
static inline int ptg__events_want(const struct ptg__core *core,
                                   const struct ptg__action *action) {
  switch (action->kind) {
  case PTG__ACT_WATCH:
    return 0;
  case PTG__ACT_ERROR:
  case PTG__ACT_GROUP_DRAIN:
  case PTG__ACT_GROUP_CLOSED:
    return ptg__events_of_group(core, action->inside);
  default:
    return (action->type->flags & PTG_TASK_TYPE_EVENTS) != 0;
  }
}

/* Notes such an action. */
void ptg__events_note(struct ptg__core *core, const struct ptg__action *action);

/* Takes back what the host has not been told of a task that has ended, or of
 * its sleep. */
void ptg__events_forget(struct ptg__task *task);
void ptg__events_forget_wake(struct ptg__task *task);

/* True if the end of a task, which is no event, has to wait until the event of
 * its failure has been taken. */
static inline int ptg__events_hold_done(const struct ptg__task *task) {
  return (task->noted.kinds & 1u << PTG__ACT_ERROR) != 0 &&
         (task->type->flags & PTG_TASK_TYPE_EVENTS) == 0;
}

/* Begins a take: what the last one handed out is no longer valid. */
void ptg__events_begin_take(struct ptg__core *core);

/* Fills *event with the next one, or returns 0. */
int ptg__events_next(struct ptg__core *core, ptg_event *event);

/* Keeps what is cold of a task that has ended until the next take. */
void ptg__events_keep(struct ptg__core *core, struct ptg__task_cold *cold);

#endif
