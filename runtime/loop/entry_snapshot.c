/* entry_snapshot.c - pictures of groups and tasks, taken and read. */
#include <stdlib.h>
#include <string.h>

#include "border.h"
#include "core/check.h"
#include "core/group.h"
#include "gather.h"
#include "json.h"

/* It outlives the runtimes that are in it, so its memory is not theirs. */
struct ptg_snapshot {
  struct ptg__picture picture;
  uint64_t runtimes;
  uint64_t unanswered;
};

/* ------------------------------------------------------------------ take -- */

ptg_status ptg_snapshot_take(ptg_runtime *runtime, ptg_group group,
                             ptg_snapshot **out) {
  if (out != NULL) *out = NULL;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (out == NULL)
    return ptg__core_fail(core, PTG_EINVAL, "nowhere to put the answer");
  uint32_t top = core->root;
  if (group != PTG_NONE) {
    status = ptg__group_find(core, group, &top);
    if (status != PTG_OK) return status;
  }
  ptg_snapshot *snapshot = calloc(1, sizeof(*snapshot));
  if (snapshot == NULL)
    return ptg__core_fail(core, PTG_ENOMEM, "no memory for a snapshot");
  struct ptg__picture need = {0};
  ptg__picture_measure(core, top, &need);
  status = ptg__gather_make_room(&snapshot->picture, &need);
  if (status != PTG_OK) {
    ptg_snapshot_destroy(snapshot);
    return ptg__core_fail(core, status, "no memory for a snapshot");
  }
  ptg__runtime_note_time(runtime);
  int has_fit =
      ptg__picture_add(core, top, runtime->number, &snapshot->picture);
  PTG_CHECK(has_fit); /* nothing has happened since it was measured */
  snapshot->runtimes = 1;
  *out = snapshot;
  return PTG_OK;
}

ptg_status ptg_snapshot_take_all(int64_t timeout_ns, ptg_snapshot **out) {
  if (out != NULL) *out = NULL;
  if (out == NULL || timeout_ns < 0) return PTG_EINVAL;
  ptg_snapshot *snapshot = calloc(1, sizeof(*snapshot));
  if (snapshot == NULL) return PTG_ENOMEM;

  ptg_status status =
      ptg__gather_all(uv_hrtime() + (uint64_t)timeout_ns, &snapshot->picture,
                      &snapshot->runtimes, &snapshot->unanswered);
  if (status != PTG_OK) {
    ptg_snapshot_destroy(snapshot);
    return status;
  }
  *out = snapshot;
  return PTG_OK;
}

void ptg_snapshot_destroy(ptg_snapshot *snapshot) {
  if (snapshot == NULL) return;
  ptg__gather_free(&snapshot->picture);
  free(snapshot);
}

/* ------------------------------------------------------------------ read -- */

ptg_status ptg_snapshot_get_view(const ptg_snapshot *snapshot,
                                 ptg_snapshot_view *view) {
  if (snapshot == NULL || view == NULL || view->size < sizeof(view->size))
    return PTG_EINVAL;
  const struct ptg__picture *picture = &snapshot->picture;
  ptg_snapshot_view ours = {.size = sizeof(ours),
                            .version = PTG_SNAPSHOT_VERSION,
                            .runtimes = snapshot->runtimes,
                            .unanswered = snapshot->unanswered,
                            .groups = picture->groups,
                            .group_count = picture->group_count,
                            .group_size = sizeof(*picture->groups),
                            .tasks = picture->tasks,
                            .task_count = picture->task_count,
                            .task_size = sizeof(*picture->tasks),
                            .strings = picture->strings,
                            .strings_size = picture->strings_size};
  ptg__border_give(view, &ours, sizeof(ours));
  return PTG_OK;
}

static void write_task(struct ptg__json *json,
                       const struct ptg__picture *picture,
                       const ptg_snapshot_task *task) {
  static const char *const states[] = {"", "pending", "running", "abandoned"};
  ptg__json_open(json, NULL, '{');
  ptg__json_number(json, "task", (int64_t)task->task);
  ptg__json_text(json, "name", picture->strings + task->name,
                 task->name_length);
  const char *type = picture->strings + task->type_name;
  ptg__json_text(json, "type", type, strlen(type));
  ptg__json_text(json, "state", states[task->state],
                 strlen(states[task->state]));
  ptg__json_number(json, "age_ns", task->age_ns);
  ptg__json_number(json, "cancel_requested", task->is_cancel_requested);
  ptg__json_number(json, "spawner", (int64_t)task->spawner);
  ptg__json_close(json, '}');
}

static void write_group(struct ptg__json *json,
                        const struct ptg__picture *picture,
                        const ptg_snapshot_group *group) {
  static const char *const states[] = {"", "open", "draining", "cancelling",
                                       "closed"};
  ptg__json_open(json, NULL, '{');
  ptg__json_number(json, "group", (int64_t)group->group);
  ptg__json_number(json, "parent", (int64_t)group->parent);
  ptg__json_number(json, "owner", (int64_t)group->owner);
  ptg__json_number(json, "runtime", (int64_t)group->runtime);
  ptg__json_text(json, "name", picture->strings + group->name,
                 group->name_length);
  ptg__json_text(json, "state", states[group->state],
                 strlen(states[group->state]));
  ptg__json_number(json, "ending", group->is_ending);
  ptg__json_number(json, "age_ns", group->age_ns);
  ptg__json_number(json, "phase_left_ns", group->phase_left_ns);
  ptg__json_number(json, "spawned", (int64_t)group->spawned);
  ptg__json_number(json, "succeeded", (int64_t)group->succeeded);
  ptg__json_number(json, "failed", (int64_t)group->failed);
  ptg__json_number(json, "cancelled", (int64_t)group->cancelled);
  ptg__json_number(json, "abandoned", (int64_t)group->abandoned);
  ptg__json_number(json, "refused", (int64_t)group->refused);
  ptg__json_open(json, "tasks", '[');
  for (uint64_t i = 0; i < group->tasks; i++)
    write_task(json, picture, &picture->tasks[group->first_task + i]);
  ptg__json_close(json, ']');
  ptg__json_close(json, '}');
}

ptg_status ptg_snapshot_write_json(const ptg_snapshot *snapshot, char *text,
                                   size_t capacity, size_t *length) {
  if (length != NULL) *length = 0;
  if (snapshot == NULL || length == NULL || (text == NULL && capacity > 0))
    return PTG_EINVAL;
  const struct ptg__picture *picture = &snapshot->picture;
  struct ptg__json json = {.text = text, .capacity = capacity};
  ptg__json_open(&json, NULL, '{');
  ptg__json_number(&json, "version", PTG_SNAPSHOT_VERSION);
  ptg__json_number(&json, "runtimes", (int64_t)snapshot->runtimes);
  ptg__json_number(&json, "unanswered", (int64_t)snapshot->unanswered);
  ptg__json_open(&json, "groups", '[');
  for (uint64_t i = 0; i < picture->group_count; i++)
    write_group(&json, picture, &picture->groups[i]);
  ptg__json_close(&json, ']');
  ptg__json_close(&json, '}');
  *length = ptg__json_end(&json);
  return *length < capacity ? PTG_OK : PTG_ERANGE;
}
