/* place.h - how many tasks of a group may run at once.
 *
 * A started task takes a place, clean-up excepted. When all are taken a new
 * task is refused, or waits: whoever waits is PENDING and not queued, and is
 * started, oldest first, when a place becomes free.
 */
#ifndef PTG_CORE_PLACE_H
#define PTG_CORE_PLACE_H

#include "core.h"

/* Sees whether a new task may come, and sets *must_wait if it is to wait. */
ptg_status ptg__place_admit(struct ptg__core *core, uint32_t group,
                            int *must_wait);

/* Leaves the other counts. */
void ptg__place_leave_other(struct ptg__core *core, struct ptg__group *group,
                            uint32_t slot, const struct ptg__task *task);

/* Lets a task that has just been linked to its group wait. */
void ptg__place_wait(struct ptg__core *core, uint32_t slot);

/* A task leaves its group's count of the live; call before it is unlinked. */
static inline void ptg__place_leave(struct ptg__core *core,
                                    struct ptg__group *group, uint32_t slot,
                                    const struct ptg__task *task) {
  group->live--;
  if (task->flags &
      (PTG__TASK_KILLABLE | PTG__TASK_CLEANUP | PTG__TASK_WAITING))
    ptg__place_leave_other(core, group, slot, task);
}

/* Starts who waits for the places that are free; somebody waits. */
void ptg__place_fill(struct ptg__core *core, uint32_t group);

#endif
