/* operations_lists.c - requests that ask what there is, and get it in rows. */
#include "operations.h"

#include <stdlib.h>

#include "describe.h"

/* A list of ptg.h: copies at most capacity rows, and says how many there are.
 */
typedef ptg_status list_fn(const struct adapter *adapter, uint64_t of,
                           void *rows, size_t row_size, size_t capacity,
                           size_t *count);

/* Rows, as many as there are. More than a few attempts are not needed: nothing
 * changes meanwhile. */
struct rows {
  void *data;
  size_t count;
};

static ptg_status fetch(const struct adapter *adapter, list_fn *list,
                        uint64_t of, size_t row_size, struct rows *rows) {
  *rows = (struct rows){NULL, 0};
  ptg_status status = list(adapter, of, NULL, row_size, 0, &rows->count);
  for (int i = 0; i < 3 && status == PTG_ERANGE; i++) {
    size_t capacity = rows->count;
    free(rows->data);
    rows->data = calloc(capacity, row_size);
    if (rows->data == NULL && capacity > 0) abort();
    status = list(adapter, of, rows->data, row_size, capacity, &rows->count);
  }
  return status;
}

/* ------------------------------------------------------------------ info -- */

static const struct column group_columns[] = {
    COLUMN_OF_TEXT(ptg_group_info, "name", TEXT, name),
    COLUMN(ptg_group_info, "parent", REFERENCE, parent),
    COLUMN_OF_WORDS(ptg_group_info, "state", WORD, state, group_states),
    COLUMN(ptg_group_info, "is_ending", IS, is_ending),
    COLUMN(ptg_group_info, "children", COUNT, children),
    COLUMN(ptg_group_info, "spawned", COUNT, spawned),
    COLUMN(ptg_group_info, "live", COUNT, live),
    COLUMN(ptg_group_info, "pending", COUNT, pending),
    COLUMN(ptg_group_info, "queued", COUNT, queued),
    COLUMN(ptg_group_info, "succeeded", COUNT, succeeded),
    COLUMN(ptg_group_info, "failed", COUNT, failed),
    COLUMN(ptg_group_info, "cancelled", COUNT, cancelled),
    COLUMN(ptg_group_info, "abandoned", COUNT, abandoned),
    COLUMN(ptg_group_info, "late", COUNT, late),
    COLUMN(ptg_group_info, "killed", COUNT, killed),
    COLUMN(ptg_group_info, "refused", COUNT, refused),
    COLUMN(ptg_group_info, "peak", COUNT, peak),
    COLUMN(ptg_group_info, "grace", DURATION, grace_ns),
    COLUMN(ptg_group_info, "cancel_wait", DURATION, cancel_wait_ns),
    COLUMN(ptg_group_info, "deadline", LIMIT, deadline_ns),
    COLUMN(ptg_group_info, "phase_left", LIMIT, phase_left_ns),
    COLUMN(ptg_group_info, "oldest_age", DURATION, oldest_age_ns),
    COLUMN(ptg_group_info, "created_at", INSTANT, created_ns),
    COLUMN(ptg_group_info, "owner", REFERENCE, owner),
    COLUMNS_END};

static const struct column task_columns[] = {
    COLUMN_OF_TEXT(ptg_task_info, "name", TEXT, name),
    COLUMN(ptg_task_info, "type", STRING, type_name),
    COLUMN(ptg_task_info, "group", REFERENCE, group),
    COLUMN_OF_WORDS(ptg_task_info, "state", WORD, state, task_states),
    COLUMN(ptg_task_info, "age", DURATION, age_ns),
    COLUMN(ptg_task_info, "is_cancel_requested", IS, is_cancel_requested),
    COLUMN(ptg_task_info, "is_killed", IS, is_killed),
    COLUMN_OF_TEXT(ptg_task_info, "reason", TEXT, reason),
    COLUMN(ptg_task_info, "originator", REFERENCE, originator),
    COLUMN(ptg_task_info, "spawner", REFERENCE, spawner),
    COLUMN_OF_TEXT(ptg_task_info, "place", TEXT, place),
    COLUMNS_END};

static ptg_status group_info(const struct adapter *adapter, ptg_group group,
                             json_t *answer) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status =
      adapter->api.group_get_info(adapter->runtime, group, &info);
  if (status != PTG_OK) return status;
  describe_columns(adapter, group_columns, &info, answer);
  /* An age of 0 may be that of a task, or nobody's. */
  if (info.live + info.abandoned == info.late)
    json_object_set_new(answer, "oldest_age", json_null());
  return PTG_OK;
}

static ptg_status task_info(const struct adapter *adapter, ptg_task task,
                            json_t *answer) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_status status = adapter->api.task_get_info(adapter->runtime, task, &info);
  if (status != PTG_OK) return status;
  describe_columns(adapter, task_columns, &info, answer);
  return PTG_OK;
}

static ptg_status do_info(struct adapter *adapter, struct request *request) {
  int is_group = request_has(request, "group");
  if (is_group == request_has(request, "task"))
    request_refuse(request, "info: of one group or of one task");
  uint64_t of = request_handle(request, is_group ? "group" : "task");
  if (request_is_bad(request)) return PTG_OK;
  return is_group ? group_info(adapter, of, request->answer)
                  : task_info(adapter, of, request->answer);
}

/* ------------------------------------------------------------------ list -- */

enum { GROUPS = 1, TASKS, ABANDONED };

static ptg_status list_groups(const struct adapter *adapter, uint64_t of,
                              void *rows, size_t row_size, size_t capacity,
                              size_t *count) {
  return adapter->api.group_list_groups(adapter->runtime, of, rows, capacity,
                                        count);
}

static ptg_status list_tasks(const struct adapter *adapter, uint64_t of,
                             void *rows, size_t row_size, size_t capacity,
                             size_t *count) {
  return adapter->api.group_list_tasks(adapter->runtime, of, rows, capacity,
                                       count);
}

static ptg_status list_abandoned(const struct adapter *adapter, uint64_t of,
                                 void *rows, size_t row_size, size_t capacity,
                                 size_t *count) {
  return adapter->api.group_list_abandoned(adapter->runtime, of, rows, capacity,
                                           count);
}

static ptg_status do_list(struct adapter *adapter, struct request *request) {
  static const struct word lists[] = {{"groups", GROUPS},
                                      {"tasks", TASKS},
                                      {"abandoned", ABANDONED},
                                      {NULL, 0}};
  static list_fn *const functions[] = {[GROUPS] = list_groups,
                                       [TASKS] = list_tasks,
                                       [ABANDONED] = list_abandoned};
  int32_t what = request_word(request, "what", lists);
  uint64_t group = request_handle(request, "group");
  if (request_is_bad(request)) return PTG_OK;
  struct rows rows;
  ptg_status status =
      fetch(adapter, functions[what], group, sizeof(uint64_t), &rows);
  if (status == PTG_OK) {
    const uint64_t *handles = rows.data;
    json_t *names = json_array();
    for (size_t i = 0; i < rows.count; i++)
      json_array_append_new(names, describe_reference(adapter, handles[i]));
    json_object_set_new(request->answer, "names", names);
  }
  free(rows.data);
  return status;
}

/* ------------------------------------------------------------------ rows -- */

static void answer_rows(const struct adapter *adapter, struct request *request,
                        const struct column *columns, const struct rows *rows,
                        size_t row_size) {
  json_t *list = json_array();
  for (size_t i = 0; i < rows->count; i++) {
    json_t *row = json_object();
    describe_columns(adapter, columns, (char *)rows->data + i * row_size, row);
    json_array_append_new(list, row);
  }
  json_object_set_new(request->answer, "rows", list);
}

static ptg_status do_rows(const struct adapter *adapter,
                          struct request *request, list_fn *list,
                          const struct column *columns, size_t row_size) {
  uint64_t group = request_handle(request, "group");
  if (request_is_bad(request)) return PTG_OK;
  struct rows rows;
  ptg_status status = fetch(adapter, list, group, row_size, &rows);
  if (status == PTG_OK) answer_rows(adapter, request, columns, &rows, row_size);
  free(rows.data);
  return status;
}

/* DEFINE_ROWS(name, function, type): the list `function` of ptg.h, whose rows
 * are of that type, and do_name(), which answers them as name_columns say. */
#define DEFINE_ROWS(name, function, type) \
  static ptg_status list_##name(const struct adapter *adapter, uint64_t of, \
                                void *rows, size_t row_size, size_t capacity, \
                                size_t *count) { \
    return adapter->api.function(adapter->runtime, of, rows, row_size, \
                                 capacity, count); \
  } \
  static ptg_status do_##name(struct adapter *adapter, \
                              struct request *request) { \
    return do_rows(adapter, request, list_##name, name##_columns, \
                   sizeof(type)); \
  }

static const struct column failures_columns[] = {
    COLUMN_OF_TEXT(ptg_failure_row, "name", TEXT, name),
    COLUMN(ptg_failure_row, "failed", STATUS, status),
    COLUMN(ptg_failure_row, "code", CODE, code),
    COLUMN_OF_TEXT(ptg_failure_row, "message", OPTIONAL, message),
    COLUMN(ptg_failure_row, "count", COUNT, count),
    COLUMN(ptg_failure_row, "first_at", INSTANT, first_ns),
    COLUMN(ptg_failure_row, "last_at", INSTANT, last_ns),
    COLUMNS_END};
DEFINE_ROWS(failures, group_list_failures, ptg_failure_row)

static const struct column history_columns[] = {
    COLUMN(ptg_history_row, "task", REFERENCE, task),
    COLUMN_OF_TEXT(ptg_history_row, "name", TEXT, name),
    COLUMN(ptg_history_row, "ended", STATUS, status),
    COLUMN(ptg_history_row, "code", CODE, code),
    COLUMN_OF_WORDS(ptg_history_row, "flags", FLAGS, flags, outcome_flags),
    COLUMN(ptg_history_row, "spawner", REFERENCE, spawner),
    COLUMN(ptg_history_row, "originator", REFERENCE, originator),
    COLUMN(ptg_history_row, "spawned_at", INSTANT, spawned_ns),
    COLUMN(ptg_history_row, "ended_at", INSTANT, ended_ns),
    COLUMNS_END};
DEFINE_ROWS(history, group_list_history, ptg_history_row)

static const struct column plan_columns[] = {
    COLUMN(ptg_plan_step, "group", REFERENCE, group),
    COLUMN(ptg_plan_step, "waits_for", REFERENCE, waits_for),
    COLUMN(ptg_plan_step, "begin", DURATION, begin_ns),
    COLUMN(ptg_plan_step, "cancel", DURATION, cancel_ns),
    COLUMN(ptg_plan_step, "closed", DURATION, closed_ns),
    COLUMN(ptg_plan_step, "is_critical", IS, is_critical),
    COLUMNS_END};
DEFINE_ROWS(plan, group_get_plan, ptg_plan_step)

static const struct column report_columns[] = {
    COLUMN(ptg_report_row, "group", REFERENCE, group),
    COLUMN(ptg_report_row, "parent", REFERENCE, parent),
    COLUMN_OF_WORDS(ptg_report_row, "state", WORD, state, group_states),
    COLUMN(ptg_report_row, "waited_for", REFERENCE, waited_for),
    COLUMN(ptg_report_row, "begun_at", EVENTUAL, begun_ns),
    COLUMN(ptg_report_row, "drain_at", EVENTUAL, drain_ns),
    COLUMN(ptg_report_row, "cancel_at", EVENTUAL, cancel_ns),
    COLUMN(ptg_report_row, "closed_at", EVENTUAL, closed_ns),
    COLUMN(ptg_report_row, "drained", COUNT, drained),
    COLUMN(ptg_report_row, "cancelled", COUNT, cancelled),
    COLUMN(ptg_report_row, "failed", COUNT, failed),
    COLUMN(ptg_report_row, "refused", COUNT, refused),
    COLUMN(ptg_report_row, "abandoned", COUNT, abandoned),
    COLUMN(ptg_report_row, "killed", COUNT, killed),
    COLUMN(ptg_report_row, "originator", REFERENCE, originator),
    COLUMNS_END};
DEFINE_ROWS(report, group_get_report, ptg_report_row)

static const struct column blame_columns[] = {
    COLUMN(ptg_blame_row, "group", REFERENCE, group),
    COLUMN(ptg_blame_row, "held", DURATION, held_ns),
    COLUMN(ptg_blame_row, "abandoned", COUNT, abandoned),
    COLUMN(ptg_blame_row, "task", REFERENCE, task),
    COLUMN_OF_TEXT(ptg_blame_row, "task_name", OPTIONAL, task_name),
    COLUMN(ptg_blame_row, "task_held", DURATION, task_held_ns),
    COLUMNS_END};
DEFINE_ROWS(blame, group_get_blame, ptg_blame_row)

static const struct column names_columns[] = {
    COLUMN(ptg_name_row, "type", STRING, type_name),
    COLUMN_OF_TEXT(ptg_name_row, "name", TEXT, name),
    COLUMN(ptg_name_row, "count", COUNT, count), COLUMNS_END};

/* Unlike the others, it copies as many as asked for and says how many. */
static ptg_status do_count_names(struct adapter *adapter,
                                 struct request *request) {
  enum { MANY = 100000 };
  uint64_t group = request_handle(request, "group");
  int64_t capacity = request_integer(request, "capacity");
  if (capacity < 0 || capacity > MANY)
    request_refuse(request, "capacity: not from 0 to %d", MANY);
  if (request_is_bad(request)) return PTG_OK;
  struct rows rows = {calloc((size_t)capacity + 1, sizeof(ptg_name_row)), 0};
  if (rows.data == NULL) abort();
  ptg_status status = adapter->api.group_count_names(
      adapter->runtime, group, rows.data, sizeof(ptg_name_row),
      (size_t)capacity, &rows.count);
  if (status == PTG_OK)
    answer_rows(adapter, request, names_columns, &rows, sizeof(ptg_name_row));
  free(rows.data);
  return status;
}

const struct operation operations_of_lists[] = {
    {"info", "", NEEDS_RUNTIME, do_info},
    {"list", "what group", NEEDS_RUNTIME, do_list},
    {"count_names", "group capacity", NEEDS_RUNTIME, do_count_names},
    {"failures", "group", NEEDS_RUNTIME, do_failures},
    {"history", "group", NEEDS_RUNTIME, do_history},
    {"plan", "group", NEEDS_RUNTIME, do_plan},
    {"report", "group", NEEDS_RUNTIME, do_report},
    {"blame", "group", NEEDS_RUNTIME, do_blame},
    {NULL, NULL, 0, NULL},
};
