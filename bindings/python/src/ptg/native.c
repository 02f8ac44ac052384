/* native.c - the part of the binding that is better off in C.
 *
 * A task that is an asyncio.Task is told by events. Most of them ask for
 * nothing: asyncio has put the task in its queue already when it starts, and
 * forgets it by itself when it has ended. They are taken and left here, so
 * that only cancels, and starts that somebody waits for, reach Python.
 *
 * What Python calls is marked so; build_cffi.py reads the marks.
 */
#include <ptg/ptg.h>

#include <string.h>

/* In the user data of a task beside the handle of its group, which is below
 * 2^53: its start is waited for. */
#define GATED (UINT64_C(1) << 62)

enum { BATCH = 256, WORDS = 3 };

static void *data_of(uint64_t number) {
  return (void *)(uintptr_t)number;
}

/* Returns the handle, or the status if it is refused. */
/* python */ static int64_t ptgpy_spawn(ptg_runtime *runtime, uint64_t group,
                                        const ptg_task_type *type,
                                        uint64_t spawner) {
  ptg_task task;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.spawner = spawner;
  ptg_status status =
      ptg_task_spawn(runtime, group, type, spawner == 0 ? NULL : &options,
                     data_of(group), &task);
  return status == PTG_OK ? (int64_t)task : status;
}

/* python */ static int64_t ptgpy_spawn_with(ptg_runtime *runtime,
                                             uint64_t group,
                                             const ptg_task_type *type,
                                             const ptg_task_options *options,
                                             int32_t is_gated) {
  ptg_task task;
  ptg_status status =
      ptg_task_spawn(runtime, group, type, options,
                     data_of(is_gated ? group | GATED : group), &task);
  return status == PTG_OK ? (int64_t)task : status;
}

/* python */ static ptg_status ptgpy_finish(ptg_runtime *runtime,
                                            uint64_t task) {
  return ptg_task_finish(runtime, task, NULL);
}

/* python */ static ptg_status ptgpy_finish_cancelled(ptg_runtime *runtime,
                                                      uint64_t task) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  return ptg_task_finish(runtime, task, &outcome);
}

/* python */ static ptg_status ptgpy_finish_with(ptg_runtime *runtime,
                                                 uint64_t task, int32_t status,
                                                 const char *message,
                                                 size_t message_length) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message = message;
  outcome.message_length = message_length;
  return ptg_task_finish(runtime, task, &outcome);
}

static int is_for_python(const ptg_event *event) {
  switch (event->kind) {
  case PTG_EVENT_CANCEL:
    return 1;
  case PTG_EVENT_START:
    return (event->user_data & GATED) != 0;
  case PTG_EVENT_DONE:
    return event->status != PTG_OK && (event->status != PTG_ECANCELED ||
                                       event->flags & PTG_OUTCOME_NEVER_RAN);
  default:
    return 0;
  }
}

/* Takes events until there are capacity of them for Python, which must be at
 * least BATCH, or no more. told has WORDS numbers for each: the kind, the
 * group, the task. Returns how many there are for Python, or a status; *taken
 * is how many there were. */
static int32_t take(ptg_runtime *runtime, uint64_t *told, int32_t capacity,
                    size_t *taken) {
  ptg_event events[BATCH];
  int32_t kept = 0;
  size_t count = BATCH;
  *taken = 0;
  while (count == BATCH && kept + BATCH <= capacity) {
    ptg_status status =
        ptg_events_take(runtime, events, sizeof(events[0]), BATCH, &count);
    if (status != PTG_OK) return status;
    *taken += count;
    for (size_t at = 0; at < count; at++) {
      const ptg_event *event = &events[at];
      if (!is_for_python(event)) continue;
      uint64_t *place = told + WORDS * (size_t)kept++;
      place[0] = event->kind;
      place[1] = event->user_data & ~GATED;
      place[2] = event->task;
    }
  }
  return kept;
}

/* python */ static int32_t ptgpy_take(ptg_runtime *runtime, uint64_t *told,
                                       int32_t capacity) {
  size_t taken;
  return take(runtime, told, capacity, &taken);
}

/* A turn, of a manual clock an instant, with what it brings; *timeout_ns is
 * when the next one is due. A manual clock does not say so: whatever was taken
 * may have made something due at once. */
/* python */ static int32_t ptgpy_turn(ptg_runtime *runtime, int32_t is_manual,
                                       uint64_t *told, int32_t capacity,
                                       int64_t *timeout_ns) {
  ptg_status status = is_manual ? ptg_runtime_advance(runtime, 0)
                                : ptg_runtime_turn(runtime, 0);
  if (status != PTG_OK) return status;
  size_t taken;
  int32_t kept = take(runtime, told, capacity, &taken);
  if (kept < 0) return kept;
  if (is_manual) {
    *timeout_ns = taken > 0 ? 0 : PTG_FOREVER;
    return kept;
  }
  status = ptg_runtime_get_timeout(runtime, timeout_ns);
  return status == PTG_OK ? kept : status;
}

/* python */ static void *ptgpy_data(uint64_t number) {
  return data_of(number);
}

/* python */ static uint64_t ptgpy_number(void *data) {
  return (uint64_t)(uintptr_t)data;
}
