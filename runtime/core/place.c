/* place.c - see place.h. */
#include "place.h"

#include "check.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

static uint64_t taken(const struct ptg__group *group) {
  return group->live - group->waiting - group->exempt;
}

static int is_full(const struct ptg__group *group) {
  uint64_t places = group->options.max_tasks;
  return places != 0 && taken(group) >= places;
}

static ptg_status refuse(struct ptg__core *core, struct ptg__group *group,
                         const char *what) {
  group->counts.refused++;
  return ptg__core_fail(core, PTG_EFULL,
                        "the group \"%s\" has as many %s as it "
                        "may",
                        group->name.bytes, what);
}

static int may_wait(const struct ptg__group *group) {
  uint64_t places = group->options.max_queued;
  return places == 0 || group->waiting < places;
}

/* The oldest that has not been asked to end makes room: at once if it has not
 * started, else the newcomer waits for it. */
static ptg_status replace_oldest(struct ptg__core *core,
                                 struct ptg__group *group) {
  uint32_t at = group->first_task;
  while (at != NOBODY &&
         ptg__task_at(core, at)->flags & (PTG__TASK_ASKED | PTG__TASK_CLEANUP))
    at = ptg__task_at(core, at)->next;
  if (at == NOBODY) return refuse(core, group, "tasks");
  int is_running = ptg__task_at(core, at)->state == PTG__TASK_RUNNING;
  if (is_running && !may_wait(group))
    return refuse(core, group, "waiting tasks");
  ptg__task_ask_to_make_room(core, at);
  return PTG_OK;
}

PTG__ASIDE ptg_status ptg__place_admit(struct ptg__core *core, uint32_t slot,
                                       int *must_wait) {
  struct ptg__group *group = ptg__group_at(core, slot);
  *must_wait = is_full(group);
  if (!*must_wait) return PTG_OK;
  switch (group->options.when_full) {
  case PTG_FULL_QUEUE:
    if (may_wait(group)) return PTG_OK;
    return refuse(core, group, "waiting tasks");
  case PTG_FULL_REPLACE_OLDEST: {
    ptg_status status = replace_oldest(core, group);
    /* One that had not started is gone already. */
    *must_wait = is_full(group);
    return status;
  }
  default:
    return refuse(core, group, "tasks");
  }
}

PTG__ASIDE void ptg__place_wait(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__group *group = ptg__group_at(core, task->group);
  task->flags |= PTG__TASK_WAITING;
  if (group->waiting++ == 0) group->first_waiting = slot;
}

/* Tasks wait in the order of the group's list. */
static uint32_t next_waiting(const struct ptg__core *core, uint32_t slot) {
  do {
    slot = ptg__task_at(core, slot)->next;
  } while (slot != NOBODY &&
           (ptg__task_at(core, slot)->flags & PTG__TASK_WAITING) == 0);
  return slot;
}

static void stop_waiting(struct ptg__core *core, struct ptg__group *group,
                         uint32_t slot) {
  if (group->first_waiting == slot)
    group->first_waiting = next_waiting(core, slot);
  ptg__task_at(core, slot)->flags &= (uint16_t)~PTG__TASK_WAITING;
  group->waiting--;
}

PTG__ASIDE void ptg__place_leave_other(struct ptg__core *core,
                                       struct ptg__group *group, uint32_t slot,
                                       const struct ptg__task *task) {
  if (task->flags & PTG__TASK_KILLABLE) group->killable--;
  if (task->flags & PTG__TASK_CLEANUP) group->exempt--;
  if (task->flags & PTG__TASK_WAITING) stop_waiting(core, group, slot);
}

PTG__ASIDE void ptg__place_fill(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  while (group->waiting > 0 && taken(group) < group->options.max_tasks &&
         group->state <= PTG_GROUP_DRAINING) {
    uint32_t next = group->first_waiting;
    PTG_CHECK(next != NOBODY);
    stop_waiting(core, group, next);
    ptg__task_queue_start(core, group, next, ptg__task_at(core, next));
  }
}
