/* entry_task.c - the calls about tasks: what was given is checked and copied
 * here, what it means is the core's. */
#include <string.h>

#include "border.h"
#include "core/deadline.h"
#include "core/group.h"
#include "core/shutdown.h"
#include "core/spawn.h"
#include "core/task.h"
#include "trace.h"

/* What every task goes through is compiled in one piece. */
#define ENTRY_HOT __attribute__((flatten))

static ptg_status enter_task(ptg_runtime *runtime, ptg_task task,
                             uint32_t *slot) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  return ptg__task_find(&runtime->core, task, slot);
}

/* ----------------------------------------------------------------- spawn -- */

static ptg_status spawn(ptg_runtime *runtime, ptg_group group,
                        const ptg_task_type *type,
                        const ptg_task_options *options, void *user_data,
                        ptg_task *task) {
  struct ptg__core *core = &runtime->core;
  uint32_t group_slot;
  ptg_status status = ptg__border_check_type(runtime, type);
  if (status != PTG_OK) return status;
  status = ptg__group_find(core, group, &group_slot);
  if (status != PTG_OK) return status;
  ptg_task_options ours, *given = NULL;
  if (options != NULL) {
    given = &ours;
    status =
        ptg__border_take(runtime, &ours, sizeof(ours), options, sizeof(ours));
  }
  if (status != PTG_OK) return status;
  ptg__runtime_stamp_time(runtime);
  uint32_t slot;
  status = ptg__task_spawn(core, group_slot, type, given, user_data, &slot);
  if (status != PTG_OK) return status;
  *task = ptg__task_handle(core, slot);
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

ENTRY_HOT ptg_status ptg_task_spawn(ptg_runtime *runtime, ptg_group group,
                                    const ptg_task_type *type,
                                    const ptg_task_options *options,
                                    void *user_data, ptg_task *out) {
  ptg_task unwanted;
  ptg_task *task = out != NULL ? out : &unwanted;
  *task = PTG_NONE;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status == PTG_OK) {
    status = spawn(runtime, group, type, options, user_data, task);
    if (runtime->trace != NULL) ptg__trace_spawn(runtime, status, group, *task);
  }
  if (status != PTG_OK) ptg__border_release(type, user_data);
  return status;
}

/* ---------------------------------------------------------- end and asks -- */

/* Sets *taken to the outcome that counts, which is in *ours if it was given. */
static ptg_status take_outcome(ptg_runtime *runtime, const ptg_outcome *outcome,
                               ptg_outcome *ours, const ptg_outcome **taken) {
  static const ptg_outcome plain = PTG_OUTCOME_INIT;
  *taken = &plain;
  if (outcome == NULL) return PTG_OK;
  *taken = ours;
  ptg_status status =
      ptg__border_take(runtime, ours, sizeof(*ours), outcome, sizeof(*ours));
  if (status != PTG_OK) return status;
  if (ours->flags == 0 && ours->status <= 0) return PTG_OK;
  return ptg__core_fail(&runtime->core, PTG_EINVAL,
                        "an outcome has flags, or a positive status");
}

ENTRY_HOT ptg_status ptg_task_finish(ptg_runtime *runtime, ptg_task task,
                                     const ptg_outcome *outcome) {
  uint32_t slot;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  ptg_outcome ours;
  const ptg_outcome *taken = NULL;
  status = ptg__task_find(&runtime->core, task, &slot);
  if (status == PTG_OK) status = take_outcome(runtime, outcome, &ours, &taken);
  if (status == PTG_OK) {
    ptg__runtime_stamp_time(runtime);
    ptg__task_end(&runtime->core, slot, taken);
    ptg__runtime_schedule(runtime);
  }
  if (runtime->trace != NULL) ptg__trace_finish(runtime, status, task, taken);
  return status;
}

static ptg_status check_reason(struct ptg__core *core,
                               ptg_cancel_options *options) {
  if (options->flags != 0)
    return ptg__core_fail(core, PTG_EINVAL, "unknown flags of a cancel: 0x%x",
                          options->flags);
  if (options->originator == PTG_NONE) options->originator = core->current;
  if (options->reason == NULL) {
    options->reason = "cancelled";
    options->reason_length = sizeof("cancelled") - 1;
    return PTG_OK;
  }
  size_t length =
      ptg__text_length(options->reason, options->reason_length, PTG_REASON_MAX);
  options->reason_length = length;
  if (length <= PTG_REASON_MAX && ptg__text_is_valid(options->reason, length))
    return PTG_OK;
  return ptg__core_fail(core, PTG_EINVAL,
                        "a reason is too long, not UTF-8, or has a NUL in it");
}

static ptg_status cancel(ptg_runtime *runtime, ptg_task task,
                         const ptg_cancel_options *options,
                         ptg_cancel_options *ours) {
  struct ptg__core *core = &runtime->core;
  uint32_t slot;
  ptg_status status = ptg__task_find(core, task, &slot);
  if (status != PTG_OK) return status;
  status =
      ptg__border_take(runtime, ours, sizeof(*ours), options, sizeof(*ours));
  if (status != PTG_OK) return status;
  status = check_reason(core, ours);
  if (status != PTG_OK) return status;
  ptg__runtime_stamp_time(runtime);
  status = ptg__task_ask(core, slot, ours->reason, ours->reason_length,
                         ours->originator);
  ptg__runtime_schedule(runtime);
  return status;
}

ptg_status ptg_task_cancel(ptg_runtime *runtime, ptg_task task,
                           const ptg_cancel_options *options) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  ptg_cancel_options ours;
  status = cancel(runtime, task, options, &ours);
  if (runtime->trace != NULL) ptg__trace_cancel(runtime, status, task, &ours);
  return status;
}

ptg_status ptg_task_sleep(ptg_runtime *runtime, ptg_task task,
                          int64_t duration_ns) {
  uint32_t slot;
  ptg_status status = enter_task(runtime, task, &slot);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (duration_ns < PTG_FOREVER)
    return ptg__core_fail(core, PTG_EINVAL, "not a duration");
  const struct ptg__task *sleeper = ptg__task_at(core, slot);
  if (sleeper->type->wake == NULL && !ptg__task_has_events(sleeper))
    return ptg__core_fail(core, PTG_EINVAL, "its type has no wake");
  ptg__runtime_update_time(runtime);
  ptg__task_sleep(core, slot, duration_ns);
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

ptg_status ptg_task_extend_grace(ptg_runtime *runtime, ptg_task task,
                                 int64_t wanted_ns, int64_t *left_ns) {
  if (left_ns != NULL) *left_ns = 0;
  uint32_t slot;
  ptg_status status = enter_task(runtime, task, &slot);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (left_ns == NULL || wanted_ns < 0)
    return ptg__core_fail(core, PTG_EINVAL,
                          "not a duration, or nowhere to put the answer");
  uint32_t group = ptg__task_at(core, slot)->group;
  const struct ptg__group *in = ptg__group_at(core, group);
  if (!in->is_own || in->state != PTG_GROUP_DRAINING)
    return ptg__core_fail(core, PTG_EBUSY,
                          "the group \"%s\" is not in its drain phase",
                          in->name.bytes);
  ptg__runtime_update_time(runtime);
  *left_ns = ptg__shutdown_extend(core, group,
                                  ptg__limit_add(core->now_ns, wanted_ns));
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

/* ------------------------------------------------------------------ look -- */

ptg_status ptg_task_get_info(ptg_runtime *runtime, ptg_task task,
                             ptg_task_info *info) {
  ptg_task_info ours;
  ptg__border_clear(info, sizeof(ours));
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  uint32_t slot;
  status = ptg__task_find_listed(&runtime->core, task, &slot);
  if (status != PTG_OK) return status;
  status = ptg__border_check(runtime, info);
  if (status != PTG_OK) return status;
  ptg__runtime_note_time(runtime);
  ptg__task_get_info(&runtime->core, slot, &ours);
  ptg__border_give(info, &ours, sizeof(ours));
  return PTG_OK;
}

ptg_status ptg_task_get_user_data(ptg_runtime *runtime, ptg_task task,
                                  const ptg_task_type *type, void **user_data) {
  if (user_data != NULL) *user_data = NULL;
  uint32_t slot;
  ptg_status status = enter_task(runtime, task, &slot);
  if (status != PTG_OK) return status;
  if (user_data == NULL || type == NULL)
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "no type, or nowhere to put the answer");
  const struct ptg__task *found = ptg__task_at(&runtime->core, slot);
  if (found->type != type)
    return ptg__core_fail(&runtime->core, PTG_EKIND,
                          "the task is of another type");
  *user_data = found->user_data;
  return PTG_OK;
}
