/* owner.c - see owner.h. */
#include "owner.h"

#include "check.h"
#include "cold.h"
#include "group.h"
#include "shutdown.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

ptg_status ptg__owner_find(struct ptg__core *core, ptg_task handle,
                           uint32_t parent, uint32_t *task) {
  *task = NOBODY;
  if (handle == PTG_NONE) return PTG_OK;
  ptg_status status = ptg__task_find(core, handle, task);
  if (status != PTG_OK) return status;
  if (ptg__group_is_within(core, parent, ptg__task_at(core, *task)->group))
    return PTG_OK;
  return ptg__core_fail(core, PTG_EINVAL,
                        "the owner is not a task of a group above");
}

ptg_status ptg__owner_bind(struct ptg__core *core, uint32_t slot,
                           uint32_t task) {
  struct ptg__task_cold *cold = ptg__cold_of(core, task);
  if (cold == NULL)
    return ptg__core_fail(core, PTG_ENOMEM, "no memory for a group's owner");
  struct ptg__group *group = ptg__group_at(core, slot);
  group->owner = task;
  group->owned_next = cold->first_owned;
  cold->first_owned = slot;
  cold->owned++;
  return PTG_OK;
}

ptg_task ptg__owner_handle(const struct ptg__core *core, uint32_t slot) {
  uint32_t owner = ptg__group_at(core, slot)->owner;
  if (owner == NOBODY || ptg__task_at(core, owner)->state == PTG__TASK_ENDED)
    return PTG_NONE;
  return ptg__task_handle(core, owner);
}

uint32_t ptg__owner_ended(struct ptg__core *core, uint32_t slot) {
  const struct ptg__task_cold *cold = ptg__task_at(core, slot)->cold;
  if (cold == NULL) return 0;
  for (uint32_t at = cold->first_owned; at != NOBODY;
       at = ptg__group_at(core, at)->owned_next)
    ptg__shutdown_request_for(core, at, slot);
  return cold->owned;
}

void ptg__owner_let_go(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  uint32_t owner = group->owner;
  if (owner == NOBODY) return;
  group->owner = NOBODY;

  struct ptg__task *task = ptg__task_at(core, owner);
  uint32_t *link = &task->cold->first_owned;
  while (*link != slot)
    link = &ptg__group_at(core, *link)->owned_next;
  *link = group->owned_next;
  if (--task->cold->owned == 0 && task->state == PTG__TASK_ENDED)
    ptg__core_queue_task(core, owner, PTG__TASK_DONE);
}
