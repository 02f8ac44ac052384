/* spawn.c - see spawn.h. */
#include "spawn.h"

#include <string.h>

#include "group.h"
#include "place.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

static int may_spawn(const struct ptg__core *core,
                     const struct ptg__group *group, uint32_t slot,
                     uint32_t from, uint32_t flags) {
  switch (group->state) {
  case PTG_GROUP_OPEN:
    return 1;
  case PTG_GROUP_DRAINING:
    if (group->options.flags & PTG_GROUP_ADMITS_ANYONE) return 1;
    break;
  case PTG_GROUP_CANCELLING:
    if ((flags & PTG_SPAWN_CLEANUP) == 0 || group->is_killing) return 0;
    break;
  default:
    return 0;
  }
  return from != NOBODY && ptg__group_is_within(core, from, slot);
}

static ptg_status admit(struct ptg__core *core, struct ptg__group *group,
                        uint32_t slot, uint32_t from, uint32_t flags,
                        int *must_wait) {
  *must_wait = 0;
  if (!may_spawn(core, group, slot, from, flags)) {
    group->counts.refused++;
    return ptg__core_fail(core, PTG_ECLOSED,
                          "the group \"%s\" accepts no new tasks",
                          group->name.bytes);
  }
  if (flags & PTG_SPAWN_CLEANUP || group->options.max_tasks == 0) return PTG_OK;
  return ptg__place_admit(core, slot, must_wait);
}

static ptg_status set_name(struct ptg__core *core, struct ptg__task_cold *cold,
                           const char *name, size_t length) {
  if (length >= sizeof(cold->short_name))
    return ptg__string_init(&cold->name, &core->memory, name, length);
  memcpy(cold->short_name, name, length); /* zeroed behind it */
  cold->name = (struct ptg__string){cold->short_name, length};
  return PTG_OK;
}

static ptg_status set_texts(struct ptg__core *core, uint32_t slot,
                            const ptg_task_options *options) {
  int has_name = options->name != NULL && options->name_length > 0;
  int has_place = options->place != NULL && options->place_length > 0;
  if (!has_name && !has_place) return PTG_OK;
  struct ptg__task_cold *cold = ptg__task_cold(core, slot);
  ptg_status status = cold == NULL ? PTG_ENOMEM : PTG_OK;
  if (status == PTG_OK && has_name)
    status = set_name(core, cold, options->name, options->name_length);
  if (status == PTG_OK && has_place)
    status = ptg__string_init(&cold->place, &core->memory, options->place,
                              options->place_length);
  return status;
}

static void link_to_group(struct ptg__core *core, struct ptg__group *group,
                          uint32_t slot, struct ptg__task *task) {
  task->next = NOBODY;
  task->prev = group->last_task;
  if (group->last_task == NOBODY) {
    group->first_task = slot;
  } else {
    ptg__task_at(core, group->last_task)->next = slot;
  }
  group->last_task = slot;
}

/* Resolves on whose behalf a spawn is: *from is the group it comes from. */
static ptg_status find_spawner(struct ptg__core *core, ptg_task *spawner,
                               uint32_t *from) {
  *from = core->inside;
  if (*spawner == PTG_NONE) {
    if (ptg__slab_is_of(&core->tasks, core->current)) *spawner = core->current;
    return PTG_OK;
  }
  uint32_t slot;
  ptg_status status = ptg__task_find(core, *spawner, &slot);
  if (status != PTG_OK) return status;
  *from = ptg__task_at(core, slot)->group;
  return PTG_OK;
}

static void count_in(struct ptg__group *group, const struct ptg__task *task) {
  group->spawned++;
  group->live++;
  if (group->live > group->peak) group->peak = group->live;
  group->unstarted++;
  group->killable += (uint64_t)ptg__task_is_killable(task);
  group->exempt += (task->flags & PTG__TASK_CLEANUP) != 0;
}

static uint16_t first_flags(const ptg_task_options *options) {
  uint16_t flags = 0;
  if (options->flags & PTG_SPAWN_CLEANUP) flags |= PTG__TASK_CLEANUP;
  if (options->flags & PTG_SPAWN_OBSERVED) flags |= PTG__TASK_OBSERVED;
  return flags;
}

/* Checks and resolves what a spawn says; *from is the group it comes from. */
static ptg_status check_spawn(struct ptg__core *core, ptg_task_options *options,
                              uint32_t *from) {
  if (options->flags & ~PTG__SPAWN_FLAGS)
    return ptg__core_fail(core, PTG_EINVAL, "unknown flags of a spawn: 0x%x",
                          options->flags);
  ptg_status status = PTG_OK;
  if (options->name != NULL)
    status = ptg__core_check_name(core, options->name, &options->name_length);
  if (status == PTG_OK && options->place != NULL)
    status = ptg__core_check_name(core, options->place, &options->place_length);
  if (status != PTG_OK) return status;
  return find_spawner(core, &options->spawner, from);
}

ptg_status ptg__task_reserve(struct ptg__core *core, uint32_t *slot) {
  ptg_status status = ptg__slab_take(&core->tasks, slot);
  if (status != PTG_OK)
    return ptg__core_fail(core, status, "no memory for a task");
  /* One by one, because compilers clear the whole with a slow instruction. The
   * links are set when they lead somewhere. */
  struct ptg__task *task = ptg__task_at(core, *slot);
  task->group = task->watches = NOBODY;
  task->type = NULL;
  task->user_data = NULL;
  task->spawned_ns = 0;
  task->spawner = PTG_NONE;
  task->cold = NULL;
  task->alarm = (struct ptg__alarm){0};
  task->state = PTG__TASK_RESERVED;
  task->pending = 0;
  task->flags = 0;
  task->noted = (struct ptg__noted){0};
  return PTG_OK;
}

ptg_status ptg__task_accept(struct ptg__core *core, uint32_t slot,
                            uint32_t group, const ptg_task_type *type,
                            ptg_task_options *options, void *user_data) {
  uint32_t from = NOBODY;
  ptg_status status = check_spawn(core, options, &from);
  if (status != PTG_OK) return status;
  /* Texts first: admitting may ask another task to make room. */
  status = set_texts(core, slot, options);
  if (status != PTG_OK)
    return ptg__core_fail(core, status, "no memory for a task's texts");
  struct ptg__group *in = ptg__group_at(core, group);
  int must_wait;
  status = admit(core, in, group, from, options->flags, &must_wait);
  if (status != PTG_OK) return status;

  struct ptg__task *task = ptg__task_at(core, slot);
  task->group = group;
  task->type = type;
  task->user_data = user_data;
  task->spawned_ns = core->now_ns;
  task->spawner = options->spawner;
  task->state = PTG__TASK_PENDING;
  task->flags = first_flags(options);
  if (in->state == PTG_GROUP_CANCELLING) task->flags |= PTG__TASK_IN_CANCEL;
  link_to_group(core, in, slot, task);
  count_in(in, task);
  if (must_wait) {
    ptg__place_wait(core, slot);
  } else {
    ptg__task_queue_start(core, in, slot, task);
  }
  return PTG_OK;
}

void ptg__task_refuse(struct ptg__core *core, uint32_t slot,
                      const ptg_task_type *type, void *user_data,
                      ptg_status status) {
  struct ptg__task *task = ptg__task_at(core, slot);
  task->type = type;
  task->user_data = user_data;
  task->state = PTG__TASK_ENDED;
  task->flags |= PTG__TASK_NEVER_RAN;
  task->end.status = status;
  ptg__core_queue_task(core, slot, PTG__TASK_DONE);
}

ptg_status ptg__task_spawn(struct ptg__core *core, uint32_t group,
                           const ptg_task_type *type, ptg_task_options *options,
                           void *user_data, uint32_t *slot) {
  ptg_status status = ptg__task_reserve(core, slot);
  if (status != PTG_OK) return status;
  status = ptg__task_accept(core, *slot, group, type, options, user_data);
  if (status != PTG_OK) ptg__task_free(core, *slot);
  return status;
}
