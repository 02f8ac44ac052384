/* entry_group.c - the calls about groups: what was given is checked and copied
 * here, what it means is the core's. */
#include <string.h>

#include "border.h"
#include "core/blame.h"
#include "core/group.h"
#include "core/label.h"
#include "core/memo.h"
#include "core/order.h"
#include "core/owner.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/scan.h"
#include "core/shutdown.h"
#include "core/task.h"
#include "trace.h"

static ptg_status enter_group(ptg_runtime *runtime, ptg_group group,
                              uint32_t *slot) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  return ptg__group_find(&runtime->core, group, slot);
}

/* ---------------------------------------------------------------- create -- */

static ptg_status create(ptg_runtime *runtime, ptg_group parent,
                         const ptg_group_options *options, ptg_group *out) {
  struct ptg__core *core = &runtime->core;
  if (out == NULL)
    return ptg__core_fail(core, PTG_EINVAL, "nowhere to put the handle");
  uint32_t above = core->root;
  if (parent != PTG_NONE) {
    ptg_status status = ptg__group_find(core, parent, &above);
    if (status != PTG_OK) return status;
  }
  ptg__runtime_note_time(runtime);
  uint32_t owner;
  ptg_status status = ptg__owner_find(core, options->owner, above, &owner);
  if (status != PTG_OK) return status;
  uint32_t slot;
  status = ptg__group_create(core, above, owner, options, &slot);
  if (status != PTG_OK) return status;
  *out = ptg__group_handle(core, slot);
  return PTG_OK;
}

ptg_status ptg_group_create(ptg_runtime *runtime, ptg_group parent,
                            const ptg_group_options *options, ptg_group *out) {
  if (out != NULL) *out = PTG_NONE;
  ptg_group_options ours;
  ptg_status status = ptg__runtime_enter(runtime);
  int is_entered = status == PTG_OK;
  ptg_status taken = ptg__border_take(status == PTG_OK ? runtime : NULL, &ours,
                                      sizeof(ours), options, sizeof(ours));
  if (status == PTG_OK) status = taken;
  if (status == PTG_OK) status = create(runtime, parent, &ours, out);
  if (is_entered && runtime->trace != NULL)
    ptg__trace_group(runtime, status, parent,
                     status == PTG_OK ? *out : PTG_NONE);
  if (status != PTG_OK && ours.release != NULL) ours.release(ours.user_data);
  return status;
}

static ptg_status add_edge(struct ptg__core *core, ptg_group first,
                           ptg_group later) {
  uint32_t first_slot, later_slot;
  ptg_status status = ptg__group_find(core, first, &first_slot);
  if (status != PTG_OK) return status;
  status = ptg__group_find(core, later, &later_slot);
  if (status != PTG_OK) return status;
  return ptg__order_add_edge(core, first_slot, later_slot);
}

ptg_status ptg_group_stops_before(ptg_runtime *runtime, ptg_group first,
                                  ptg_group later) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  status = add_edge(&runtime->core, first, later);
  if (runtime->trace != NULL) ptg__trace_edge(runtime, status, first, later);
  return status;
}

/* -------------------------------------------------------------- shutdown -- */

static ptg_status shut_down(ptg_runtime *runtime, ptg_group group,
                            const ptg_shutdown_options *options,
                            ptg_shutdown_options *ours) {
  uint32_t slot;
  ptg_status status = ptg__group_find(&runtime->core, group, &slot);
  if (status != PTG_OK) return status;
  status =
      ptg__border_take(runtime, ours, sizeof(*ours), options, sizeof(*ours));
  if (status != PTG_OK) return status;
  status = ptg__border_check_shutdown(runtime, ours);
  if (status != PTG_OK) return status;
  ptg__runtime_update_time(runtime);
  if (ours->originator == PTG_NONE) ours->originator = runtime->core.current;
  ptg__shutdown_request(&runtime->core, slot, ours);
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

ptg_status ptg_group_shutdown(ptg_runtime *runtime, ptg_group group,
                              const ptg_shutdown_options *options) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  ptg_shutdown_options ours;
  status = shut_down(runtime, group, options, &ours);
  if (runtime->trace != NULL)
    ptg__trace_shutdown(runtime, status, group, &ours);
  return status;
}

/* ------------------------------------------------------------------ look -- */

ptg_status ptg_group_get_info(ptg_runtime *runtime, ptg_group group,
                              ptg_group_info *info) {
  ptg_group_info ours;
  ptg__border_clear(info, sizeof(ours));
  uint32_t slot;
  ptg_status status = enter_group(runtime, group, &slot);
  if (status != PTG_OK) return status;
  status = ptg__border_check(runtime, info);
  if (status != PTG_OK) return status;
  ptg__runtime_note_time(runtime);
  ptg__group_get_info(&runtime->core, slot, &ours);
  ptg__border_give(info, &ours, sizeof(ours));
  return PTG_OK;
}

/* What all calls that fill an array begin with. */
static ptg_status enter_list(ptg_runtime *runtime, ptg_group group,
                             const void *array, size_t capacity, size_t *count,
                             uint32_t *slot) {
  if (count != NULL) *count = 0;
  ptg_status status = enter_group(runtime, group, slot);
  if (status != PTG_OK) return status;
  if (count == NULL || (array == NULL && capacity > 0))
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "nowhere to put the answer");
  return PTG_OK;
}

static ptg_status leave_list(ptg_runtime *runtime, size_t count,
                             size_t capacity) {
  if (count <= capacity) return PTG_OK;
  return ptg__core_fail(&runtime->core, PTG_ERANGE,
                        "the array has room for %zu, there are %zu", capacity,
                        count);
}

typedef size_t list_fn(const struct ptg__core *core, uint32_t slot,
                       uint64_t *handles, size_t capacity);

/* Counts first: what does not fit is not copied in part. */
static ptg_status list(ptg_runtime *runtime, ptg_group group, list_fn *fill,
                       uint64_t *handles, size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_list(runtime, group, handles, capacity, count, &slot);
  if (status != PTG_OK) return status;
  *count = fill(&runtime->core, slot, NULL, 0);
  if (*count <= capacity) fill(&runtime->core, slot, handles, capacity);
  return leave_list(runtime, *count, capacity);
}

ptg_status ptg_group_list_groups(ptg_runtime *runtime, ptg_group group,
                                 ptg_group *groups, size_t capacity,
                                 size_t *count) {
  return list(runtime, group, ptg__group_list_groups, groups, capacity, count);
}

ptg_status ptg_group_list_tasks(ptg_runtime *runtime, ptg_group group,
                                ptg_task *tasks, size_t capacity,
                                size_t *count) {
  return list(runtime, group, ptg__task_list, tasks, capacity, count);
}

ptg_status ptg_group_list_abandoned(ptg_runtime *runtime, ptg_group group,
                                    ptg_task *tasks, size_t capacity,
                                    size_t *count) {
  return list(runtime, group, ptg__task_list_abandoned, tasks, capacity, count);
}

/* ------------------------------------------------------- plan and report -- */

/* An element's size stands in for its version; one too small for the size
 * field cannot be told what it holds. */
static ptg_status check_element(ptg_runtime *runtime, size_t size) {
  if (size >= 2 * sizeof(uint32_t) && size <= PTG__SIZE_LIMIT) return PTG_OK;
  return ptg__core_fail(&runtime->core, PTG_EINVAL,
                        "the size of an element is %zu", size);
}

/* What all calls that fill an array of rows begin with. */
static ptg_status enter_rows(ptg_runtime *runtime, ptg_group group,
                             const void *rows, size_t row_size, size_t capacity,
                             size_t *count, uint32_t *slot) {
  ptg_status status = enter_list(runtime, group, rows, capacity, count, slot);
  return status == PTG_OK ? check_element(runtime, row_size) : status;
}

ptg_status ptg_group_get_plan(ptg_runtime *runtime, ptg_group group,
                              ptg_plan_step *steps, size_t step_size,
                              size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_rows(runtime, group, steps, step_size, capacity, count, &slot);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (ptg__group_at(core, slot)->is_ending)
    return ptg__core_fail(core, PTG_ECLOSED, "its shutdown has begun");
  *count = ptg__plan_make(core, slot, steps, step_size, capacity);
  return leave_list(runtime, *count, capacity);
}

/* The calls that only copy rows differ in who makes them. */
typedef size_t rows_fn(const struct ptg__core *core, uint32_t slot, void *rows,
                       size_t row_size, size_t capacity);

static ptg_status list_rows(ptg_runtime *runtime, ptg_group group,
                            rows_fn *make, void *rows, size_t row_size,
                            size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_rows(runtime, group, rows, row_size, capacity, count, &slot);
  if (status != PTG_OK) return status;
  *count = make(&runtime->core, slot, rows, row_size, capacity);
  return leave_list(runtime, *count, capacity);
}

ptg_status ptg_group_list_failures(ptg_runtime *runtime, ptg_group group,
                                   ptg_failure_row *rows, size_t row_size,
                                   size_t capacity, size_t *count) {
  return list_rows(runtime, group, ptg__memo_list_failures, rows, row_size,
                   capacity, count);
}

ptg_status ptg_group_list_history(ptg_runtime *runtime, ptg_group group,
                                  ptg_history_row *rows, size_t row_size,
                                  size_t capacity, size_t *count) {
  return list_rows(runtime, group, ptg__memo_list_history, rows, row_size,
                   capacity, count);
}

ptg_status ptg_group_scan_tasks(ptg_runtime *runtime, ptg_group group,
                                ptg_task_row *rows, size_t row_size,
                                size_t capacity, size_t *count) {
  return list_rows(runtime, group, ptg__scan, rows, row_size, capacity, count);
}

ptg_status ptg_group_count_names(ptg_runtime *runtime, ptg_group group,
                                 ptg_name_row *rows, size_t row_size,
                                 size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_rows(runtime, group, rows, row_size, capacity, count, &slot);
  if (status != PTG_OK) return status;
  status =
      ptg__label_count(&runtime->core, slot, rows, row_size, capacity, count);
  if (status == PTG_OK) return PTG_OK;
  return ptg__core_fail(&runtime->core, status, "no memory to count names");
}

static ptg_status check_closed(ptg_runtime *runtime, uint32_t slot) {
  struct ptg__core *core = &runtime->core;
  if (ptg__group_at(core, slot)->state == PTG_GROUP_CLOSED) return PTG_OK;
  return ptg__core_fail(core, PTG_EBUSY, "the group is not closed");
}

ptg_status ptg_group_get_blame(ptg_runtime *runtime, ptg_group group,
                               ptg_blame_row *rows, size_t row_size,
                               size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_rows(runtime, group, rows, row_size, capacity, count, &slot);
  if (status != PTG_OK) return status;
  status = check_closed(runtime, slot);
  if (status != PTG_OK) return status;
  *count = ptg__blame_make(&runtime->core, slot, rows, row_size, capacity);
  return leave_list(runtime, *count, capacity);
}

ptg_status ptg_group_write_blame(ptg_runtime *runtime, ptg_group group,
                                 char *text, size_t capacity, size_t *length) {
  uint32_t slot;
  ptg_status status = enter_list(runtime, group, text, capacity, length, &slot);
  if (status != PTG_OK) return status;
  status = check_closed(runtime, slot);
  if (status != PTG_OK) return status;
  *length = ptg__blame_write(&runtime->core, slot, text, capacity);
  return leave_list(runtime, *length, capacity == 0 ? 0 : capacity - 1);
}

ptg_status ptg_group_get_report(ptg_runtime *runtime, ptg_group group,
                                ptg_report_row *rows, size_t row_size,
                                size_t capacity, size_t *count) {
  uint32_t slot;
  ptg_status status =
      enter_rows(runtime, group, rows, row_size, capacity, count, &slot);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (!ptg__group_at(core, slot)->is_ending)
    return ptg__core_fail(core, PTG_EBUSY, "no shutdown of it has begun");
  *count = ptg__report_make(core, slot, rows, row_size, capacity);
  return leave_list(runtime, *count, capacity);
}
