/* dispatch.c - see dispatch.h. */
#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include "core/group.h"
#include "core/task.h"
#include "remote.h"
#include "trace.h"

/* "/app/http", cut at the front when it is too long. */
static const char *path_of(const struct ptg__core *core, ptg_group group,
                           char *buffer, size_t size) {
  size_t at = size - 1;
  buffer[at] = '\0';
  uint32_t slot;
  if (ptg__slab_find(&core->groups, group, &slot) != PTG_OK) return buffer + at;
  while (ptg__group_at(core, slot)->parent != PTG__NO_SLOT) {
    const struct ptg__string *name = &ptg__group_at(core, slot)->name;
    if (name->length + 1 > at) break;
    at -= name->length;
    memcpy(buffer + at, name->bytes, name->length);
    buffer[--at] = '/';
    slot = ptg__group_at(core, slot)->parent;
  }
  if (buffer[at] == '\0') buffer[--at] = '/';
  return buffer + at;
}

/* What becomes of an error that no group has a handler for. */
static void print_error(const struct ptg__core *core, const ptg_error *error) {
  char buffer[512];
  const char *path = path_of(core, error->group, buffer, sizeof(buffer));
  const ptg_outcome *outcome = error->outcome;
  int has_message = outcome->message != NULL && outcome->message_length > 0;
  fprintf(
      stderr, "ptg: error: %s%.*s%s of %s failed: %s%s%.*s%s%s\n",
      error->task != PTG_NONE ? "task \"" : "a hook", (int)error->name_length,
      error->name, error->task != PTG_NONE ? "\"" : "", path,
      ptg_status_name(outcome->status), has_message ? ": " : "",
      has_message ? (int)outcome->message_length : 0,
      has_message ? outcome->message : "",
      error->failed_handler != PTG_NONE ? "; its handler failed too: " : "",
      error->failed_handler != PTG_NONE ? ptg_status_name(error->handler_status)
                                        : "");
}

static ptg_status tell_error(ptg_runtime *runtime,
                             const struct ptg__action *action) {
  if (action->on_error != NULL)
    return action->on_error(runtime, &action->error, action->user_data);
  print_error(&runtime->core, &action->error);
  return PTG_OK;
}

static void tell_done(ptg_runtime *runtime, const struct ptg__action *action) {
  const ptg_task_type *type = action->type;
  if (type->done != NULL)
    type->done(runtime, action->task, &action->outcome, action->user_data);
  if (type->release != NULL) type->release(action->user_data);
}

static void tell_watch(ptg_runtime *runtime, const struct ptg__action *action) {
  const ptg_watch_options *watcher = &action->watcher;
  uint64_t watched = action->task != PTG_NONE ? action->task : action->group;
  watcher->over(runtime, action->watch, watched, &action->outcome,
                watcher->user_data);
  if (watcher->release != NULL) watcher->release(watcher->user_data);
}

static ptg_status tell_rarer(ptg_runtime *runtime,
                             const struct ptg__action *action) {
  const ptg_task_type *type = action->type;
  switch (action->kind) {
  case PTG__ACT_WAKE:
    type->wake(runtime, action->task, action->user_data);
    return PTG_OK;
  case PTG__ACT_DRAIN:
    type->drain(runtime, action->task, action->user_data);
    return PTG_OK;
  case PTG__ACT_CANCEL:
    type->cancel(runtime, action->task, &action->cancel, action->user_data);
    return PTG_OK;
  case PTG__ACT_KILL:
    type->kill(runtime, action->task, action->user_data);
    return PTG_OK;
  case PTG__ACT_WATCH:
    tell_watch(runtime, action);
    return PTG_OK;
  case PTG__ACT_ERROR:
    return tell_error(runtime, action);
  default:
    if (action->hook == NULL) return PTG_OK;
    return action->hook(runtime, action->group, action->user_data);
  }
}

static ptg_status tell(ptg_runtime *runtime, const struct ptg__action *action) {
  if (action->kind == PTG__ACT_START)
    return action->type->start(runtime, action->task, action->user_data);
  if (action->kind != PTG__ACT_DONE) return tell_rarer(runtime, action);
  tell_done(runtime, action);
  return PTG_OK;
}

/* Mail to a root group that is out could only be refused, for as long as
 * senders go on: they are told so instead. */
static void end_turn(ptg_runtime *runtime) {
  const struct ptg__core *core = &runtime->core;
  if (ptg__group_at(core, core->root)->is_gone) ptg__remote_shut(runtime);
}

int ptg__dispatch(ptg_runtime *runtime, int budget) {
  struct ptg__core *core = &runtime->core;
  struct ptg__action action;
  while (budget > 0) {
    if (ptg__core_next(core, &action)) {
      if (runtime->trace != NULL) ptg__trace_call(runtime, &action);
      ptg__core_did(core, &action, tell(runtime, &action));
      budget--;
      continue;
    }
    end_turn(runtime);
    if (ptg__core_next_time(core) > core->now_ns) return 1;
    ptg__core_turn(core);
  }
  return 0;
}

/* One that was given up stays in its group's list, so the walk can go on. */
static size_t drop_group(struct ptg__core *core, uint32_t group) {
  size_t dropped = 0;
  uint32_t slot = ptg__group_at(core, group)->first_task;
  for (; slot != PTG__NO_SLOT; slot = ptg__task_at(core, slot)->next) {
    if (ptg__task_at(core, slot)->state == PTG__TASK_ENDED) continue;
    ptg__task_drop(core, slot);
    dropped++;
  }
  return dropped;
}

size_t ptg__dispatch_drop_all(ptg_runtime *runtime) {
  struct ptg__core *core = &runtime->core;
  size_t dropped = 0;
  for (uint32_t group = core->root; group != PTG__NO_SLOT;
       group = ptg__group_walk(core, core->root, group))
    dropped += drop_group(core, group);
  ptg__dispatch(runtime, INT32_MAX);
  return dropped;
}
