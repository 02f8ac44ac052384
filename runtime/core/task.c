/* task.c - see task.h. */
#include "task.h"

#include "check.h"
#include "group.h"
#include "shutdown.h"

#define NOBODY PTG__NO_SLOT

/* ---------------------------------------------------------------- spawn -- */

static int may_spawn(const struct ptg__core *core, uint32_t slot, uint32_t from,
                     uint32_t flags) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  switch (group->state) {
  case PTG_GROUP_OPEN:
    return 1;
  case PTG_GROUP_DRAINING:
    break;
  case PTG_GROUP_CANCELLING:
    if ((flags & PTG_SPAWN_CLEANUP) == 0 || group->is_killing) return 0;
    break;
  default:
    return 0;
  }
  return from != NOBODY && ptg__group_is_within(core, from, slot);
}

static ptg_status refuse(struct ptg__core *core, struct ptg__group *group,
                         ptg_status status, const char *why) {
  group->counts.refused++;
  return ptg__core_fail(core, status, "the group \"%s\" %s", group->name.bytes,
                        why);
}

static ptg_status admit(struct ptg__core *core, uint32_t slot, uint32_t from,
                        uint32_t flags) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (!may_spawn(core, slot, from, flags))
    return refuse(core, group, PTG_ECLOSED, "accepts no new tasks");
  uint64_t max_tasks = group->options.max_tasks;
  if (max_tasks != 0 && group->live >= max_tasks)
    return refuse(core, group, PTG_EFULL, "has as many tasks as it may");
  return PTG_OK;
}

static struct ptg__task_cold *cold_of(struct ptg__core *core,
                                      struct ptg__task *task) {
  if (task->cold == NULL)
    task->cold = ptg__memory_take(&core->memory, sizeof(*task->cold));
  return task->cold;
}

static void free_cold(struct ptg__core *core, struct ptg__task *task) {
  if (task->cold == NULL) return;
  ptg__string_fini(&task->cold->name, &core->memory);
  ptg__string_fini(&task->cold->reason, &core->memory);
  ptg__string_fini(&task->cold->message, &core->memory);
  ptg__memory_give(&core->memory, task->cold, sizeof(*task->cold));
  task->cold = NULL;
}

static ptg_status set_name(struct ptg__core *core, struct ptg__task *task,
                           const char *name, size_t length) {
  if (length == 0) return PTG_OK;
  struct ptg__task_cold *cold = cold_of(core, task);
  if (cold == NULL) return PTG_ENOMEM;
  return ptg__string_init(&cold->name, &core->memory, name, length);
}

static void link_to_group(struct ptg__core *core, uint32_t slot,
                          struct ptg__task *task) {
  struct ptg__group *group = ptg__group_at(core, task->group);
  task->next = NOBODY;
  task->prev = group->last_task;
  if (group->last_task == NOBODY) {
    group->first_task = slot;
  } else {
    ptg__task_at(core, group->last_task)->next = slot;
  }
  group->last_task = slot;
}

static void unlink_from_group(struct ptg__core *core, uint32_t slot,
                              struct ptg__task *task) {
  struct ptg__group *group = ptg__group_at(core, task->group);
  if (group->cursor == slot) group->cursor = task->prev;
  if (task->prev == NOBODY) {
    group->first_task = task->next;
  } else {
    ptg__task_at(core, task->prev)->next = task->next;
  }
  if (task->next == NOBODY) {
    group->last_task = task->prev;
  } else {
    ptg__task_at(core, task->next)->prev = task->prev;
  }
}

/* Resolves on whose behalf a spawn is: *from is the group it comes from. */
static ptg_status find_spawner(struct ptg__core *core, ptg_task *spawner,
                               uint32_t *from) {
  *from = core->inside;
  if (*spawner == PTG_NONE) {
    uint32_t unused;
    if (ptg__slab_find(&core->tasks, core->current, &unused) == PTG_OK)
      *spawner = core->current;
    return PTG_OK;
  }
  uint32_t slot;
  ptg_status status = ptg__task_find(core, *spawner, &slot);
  if (status != PTG_OK) return status;
  *from = ptg__task_at(core, slot)->group;
  return PTG_OK;
}

static void count_in(struct ptg__core *core, const struct ptg__task *task) {
  struct ptg__group *group = ptg__group_at(core, task->group);
  group->spawned++;
  group->live++;
  group->unstarted++;
  group->killable += task->type->kill != NULL;
}

/* One that comes while its group drains is told so after its start. */
static uint8_t first_pending(const struct ptg__core *core,
                             const struct ptg__task *task) {
  const struct ptg__group *group = ptg__group_at(core, task->group);
  int is_draining = group->is_own && group->state == PTG_GROUP_DRAINING;
  return is_draining ? PTG__TASK_START | PTG__TASK_DRAIN : PTG__TASK_START;
}

ptg_status ptg__task_spawn(struct ptg__core *core, uint32_t group,
                           const ptg_task_type *type,
                           const ptg_task_options *options, void *user_data,
                           uint32_t *slot) {
  size_t name_length = options->name_length;
  ptg_status status = ptg__core_check_name(core, options->name, &name_length);
  if (status != PTG_OK) return status;
  ptg_task spawner = options->spawner;
  uint32_t from;
  status = find_spawner(core, &spawner, &from);
  if (status != PTG_OK) return status;
  status = admit(core, group, from, options->flags);
  if (status != PTG_OK) return status;

  status = ptg__slab_add(&core->tasks, slot);
  if (status != PTG_OK)
    return ptg__core_fail(core, status, "no memory for a task");
  struct ptg__task *task = ptg__task_at(core, *slot);
  status = set_name(core, task, options->name, name_length);
  if (status != PTG_OK) {
    free_cold(core, task);
    ptg__slab_remove(&core->tasks, *slot);
    return ptg__core_fail(core, status, "no memory for a task's name");
  }

  task->group = group;
  task->type = type;
  task->user_data = user_data;
  task->spawned_ns = core->now_ns;
  task->spawner = spawner;
  task->state = PTG__TASK_PENDING;
  task->flags = options->flags & PTG_SPAWN_CLEANUP ? PTG__TASK_CLEANUP : 0;
  link_to_group(core, *slot, task);
  count_in(core, task);
  ptg__core_queue_task(core, *slot, first_pending(core, task));
  return PTG_OK;
}

/* ----------------------------------------------------------------- find -- */

ptg_status ptg__task_find_listed(struct ptg__core *core, ptg_task handle,
                                 uint32_t *slot) {
  ptg_status status = ptg__slab_find(&core->tasks, handle, slot);
  if (status == PTG_OK) {
    const struct ptg__task *task = ptg__task_at(core, *slot);
    if (task->state != PTG__TASK_ENDED || task->flags & PTG__TASK_GIVEN_UP)
      return PTG_OK;
    status = PTG_ESTALE;
  }
  return ptg__core_fail(core, status, "%s",
                        status == PTG_ESTALE  ? "the task is gone"
                        : status == PTG_EKIND ? "the handle is a group's"
                                              : "not a handle of a task");
}

ptg_status ptg__task_find(struct ptg__core *core, ptg_task handle,
                          uint32_t *slot) {
  ptg_status status = ptg__task_find_listed(core, handle, slot);
  if (status != PTG_OK) return status;
  if (ptg__task_at(core, *slot)->state != PTG__TASK_ENDED) return PTG_OK;
  return ptg__core_fail(core, PTG_ESTALE, "the task is gone");
}

/* ------------------------------------------------------------------ end -- */

static void keep_message(struct ptg__core *core, struct ptg__task *task,
                         const ptg_outcome *outcome) {
  if (outcome->message == NULL) return;
  struct ptg__task_cold *cold = cold_of(core, task);
  if (cold == NULL) return;
  size_t length =
      ptg__text_length(outcome->message, outcome->message_length, SIZE_MAX - 1);
  /* Lost without memory: the end of a task must not fail. */
  (void)ptg__string_init(&cold->message, &core->memory, outcome->message,
                         length);
}

static void count_out(struct ptg__group *group, const struct ptg__task *task,
                      ptg_status status) {
  if (task->state == PTG__TASK_PENDING) group->unstarted--;
  if (task->flags & PTG__TASK_GIVEN_UP) {
    group->late++;
    return;
  }
  group->live--;
  group->killable -= task->type->kill != NULL;
  if (status == PTG_OK) {
    group->counts.succeeded++;
  } else if (status == PTG_ECANCELED) {
    group->counts.cancelled++;
  } else {
    group->counts.failed++;
  }
}

static int is_failure(ptg_status status) {
  return status != PTG_OK && status != PTG_ECANCELED;
}

void ptg__task_end(struct ptg__core *core, uint32_t slot,
                   const ptg_outcome *outcome) {
  struct ptg__task *task = ptg__task_at(core, slot);
  PTG_CHECK(task->state != PTG__TASK_ENDED);
  struct ptg__group *group = ptg__group_at(core, task->group);

  count_out(group, task, outcome->status);
  ptg__alarms_clear(&core->task_alarms, slot);
  keep_message(core, task, outcome);
  if (task->state == PTG__TASK_PENDING) task->flags |= PTG__TASK_NEVER_RAN;
  task->state = PTG__TASK_ENDED;
  task->end.value = outcome->value;
  task->end.status = outcome->status;
  task->end.code = outcome->code;

  /* Who was given up stays listed for the report. */
  if ((task->flags & PTG__TASK_GIVEN_UP) == 0)
    unlink_from_group(core, slot, task);
  group->untold++;
  task->pending = 0;
  ptg__core_queue_task(core, slot,
                       is_failure(outcome->status)
                           ? PTG__TASK_ERROR | PTG__TASK_DONE
                           : PTG__TASK_DONE);
}

void ptg__task_give_up(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__group *group = ptg__group_at(core, task->group);
  PTG_CHECK(task->state != PTG__TASK_ENDED);
  task->flags |= PTG__TASK_GIVEN_UP;
  group->live--;
  group->killable -= task->type->kill != NULL;
  group->abandoned++;
}

void ptg__task_free(struct ptg__core *core, uint32_t slot) {
  free_cold(core, ptg__task_at(core, slot));
  ptg__slab_remove(&core->tasks, slot);
}

void ptg__task_let_go(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  uint32_t group = task->group;
  ptg__group_at(core, group)->untold--;
  if ((task->flags & PTG__TASK_GIVEN_UP) == 0) ptg__task_free(core, slot);
  ptg__shutdown_look(core, group);
}

/* ------------------------------------------------------------------ ask -- */

static void ask(struct ptg__core *core, uint32_t slot, uint16_t flags) {
  struct ptg__task *task = ptg__task_at(core, slot);
  task->flags |= flags;
  if (task->state == PTG__TASK_PENDING) {
    ptg__task_end(core, slot, &(ptg_outcome){.status = PTG_ECANCELED});
    return;
  }
  task->pending &= (uint8_t)~PTG__TASK_DRAIN;
  ptg__core_queue_task(core, slot, PTG__TASK_CANCEL);
}

void ptg__task_ask_by_group(struct ptg__core *core, uint32_t slot) {
  if (ptg__task_at(core, slot)->flags & PTG__TASK_ASKED) return;
  ask(core, slot, PTG__TASK_ASKED | PTG__TASK_ASKED_BY_GROUP);
}

ptg_status ptg__task_ask(struct ptg__core *core, uint32_t slot,
                         const char *reason, size_t reason_length,
                         uint64_t originator) {
  struct ptg__task *task = ptg__task_at(core, slot);
  if (task->flags & PTG__TASK_ASKED) return PTG_OK;

  struct ptg__task_cold *cold = cold_of(core, task);
  if (cold == NULL || ptg__string_init(&cold->reason, &core->memory, reason,
                                       reason_length) != PTG_OK)
    return ptg__core_fail(core, PTG_ENOMEM, "no memory for the reason");
  cold->originator = originator;
  ask(core, slot, PTG__TASK_ASKED);
  return PTG_OK;
}

void ptg__task_sleep(struct ptg__core *core, uint32_t slot,
                     int64_t duration_ns) {
  struct ptg__task *task = ptg__task_at(core, slot);
  task->pending &= (uint8_t)~PTG__TASK_WAKE;
  if (duration_ns == PTG_FOREVER) {
    ptg__alarms_clear(&core->task_alarms, slot);
    return;
  }
  int64_t when_ns = duration_ns > INT64_MAX - core->now_ns
                        ? INT64_MAX
                        : core->now_ns + duration_ns;
  ptg__alarms_set(&core->task_alarms, slot, when_ns);
}

/* ----------------------------------------------------------------- tell -- */

static struct ptg__string name_of(const struct ptg__task *task) {
  if (task->cold != NULL && task->cold->name.bytes != NULL)
    return task->cold->name;
  const char *name = task->type->name != NULL ? task->type->name : "task";
  return (struct ptg__string){
      (char *)name, ptg__text_length(name, PTG_NUL_TERMINATED, PTG_NAME_MAX)};
}

static ptg_cancel_info cancel_info(const struct ptg__core *core,
                                   const struct ptg__task *task) {
  ptg_cancel_info info = {.size = sizeof(info),
                          .reason = "shutdown",
                          .reason_length = sizeof("shutdown") - 1};
  if (task->flags & PTG__TASK_ASKED_BY_GROUP) {
    info.originator = ptg__group_handle(core, task->group);
    return info;
  }
  info.reason = task->cold->reason.bytes;
  info.reason_length = task->cold->reason.length;
  info.originator = task->cold->originator;
  return info;
}

static uint32_t outcome_flags(const struct ptg__task *task) {
  uint32_t flags = 0;
  if (task->flags & PTG__TASK_ASKED) flags |= PTG_OUTCOME_CANCEL_REQUESTED;
  if (task->flags & PTG__TASK_NEVER_RAN) flags |= PTG_OUTCOME_NEVER_RAN;
  if (task->flags & PTG__TASK_GIVEN_UP) flags |= PTG_OUTCOME_ABANDONED;
  if (task->flags & PTG__TASK_KILLED) flags |= PTG_OUTCOME_KILLED;
  return flags;
}

static ptg_outcome outcome_of(const struct ptg__task *task) {
  ptg_outcome outcome = {.size = sizeof(outcome),
                         .status = task->end.status,
                         .flags = outcome_flags(task),
                         .code = task->end.code,
                         .value = task->end.value};
  if (task->cold != NULL) {
    outcome.message = task->cold->message.bytes;
    outcome.message_length = task->cold->message.length;
  }
  return outcome;
}

static void fill_error(const struct ptg__core *core, uint32_t slot,
                       struct ptg__action *action) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__string name = name_of(task);
  action->error = (ptg_error){
      .size = sizeof(action->error),
      .flags = task->flags & PTG__TASK_ASKED ? PTG_ERROR_DURING_CANCEL : 0,
      .group = ptg__group_handle(core, task->group),
      .task = action->task,
      .name = name.bytes,
      .name_length = name.length,
      .age_ns = core->now_ns - task->spawned_ns,
      .group_state = ptg__group_at(core, task->group)->state};
}

static int has_callback(const ptg_task_type *type, enum ptg__action_kind kind) {
  switch (kind) {
  case PTG__ACT_DRAIN:
    return type->drain != NULL;
  case PTG__ACT_CANCEL:
    return type->cancel != NULL;
  case PTG__ACT_KILL:
    return type->kill != NULL;
  default:
    return 1;
  }
}

static void mark_started(struct ptg__core *core, struct ptg__task *task) {
  task->state = PTG__TASK_RUNNING;
  ptg__group_at(core, task->group)->unstarted--;
}

int ptg__task_tell(struct ptg__core *core, uint32_t slot,
                   enum ptg__action_kind kind, struct ptg__action *action) {
  struct ptg__task *task = ptg__task_at(core, slot);
  if (!has_callback(task->type, kind)) return 0;

  action->kind = kind;
  action->slot = slot;
  action->task = ptg__slab_handle(&core->tasks, slot);
  action->type = task->type;
  action->user_data = task->user_data;
  if (kind == PTG__ACT_START) mark_started(core, task);
  if (kind == PTG__ACT_CANCEL) action->cancel = cancel_info(core, task);
  if (kind == PTG__ACT_ERROR) fill_error(core, slot, action);
  if (kind == PTG__ACT_ERROR || kind == PTG__ACT_DONE)
    action->outcome = outcome_of(task);
  return 1;
}

/* The grace may have ended while the task waited in the queue. */
static int is_in_grace(const struct ptg__core *core,
                       const struct ptg__task *task) {
  return ptg__group_at(core, task->group)->state == PTG_GROUP_DRAINING;
}

int ptg__task_next(struct ptg__core *core, uint32_t slot,
                   struct ptg__action *action) {
  /* In the order in which things can become true of a task. */
  static const struct {
    uint8_t bit;
    enum ptg__action_kind kind;
  } order[] = {
      {PTG__TASK_START, PTG__ACT_START}, {PTG__TASK_WAKE, PTG__ACT_WAKE},
      {PTG__TASK_DRAIN, PTG__ACT_DRAIN}, {PTG__TASK_CANCEL, PTG__ACT_CANCEL},
      {PTG__TASK_ERROR, PTG__ACT_ERROR}, {PTG__TASK_DONE, PTG__ACT_DONE},
  };
  struct ptg__task *task = ptg__task_at(core, slot);
  for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
    if ((task->pending & order[i].bit) == 0) continue;
    task->pending &= (uint8_t)~order[i].bit;
    if (order[i].kind == PTG__ACT_DRAIN && !is_in_grace(core, task)) continue;
    if (ptg__task_tell(core, slot, order[i].kind, action)) return 1;
  }
  return 0;
}

/* ----------------------------------------------------------------- look -- */

static uint32_t public_state(const struct ptg__task *task) {
  if (task->flags & PTG__TASK_GIVEN_UP) return PTG_TASK_ABANDONED;
  return task->state;
}

void ptg__task_get_info(const struct ptg__core *core, uint32_t slot,
                        ptg_task_info *info) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__string name = name_of(task);
  *info = (ptg_task_info){.size = sizeof(*info),
                          .state = public_state(task),
                          .task = ptg__slab_handle(&core->tasks, slot),
                          .group = ptg__group_handle(core, task->group),
                          .name = name.bytes,
                          .name_length = name.length,
                          .type_name = task->type->name,
                          .age_ns = core->now_ns - task->spawned_ns,
                          .is_cancel_requested =
                              (task->flags & PTG__TASK_ASKED) != 0,
                          .is_killed = (task->flags & PTG__TASK_KILLED) != 0,
                          .spawner = task->spawner};
  if (!info->is_cancel_requested) return;
  ptg_cancel_info cancel = cancel_info(core, task);
  info->reason = cancel.reason;
  info->reason_length = cancel.reason_length;
  info->originator = cancel.originator;
}

size_t ptg__task_list(const struct ptg__core *core, uint32_t group,
                      ptg_task *tasks, size_t capacity) {
  size_t count = 0;
  uint32_t slot = ptg__group_at(core, group)->first_task;
  while (slot != NOBODY) {
    const struct ptg__task *task = ptg__task_at(core, slot);
    if (task->state != PTG__TASK_ENDED) {
      if (count < capacity) tasks[count] = ptg__slab_handle(&core->tasks, slot);
      count++;
    }
    slot = task->next;
  }
  return count;
}

size_t ptg__task_list_abandoned(const struct ptg__core *core, uint32_t group,
                                ptg_task *tasks, size_t capacity) {
  size_t count = 0;
  uint32_t slot = ptg__group_at(core, group)->last_task;
  while (slot != NOBODY) {
    const struct ptg__task *task = ptg__task_at(core, slot);
    if (task->flags & PTG__TASK_GIVEN_UP) {
      if (count < capacity) tasks[count] = ptg__slab_handle(&core->tasks, slot);
      count++;
    }
    slot = task->prev;
  }
  return count;
}
