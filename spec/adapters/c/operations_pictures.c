/* operations_pictures.c - requests for snapshots and for events. */
#include "operations.h"

#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "given.h"

/* -------------------------------------------------------------- snapshot -- */

static const struct column group_columns[] = {
    COLUMN(ptg_snapshot_group, "group", REFERENCE, group),
    COLUMN(ptg_snapshot_group, "parent", REFERENCE, parent),
    COLUMN(ptg_snapshot_group, "owner", REFERENCE, owner),
    COLUMN_OF_WORDS(ptg_snapshot_group, "state", WORD, state, group_states),
    COLUMN(ptg_snapshot_group, "is_ending", IS, is_ending),
    COLUMN(ptg_snapshot_group, "age", DURATION, age_ns),
    COLUMN(ptg_snapshot_group, "spawned", COUNT, spawned),
    COLUMN(ptg_snapshot_group, "succeeded", COUNT, succeeded),
    COLUMN(ptg_snapshot_group, "failed", COUNT, failed),
    COLUMN(ptg_snapshot_group, "cancelled", COUNT, cancelled),
    COLUMN(ptg_snapshot_group, "abandoned", COUNT, abandoned),
    COLUMN(ptg_snapshot_group, "refused", COUNT, refused),
    COLUMNS_END};

static const struct column task_columns[] = {
    COLUMN(ptg_snapshot_task, "task", REFERENCE, task),
    COLUMN_OF_WORDS(ptg_snapshot_task, "state", WORD, state, task_states),
    COLUMN(ptg_snapshot_task, "age", DURATION, age_ns),
    COLUMN(ptg_snapshot_task, "is_cancel_requested", IS, is_cancel_requested),
    COLUMN(ptg_snapshot_task, "spawner", REFERENCE, spawner),
    COLUMNS_END};

static const ptg_snapshot_group *group_at(const ptg_snapshot_view *view,
                                          uint64_t index) {
  const char *groups = (const char *)view->groups;
  return (const void *)(groups + index * view->group_size);
}

static json_t *describe_place(const ptg_snapshot_view *view, uint64_t place,
                              uint32_t length) {
  if (place > view->strings_size || length > view->strings_size - place)
    return json_string("(outside of the strings)");
  return describe_text(view->strings + place, length);
}

static json_t *describe_groups(const struct adapter *adapter,
                               const ptg_snapshot_view *view) {
  json_t *list = json_array();
  for (uint64_t i = 0; i < view->group_count; i++) {
    const ptg_snapshot_group *group = group_at(view, i);
    json_t *row = json_object();
    describe_columns(adapter, group_columns, group, row);
    json_object_set_new(row, "name",
                        describe_place(view, group->name, group->name_length));
    json_array_append_new(list, row);
  }
  return list;
}

static json_t *describe_tasks(const struct adapter *adapter,
                              const ptg_snapshot_view *view) {
  json_t *list = json_array();
  const char *tasks = (const char *)view->tasks;
  for (uint64_t i = 0; i < view->task_count; i++) {
    const ptg_snapshot_task *task = (const void *)(tasks + i * view->task_size);
    json_t *row = json_object();
    describe_columns(adapter, task_columns, task, row);
    json_object_set_new(row, "name",
                        describe_place(view, task->name, task->name_length));
    if (task->group < view->group_count)
      json_object_set_new(
          row, "group",
          describe_reference(adapter, group_at(view, task->group)->group));
    json_array_append_new(list, row);
  }
  return list;
}

static ptg_status do_snapshot(struct adapter *adapter,
                              struct request *request) {
  const struct api *api = &adapter->api;
  uint64_t group = request_handle(request, "group");
  if (request_is_bad(request)) return PTG_OK;
  ptg_snapshot *snapshot = NULL;
  ptg_status status = api->snapshot_take(adapter->runtime, group, &snapshot);
  if (status != PTG_OK) return status;
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  status = api->snapshot_get_view(snapshot, &view);
  if (status == PTG_OK) {
    json_object_set_new(request->answer, "groups",
                        describe_groups(adapter, &view));
    json_object_set_new(request->answer, "tasks",
                        describe_tasks(adapter, &view));
  }
  api->snapshot_destroy(snapshot);
  return status;
}

/* ---------------------------------------------------------------- events -- */

static const struct word event_calls[] = {
    {"start", PTG_EVENT_START},
    {"wake", PTG_EVENT_WAKE},
    {"drain", PTG_EVENT_DRAIN},
    {"cancel", PTG_EVENT_CANCEL},
    {"kill", PTG_EVENT_KILL},
    {"done", PTG_EVENT_DONE},
    {"error", PTG_EVENT_ERROR},
    {"group_drain", PTG_EVENT_GROUP_DRAIN},
    {"group_closed", PTG_EVENT_GROUP_CLOSED},
    {NULL, 0}};

static json_t *outcome_of_event(const struct adapter *adapter,
                                const ptg_event *event) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = event->status;
  outcome.code = event->code;
  outcome.flags = event->flags;
  outcome.value = event->value;
  outcome.message = event->text;
  outcome.message_length = event->text_length;
  return describe_outcome(adapter, &outcome);
}

/* An error is of a task, and the group is that of its handler: there the user
 * data is not that of who is named. */
static int has_right_data(const struct adapter *adapter, const ptg_event *event,
                          const char *name) {
  if (event->kind == PTG_EVENT_ERROR || name == NULL) return 1;
  const struct given *given = (const void *)(uintptr_t)event->user_data;
  return given_is_known(adapter, given) && strcmp(name, given->as) == 0;
}

static void describe_who(const struct adapter *adapter, const ptg_event *event,
                         json_t *call) {
  int is_group = event->task == PTG_NONE || event->kind == PTG_EVENT_ERROR;
  uint64_t who = is_group ? event->group : event->task;
  const char *name = names_of(&adapter->names, who);
  json_t *reference =
      has_right_data(adapter, event, name)
          ? describe_reference(adapter, who)
          : json_sprintf("%s, with the user data of another", name);
  json_object_set_new(call, is_group ? "group" : "task", reference);
}

static json_t *describe_event(const struct adapter *adapter,
                              const ptg_event *event) {
  const char *what = text_of(event_calls, (int32_t)event->kind);
  json_t *call = json_pack("{s:s}", "call", what != NULL ? what : "unknown");
  describe_who(adapter, event, call);
  switch (event->kind) {
  case PTG_EVENT_CANCEL:
    json_object_set_new(call, "reason",
                        describe_text(event->text, event->text_length));
    json_object_set_new(call, "originator",
                        describe_reference(adapter, event->originator));
    break;
  case PTG_EVENT_ERROR:
    json_object_set_new(call, "from",
                        describe_reference(adapter, event->originator));
    json_object_set_new(call, "task", describe_reference(adapter, event->task));
    json_object_set_new(call, "outcome", outcome_of_event(adapter, event));
    break;
  case PTG_EVENT_DONE:
    json_object_set_new(call, "outcome", outcome_of_event(adapter, event));
    break;
  default:
    break;
  }
  return call;
}

static ptg_status do_take(struct adapter *adapter, struct request *request) {
  enum { MANY = 100000 };
  int64_t capacity = request_integer(request, "capacity");
  if (capacity < 0 || capacity > MANY)
    request_refuse(request, "capacity: not from 0 to %d", MANY);
  if (request_is_bad(request)) return PTG_OK;
  ptg_event *events = calloc((size_t)capacity + 1, sizeof(*events));
  if (events == NULL) abort();
  size_t count = 0;
  ptg_status status = adapter->api.events_take(
      adapter->runtime, events, sizeof(*events), (size_t)capacity, &count);
  if (status == PTG_OK) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
      json_array_append_new(list, describe_event(adapter, &events[i]));
    json_object_set_new(request->answer, "events", list);
  }
  free(events);
  return status;
}

const struct operation operations_of_pictures[] = {
    {"snapshot", "group", NEEDS_RUNTIME, do_snapshot},
    {"take", "capacity", NEEDS_RUNTIME, do_take},
    {NULL, NULL, 0, NULL},
};
