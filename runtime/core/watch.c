/* watch.c - see watch.h. */
#include "watch.h"

#include "check.h"
#include "group.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

static uint32_t *ring_of(struct ptg__core *core, uint32_t entry) {
  uint32_t slot = entry & ~PTG__QUEUE_GROUP;
  return entry & PTG__QUEUE_GROUP ? &ptg__group_at(core, slot)->watches
                                  : &ptg__task_at(core, slot)->watches;
}

static void link_last(struct ptg__core *core, uint32_t slot) {
  struct ptg__watch *watch = ptg__watch_at(core, slot);
  uint32_t *first = ring_of(core, watch->watched);
  if (*first == NOBODY) {
    *first = watch->prev = watch->next = slot;
    return;
  }
  struct ptg__watch *head = ptg__watch_at(core, *first);
  watch->next = *first;
  watch->prev = head->prev;
  ptg__watch_at(core, head->prev)->next = slot;
  head->prev = slot;
}

static void unlink_watch(struct ptg__core *core, uint32_t slot) {
  const struct ptg__watch *watch = ptg__watch_at(core, slot);
  uint32_t *first = ring_of(core, watch->watched);
  if (watch->next == slot) {
    *first = NOBODY;
    return;
  }
  ptg__watch_at(core, watch->prev)->next = watch->next;
  ptg__watch_at(core, watch->next)->prev = watch->prev;
  if (*first == slot) *first = watch->next;
}

static ptg_status find_watched(struct ptg__core *core, uint64_t watched,
                               uint32_t *entry) {
  ptg_status status = ptg__slab_find(&core->groups, watched, entry);
  if (status == PTG_OK) {
    *entry |= PTG__QUEUE_GROUP;
    return PTG_OK;
  }
  if (status == PTG_EKIND)
    status = ptg__slab_find(&core->tasks, watched, entry);
  if (status == PTG_OK) {
    const struct ptg__task *task = ptg__task_at(core, *entry);
    if (task->state == PTG__TASK_RESERVED)
      return ptg__core_fail(core, PTG_EBUSY, "the spawn is on its way");
    /* One that is still listed as abandoned has told its end. */
    if ((task->flags & PTG__TASK_TOLD) == 0) return PTG_OK;
    status = PTG_ESTALE;
  }
  return ptg__core_fail(core, status, "%s",
                        status == PTG_ESTALE
                            ? "what was to be watched is gone"
                            : "not a handle of a task or a group");
}

/* A task is done with after the groups that it owns. */
static int is_owned_by(const struct ptg__core *core, uint32_t group,
                       uint32_t task) {
  while (group != NOBODY && ptg__group_at(core, group)->owner != task)
    group = ptg__group_at(core, group)->parent;
  return group != NOBODY;
}

static ptg_status check_waiter(struct ptg__core *core, uint32_t entry,
                               ptg_task waiter) {
  if (waiter == PTG_NONE) return PTG_OK;
  uint32_t slot;
  ptg_status status = ptg__task_find(core, waiter, &slot);
  if (status != PTG_OK) return status;
  uint32_t group = ptg__task_at(core, slot)->group;
  int is_part =
      entry & PTG__QUEUE_GROUP
          ? ptg__group_is_within(core, group, entry & ~PTG__QUEUE_GROUP)
          : slot == entry || is_owned_by(core, group, entry);
  if (!is_part) return PTG_OK;
  return ptg__core_fail(core, PTG_EDEADLK,
                        "the waiter is part of what it waits for");
}

/* What is over already, but not gone, tells its late watch on the next turn. */
static void tell_if_over(struct ptg__core *core, uint32_t entry) {
  uint32_t slot = entry & ~PTG__QUEUE_GROUP;
  if ((entry & PTG__QUEUE_GROUP) == 0) return;
  const struct ptg__group *group = ptg__group_at(core, slot);
  if (group->state == PTG_GROUP_CLOSED && group->is_told)
    ptg__core_queue_group(core, slot, PTG__GROUP_WATCHED);
}

ptg_status ptg__watch_add(struct ptg__core *core, uint64_t watched,
                          const ptg_watch_options *options, uint32_t *slot) {
  uint32_t entry;
  ptg_status status = find_watched(core, watched, &entry);
  if (status != PTG_OK) return status;
  status = check_waiter(core, entry, options->waiter);
  if (status != PTG_OK) return status;
  status = ptg__slab_add(&core->watches, slot);
  if (status != PTG_OK)
    return ptg__core_fail(core, status, "no memory for a watch");

  struct ptg__watch *watch = ptg__watch_at(core, *slot);
  watch->options = *options;
  watch->watched = entry;
  link_last(core, *slot);
  tell_if_over(core, entry);
  return PTG_OK;
}

ptg_status ptg__watch_find(struct ptg__core *core, ptg_watch handle,
                           uint32_t *slot) {
  ptg_status status = ptg__slab_find(&core->watches, handle, slot);
  if (status == PTG_OK) return PTG_OK;
  return ptg__core_fail(core, status, "%s",
                        status == PTG_ESTALE  ? "the watch is gone"
                        : status == PTG_EKIND ? "the handle is not a watch's"
                                              : "not a handle of a watch");
}

ptg_watch_options ptg__watch_remove(struct ptg__core *core, uint32_t slot) {
  ptg_watch_options options = ptg__watch_at(core, slot)->options;
  unlink_watch(core, slot);
  ptg__slab_remove(&core->watches, slot);
  return options;
}

int ptg__watch_next(struct ptg__core *core, uint32_t *first,
                    struct ptg__action *action) {
  uint32_t slot = *first;
  if (slot == NOBODY) return 0;
  action->kind = PTG__ACT_WATCH;
  action->inside = NOBODY;
  action->current = PTG_NONE;
  action->watch = ptg__slab_handle(&core->watches, slot);
  action->watcher = ptg__watch_remove(core, slot);
  return 1;
}

ptg_outcome ptg__watch_group_outcome(const struct ptg__core *core,
                                     uint32_t group) {
  ptg_outcome outcome = {.size = sizeof(outcome)};
  for (uint32_t at = group; at != NOBODY;
       at = ptg__group_walk(core, group, at)) {
    const struct ptg__group *below = ptg__group_at(core, at);
    if (below->is_ending) outcome.value += below->abandoned;
  }
  if (outcome.value > 0) outcome.status = PTG_ETIMEDOUT;
  return outcome;
}
