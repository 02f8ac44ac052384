/* trace.c - see trace.h. */
#include "trace.h"

#include <string.h>

#include "core/check.h"
#include "core/group.h"
#include "core/owner.h"
#include "core/task.h"
#include "trace_line.h"

/* ------------------------------------------------------------ operations -- */

static struct ptg__json *begin_operation(struct ptg__trace_line *line,
                                         const ptg_runtime *runtime,
                                         const char *name, ptg_status status) {
  ptg__trace_line_begin(line, runtime);
  ptg__json_text(&line->json, "op", name, strlen(name));
  ptg__trace_put_status(&line->json, "status", status);
  ptg__trace_put_handle(&line->json, "by", runtime->core.current);
  if (runtime->is_delivering) ptg__json_true(&line->json, "remote");
  return &line->json;
}

static void put_choice(struct ptg__json *json, const char *key,
                       const char *const *names, uint32_t choice) {
  if (choice != 0)
    ptg__json_text(json, key, names[choice], strlen(names[choice]));
}

static void put_count(struct ptg__json *json, const char *key, uint64_t count) {
  if (count != 0) ptg__json_number(json, key, (int64_t)count);
}

/* A group as it was made; its limits as they apply. */
static void put_group(struct ptg__json *json, const struct ptg__core *core,
                      uint32_t slot) {
  static const char *const when_full[] = {"", "queue", "replace_oldest"};
  static const char *const on_failure[] = {"", "shutdown_group",
                                           "shutdown_root"};
  const struct ptg__group *group = ptg__group_at(core, slot);
  const ptg_group_options *options = &group->options;
  ptg__json_text(json, "name", group->name.bytes, group->name.length);
  ptg__trace_put_duration(json, "grace", options->grace_ns);
  ptg__trace_put_duration(json, "cancel_wait", options->cancel_wait_ns);
  ptg__trace_put_duration(json, "deadline", options->deadline_ns);
  if (options->flags & PTG_GROUP_PARALLEL) ptg__json_true(json, "parallel");
  if (options->flags & PTG_GROUP_ADMITS_ANYONE)
    ptg__json_true(json, "admits_anyone");
  if (options->flags & PTG_GROUP_EVENTS) ptg__json_true(json, "events");
  put_count(json, "max_tasks", options->max_tasks);
  put_choice(json, "when_full", when_full, options->when_full);
  put_count(json, "max_queued", options->max_queued);
  put_choice(json, "on_failure", on_failure, options->on_failure);
  ptg__trace_put_handle(json, "owner", ptg__owner_handle(core, slot));
}

void ptg__trace_group(ptg_runtime *runtime, ptg_status status, ptg_group parent,
                      ptg_group group) {
  const struct ptg__core *core = &runtime->core;
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "group", status);
  if (parent == PTG_NONE) parent = ptg__group_handle(core, core->root);
  ptg__trace_put_handle(json, "group", group);
  ptg__trace_put_handle(json, "in", parent);
  uint32_t slot;
  if (ptg__slab_find(&core->groups, group, &slot) == PTG_OK)
    put_group(json, core, slot);
  ptg__trace_line_end(&line, runtime);
}

void ptg__trace_edge(ptg_runtime *runtime, ptg_status status, ptg_group first,
                     ptg_group later) {
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "edge", status);
  ptg__trace_put_handle(json, "first", first);
  ptg__trace_put_handle(json, "later", later);
  ptg__trace_line_end(&line, runtime);
}

static void put_task(struct ptg__json *json, const struct ptg__core *core,
                     uint32_t slot) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  struct ptg__string name = ptg__task_name(core, slot);
  ptg__json_text(json, "name", name.bytes, name.length);
  if (task->flags & PTG__TASK_CLEANUP) ptg__json_true(json, "cleanup");
  if (task->flags & PTG__TASK_OBSERVED) ptg__json_true(json, "observed");
  if (ptg__task_has_events(task)) ptg__json_true(json, "events");
  if (task->spawner != core->current)
    ptg__trace_put_handle(json, "spawner", task->spawner);
}

/* A spawn from another thread that is refused has a handle all the same. */
void ptg__trace_spawn(ptg_runtime *runtime, ptg_status status, ptg_group group,
                      ptg_task task) {
  const struct ptg__core *core = &runtime->core;
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "spawn", status);
  ptg__trace_put_handle(json, "task", task);
  ptg__trace_put_handle(json, "in", group);
  uint32_t slot;
  if (status == PTG_OK && ptg__slab_find(&core->tasks, task, &slot) == PTG_OK)
    put_task(json, core, slot);
  ptg__trace_line_end(&line, runtime);
}

void ptg__trace_finish(ptg_runtime *runtime, ptg_status status, ptg_task task,
                       const ptg_outcome *outcome) {
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "finish", status);
  ptg__trace_put_handle(json, "task", task);
  if (status == PTG_OK) ptg__trace_put_outcome(json, outcome);
  ptg__trace_line_end(&line, runtime);
}

void ptg__trace_cancel(ptg_runtime *runtime, ptg_status status, ptg_task task,
                       const ptg_cancel_options *options) {
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "cancel", status);
  ptg__trace_put_handle(json, "task", task);
  if (status == PTG_OK) {
    ptg__trace_put_text(json, "reason", options->reason,
                        options->reason_length);
    if (options->originator != runtime->core.current)
      ptg__trace_put_handle(json, "originator", options->originator);
  }
  ptg__trace_line_end(&line, runtime);
}

void ptg__trace_shutdown(ptg_runtime *runtime, ptg_status status,
                         ptg_group group, const ptg_shutdown_options *options) {
  struct ptg__trace_line line;
  struct ptg__json *json = begin_operation(&line, runtime, "shutdown", status);
  ptg__trace_put_handle(json, "group", group);
  if (status == PTG_OK) {
    if (options->flags & PTG_SHUTDOWN_FORCE) ptg__json_true(json, "force");
    ptg__trace_put_duration(json, "grace", options->grace_ns);
    ptg__trace_put_duration(json, "cancel_wait", options->cancel_wait_ns);
    ptg__trace_put_duration(json, "deadline", options->deadline_ns);
    if (options->originator != runtime->core.current)
      ptg__trace_put_handle(json, "originator", options->originator);
  }
  ptg__trace_line_end(&line, runtime);
}

/* ----------------------------------------------------------------- calls -- */

/* handler is PTG_NONE when no group has one. */
static void put_error(struct ptg__json *json, ptg_group handler,
                      const ptg_error *error, const ptg_outcome *outcome) {
  ptg__trace_put_handle(json, "group", handler);
  ptg__trace_put_handle(json, "from", error->group);
  ptg__trace_put_handle(json, "task", error->task);
  ptg__trace_put_outcome(json, outcome);
  if (error->failed_handler == PTG_NONE) return;
  ptg__trace_put_handle(json, "failed_handler", error->failed_handler);
  ptg__trace_put_status(json, "handler_status", error->handler_status);
}

static void put_instant(struct ptg__json *json, const char *key,
                        int64_t at_ns) {
  if (at_ns != 0) ptg__json_number(json, key, at_ns);
}

static void put_closed(struct ptg__json *json, const struct ptg__core *core,
                       uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  put_instant(json, "begun_at", group->begun_ns);
  put_instant(json, "drain_at", group->drain_ns);
  put_instant(json, "cancel_at", group->cancel_ns);
  put_instant(json, "closed_at", group->closed_ns);
  if (group->share.close_by_ns != INT64_MAX)
    ptg__json_number(json, "by_at", group->share.close_by_ns);
  ptg__json_number(json, "spawned", (int64_t)group->spawned);
  ptg__json_number(json, "succeeded", (int64_t)group->counts.succeeded);
  ptg__json_number(json, "failed", (int64_t)group->counts.failed);
  ptg__json_number(json, "cancelled", (int64_t)group->counts.cancelled);
  ptg__json_number(json, "abandoned", (int64_t)group->abandoned);
}

static void put_call(struct ptg__json *json, const struct ptg__core *core,
                     const struct ptg__action *action) {
  switch (action->kind) {
  case PTG__ACT_CANCEL:
    ptg__trace_put_handle(json, "task", action->task);
    ptg__trace_put_text(json, "reason", action->cancel.reason,
                        action->cancel.reason_length);
    ptg__trace_put_handle(json, "originator", action->cancel.originator);
    return;
  case PTG__ACT_ERROR:
    put_error(json, ptg__group_handle(core, action->inside), &action->error,
              &action->outcome);
    return;
  case PTG__ACT_DONE:
    ptg__trace_put_handle(json, "task", action->task);
    ptg__trace_put_outcome(json, &action->outcome);
    return;
  case PTG__ACT_GROUP_DRAIN:
    ptg__trace_put_handle(json, "group", action->group);
    return;
  case PTG__ACT_GROUP_CLOSED:
    ptg__trace_put_handle(json, "group", action->group);
    put_closed(json, core, action->slot);
    return;
  case PTG__ACT_WATCH:
    ptg__trace_put_handle(json, "watch", action->watch);
    ptg__trace_put_handle(
        json, "on", action->task != PTG_NONE ? action->task : action->group);
    ptg__trace_put_outcome(json, &action->outcome);
    return;
  default:
    ptg__trace_put_handle(json, "task", action->task);
  }
}

void ptg__trace_call(ptg_runtime *runtime, const struct ptg__action *action) {
  static const char *const names[] = {[PTG__ACT_START] = "start",
                                      [PTG__ACT_WAKE] = "wake",
                                      [PTG__ACT_DRAIN] = "drain",
                                      [PTG__ACT_CANCEL] = "cancel",
                                      [PTG__ACT_KILL] = "kill",
                                      [PTG__ACT_GROUP_DRAIN] = "group_drain",
                                      [PTG__ACT_ERROR] = "error",
                                      [PTG__ACT_DONE] = "done",
                                      [PTG__ACT_GROUP_CLOSED] = "group_closed",
                                      [PTG__ACT_WATCH] = "over"};
  const char *name = names[action->kind];
  struct ptg__trace_line line;
  ptg__trace_line_begin(&line, runtime);
  ptg__json_text(&line.json, "call", name, strlen(name));
  put_call(&line.json, &runtime->core, action);
  ptg__trace_line_end(&line, runtime);
}

/* An event as the action that it was made from, as far as the line needs it. */
void ptg__trace_event(ptg_runtime *runtime, const ptg_event *event) {
  static const enum ptg__action_kind kinds[] = {
      [PTG_EVENT_START] = PTG__ACT_START,
      [PTG_EVENT_WAKE] = PTG__ACT_WAKE,
      [PTG_EVENT_DRAIN] = PTG__ACT_DRAIN,
      [PTG_EVENT_CANCEL] = PTG__ACT_CANCEL,
      [PTG_EVENT_KILL] = PTG__ACT_KILL,
      [PTG_EVENT_DONE] = PTG__ACT_DONE,
      [PTG_EVENT_ERROR] = PTG__ACT_ERROR,
      [PTG_EVENT_GROUP_DRAIN] = PTG__ACT_GROUP_DRAIN,
      [PTG_EVENT_GROUP_CLOSED] = PTG__ACT_GROUP_CLOSED};
  struct ptg__action action = {
      .kind = kinds[event->kind], .task = event->task, .group = event->group};
  action.outcome = (ptg_outcome){.status = event->status,
                                 .code = event->code,
                                 .flags = event->flags,
                                 .value = event->value,
                                 .message = event->text,
                                 .message_length = event->text_length};
  action.cancel = (ptg_cancel_info){.reason = event->text,
                                    .reason_length = event->text_length,
                                    .originator = event->originator};
  action.error = (ptg_error){.group = event->originator, .task = event->task};
  if (event->kind == PTG_EVENT_ERROR || event->kind == PTG_EVENT_GROUP_CLOSED) {
    /* Its closing has only just been told: it is still there. */
    ptg_status status =
        ptg__slab_find(&runtime->core.groups, event->group, &action.slot);
    PTG_CHECK(status == PTG_OK);
    action.inside = action.slot;
  }
  ptg__trace_call(runtime, &action);
}

/* ------------------------------------------------------------------- set -- */

/* What is known of the root says if the trace begins with the runtime. */
static int is_late(const struct ptg__core *core) {
  const struct ptg__group *root = ptg__group_at(core, core->root);
  return core->groups_made > 1 || root->spawned > 0 || root->is_ending;
}

static void write_head(ptg_runtime *runtime) {
  const struct ptg__core *core = &runtime->core;
  const char *clock = runtime->is_manual ? "virtual" : "real";
  struct ptg__trace_line line;
  ptg__trace_line_begin(&line, runtime);
  ptg__json_number(&line.json, "trace", 1);
  ptg__json_text(&line.json, "clock", clock, strlen(clock));
  if (is_late(core)) ptg__json_true(&line.json, "late");
  ptg__trace_put_handle(&line.json, "root",
                        ptg__group_handle(core, core->root));
  put_group(&line.json, core, core->root);
  ptg__trace_line_end(&line, runtime);
}

ptg_status ptg_runtime_set_trace(ptg_runtime *runtime, ptg_trace_fn write,
                                 void *user_data) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  runtime->trace = write;
  runtime->trace_data = user_data;
  if (write != NULL) write_head(runtime);
  return PTG_OK;
}
