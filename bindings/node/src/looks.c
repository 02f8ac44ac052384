/* looks.c - everything that asks what there is: structs of ptg.h as objects.
 *
 * A struct is described by a table of its fields; numbers are passed as they
 * are, in nanoseconds, and lib/ makes milliseconds and words of them.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum sort { END, U64, I64, U32, I32, TEXT, CSTRING };

struct field {
  const char *key;
  enum sort sort;
  size_t offset;
  size_t length_offset; /* of a TEXT: a size_t */
};

#define FIELD(type, key, sort, member) \
  { key, sort, offsetof(type, member), 0 }
#define TEXT_FIELD(type, key, member) \
  { key, TEXT, offsetof(type, member), offsetof(type, member##_length) }
#define FIELDS_END \
  { NULL, END, 0, 0 }

static napi_value value_of(napi_env env, const struct field *field,
                           const char *row) {
  const void *at = row + field->offset;
  switch (field->sort) {
  case U64:
    return number(env, (double)*(const uint64_t *)at);
  case I64:
    return number(env, (double)*(const int64_t *)at);
  case U32:
    return number(env, *(const uint32_t *)at);
  case I32:
    return number(env, *(const int32_t *)at);
  case TEXT:
    return text_value(env, *(const char *const *)at,
                      *(const size_t *)(row + field->length_offset));
  default:
    return text_value(env, *(const char *const *)at, NAPI_AUTO_LENGTH);
  }
}

static napi_value object_of(napi_env env, const struct field *fields,
                            const void *row) {
  napi_value object;
  napi_create_object(env, &object);
  for (; fields->key != NULL; fields++)
    napi_set_named_property(env, object, fields->key,
                            value_of(env, fields, row));
  return object;
}

#define GROUP_INFO(key, sort, member) FIELD(ptg_group_info, key, sort, member)

static const struct field group_info_fields[] = {
    TEXT_FIELD(ptg_group_info, "name", name),
    GROUP_INFO("group", U64, group),
    GROUP_INFO("parent", U64, parent),
    GROUP_INFO("state", U32, state),
    GROUP_INFO("isEnding", U32, is_ending),
    GROUP_INFO("children", U64, children),
    GROUP_INFO("spawned", U64, spawned),
    GROUP_INFO("live", U64, live),
    GROUP_INFO("pending", U64, pending),
    GROUP_INFO("queued", U64, queued),
    GROUP_INFO("succeeded", U64, succeeded),
    GROUP_INFO("failed", U64, failed),
    GROUP_INFO("cancelled", U64, cancelled),
    GROUP_INFO("abandoned", U64, abandoned),
    GROUP_INFO("late", U64, late),
    GROUP_INFO("killed", U64, killed),
    GROUP_INFO("refused", U64, refused),
    GROUP_INFO("peak", U64, peak),
    GROUP_INFO("created", I64, created_ns),
    GROUP_INFO("grace", I64, grace_ns),
    GROUP_INFO("cancelWait", I64, cancel_wait_ns),
    GROUP_INFO("deadline", I64, deadline_ns),
    GROUP_INFO("phaseLeft", I64, phase_left_ns),
    GROUP_INFO("oldestAge", I64, oldest_age_ns),
    GROUP_INFO("owner", U64, owner),
    FIELDS_END};

static const struct field task_info_fields[] = {
    TEXT_FIELD(ptg_task_info, "name", name),
    FIELD(ptg_task_info, "type", CSTRING, type_name),
    FIELD(ptg_task_info, "task", U64, task),
    FIELD(ptg_task_info, "group", U64, group),
    FIELD(ptg_task_info, "state", U32, state),
    FIELD(ptg_task_info, "age", I64, age_ns),
    FIELD(ptg_task_info, "isCancelRequested", U32, is_cancel_requested),
    FIELD(ptg_task_info, "isKilled", U32, is_killed),
    TEXT_FIELD(ptg_task_info, "reason", reason),
    FIELD(ptg_task_info, "originator", U64, originator),
    FIELD(ptg_task_info, "spawner", U64, spawner),
    TEXT_FIELD(ptg_task_info, "place", place),
    FIELDS_END};

static const struct field timer_fields[] = {
    FIELD(ptg_timer_info, "fired", U64, fired),
    FIELD(ptg_timer_info, "skipped", U64, skipped),
    FIELD(ptg_timer_info, "missed", U64, missed), FIELDS_END};

static const struct field queue_fields[] = {
    FIELD(ptg_queue_info, "isClosed", U32, is_closed),
    FIELD(ptg_queue_info, "length", U64, length),
    FIELD(ptg_queue_info, "capacity", U64, capacity),
    FIELD(ptg_queue_info, "running", U64, running),
    FIELD(ptg_queue_info, "atOnce", U64, at_once),
    FIELD(ptg_queue_info, "accepted", U64, accepted),
    FIELD(ptg_queue_info, "handled", U64, handled),
    FIELD(ptg_queue_info, "refused", U64, refused),
    FIELDS_END};

/* DEFINE_INFO(name, type, INIT, call, fields): name() answers the struct of
 * io[0] as an object, or a status. */
#define DEFINE_INFO(name, type, INIT, call, fields) \
  static napi_value name(napi_env env, napi_callback_info info) { \
    size_t count = 0; \
    struct host *host = host_here(env, info, &count, NULL); \
    type row = INIT; \
    ptg_status status = call(host->runtime, (uint64_t)host->io[0], &row); \
    if (status != PTG_OK) return number(env, status); \
    return object_of(env, fields, &row); \
  }
DEFINE_INFO(method_group_info, ptg_group_info, PTG_GROUP_INFO_INIT,
            ptg_group_get_info, group_info_fields)
DEFINE_INFO(method_task_info, ptg_task_info, PTG_TASK_INFO_INIT,
            ptg_task_get_info, task_info_fields)
DEFINE_INFO(method_timer_info, ptg_timer_info, PTG_TIMER_INFO_INIT,
            ptg_timer_get_info, timer_fields)
DEFINE_INFO(method_queue_info, ptg_queue_info, PTG_QUEUE_INFO_INIT,
            ptg_queue_get_info, queue_fields)

/* ------------------------------------------------------------------ rows -- */

typedef ptg_status rows_fn(ptg_runtime *runtime, uint64_t group, void *rows,
                           size_t row_size, size_t capacity, size_t *count);

static napi_value rows_value(napi_env env, const struct field *fields,
                             const char *rows, size_t size, size_t count) {
  napi_value array;
  napi_create_array_with_length(env, count, &array);
  for (size_t i = 0; i < count; i++) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    const char *row = rows + i * size;
    napi_value value = fields != NULL
                           ? object_of(env, fields, row)
                           : number(env, (double)*(const uint64_t *)row);
    napi_set_element(env, array, (uint32_t)i, value);
    napi_close_handle_scope(env, scope);
  }
  return array;
}

/* What a list answered, an array or a status; rows is freed. */
static napi_value rows_answer(napi_env env, ptg_status status,
                              const struct field *fields, void *rows,
                              size_t size, size_t count) {
  napi_value value = status == PTG_OK
                         ? rows_value(env, fields, rows, size, count)
                         : number(env, status);
  free(rows);
  return value;
}

/* The rows of io[0] as an array, or a status. fields NULL: handles. */
static napi_value list_rows(napi_env env, napi_callback_info info,
                            rows_fn *list, const struct field *fields,
                            size_t size) {
  size_t none = 0, count = 0;
  struct host *host = host_here(env, info, &none, NULL);
  uint64_t group = (uint64_t)host->io[0];
  void *rows = NULL;
  ptg_status status = list(host->runtime, group, NULL, size, 0, &count);
  if (status == PTG_ERANGE) {
    rows = calloc(count, size);
    if (rows == NULL) return number(env, PTG_ENOMEM);
    status = list(host->runtime, group, rows, size, count, &count);
  }
  return rows_answer(env, status, fields, rows, size, count);
}

/* DEFINE_HANDLES(name, function), DEFINE_ROWS(name, function, type, fields):
 * the list `function` of ptg.h, and a method that answers it. */
#define DEFINE_HANDLES(name, function) \
  static ptg_status list_##name(ptg_runtime *runtime, uint64_t group, \
                                void *rows, size_t row_size, size_t capacity, \
                                size_t *count) { \
    (void)row_size; \
    return function(runtime, group, rows, capacity, count); \
  } \
  static napi_value method_##name(napi_env env, napi_callback_info info) { \
    return list_rows(env, info, list_##name, NULL, sizeof(uint64_t)); \
  }
DEFINE_HANDLES(list_groups, ptg_group_list_groups)
DEFINE_HANDLES(list_tasks, ptg_group_list_tasks)
DEFINE_HANDLES(list_abandoned, ptg_group_list_abandoned)

#define DEFINE_ROWS(name, function, type, fields) \
  static ptg_status list_##name(ptg_runtime *runtime, uint64_t group, \
                                void *rows, size_t row_size, size_t capacity, \
                                size_t *count) { \
    return function(runtime, group, rows, row_size, capacity, count); \
  } \
  static napi_value method_##name(napi_env env, napi_callback_info info) { \
    return list_rows(env, info, list_##name, fields, sizeof(type)); \
  }

static const struct field failure_fields[] = {
    TEXT_FIELD(ptg_failure_row, "name", name),
    FIELD(ptg_failure_row, "status", I32, status),
    FIELD(ptg_failure_row, "code", I32, code),
    TEXT_FIELD(ptg_failure_row, "message", message),
    FIELD(ptg_failure_row, "count", U64, count),
    FIELD(ptg_failure_row, "first", I64, first_ns),
    FIELD(ptg_failure_row, "last", I64, last_ns),
    FIELDS_END};
DEFINE_ROWS(failures, ptg_group_list_failures, ptg_failure_row, failure_fields)

static const struct field history_fields[] = {
    FIELD(ptg_history_row, "task", U64, task),
    TEXT_FIELD(ptg_history_row, "name", name),
    FIELD(ptg_history_row, "status", I32, status),
    FIELD(ptg_history_row, "code", I32, code),
    FIELD(ptg_history_row, "flags", U32, flags),
    FIELD(ptg_history_row, "spawner", U64, spawner),
    FIELD(ptg_history_row, "originator", U64, originator),
    FIELD(ptg_history_row, "spawned", I64, spawned_ns),
    FIELD(ptg_history_row, "ended", I64, ended_ns),
    FIELDS_END};
DEFINE_ROWS(history, ptg_group_list_history, ptg_history_row, history_fields)

static const struct field plan_fields[] = {
    FIELD(ptg_plan_step, "group", U64, group),
    FIELD(ptg_plan_step, "waitsFor", U64, waits_for),
    FIELD(ptg_plan_step, "begin", I64, begin_ns),
    FIELD(ptg_plan_step, "cancel", I64, cancel_ns),
    FIELD(ptg_plan_step, "closed", I64, closed_ns),
    FIELD(ptg_plan_step, "isCritical", U32, is_critical),
    FIELDS_END};
DEFINE_ROWS(plan, ptg_group_get_plan, ptg_plan_step, plan_fields)

static const struct field report_fields[] = {
    FIELD(ptg_report_row, "group", U64, group),
    FIELD(ptg_report_row, "parent", U64, parent),
    TEXT_FIELD(ptg_report_row, "name", name),
    FIELD(ptg_report_row, "state", U32, state),
    FIELD(ptg_report_row, "waitedFor", U64, waited_for),
    FIELD(ptg_report_row, "begun", I64, begun_ns),
    FIELD(ptg_report_row, "drain", I64, drain_ns),
    FIELD(ptg_report_row, "cancel", I64, cancel_ns),
    FIELD(ptg_report_row, "closed", I64, closed_ns),
    FIELD(ptg_report_row, "drained", U64, drained),
    FIELD(ptg_report_row, "cancelled", U64, cancelled),
    FIELD(ptg_report_row, "failed", U64, failed),
    FIELD(ptg_report_row, "refused", U64, refused),
    FIELD(ptg_report_row, "abandoned", U64, abandoned),
    FIELD(ptg_report_row, "killed", U64, killed),
    FIELD(ptg_report_row, "originator", U64, originator),
    FIELDS_END};
DEFINE_ROWS(report, ptg_group_get_report, ptg_report_row, report_fields)

static const struct field blame_fields[] = {
    FIELD(ptg_blame_row, "group", U64, group),
    TEXT_FIELD(ptg_blame_row, "name", name),
    FIELD(ptg_blame_row, "held", I64, held_ns),
    FIELD(ptg_blame_row, "abandoned", U64, abandoned),
    FIELD(ptg_blame_row, "task", U64, task),
    TEXT_FIELD(ptg_blame_row, "taskName", task_name),
    FIELD(ptg_blame_row, "taskHeld", I64, task_held_ns),
    FIELDS_END};
DEFINE_ROWS(blame, ptg_group_get_blame, ptg_blame_row, blame_fields)

/* countNames(): of io[0] the io[1] most frequent ones. */
static napi_value method_count_names(napi_env env, napi_callback_info info) {
  static const struct field fields[] = {
      FIELD(ptg_name_row, "type", CSTRING, type_name),
      TEXT_FIELD(ptg_name_row, "name", name),
      FIELD(ptg_name_row, "count", U64, count), FIELDS_END};
  size_t none = 0, count = 0;
  struct host *host = host_here(env, info, &none, NULL);
  size_t capacity = (size_t)host->io[1];
  ptg_name_row *rows = calloc(capacity + 1, sizeof(*rows));
  if (rows == NULL) return number(env, PTG_ENOMEM);
  ptg_status status =
      ptg_group_count_names(host->runtime, (ptg_group)host->io[0], rows,
                            sizeof(*rows), capacity, &count);
  return rows_answer(env, status, fields, rows, sizeof(*rows), count);
}

/* ------------------------------------------------------------- snapshots -- */

/* A picture as JSON in the format of spec/snapshot.md, or a status. */
static napi_value picture_text(napi_env env, ptg_status status,
                               ptg_snapshot *snapshot) {
  size_t length = 0;
  if (status == PTG_OK) ptg_snapshot_write_json(snapshot, NULL, 0, &length);
  char *text = status == PTG_OK ? malloc(length + 1) : NULL;
  if (status == PTG_OK && text == NULL) status = PTG_ENOMEM;
  if (status == PTG_OK)
    status = ptg_snapshot_write_json(snapshot, text, length + 1, &length);
  ptg_snapshot_destroy(snapshot);
  napi_value value =
      status == PTG_OK ? text_value(env, text, length) : number(env, status);
  free(text);
  return value;
}

static napi_value method_snapshot(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_snapshot *snapshot = NULL;
  ptg_status status =
      ptg_snapshot_take(host->runtime, (ptg_group)host->io[0], &snapshot);
  return picture_text(env, status, snapshot);
}

/* snapshotAll(nanoseconds): of every runtime of the process. */
napi_value snapshot_all(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  double timeout_ns = 0;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_double(env, argument, &timeout_ns);
  ptg_snapshot *snapshot = NULL;
  ptg_status status = ptg_snapshot_take_all((int64_t)timeout_ns, &snapshot);
  return picture_text(env, status, snapshot);
}

const napi_property_descriptor look_methods[] = {
    METHOD("groupInfo", method_group_info),
    METHOD("taskInfo", method_task_info),
    METHOD("timerInfo", method_timer_info),
    METHOD("queueInfo", method_queue_info),
    METHOD("listGroups", method_list_groups),
    METHOD("listTasks", method_list_tasks),
    METHOD("listAbandoned", method_list_abandoned),
    METHOD("failures", method_failures),
    METHOD("history", method_history),
    METHOD("plan", method_plan),
    METHOD("report", method_report),
    METHOD("blame", method_blame),
    METHOD("countNames", method_count_names),
    METHOD("snapshot", method_snapshot),
    METHODS_END};
