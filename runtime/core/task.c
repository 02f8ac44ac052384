/* task.c - see task.h. */
#include "task.h"

#include "check.h"
#include "cold.h"
#include "events.h"
#include "group.h"
#include "memo.h"
#include "owner.h"
#include "place.h"
#include "shutdown.h"
#include "watch.h"

#define NOBODY PTG__NO_SLOT

/* ---------------------------------------------------------------- parts -- */

static void unlink_from_group(struct ptg__core *core, struct ptg__group *group,
                              uint32_t slot, const struct ptg__task *task) {
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

/* ----------------------------------------------------------------- find -- */

ptg_status ptg__task_find_listed(struct ptg__core *core, ptg_task handle,
                                 uint32_t *slot) {
  ptg_status status = ptg__slab_find(&core->tasks, handle, slot);
  if (status == PTG_OK) {
    const struct ptg__task *task = ptg__task_at(core, *slot);
    if (task->state == PTG__TASK_RESERVED)
      return ptg__core_fail(core, PTG_EBUSY, "the spawn is on its way");
    if (task->state != PTG__TASK_ENDED || task->flags & PTG__TASK_GIVEN_UP)
      return PTG_OK;
    status = PTG_ESTALE;
  }
  return ptg__core_fail(core, status, "%s",
                        status == PTG_ESTALE  ? "the task is gone"
                        : status == PTG_EKIND ? "the handle is a group's"
                                              : "not a handle of a task");
}

ptg_status ptg__task_not_found(struct ptg__core *core, ptg_task handle) {
  uint32_t slot;
  ptg_status status = ptg__task_find_listed(core, handle, &slot);
  if (status != PTG_OK) return status;
  return ptg__core_fail(core, PTG_ESTALE, "the task is gone");
}

/* ------------------------------------------------------------------ end -- */

PTG__ASIDE static void keep_message(struct ptg__core *core, uint32_t slot,
                                    const ptg_outcome *outcome) {
  struct ptg__task_cold *cold = ptg__cold_of(core, slot);
  if (cold == NULL) return;
  size_t length = ptg__text_length(outcome->message, outcome->message_length,
                                   PTRDIFF_MAX - 1);
  /* Lost without memory: the end of a task must not fail. */
  (void)ptg__cold_keep(core, cold, &cold->message, outcome->message, length);
}

static void count_out(struct ptg__core *core, struct ptg__group *group,
                      uint32_t slot, const struct ptg__task *task,
                      ptg_status status) {
  if (task->state == PTG__TASK_PENDING) group->unstarted--;
  if (task->flags & PTG__TASK_GIVEN_UP) {
    group->late++;
    return;
  }
  if (status == PTG_OK) {
    group->counts.succeeded++;
  } else if (status == PTG_ECANCELED) {
    group->counts.cancelled++;
  } else {
    group->counts.failed++;
  }
  if (group->is_own) ptg__memo_note_last(core, slot);
  ptg__place_leave(core, group, slot, task);
}

static int is_failure(ptg_status status) {
  return status != PTG_OK && status != PTG_ECANCELED;
}

static int is_for_handler(const struct ptg__task *task) {
  return (task->flags & PTG__TASK_OBSERVED) == 0 || task->watches == NOBODY;
}

PTG__ASIDE static void apply_policy(struct ptg__core *core, uint32_t slot) {
  uint32_t group = ptg__task_at(core, slot)->group;
  uint32_t policy = ptg__group_at(core, group)->options.on_failure;
  if (policy == PTG_POLICY_SHUTDOWN_GROUP)
    ptg__shutdown_request_for(core, group, slot);
  if (policy == PTG_POLICY_SHUTDOWN_ROOT)
    ptg__shutdown_request_for(core, core->root, slot);
}

/* Ends a task, but for what its failure may bring about. */
static inline void end_task(struct ptg__core *core, uint32_t slot,
                            struct ptg__task *task,
                            const ptg_outcome *outcome) {
  struct ptg__group *group = ptg__group_at(core, task->group);
  PTG_CHECK(task->state != PTG__TASK_ENDED);

  count_out(core, group, slot, task, outcome->status);
  if (task->alarm.when_ns != 0) ptg__alarms_clear(&core->task_alarms, slot);
  if (outcome->message != NULL) keep_message(core, slot, outcome);
  if (task->state == PTG__TASK_PENDING) task->flags |= PTG__TASK_NEVER_RAN;
  ptg__events_forget(task);
  task->state = PTG__TASK_ENDED;
  task->end.value = outcome->value;
  task->end.status = outcome->status;
  task->end.code = outcome->code;

  if (group->history != NULL) ptg__memo_note_end(core, task->group, slot);
  /* Who was given up stays listed for the report. */
  if ((task->flags & PTG__TASK_GIVEN_UP) == 0)
    unlink_from_group(core, group, slot, task);
  group->untold++;
  task->pending = 0;
  if (task->cold == NULL || ptg__owner_ended(core, slot) == 0)
    ptg__core_put_task(core, slot, task, PTG__TASK_DONE);
  /* Last, so that an end is told before what follows it is started. */
  if (group->waiting > 0) ptg__place_fill(core, task->group);
}

void ptg__task_end(struct ptg__core *core, uint32_t slot,
                   const ptg_outcome *outcome) {
  struct ptg__task *task = ptg__task_at(core, slot);
  end_task(core, slot, task, outcome);
  if (!is_failure(outcome->status)) return;

  ptg__memo_note_failure(core, task->group, slot, outcome->status);
  if (is_for_handler(task))
    ptg__core_put_task(core, slot, task, PTG__TASK_ERROR);
  /* One that was given up was a matter of the group's shutdown. */
  if ((task->flags & PTG__TASK_GIVEN_UP) == 0) apply_policy(core, slot);
}

void ptg__task_drop(struct ptg__core *core, uint32_t slot) {
  end_task(core, slot, ptg__task_at(core, slot),
           &(ptg_outcome){.status = PTG_ETIMEDOUT});
}

void ptg__task_give_up(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__group *group = ptg__group_at(core, task->group);
  PTG_CHECK(task->state == PTG__TASK_RUNNING);
  task->flags |= PTG__TASK_GIVEN_UP;
  group->abandoned++;
  ptg__memo_note_last(core, slot);
  ptg__place_leave(core, group, slot, task);
}

PTG__ASIDE static void keep_or_free_cold(struct ptg__core *core,
                                         struct ptg__task *task) {
  if (task->flags & PTG__TASK_NOTED) {
    ptg__events_keep(core, task->cold);
  } else {
    ptg__cold_give(core, task->cold);
  }
}

static inline void free_task(struct ptg__core *core, uint32_t slot,
                             struct ptg__task *task) {
  if (task->cold != NULL) keep_or_free_cold(core, task);
  ptg__slab_remove(&core->tasks, slot);
}

void ptg__task_free(struct ptg__core *core, uint32_t slot) {
  free_task(core, slot, ptg__task_at(core, slot));
}

void ptg__task_let_go(struct ptg__core *core, uint32_t slot,
                      struct ptg__task *task) {
  uint32_t group = task->group;
  if (group == NOBODY) { /* a spawn from afar that was refused */
    free_task(core, slot, task);
    return;
  }
  struct ptg__group *in = ptg__group_at(core, group);
  in->untold--;
  if ((task->flags & PTG__TASK_GIVEN_UP) == 0) free_task(core, slot, task);
  if (in->is_own) ptg__shutdown_look(core, group);
}

/* ------------------------------------------------------------------ ask -- */

/* Returns 1 if the request is to be told. */
static int ask(struct ptg__core *core, uint32_t slot, uint16_t flags) {
  struct ptg__task *task = ptg__task_at(core, slot);
  task->flags |= flags;
  if (task->state == PTG__TASK_PENDING) {
    ptg__task_end(core, slot, &(ptg_outcome){.status = PTG_ECANCELED});
    return 0;
  }
  task->pending &= (uint8_t)~PTG__TASK_DRAIN;
  return 1;
}

int ptg__task_ask_by_group(struct ptg__core *core, uint32_t slot) {
  if (ptg__task_at(core, slot)->flags & PTG__TASK_ASKED) return 0;
  return ask(core, slot, PTG__TASK_ASKED | PTG__TASK_ASKED_BY_GROUP);
}

static void ask_from_queue(struct ptg__core *core, uint32_t slot,
                           uint16_t flags) {
  if (ask(core, slot, flags))
    ptg__core_queue_task(core, slot, PTG__TASK_CANCEL);
}

void ptg__task_ask_to_make_room(struct ptg__core *core, uint32_t slot) {
  ask_from_queue(core, slot,
                 PTG__TASK_ASKED | PTG__TASK_ASKED_BY_GROUP |
                     PTG__TASK_REPLACED);
}

ptg_status ptg__task_ask(struct ptg__core *core, uint32_t slot,
                         const char *reason, size_t reason_length,
                         uint64_t originator) {
  struct ptg__task *task = ptg__task_at(core, slot);
  if (task->flags & PTG__TASK_ASKED) return PTG_OK;

  struct ptg__task_cold *cold = ptg__cold_of(core, slot);
  if (cold == NULL || ptg__cold_keep(core, cold, &cold->reason, reason,
                                     reason_length) != PTG_OK)
    return ptg__core_fail(core, PTG_ENOMEM, "no memory for the reason");
  cold->originator = originator;
  ask_from_queue(core, slot, PTG__TASK_ASKED);
  return PTG_OK;
}

void ptg__task_sleep(struct ptg__core *core, uint32_t slot,
                     int64_t duration_ns) {
  struct ptg__task *task = ptg__task_at(core, slot);
  task->pending &= (uint8_t)~PTG__TASK_WAKE;
  ptg__events_forget_wake(task);
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

struct ptg__string ptg__task_name(const struct ptg__core *core, uint32_t slot) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  if (task->cold != NULL && task->cold->name.bytes != NULL)
    return task->cold->name;
  const char *name =
      task->type->name != NULL ? task->type->name : PTG__NAMELESS;
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
    if (task->flags & PTG__TASK_REPLACED) {
      info.reason = "replaced";
      info.reason_length = sizeof("replaced") - 1;
    }
    return info;
  }
  info.reason = task->cold->reason.bytes;
  info.reason_length = task->cold->reason.length;
  info.originator = task->cold->originator;
  return info;
}

ptg_cancel_info ptg__task_cancel_info(const struct ptg__core *core,
                                      uint32_t slot) {
  return cancel_info(core, ptg__task_at(core, slot));
}

static inline void get_outcome(const struct ptg__core *core,
                               const struct ptg__task *task,
                               ptg_outcome *outcome) {
  *outcome = (ptg_outcome){.size = sizeof(*outcome),
                           .status = task->end.status,
                           .flags = ptg__task_outcome_flags(task),
                           .code = task->end.code,
                           .value = task->end.value};
  if (task->cold != NULL) {
    outcome->message = task->cold->message.bytes;
    outcome->message_length = task->cold->message.length;
  }
  if (task->flags & PTG__TASK_ASKED) {
    ptg_cancel_info cancel = cancel_info(core, task);
    outcome->reason = cancel.reason;
    outcome->reason_length = cancel.reason_length;
    outcome->originator = cancel.originator;
  }
}

void ptg__task_get_outcome(const struct ptg__core *core, uint32_t slot,
                           ptg_outcome *outcome) {
  get_outcome(core, ptg__task_at(core, slot), outcome);
}

PTG__ASIDE static void fill_error(const struct ptg__core *core, uint32_t slot,
                                  struct ptg__action *action) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__string name = ptg__task_name(core, slot);
  action->error = (ptg_error){
      .size = sizeof(action->error),
      .flags = task->flags & PTG__TASK_ASKED ? PTG_ERROR_DURING_CANCEL : 0,
      .group = ptg__group_handle(core, task->group),
      .task = action->task,
      .name = name.bytes,
      .name_length = name.length,
      .age_ns = core->now_ns - task->spawned_ns,
      .group_state = ptg__group_at(core, task->group)->state,
      .task_type = task->type,
      .task_user_data = task->user_data};
}

static int can_be_told(const struct ptg__task *task,
                       enum ptg__action_kind kind) {
  if (kind == PTG__ACT_KILL) return (task->flags & PTG__TASK_KILLABLE) != 0;
  if (ptg__task_has_events(task)) return 1;
  if (kind == PTG__ACT_DRAIN) return task->type->drain != NULL;
  if (kind == PTG__ACT_CANCEL) return task->type->cancel != NULL;
  return 1;
}

static void mark_started(struct ptg__group *group, struct ptg__task *task) {
  task->state = PTG__TASK_RUNNING;
  group->unstarted--;
}

void ptg__task_mark_started(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  mark_started(ptg__group_at(core, task->group), task);
}

static inline void begin_action(const struct ptg__core *core, uint32_t slot,
                                const struct ptg__task *task,
                                enum ptg__action_kind kind,
                                struct ptg__action *action) {
  action->kind = kind;
  action->slot = slot;
  action->inside = task->group;
  action->task = action->current = ptg__task_handle(core, slot);
  action->type = task->type;
  action->user_data = task->user_data;
}

/* Sets *action to telling a task this, but for its start; returns 0 if there is
 * no such watch. */
static inline int tell(struct ptg__core *core, uint32_t slot,
                       struct ptg__task *task, enum ptg__action_kind kind,
                       struct ptg__action *action) {
  begin_action(core, slot, task, kind, action);
  if (kind == PTG__ACT_DONE) {
    get_outcome(core, task, &action->outcome);
  } else if (kind == PTG__ACT_CANCEL) {
    action->cancel = cancel_info(core, task);
  } else if (kind == PTG__ACT_ERROR) {
    fill_error(core, slot, action);
    get_outcome(core, task, &action->outcome);
  } else if (kind == PTG__ACT_WATCH) {
    if (!ptg__watch_next(core, &task->watches, action)) return 0;
    task->pending |= PTG__TASK_WATCHED;
    get_outcome(core, task, &action->outcome);
  }
  return 1;
}

int ptg__task_tell(struct ptg__core *core, uint32_t slot,
                   enum ptg__action_kind kind, struct ptg__action *action) {
  struct ptg__task *task = ptg__task_at(core, slot);
  return can_be_told(task, kind) && tell(core, slot, task, kind, action);
}

/* The grace may have ended while the task waited in the queue. */
static int is_in_grace(const struct ptg__core *core,
                       const struct ptg__task *task) {
  return ptg__group_at(core, task->group)->state == PTG_GROUP_DRAINING;
}

/* What has not started when its group goes on to cancel never does: the group
 * ends it when it tells its tasks. */
static int may_start(const struct ptg__group *group,
                     const struct ptg__task *task) {
  if (group->state != PTG_GROUP_CANCELLING) return 1;
  return (task->flags & PTG__TASK_IN_CANCEL) != 0 && !group->is_killing;
}

static inline int tell_start(struct ptg__core *core, uint32_t slot,
                             struct ptg__task *task,
                             struct ptg__action *action) {
  struct ptg__group *group = ptg__group_at(core, task->group);
  if (!may_start(group, task)) {
    task->pending = 0;
    return 0;
  }
  task->pending &= (uint8_t)~PTG__TASK_START;
  if (!ptg__task_has_events(task)) mark_started(group, task);
  begin_action(core, slot, task, PTG__ACT_START, action);
  return 1;
}

int ptg__task_next(struct ptg__core *core, uint32_t slot,
                   struct ptg__task *task, struct ptg__action *action) {
  /* By bit: the bits are in the order in which things become true of a task. */
  static const enum ptg__action_kind kinds[] = {
      PTG__ACT_START, PTG__ACT_WAKE, PTG__ACT_DRAIN, PTG__ACT_CANCEL,
      PTG__ACT_ERROR, PTG__ACT_DONE, PTG__ACT_WATCH};
  if (task->pending & PTG__TASK_START)
    return tell_start(core, slot, task, action);
  while (task->pending != 0) {
    enum ptg__action_kind kind = kinds[__builtin_ctz(task->pending)];
    if (kind == PTG__ACT_DONE && ptg__events_hold_done(task)) return 0;
    task->pending &= (uint8_t)(task->pending - 1);
    if (kind == PTG__ACT_DRAIN && !is_in_grace(core, task)) continue;
    if (can_be_told(task, kind) && tell(core, slot, task, kind, action))
      return 1;
  }
  return 0;
}

/* ----------------------------------------------------------------- look -- */

void ptg__task_get_info(const struct ptg__core *core, uint32_t slot,
                        ptg_task_info *info) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__string name = ptg__task_name(core, slot);
  *info = (ptg_task_info){.size = sizeof(*info),
                          .state = ptg__task_public_state(task),
                          .task = ptg__task_handle(core, slot),
                          .group = ptg__group_handle(core, task->group),
                          .name = name.bytes,
                          .name_length = name.length,
                          .type_name = task->type->name,
                          .age_ns = core->now_ns - task->spawned_ns,
                          .is_cancel_requested =
                              (task->flags & PTG__TASK_ASKED) != 0,
                          .is_killed = (task->flags & PTG__TASK_KILLED) != 0,
                          .spawner = task->spawner};
  if (task->cold != NULL) {
    info->place = task->cold->place.bytes;
    info->place_length = task->cold->place.length;
  }
  if (!info->is_cancel_requested) return;
  ptg_cancel_info cancel = ptg__task_cancel_info(core, slot);
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
      if (count < capacity) tasks[count] = ptg__task_handle(core, slot);
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
      if (count < capacity) tasks[count] = ptg__task_handle(core, slot);
      count++;
    }
    slot = task->prev;
  }
  return count;
}
