/* entry_runtime.c - the small calls about a runtime as a whole. */
#include <stdio.h>
#include <string.h>

#include "border.h"
#include "core/events.h"
#include "core/group.h"
#include "core/row.h"
#include "trace.h"

uint32_t ptg_abi_version(void) {
  return PTG_ABI_VERSION;
}

uint64_t ptg_features(void) {
  return PTG_FEATURE_PROCESS | PTG_FEATURE_TIMER | PTG_FEATURE_WORK |
         PTG_FEATURE_QUEUE | PTG_FEATURE_EVENTS | PTG_FEATURE_REMOTE |
         PTG_FEATURE_GUEST | PTG_FEATURE_SNAPSHOT | PTG_FEATURE_TRACE;
}

const char *ptg_status_name(ptg_status status) {
  static const char *const names[] = {
      "PTG_OK",      "PTG_EINVAL",  "PTG_ENOMEM",    "PTG_ESTALE",
      "PTG_EKIND",   "PTG_ECLOSED", "PTG_EBUSY",     "PTG_EREENTRANT",
      "PTG_ETHREAD", "PTG_ERANGE",  "PTG_ECANCELED", "PTG_ETIMEDOUT",
      "PTG_EABI",    "PTG_EUV",     "PTG_ECYCLE",    "PTG_EFULL",
      "PTG_EFAILED", "PTG_EEXIT",   "PTG_ESIGNAL",   "PTG_EDEADLK"};
  const int32_t count = (int32_t)(sizeof(names) / sizeof(names[0]));
  return status > 0 || status <= -count ? "PTG_E?" : names[-status];
}

static ptg_status enter_with_output(ptg_runtime *runtime, const void *out) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK || out != NULL) return status;
  return ptg__core_fail(&runtime->core, PTG_EINVAL,
                        "nowhere to put the answer");
}

ptg_status ptg_runtime_get_root(ptg_runtime *runtime, ptg_group *out) {
  if (out != NULL) *out = PTG_NONE;
  ptg_status status = enter_with_output(runtime, out);
  if (status != PTG_OK) return status;
  *out = ptg__group_handle(&runtime->core, runtime->core.root);
  return PTG_OK;
}

ptg_status ptg_runtime_get_loop(ptg_runtime *runtime, struct uv_loop_s **out) {
  if (out != NULL) *out = NULL;
  ptg_status status = enter_with_output(runtime, out);
  if (status != PTG_OK) return status;
  *out = runtime->loop;
  return PTG_OK;
}

ptg_status ptg_runtime_get_time(ptg_runtime *runtime, int64_t *now_ns) {
  if (now_ns != NULL) *now_ns = 0;
  ptg_status status = enter_with_output(runtime, now_ns);
  if (status != PTG_OK) return status;
  ptg__runtime_update_time(runtime);
  *now_ns = runtime->core.now_ns;
  return PTG_OK;
}

ptg_status ptg_runtime_get_current(ptg_runtime *runtime, ptg_task *task,
                                   ptg_group *group) {
  if (task != NULL) *task = PTG_NONE;
  if (group != NULL) *group = PTG_NONE;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  const struct ptg__core *core = &runtime->core;
  ptg_group inside = ptg__group_handle(core, core->inside);
  if (task != NULL && core->current != inside) *task = core->current;
  if (group != NULL) *group = inside;
  return PTG_OK;
}

ptg_status ptg_runtime_get_error(ptg_runtime *runtime, ptg_error_info *info) {
  ptg__border_clear(info, sizeof(*info));
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  status = ptg__border_check(runtime, info);
  if (status != PTG_OK) return status;
  const struct ptg__core *core = &runtime->core;
  ptg_error_info ours = {.size = sizeof(ours),
                         .status = core->error_status,
                         .uv_status = core->error_uv_status,
                         .message = core->error_message,
                         .message_length = strlen(core->error_message)};
  ptg__border_give(info, &ours, sizeof(ours));
  return PTG_OK;
}

ptg_status ptg_runtime_set_error(ptg_runtime *runtime, ptg_status error,
                                 int32_t uv_status, const char *message) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  ptg__core_fail(&runtime->core, error, "%s", message != NULL ? message : "");
  runtime->core.error_uv_status = uv_status;
  return error;
}

static int take_next(ptg_runtime *runtime, ptg_event *event) {
  if (!ptg__events_next(&runtime->core, event)) return 0;
  if (runtime->trace != NULL) ptg__trace_event(runtime, event);
  return 1;
}

static size_t take_same_size(ptg_runtime *runtime, ptg_event *events,
                             size_t capacity) {
  size_t taken = 0;
  while (taken < capacity && take_next(runtime, &events[taken]))
    taken++;
  return taken;
}

/* For a caller of another version. */
static size_t take_other_size(ptg_runtime *runtime, void *events,
                              size_t event_size, size_t capacity) {
  size_t taken = 0;
  unsigned char *out = events;
  ptg_event event;
  while (taken < capacity && take_next(runtime, &event)) {
    ptg__row_copy(out, event_size, &event, sizeof(event));
    out += event_size;
    taken++;
  }
  return taken;
}

ptg_status ptg_events_take(ptg_runtime *runtime, ptg_event *events,
                           size_t event_size, size_t capacity, size_t *count) {
  if (count != NULL) *count = 0;
  ptg_status status = enter_with_output(runtime, count);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (events == NULL || event_size < 2 * sizeof(uint32_t))
    return ptg__core_fail(core, PTG_EINVAL, "no room for an event");
  if (runtime->is_taking)
    return ptg__core_fail(core, PTG_EREENTRANT, "events are being taken");
  runtime->is_taking = 1;
  ptg__events_begin_take(core);
  *count = event_size == sizeof(*events)
               ? take_same_size(runtime, events, capacity)
               : take_other_size(runtime, events, event_size, capacity);
  runtime->is_taking = 0;
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

void *ptg_runtime_realloc(ptg_runtime *runtime, void *block, size_t old_size,
                          size_t new_size) {
  if (runtime == NULL) return NULL;
  const struct ptg__memory *memory = &runtime->core.memory;
  return memory->alloc(memory->data, block, old_size, new_size);
}
