/* spawn.c - see spawn.h. */
#include "spawn.h"

#include "check.h"
#include "cold.h"
#include "group.h"
#include "place.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

PTG__ASIDE static int may_spawn_late(const struct ptg__core *core,
                                     const struct ptg__group *group,
                                     uint32_t slot, uint32_t from,
                                     uint32_t flags) {
  switch (group->state) {
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

PTG__ASIDE static ptg_status refuse_late(struct ptg__core *core,
                                         struct ptg__group *group) {
  group->counts.refused++;
  return ptg__core_fail(core, PTG_ECLOSED,
                        "the group \"%s\" accepts no new tasks",
                        group->name.bytes);
}

static ptg_status admit(struct ptg__core *core, struct ptg__group *group,
                        uint32_t slot, uint32_t from, uint32_t flags,
                        int *must_wait) {
  *must_wait = 0;
  if (group->state != PTG_GROUP_OPEN &&
      !may_spawn_late(core, group, slot, from, flags))
    return refuse_late(core, group);
  if (group->options.max_tasks == 0 || flags & PTG_SPAWN_CLEANUP) return PTG_OK;
  return ptg__place_admit(core, slot, must_wait);
}

static ptg_status set_texts(struct ptg__core *core, uint32_t slot,
                            const ptg_task_options *options) {
  int has_name = options->name != NULL && options->name_length > 0;
  int has_place = options->place != NULL && options->place_length > 0;
  if (!has_name && !has_place) return PTG_OK;
  struct ptg__task_cold *cold = ptg__cold_of(core, slot);
  ptg_status status = cold == NULL ? PTG_ENOMEM : PTG_OK;
  if (status == PTG_OK && has_name)
    status = ptg__cold_keep(core, cold, &cold->name, options->name,
                            options->name_length);
  if (status == PTG_OK && has_place)
    status = ptg__cold_keep(core, cold, &cold->place, options->place,
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

/* A spawn is on behalf of the task whose callback it is made in, if it does not
 * name another one. */
static ptg_task calling_task(const struct ptg__core *core) {
  return ptg__slab_is_of(&core->tasks, core->current) ? core->current
                                                      : PTG_NONE;
}

/* Checks what a spawn says, but for its flags' meaning, and takes its texts
 * over. *spawner and *from, the group that it comes from, are changed if it
 * names a spawner. */
PTG__ASIDE static ptg_status take_options(struct ptg__core *core, uint32_t slot,
                                          ptg_task_options *options,
                                          ptg_task *spawner, uint32_t *from) {
  if (options->flags & ~PTG__SPAWN_FLAGS)
    return ptg__core_fail(core, PTG_EINVAL, "unknown flags of a spawn: 0x%x",
                          options->flags);
  ptg_status status = PTG_OK;
  if (options->name != NULL)
    status = ptg__core_check_name(core, options->name, &options->name_length);
  if (status == PTG_OK && options->place != NULL)
    status = ptg__core_check_name(core, options->place, &options->place_length);
  if (status != PTG_OK) return status;
  if (options->spawner != PTG_NONE) {
    uint32_t named;
    status = ptg__task_find(core, options->spawner, &named);
    if (status != PTG_OK) return status;
    *spawner = options->spawner;
    *from = ptg__task_at(core, named)->group;
  }
  status = set_texts(core, slot, options);
  if (status == PTG_OK) return PTG_OK;
  return ptg__core_fail(core, status, "no memory for a task's texts");
}

static uint16_t first_flags(const struct ptg__group *group,
                            const ptg_task_type *type, uint32_t asked) {
  uint16_t flags = 0;
  if (asked & PTG_SPAWN_CLEANUP) flags |= PTG__TASK_CLEANUP;
  if (asked & PTG_SPAWN_OBSERVED) flags |= PTG__TASK_OBSERVED;
  if (type->kill != NULL || type->flags & PTG_TASK_TYPE_KILLABLE)
    flags |= PTG__TASK_KILLABLE;
  if (group->state == PTG_GROUP_CANCELLING) flags |= PTG__TASK_IN_CANCEL;
  return flags;
}

static void count_in(struct ptg__group *group, const struct ptg__task *task) {
  group->spawned++;
  group->live++;
  if (group->live > group->peak) group->peak = group->live;
  group->unstarted++;
  if (task->flags & PTG__TASK_KILLABLE) group->killable++;
  if (task->flags & PTG__TASK_CLEANUP) group->exempt++;
}

/* Takes a record, and sets in it what is read before the spawn is accepted, and
 * what no spawn says. */
static ptg_status take(struct ptg__core *core, uint32_t *slot) {
  ptg_status status = ptg__slab_take(&core->tasks, slot);
  if (status != PTG_OK)
    return ptg__core_fail(core, status, "no memory for a task");
  /* One by one, because compilers clear the whole with a slow instruction. The
   * links are set when they lead somewhere. */
  struct ptg__task *task = ptg__task_at(core, *slot);
  task->cold = NULL;
  task->alarm = (struct ptg__alarm){0};
  task->state = PTG__TASK_RESERVED;
  task->pending = 0;
  task->flags = 0;
  task->watches = NOBODY;
  task->noted = (struct ptg__noted){0};
  return PTG_OK;
}

ptg_status ptg__task_reserve(struct ptg__core *core, uint32_t *slot) {
  ptg_status status = take(core, slot);
  if (status != PTG_OK) return status;
  struct ptg__task *task = ptg__task_at(core, *slot);
  task->group = NOBODY;
  task->type = NULL;
  task->user_data = NULL;
  task->spawned_ns = 0;
  task->spawner = PTG_NONE;
  return PTG_OK;
}

ptg_status ptg__task_accept(struct ptg__core *core, uint32_t slot,
                            uint32_t group, const ptg_task_type *type,
                            ptg_task_options *options, void *user_data) {
  ptg_task spawner = calling_task(core);
  uint32_t from = core->inside, asked = 0;
  ptg_status status = PTG_OK;
  /* Texts first: admitting may ask another task to make room. */
  if (options != NULL) {
    status = take_options(core, slot, options, &spawner, &from);
    asked = options->flags;
  }
  if (status != PTG_OK) return status;
  struct ptg__group *in = ptg__group_at(core, group);
  int must_wait;
  status = admit(core, in, group, from, asked, &must_wait);
  if (status != PTG_OK) return status;

  struct ptg__task *task = ptg__task_at(core, slot);
  task->group = group;
  task->type = type;
  task->user_data = user_data;
  task->spawned_ns = core->now_ns;
  task->spawner = spawner;
  task->state = PTG__TASK_PENDING;
  task->flags = first_flags(in, type, asked);
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
  ptg_status status = take(core, slot);
  if (status != PTG_OK) return status;
  status = ptg__task_accept(core, *slot, group, type, options, user_data);
  if (status != PTG_OK) ptg__task_free(core, *slot);
  return status;
}
