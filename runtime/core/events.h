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

/* True if an action is to be told as an event. */
int ptg__events_want(const struct ptg__core *core,
                     const struct ptg__action *action);

/* Notes such an action. */
void ptg__events_note(struct ptg__core *core, const struct ptg__action *action);

/* Takes back what the host has not been told of a task that has ended, or of
 * its sleep. */
void ptg__events_forget(struct ptg__task *task);
void ptg__events_forget_wake(struct ptg__task *task);

/* True if the end of a task, which is no event, has to wait until the event of
 * its failure has been taken. */
int ptg__events_hold_done(const struct ptg__task *task);

/* Begins a take: what the last one handed out is no longer valid. */
void ptg__events_begin_take(struct ptg__core *core);

/* Fills *event with the next one, or returns 0. */
int ptg__events_next(struct ptg__core *core, ptg_event *event);

/* Keeps what is cold of a task that has ended until the next take. */
void ptg__events_keep(struct ptg__core *core, struct ptg__task_cold *cold);

#endif
