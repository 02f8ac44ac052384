/* test_bad_input.c - every function of ptg.h given what it must refuse.
 *
 * Tables: who takes a handle, against every wrong one; who takes a struct,
 * against every wrong size; who takes a text, against every bad one. Each time
 * the status is the documented one, the last error says why, the outputs are
 * cleared, user_data is released once, and nothing else has changed.
 */
#include <ptg/ptg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GARBAGE UINT64_C(0xA5A5A5A5A5A5A5A5)

static struct bench {
  ptg_runtime *runtime;
  ptg_group root, group, sibling, stale_group;
  ptg_task running, pending, timer, stale_task;
  ptg_runtime *other;
  ptg_group other_group;
  ptg_task other_task;
  int released;
} b;

/* ----------------------------------------------------------------- bench -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return PTG_OK;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  ptg_task_finish(runtime, task, NULL);
}

static void release(void *user_data) {
  ++*(int *)user_data;
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_OK;
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .name = "a type",
                                   .start = start,
                                   .cancel = cancel,
                                   .wake = wake,
                                   .release = release};

static ptg_runtime *create(void) {
  ptg_runtime *runtime;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  return runtime;
}

static ptg_task spawn(ptg_runtime *runtime, ptg_group group) {
  static int ignored;
  ptg_task task;
  assert_int_equal(ptg_task_spawn(runtime, group, &TYPE, NULL, &ignored, &task),
                   PTG_OK);
  return task;
}

static ptg_task spawn_timer(void) {
  ptg_task timer;
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.every_ns = 1000 * MS;
  options.fire = fire;
  assert_int_equal(ptg_timer_spawn(b.runtime, b.group, &options, &timer),
                   PTG_OK);
  return timer;
}

static int set_up(void **state) {
  memset(&b, 0, sizeof(b));
  b.runtime = create();
  ptg_runtime *runtime = b.runtime;
  assert_int_equal(ptg_runtime_get_root(runtime, &b.root), PTG_OK);
  ptg_group_create(runtime, PTG_NONE, NULL, &b.group);
  ptg_group_create(runtime, PTG_NONE, NULL, &b.sibling);
  ptg_group_create(runtime, PTG_NONE, NULL, &b.stale_group);
  b.stale_task = spawn(runtime, b.group);
  b.running = spawn(runtime, b.group);
  b.timer = spawn_timer();
  ptg_task_finish(runtime, b.stale_task, NULL);
  ptg_group_shutdown(runtime, b.stale_group, NULL);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);
  b.pending = spawn(runtime, b.group);
  b.other = create();
  ptg_group_create(b.other, PTG_NONE, NULL, &b.other_group);
  b.other_task = spawn(b.other, b.other_group);
  return 0;
}

static void destroy(ptg_runtime *runtime, ptg_group root) {
  assert_int_equal(ptg_group_shutdown(runtime, root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 60000 * MS), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static int tear_down(void **state) {
  ptg_group other_root;
  assert_int_equal(ptg_runtime_get_root(b.other, &other_root), PTG_OK);
  destroy(b.runtime, b.root);
  destroy(b.other, other_root);
  return 0;
}

/* ---------------------------------------------------------- what changed -- */

struct snapshot {
  ptg_group_info groups[3];
  ptg_task_info tasks[3];
  ptg_timer_info timer;
  ptg_task listed[8];
  size_t listed_count;
  int64_t now_ns;
};

static void take_snapshot(struct snapshot *snapshot) {
  const ptg_group groups[] = {b.root, b.group, b.sibling};
  const ptg_task tasks[] = {b.running, b.pending, b.timer};
  memset(snapshot, 0, sizeof(*snapshot));
  for (size_t i = 0; i < 3; i++) {
    snapshot->groups[i].size = sizeof(snapshot->groups[i]);
    snapshot->tasks[i].size = sizeof(snapshot->tasks[i]);
    assert_int_equal(
        ptg_group_get_info(b.runtime, groups[i], &snapshot->groups[i]), PTG_OK);
    assert_int_equal(
        ptg_task_get_info(b.runtime, tasks[i], &snapshot->tasks[i]), PTG_OK);
  }
  snapshot->timer.size = sizeof(snapshot->timer);
  assert_int_equal(ptg_timer_get_info(b.runtime, b.timer, &snapshot->timer),
                   PTG_OK);
  assert_int_equal(ptg_group_list_tasks(b.runtime, b.group, snapshot->listed, 8,
                                        &snapshot->listed_count),
                   PTG_OK);
  ptg_runtime_get_time(b.runtime, &snapshot->now_ns);
}

static void check_error(ptg_status status) {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(b.runtime, &info), PTG_OK);
  assert_int_equal(info.status, status);
  assert_true(info.message_length > 0);
  assert_int_equal(info.message_length, strlen(info.message));
}

static struct snapshot before;

static void expect_refusal(void) {
  take_snapshot(&before);
  b.released = 0;
}

static void check_refusal(const char *what, ptg_status status,
                          ptg_status expected, int released) {
  struct snapshot after;
  if (status != expected)
    fail_msg("%s: %s, not %s", what, ptg_status_name(status),
             ptg_status_name(expected));
  check_error(expected);
  take_snapshot(&after);
  if (memcmp(&before, &after, sizeof(after)) != 0)
    fail_msg("%s: something has changed", what);
  if (b.released != released)
    fail_msg("%s: released %d times, not %d", what, b.released, released);
}

/* ---------------------------------------------------- calls of a handle -- */

#define OUTPUT_IS_CLEAR(output) \
  do { \
    if (status != PTG_OK) assert_true((output) == 0); \
  } while (0)

/* An info is cleared but for its size. */
static void check_info(ptg_status status, const void *info, size_t size) {
  const unsigned char *bytes = info;
  for (size_t i = sizeof(uint32_t); status != PTG_OK && i < size; i++)
    assert_int_equal(bytes[i], 0);
}

static ptg_status call_create(ptg_runtime *runtime, uint64_t handle) {
  ptg_group out = GARBAGE;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.release = release;
  options.user_data = &b.released;
  ptg_status status = ptg_group_create(runtime, handle, &options, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_stops_first(ptg_runtime *runtime, uint64_t handle) {
  return ptg_group_stops_before(runtime, handle, b.sibling);
}

static ptg_status call_stops_later(ptg_runtime *runtime, uint64_t handle) {
  return ptg_group_stops_before(runtime, b.sibling, handle);
}

static ptg_status call_shutdown(ptg_runtime *runtime, uint64_t handle) {
  return ptg_group_shutdown(runtime, handle, NULL);
}

static ptg_status call_group_info(ptg_runtime *runtime, uint64_t handle) {
  ptg_group_info info;
  memset(&info, 0xA5, sizeof(info));
  info.size = sizeof(info);
  ptg_status status = ptg_group_get_info(runtime, handle, &info);
  check_info(status, &info, sizeof(info));
  return status;
}

typedef ptg_status list_fn(ptg_runtime *, ptg_group, uint64_t *, size_t,
                           size_t *);

static ptg_status call_list(ptg_runtime *runtime, uint64_t handle,
                            list_fn *list) {
  uint64_t handles[4] = {GARBAGE, GARBAGE, GARBAGE, GARBAGE};
  size_t count = 77;
  ptg_status status = list(runtime, handle, handles, 4, &count);
  OUTPUT_IS_CLEAR(count);
  assert_true(status == PTG_OK || handles[0] == GARBAGE);
  return status;
}

static ptg_status call_groups(ptg_runtime *runtime, uint64_t handle) {
  return call_list(runtime, handle, ptg_group_list_groups);
}

static ptg_status call_tasks(ptg_runtime *runtime, uint64_t handle) {
  return call_list(runtime, handle, ptg_group_list_tasks);
}

static ptg_status call_abandoned(ptg_runtime *runtime, uint64_t handle) {
  return call_list(runtime, handle, ptg_group_list_abandoned);
}

#define CALL_ROWS(call, function, row) \
  static ptg_status call(ptg_runtime *runtime, uint64_t handle) { \
    row rows[8]; \
    size_t count = 77; \
    ptg_status status = \
        function(runtime, handle, rows, sizeof(rows[0]), 8, &count); \
    OUTPUT_IS_CLEAR(count); \
    return status; \
  }
CALL_ROWS(call_plan, ptg_group_get_plan, ptg_plan_step)
CALL_ROWS(call_report, ptg_group_get_report, ptg_report_row)
CALL_ROWS(call_failures, ptg_group_list_failures, ptg_failure_row)
CALL_ROWS(call_history, ptg_group_list_history, ptg_history_row)
CALL_ROWS(call_names, ptg_group_count_names, ptg_name_row)
CALL_ROWS(call_scan, ptg_group_scan_tasks, ptg_task_row)
CALL_ROWS(call_blame, ptg_group_get_blame, ptg_blame_row)

static ptg_status call_owner(ptg_runtime *runtime, uint64_t handle) {
  ptg_group out = GARBAGE;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.release = release;
  options.user_data = &b.released;
  options.owner = handle;
  ptg_status status = ptg_group_create(runtime, b.group, &options, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static void over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                 const ptg_outcome *outcome, void *user_data) {
}

static ptg_status call_waiter(ptg_runtime *runtime, uint64_t handle) {
  ptg_watch out = GARBAGE;
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  options.waiter = handle;
  options.over = over;
  options.release = release;
  options.user_data = &b.released;
  ptg_status status = ptg_watch_add(runtime, b.sibling, &options, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_extend(ptg_runtime *runtime, uint64_t handle) {
  int64_t left_ns = 77;
  ptg_status status = ptg_task_extend_grace(runtime, handle, 1, &left_ns);
  OUTPUT_IS_CLEAR(left_ns);
  return status;
}

static ptg_status call_snapshot(ptg_runtime *runtime, uint64_t handle) {
  ptg_snapshot *out = (ptg_snapshot *)(void *)&b;
  ptg_status status = ptg_snapshot_take(runtime, handle, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_spawn(ptg_runtime *runtime, uint64_t handle) {
  ptg_task out = GARBAGE;
  ptg_status status =
      ptg_task_spawn(runtime, handle, &TYPE, NULL, &b.released, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_spawner(ptg_runtime *runtime, uint64_t handle) {
  ptg_task out = GARBAGE;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.spawner = handle;
  ptg_status status =
      ptg_task_spawn(runtime, b.group, &TYPE, &options, &b.released, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_finish(ptg_runtime *runtime, uint64_t handle) {
  return ptg_task_finish(runtime, handle, NULL);
}

static ptg_status call_cancel(ptg_runtime *runtime, uint64_t handle) {
  return ptg_task_cancel(runtime, handle, NULL);
}

static ptg_status call_sleep(ptg_runtime *runtime, uint64_t handle) {
  return ptg_task_sleep(runtime, handle, 1);
}

static ptg_status call_task_info(ptg_runtime *runtime, uint64_t handle) {
  ptg_task_info info;
  memset(&info, 0xA5, sizeof(info));
  info.size = sizeof(info);
  ptg_status status = ptg_task_get_info(runtime, handle, &info);
  check_info(status, &info, sizeof(info));
  return status;
}

static ptg_status call_user_data(ptg_runtime *runtime, uint64_t handle) {
  void *user_data = &b;
  ptg_status status =
      ptg_task_get_user_data(runtime, handle, &TYPE, &user_data);
  OUTPUT_IS_CLEAR(user_data);
  return status;
}

static ptg_status call_timer_of(ptg_runtime *runtime, uint64_t group,
                                uint64_t spawner) {
  ptg_task out = GARBAGE;
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.after_ns = 1;
  options.fire = fire;
  options.release = release;
  options.user_data = &b.released;
  options.spawner = spawner;
  ptg_status status = ptg_timer_spawn(runtime, group, &options, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_timer(ptg_runtime *runtime, uint64_t handle) {
  return call_timer_of(runtime, handle, PTG_NONE);
}

static ptg_status call_timer_spawner(ptg_runtime *runtime, uint64_t handle) {
  return call_timer_of(runtime, b.group, handle);
}

static ptg_status call_process(ptg_runtime *runtime, uint64_t handle) {
  static const char *const argv[] = {"/bin/true", NULL};
  ptg_task out = GARBAGE;
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.release = release;
  options.user_data = &b.released;
  ptg_status status = ptg_process_spawn(runtime, handle, &options, &out);
  OUTPUT_IS_CLEAR(out);
  return status;
}

static ptg_status call_signal(ptg_runtime *runtime, uint64_t handle) {
  return ptg_process_signal(runtime, handle, 15);
}

static ptg_status call_pid(ptg_runtime *runtime, uint64_t handle) {
  int64_t pid = 77;
  ptg_status status = ptg_process_get_pid(runtime, handle, &pid);
  OUTPUT_IS_CLEAR(pid);
  return status;
}

/* The timer's and the process' own calls look at the handle in the same way,
 * and then at the sort of the task. */
static ptg_status call_timer_info(ptg_runtime *runtime, uint64_t handle) {
  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  return ptg_timer_get_info(runtime, handle, &info);
}

enum takes { A_GROUP, A_PARENT, A_TASK, A_SPAWNER };

static const struct call {
  const char *name;
  ptg_status (*call)(ptg_runtime *runtime, uint64_t handle);
  enum takes takes;
  int releases;
} CALLS[] = {
    {"ptg_group_create", call_create, A_PARENT, 1},
    {"ptg_group_stops_before, first", call_stops_first, A_GROUP, 0},
    {"ptg_group_stops_before, later", call_stops_later, A_GROUP, 0},
    {"ptg_group_shutdown", call_shutdown, A_GROUP, 0},
    {"ptg_group_get_info", call_group_info, A_GROUP, 0},
    {"ptg_group_list_groups", call_groups, A_GROUP, 0},
    {"ptg_group_list_tasks", call_tasks, A_GROUP, 0},
    {"ptg_group_list_abandoned", call_abandoned, A_GROUP, 0},
    {"ptg_group_get_plan", call_plan, A_GROUP, 0},
    {"ptg_group_get_report", call_report, A_GROUP, 0},
    {"ptg_group_list_failures", call_failures, A_GROUP, 0},
    {"ptg_group_list_history", call_history, A_GROUP, 0},
    {"ptg_group_count_names", call_names, A_GROUP, 0},
    {"ptg_group_scan_tasks", call_scan, A_GROUP, 0},
    {"ptg_group_get_blame", call_blame, A_GROUP, 0},
    {"ptg_snapshot_take", call_snapshot, A_PARENT, 0},
    {"ptg_group_create, owner", call_owner, A_SPAWNER, 1},
    {"ptg_watch_add, waiter", call_waiter, A_SPAWNER, 1},
    {"ptg_task_extend_grace", call_extend, A_TASK, 0},
    {"ptg_task_spawn", call_spawn, A_GROUP, 1},
    {"ptg_task_spawn, spawner", call_spawner, A_SPAWNER, 1},
    {"ptg_task_finish", call_finish, A_TASK, 0},
    {"ptg_task_cancel", call_cancel, A_TASK, 0},
    {"ptg_task_sleep", call_sleep, A_TASK, 0},
    {"ptg_task_get_info", call_task_info, A_TASK, 0},
    {"ptg_task_get_user_data", call_user_data, A_TASK, 0},
    {"ptg_timer_spawn", call_timer, A_GROUP, 1},
    {"ptg_timer_spawn, spawner", call_timer_spawner, A_SPAWNER, 1},
    {"ptg_timer_get_info", call_timer_info, A_TASK, 0},
    {"ptg_process_spawn", call_process, A_GROUP, 1},
    {"ptg_process_signal", call_signal, A_TASK, 0},
    {"ptg_process_get_pid", call_pid, A_TASK, 0},
};

static void try_handle(const struct call *call, uint64_t handle,
                       ptg_status expected) {
  expect_refusal();
  ptg_status status = call->call(b.runtime, handle);
  check_refusal(call->name, status, expected, call->releases);
}

static void every_wrong_handle_is_refused(void **state) {
  for (size_t i = 0; i < COUNT(CALLS); i++) {
    const struct call *call = &CALLS[i];
    int is_group = call->takes == A_GROUP || call->takes == A_PARENT;
    const uint64_t garbage[] = {1,
                                42,
                                UINT64_MAX,
                                UINT64_C(1) << 53,
                                UINT64_C(1) << 52,
                                (uint64_t)(uintptr_t)&b};
    for (size_t j = 0; j < COUNT(garbage); j++)
      try_handle(call, garbage[j], PTG_EINVAL);
    /* As a parent or a spawner zero has a meaning of its own. */
    if (call->takes == A_GROUP || call->takes == A_TASK)
      try_handle(call, PTG_NONE, PTG_EINVAL);
    try_handle(call, is_group ? b.stale_group : b.stale_task, PTG_ESTALE);
    try_handle(call, is_group ? b.other_group : b.other_task, PTG_ESTALE);
    try_handle(call, is_group ? b.running : b.group, PTG_EKIND);
    try_handle(call, is_group ? b.stale_task : b.stale_group, PTG_EKIND);
    /* Never given out, but it could have been. */
    try_handle(call, (is_group ? b.group : b.running) + 7, PTG_ESTALE);
    try_handle(call, (is_group ? b.group : b.running) + (UINT64_C(1) << 24),
               PTG_ESTALE);
  }
}

static void no_runtime_is_refused(void **state) {
  for (size_t i = 0; i < COUNT(CALLS); i++) {
    int is_group = CALLS[i].takes == A_GROUP || CALLS[i].takes == A_PARENT;
    b.released = 0;
    if (CALLS[i].call(NULL, is_group ? b.group : b.running) != PTG_EINVAL)
      fail_msg("%s", CALLS[i].name);
    if (b.released != CALLS[i].releases)
      fail_msg("%s: released %d times", CALLS[i].name, b.released);
  }
  ptg_group root = GARBAGE;
  struct uv_loop_s *loop = (struct uv_loop_s *)&b;
  int64_t now_ns = 77;
  ptg_error_info info = {.size = sizeof(info), .status = 5};
  assert_int_equal(ptg_runtime_get_root(NULL, &root), PTG_EINVAL);
  assert_int_equal(ptg_runtime_get_loop(NULL, &loop), PTG_EINVAL);
  assert_int_equal(ptg_runtime_get_time(NULL, &now_ns), PTG_EINVAL);
  assert_int_equal(ptg_runtime_get_error(NULL, &info), PTG_EINVAL);
  assert_true(root == PTG_NONE && loop == NULL && now_ns == 0);
  assert_int_equal(info.status, 0);
  assert_int_equal(ptg_runtime_set_error(NULL, PTG_EFAILED, 0, "no"),
                   PTG_EINVAL);
  assert_int_equal(ptg_runtime_run(NULL), PTG_EINVAL);
  assert_int_equal(ptg_runtime_advance(NULL, 0), PTG_EINVAL);
  assert_int_equal(ptg_runtime_request_shutdown(NULL, 0), PTG_EINVAL);
  assert_null(ptg_runtime_realloc(NULL, NULL, 0, 8));
}

/* ---------------------------------------------------- nowhere to answer -- */

static void an_answer_needs_a_place(void **state) {
  ptg_runtime *runtime = b.runtime;
  uint64_t handle;
  size_t count;
  void *user_data;
  ptg_plan_step step;
  ptg_report_row row;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.release = release;
  options.user_data = &b.released;

#define REFUSE(call, releases) \
  do { \
    expect_refusal(); \
    ptg_status status = call; \
    check_refusal(#call, status, PTG_EINVAL, releases); \
  } while (0)
  REFUSE(ptg_runtime_get_root(runtime, NULL), 0);
  REFUSE(ptg_runtime_get_loop(runtime, NULL), 0);
  REFUSE(ptg_runtime_get_time(runtime, NULL), 0);
  REFUSE(ptg_runtime_get_error(runtime, NULL), 0);
  REFUSE(ptg_group_create(runtime, b.group, &options, NULL), 1);
  REFUSE(ptg_group_get_info(runtime, b.group, NULL), 0);
  REFUSE(ptg_task_get_info(runtime, b.running, NULL), 0);
  REFUSE(ptg_timer_get_info(runtime, b.timer, NULL), 0);
  REFUSE(ptg_task_get_user_data(runtime, b.running, &TYPE, NULL), 0);
  REFUSE(ptg_task_get_user_data(runtime, b.running, NULL, &user_data), 0);
  REFUSE(ptg_group_list_groups(runtime, b.root, NULL, 1, &count), 0);
  REFUSE(ptg_group_list_groups(runtime, b.root, &handle, 1, NULL), 0);
  REFUSE(ptg_group_list_tasks(runtime, b.group, NULL, 1, &count), 0);
  REFUSE(ptg_group_list_tasks(runtime, b.group, &handle, 1, NULL), 0);
  REFUSE(ptg_group_list_abandoned(runtime, b.group, NULL, 1, &count), 0);
  REFUSE(ptg_group_list_abandoned(runtime, b.group, &handle, 1, NULL), 0);
  REFUSE(ptg_group_get_plan(runtime, b.root, NULL, sizeof(step), 1, &count), 0);
  REFUSE(ptg_group_get_plan(runtime, b.root, &step, sizeof(step), 1, NULL), 0);
  REFUSE(ptg_group_get_plan(runtime, b.root, &step, 0, 1, &count), 0);
  REFUSE(ptg_group_get_plan(runtime, b.root, &step, SIZE_MAX, 1, &count), 0);
  REFUSE(ptg_group_get_report(runtime, b.root, NULL, sizeof(row), 1, &count),
         0);
  REFUSE(ptg_group_get_report(runtime, b.root, &row, 3, 1, &count), 0);
  REFUSE(ptg_group_get_report(runtime, b.root, &row, 1 << 20, 1, &count), 0);
  REFUSE(ptg_task_spawn(runtime, b.group, NULL, NULL, &b.released, &handle), 0);
  REFUSE(ptg_timer_spawn(runtime, b.group, NULL, &handle), 0);
  REFUSE(ptg_process_spawn(runtime, b.group, NULL, &handle), 0);
#undef REFUSE
}

static void an_array_that_is_too_small_is_left_alone(void **state) {
  uint64_t handles[2] = {GARBAGE, GARBAGE};
  ptg_plan_step steps[2];
  size_t count;
  memset(steps, 0xA5, sizeof(steps));
  expect_refusal();
  ptg_status status =
      ptg_group_list_tasks(b.runtime, b.group, handles, 2, &count);
  check_refusal("list_tasks", status, PTG_ERANGE, 0);
  assert_int_equal(count, 3);
  assert_true(handles[0] == GARBAGE && handles[1] == GARBAGE);
  assert_int_equal(ptg_group_list_tasks(b.runtime, b.group, NULL, 0, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 3);

  expect_refusal();
  status =
      ptg_group_get_plan(b.runtime, b.root, steps, sizeof(steps[0]), 2, &count);
  check_refusal("get_plan", status, PTG_ERANGE, 0);
  assert_int_equal(count, 3);
  assert_int_equal(steps[0].size, (uint32_t)GARBAGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(every_wrong_handle_is_refused),
      CASE(no_runtime_is_refused),
      CASE(an_answer_needs_a_place),
      CASE(an_array_that_is_too_small_is_left_alone),
  };
  return cmocka_run_group_tests_name("bad input", tests, NULL, NULL);
}
