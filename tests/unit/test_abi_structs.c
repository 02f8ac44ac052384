/* test_abi_structs.c - sizes and offsets of what crosses the border.
 *
 * None of them may change by accident: a field is appended or nothing. Whoever
 * changes this table on purpose changes the ABI.
 */
#include <ptg/ptg.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

_Static_assert(sizeof(void *) == 8 && sizeof(size_t) == 8,
               "the table is for 64-bit machines");

/* clang-format off */
#define LAYOUT(STRUCT, FIELD) \
  STRUCT(ptg_outcome, 64) \
  FIELD(ptg_outcome, size, 0, 4) \
  FIELD(ptg_outcome, status, 4, 4) \
  FIELD(ptg_outcome, flags, 8, 4) \
  FIELD(ptg_outcome, code, 12, 4) \
  FIELD(ptg_outcome, message, 16, 8) \
  FIELD(ptg_outcome, message_length, 24, 8) \
  FIELD(ptg_outcome, value, 32, 8) \
  FIELD(ptg_outcome, reason, 40, 8) \
  FIELD(ptg_outcome, reason_length, 48, 8) \
  FIELD(ptg_outcome, originator, 56, 8) \
  STRUCT(ptg_error, 88) \
  FIELD(ptg_error, size, 0, 4) \
  FIELD(ptg_error, flags, 4, 4) \
  FIELD(ptg_error, group, 8, 8) \
  FIELD(ptg_error, task, 16, 8) \
  FIELD(ptg_error, name, 24, 8) \
  FIELD(ptg_error, name_length, 32, 8) \
  FIELD(ptg_error, age_ns, 40, 8) \
  FIELD(ptg_error, outcome, 48, 8) \
  FIELD(ptg_error, group_state, 56, 4) \
  FIELD(ptg_error, handler_status, 60, 4) \
  FIELD(ptg_error, failed_handler, 64, 8) \
  FIELD(ptg_error, task_type, 72, 8) \
  FIELD(ptg_error, task_user_data, 80, 8) \
  STRUCT(ptg_cancel_info, 32) \
  FIELD(ptg_cancel_info, size, 0, 4) \
  FIELD(ptg_cancel_info, flags, 4, 4) \
  FIELD(ptg_cancel_info, reason, 8, 8) \
  FIELD(ptg_cancel_info, reason_length, 16, 8) \
  FIELD(ptg_cancel_info, originator, 24, 8) \
  STRUCT(ptg_runtime_options, 48) \
  FIELD(ptg_runtime_options, size, 0, 4) \
  FIELD(ptg_runtime_options, flags, 4, 4) \
  FIELD(ptg_runtime_options, loop, 8, 8) \
  FIELD(ptg_runtime_options, loop_size, 16, 8) \
  FIELD(ptg_runtime_options, alloc, 24, 8) \
  FIELD(ptg_runtime_options, alloc_data, 32, 8) \
  FIELD(ptg_runtime_options, root, 40, 8) \
  STRUCT(ptg_error_info, 32) \
  FIELD(ptg_error_info, size, 0, 4) \
  FIELD(ptg_error_info, status, 4, 4) \
  FIELD(ptg_error_info, uv_status, 8, 4) \
  FIELD(ptg_error_info, reserved0, 12, 4) \
  FIELD(ptg_error_info, message, 16, 8) \
  FIELD(ptg_error_info, message_length, 24, 8) \
  STRUCT(ptg_group_options, 128) \
  FIELD(ptg_group_options, size, 0, 4) \
  FIELD(ptg_group_options, flags, 4, 4) \
  FIELD(ptg_group_options, name, 8, 8) \
  FIELD(ptg_group_options, name_length, 16, 8) \
  FIELD(ptg_group_options, grace_ns, 24, 8) \
  FIELD(ptg_group_options, cancel_wait_ns, 32, 8) \
  FIELD(ptg_group_options, deadline_ns, 40, 8) \
  FIELD(ptg_group_options, max_tasks, 48, 8) \
  FIELD(ptg_group_options, on_error, 56, 8) \
  FIELD(ptg_group_options, on_drain, 64, 8) \
  FIELD(ptg_group_options, on_closed, 72, 8) \
  FIELD(ptg_group_options, release, 80, 8) \
  FIELD(ptg_group_options, user_data, 88, 8) \
  FIELD(ptg_group_options, when_full, 96, 4) \
  FIELD(ptg_group_options, on_failure, 100, 4) \
  FIELD(ptg_group_options, max_queued, 104, 8) \
  FIELD(ptg_group_options, owner, 112, 8) \
  FIELD(ptg_group_options, history, 120, 8) \
  STRUCT(ptg_shutdown_options, 40) \
  FIELD(ptg_shutdown_options, size, 0, 4) \
  FIELD(ptg_shutdown_options, flags, 4, 4) \
  FIELD(ptg_shutdown_options, grace_ns, 8, 8) \
  FIELD(ptg_shutdown_options, cancel_wait_ns, 16, 8) \
  FIELD(ptg_shutdown_options, deadline_ns, 24, 8) \
  FIELD(ptg_shutdown_options, originator, 32, 8) \
  STRUCT(ptg_group_info, 208) \
  FIELD(ptg_group_info, size, 0, 4) \
  FIELD(ptg_group_info, state, 4, 4) \
  FIELD(ptg_group_info, group, 8, 8) \
  FIELD(ptg_group_info, parent, 16, 8) \
  FIELD(ptg_group_info, name, 24, 8) \
  FIELD(ptg_group_info, name_length, 32, 8) \
  FIELD(ptg_group_info, flags, 40, 4) \
  FIELD(ptg_group_info, is_ending, 44, 4) \
  FIELD(ptg_group_info, children, 48, 8) \
  FIELD(ptg_group_info, spawned, 56, 8) \
  FIELD(ptg_group_info, live, 64, 8) \
  FIELD(ptg_group_info, pending, 72, 8) \
  FIELD(ptg_group_info, succeeded, 80, 8) \
  FIELD(ptg_group_info, failed, 88, 8) \
  FIELD(ptg_group_info, cancelled, 96, 8) \
  FIELD(ptg_group_info, abandoned, 104, 8) \
  FIELD(ptg_group_info, late, 112, 8) \
  FIELD(ptg_group_info, killed, 120, 8) \
  FIELD(ptg_group_info, refused, 128, 8) \
  FIELD(ptg_group_info, created_ns, 136, 8) \
  FIELD(ptg_group_info, grace_ns, 144, 8) \
  FIELD(ptg_group_info, cancel_wait_ns, 152, 8) \
  FIELD(ptg_group_info, deadline_ns, 160, 8) \
  FIELD(ptg_group_info, phase_left_ns, 168, 8) \
  FIELD(ptg_group_info, queued, 176, 8) \
  FIELD(ptg_group_info, peak, 184, 8) \
  FIELD(ptg_group_info, oldest_age_ns, 192, 8) \
  FIELD(ptg_group_info, owner, 200, 8) \
  STRUCT(ptg_task_type, 72) \
  FIELD(ptg_task_type, size, 0, 4) \
  FIELD(ptg_task_type, flags, 4, 4) \
  FIELD(ptg_task_type, name, 8, 8) \
  FIELD(ptg_task_type, start, 16, 8) \
  FIELD(ptg_task_type, drain, 24, 8) \
  FIELD(ptg_task_type, cancel, 32, 8) \
  FIELD(ptg_task_type, kill, 40, 8) \
  FIELD(ptg_task_type, wake, 48, 8) \
  FIELD(ptg_task_type, done, 56, 8) \
  FIELD(ptg_task_type, release, 64, 8) \
  STRUCT(ptg_task_options, 48) \
  FIELD(ptg_task_options, size, 0, 4) \
  FIELD(ptg_task_options, flags, 4, 4) \
  FIELD(ptg_task_options, name, 8, 8) \
  FIELD(ptg_task_options, name_length, 16, 8) \
  FIELD(ptg_task_options, spawner, 24, 8) \
  FIELD(ptg_task_options, place, 32, 8) \
  FIELD(ptg_task_options, place_length, 40, 8) \
  STRUCT(ptg_cancel_options, 32) \
  FIELD(ptg_cancel_options, size, 0, 4) \
  FIELD(ptg_cancel_options, flags, 4, 4) \
  FIELD(ptg_cancel_options, reason, 8, 8) \
  FIELD(ptg_cancel_options, reason_length, 16, 8) \
  FIELD(ptg_cancel_options, originator, 24, 8) \
  STRUCT(ptg_task_info, 112) \
  FIELD(ptg_task_info, size, 0, 4) \
  FIELD(ptg_task_info, state, 4, 4) \
  FIELD(ptg_task_info, task, 8, 8) \
  FIELD(ptg_task_info, group, 16, 8) \
  FIELD(ptg_task_info, name, 24, 8) \
  FIELD(ptg_task_info, name_length, 32, 8) \
  FIELD(ptg_task_info, type_name, 40, 8) \
  FIELD(ptg_task_info, age_ns, 48, 8) \
  FIELD(ptg_task_info, is_cancel_requested, 56, 4) \
  FIELD(ptg_task_info, is_killed, 60, 4) \
  FIELD(ptg_task_info, reason, 64, 8) \
  FIELD(ptg_task_info, reason_length, 72, 8) \
  FIELD(ptg_task_info, originator, 80, 8) \
  FIELD(ptg_task_info, spawner, 88, 8) \
  FIELD(ptg_task_info, place, 96, 8) \
  FIELD(ptg_task_info, place_length, 104, 8) \
  STRUCT(ptg_watch_options, 40) \
  FIELD(ptg_watch_options, size, 0, 4) \
  FIELD(ptg_watch_options, flags, 4, 4) \
  FIELD(ptg_watch_options, waiter, 8, 8) \
  FIELD(ptg_watch_options, over, 16, 8) \
  FIELD(ptg_watch_options, release, 24, 8) \
  FIELD(ptg_watch_options, user_data, 32, 8) \
  STRUCT(ptg_event, 80) \
  FIELD(ptg_event, size, 0, 4) \
  FIELD(ptg_event, kind, 4, 4) \
  FIELD(ptg_event, group, 8, 8) \
  FIELD(ptg_event, task, 16, 8) \
  FIELD(ptg_event, user_data, 24, 8) \
  FIELD(ptg_event, status, 32, 4) \
  FIELD(ptg_event, code, 36, 4) \
  FIELD(ptg_event, flags, 40, 4) \
  FIELD(ptg_event, reserved0, 44, 4) \
  FIELD(ptg_event, value, 48, 8) \
  FIELD(ptg_event, originator, 56, 8) \
  FIELD(ptg_event, text, 64, 8) \
  FIELD(ptg_event, text_length, 72, 8) \
  STRUCT(ptg_failure_row, 72) \
  FIELD(ptg_failure_row, size, 0, 4) \
  FIELD(ptg_failure_row, status, 4, 4) \
  FIELD(ptg_failure_row, code, 8, 4) \
  FIELD(ptg_failure_row, reserved0, 12, 4) \
  FIELD(ptg_failure_row, count, 16, 8) \
  FIELD(ptg_failure_row, first_ns, 24, 8) \
  FIELD(ptg_failure_row, last_ns, 32, 8) \
  FIELD(ptg_failure_row, name, 40, 8) \
  FIELD(ptg_failure_row, name_length, 48, 8) \
  FIELD(ptg_failure_row, message, 56, 8) \
  FIELD(ptg_failure_row, message_length, 64, 8) \
  STRUCT(ptg_history_row, 72) \
  FIELD(ptg_history_row, size, 0, 4) \
  FIELD(ptg_history_row, status, 4, 4) \
  FIELD(ptg_history_row, code, 8, 4) \
  FIELD(ptg_history_row, flags, 12, 4) \
  FIELD(ptg_history_row, task, 16, 8) \
  FIELD(ptg_history_row, spawner, 24, 8) \
  FIELD(ptg_history_row, originator, 32, 8) \
  FIELD(ptg_history_row, spawned_ns, 40, 8) \
  FIELD(ptg_history_row, ended_ns, 48, 8) \
  FIELD(ptg_history_row, name, 56, 8) \
  FIELD(ptg_history_row, name_length, 64, 8) \
  STRUCT(ptg_name_row, 40) \
  FIELD(ptg_name_row, size, 0, 4) \
  FIELD(ptg_name_row, reserved0, 4, 4) \
  FIELD(ptg_name_row, count, 8, 8) \
  FIELD(ptg_name_row, type_name, 16, 8) \
  FIELD(ptg_name_row, name, 24, 8) \
  FIELD(ptg_name_row, name_length, 32, 8) \
  STRUCT(ptg_plan_step, 48) \
  FIELD(ptg_plan_step, size, 0, 4) \
  FIELD(ptg_plan_step, is_critical, 4, 4) \
  FIELD(ptg_plan_step, group, 8, 8) \
  FIELD(ptg_plan_step, waits_for, 16, 8) \
  FIELD(ptg_plan_step, begin_ns, 24, 8) \
  FIELD(ptg_plan_step, cancel_ns, 32, 8) \
  FIELD(ptg_plan_step, closed_ns, 40, 8) \
  STRUCT(ptg_report_row, 136) \
  FIELD(ptg_report_row, size, 0, 4) \
  FIELD(ptg_report_row, state, 4, 4) \
  FIELD(ptg_report_row, group, 8, 8) \
  FIELD(ptg_report_row, parent, 16, 8) \
  FIELD(ptg_report_row, name, 24, 8) \
  FIELD(ptg_report_row, name_length, 32, 8) \
  FIELD(ptg_report_row, waited_for, 40, 8) \
  FIELD(ptg_report_row, begun_ns, 48, 8) \
  FIELD(ptg_report_row, drain_ns, 56, 8) \
  FIELD(ptg_report_row, cancel_ns, 64, 8) \
  FIELD(ptg_report_row, closed_ns, 72, 8) \
  FIELD(ptg_report_row, drained, 80, 8) \
  FIELD(ptg_report_row, cancelled, 88, 8) \
  FIELD(ptg_report_row, failed, 96, 8) \
  FIELD(ptg_report_row, refused, 104, 8) \
  FIELD(ptg_report_row, abandoned, 112, 8) \
  FIELD(ptg_report_row, killed, 120, 8) \
  FIELD(ptg_report_row, originator, 128, 8) \
  STRUCT(ptg_blame_row, 80) \
  FIELD(ptg_blame_row, size, 0, 4) \
  FIELD(ptg_blame_row, reserved0, 4, 4) \
  FIELD(ptg_blame_row, group, 8, 8) \
  FIELD(ptg_blame_row, name, 16, 8) \
  FIELD(ptg_blame_row, name_length, 24, 8) \
  FIELD(ptg_blame_row, held_ns, 32, 8) \
  FIELD(ptg_blame_row, abandoned, 40, 8) \
  FIELD(ptg_blame_row, task, 48, 8) \
  FIELD(ptg_blame_row, task_name, 56, 8) \
  FIELD(ptg_blame_row, task_name_length, 64, 8) \
  FIELD(ptg_blame_row, task_held_ns, 72, 8) \
  STRUCT(ptg_snapshot_view, 88) \
  FIELD(ptg_snapshot_view, size, 0, 4) \
  FIELD(ptg_snapshot_view, version, 4, 4) \
  FIELD(ptg_snapshot_view, runtimes, 8, 8) \
  FIELD(ptg_snapshot_view, unanswered, 16, 8) \
  FIELD(ptg_snapshot_view, groups, 24, 8) \
  FIELD(ptg_snapshot_view, group_count, 32, 8) \
  FIELD(ptg_snapshot_view, group_size, 40, 8) \
  FIELD(ptg_snapshot_view, tasks, 48, 8) \
  FIELD(ptg_snapshot_view, task_count, 56, 8) \
  FIELD(ptg_snapshot_view, task_size, 64, 8) \
  FIELD(ptg_snapshot_view, strings, 72, 8) \
  FIELD(ptg_snapshot_view, strings_size, 80, 8) \
  STRUCT(ptg_process_options, 120) \
  FIELD(ptg_process_options, size, 0, 4) \
  FIELD(ptg_process_options, flags, 4, 4) \
  FIELD(ptg_process_options, name, 8, 8) \
  FIELD(ptg_process_options, name_length, 16, 8) \
  FIELD(ptg_process_options, argv, 24, 8) \
  FIELD(ptg_process_options, env, 32, 8) \
  FIELD(ptg_process_options, cwd, 40, 8) \
  FIELD(ptg_process_options, stdout_path, 48, 8) \
  FIELD(ptg_process_options, stderr_path, 56, 8) \
  FIELD(ptg_process_options, drain_signal, 64, 4) \
  FIELD(ptg_process_options, reserved0, 68, 4) \
  FIELD(ptg_process_options, on_line, 72, 8) \
  FIELD(ptg_process_options, started, 80, 8) \
  FIELD(ptg_process_options, done, 88, 8) \
  FIELD(ptg_process_options, release, 96, 8) \
  FIELD(ptg_process_options, user_data, 104, 8) \
  FIELD(ptg_process_options, spawner, 112, 8) \
  STRUCT(ptg_timer_options, 88) \
  FIELD(ptg_timer_options, size, 0, 4) \
  FIELD(ptg_timer_options, flags, 4, 4) \
  FIELD(ptg_timer_options, name, 8, 8) \
  FIELD(ptg_timer_options, name_length, 16, 8) \
  FIELD(ptg_timer_options, after_ns, 24, 8) \
  FIELD(ptg_timer_options, every_ns, 32, 8) \
  FIELD(ptg_timer_options, overlap, 40, 4) \
  FIELD(ptg_timer_options, reserved0, 44, 4) \
  FIELD(ptg_timer_options, fire, 48, 8) \
  FIELD(ptg_timer_options, done, 56, 8) \
  FIELD(ptg_timer_options, release, 64, 8) \
  FIELD(ptg_timer_options, user_data, 72, 8) \
  FIELD(ptg_timer_options, spawner, 80, 8) \
  STRUCT(ptg_timer_info, 32) \
  FIELD(ptg_timer_info, size, 0, 4) \
  FIELD(ptg_timer_info, reserved0, 4, 4) \
  FIELD(ptg_timer_info, fired, 8, 8) \
  FIELD(ptg_timer_info, skipped, 16, 8) \
  FIELD(ptg_timer_info, missed, 24, 8)

/* Elements of arrays whose element size is told beside them. */
#define ELEMENTS(STRUCT, FIELD) \
  STRUCT(ptg_snapshot_group, 136) \
  FIELD(ptg_snapshot_group, group, 0, 8) \
  FIELD(ptg_snapshot_group, parent, 8, 8) \
  FIELD(ptg_snapshot_group, owner, 16, 8) \
  FIELD(ptg_snapshot_group, runtime, 24, 8) \
  FIELD(ptg_snapshot_group, first_task, 32, 8) \
  FIELD(ptg_snapshot_group, tasks, 40, 8) \
  FIELD(ptg_snapshot_group, spawned, 48, 8) \
  FIELD(ptg_snapshot_group, succeeded, 56, 8) \
  FIELD(ptg_snapshot_group, failed, 64, 8) \
  FIELD(ptg_snapshot_group, cancelled, 72, 8) \
  FIELD(ptg_snapshot_group, abandoned, 80, 8) \
  FIELD(ptg_snapshot_group, refused, 88, 8) \
  FIELD(ptg_snapshot_group, age_ns, 96, 8) \
  FIELD(ptg_snapshot_group, phase_left_ns, 104, 8) \
  FIELD(ptg_snapshot_group, state, 112, 4) \
  FIELD(ptg_snapshot_group, flags, 116, 4) \
  FIELD(ptg_snapshot_group, is_ending, 120, 4) \
  FIELD(ptg_snapshot_group, name_length, 124, 4) \
  FIELD(ptg_snapshot_group, name, 128, 8) \
  STRUCT(ptg_snapshot_task, 56) \
  FIELD(ptg_snapshot_task, task, 0, 8) \
  FIELD(ptg_snapshot_task, spawner, 8, 8) \
  FIELD(ptg_snapshot_task, age_ns, 16, 8) \
  FIELD(ptg_snapshot_task, group, 24, 4) \
  FIELD(ptg_snapshot_task, state, 28, 4) \
  FIELD(ptg_snapshot_task, is_cancel_requested, 32, 4) \
  FIELD(ptg_snapshot_task, name_length, 36, 4) \
  FIELD(ptg_snapshot_task, name, 40, 8) \
  FIELD(ptg_snapshot_task, type_name, 48, 8)
/* clang-format on */

/* ------------------------------------------------- seen by the compiler -- */

#define CHECK_SIZE(type, bytes) \
  _Static_assert(sizeof(type) == (bytes), "the size of " #type);
#define CHECK_FIELD(type, field, offset, bytes) \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field); \
  _Static_assert(sizeof(((type *)0)->field) == (bytes), #type "." #field);
LAYOUT(CHECK_SIZE, CHECK_FIELD)
ELEMENTS(CHECK_SIZE, CHECK_FIELD)

/* Handles and statuses. */
_Static_assert(sizeof(ptg_status) == 4 && (ptg_status)-1 < 0, "ptg_status");
_Static_assert(sizeof(ptg_group) == 8 && sizeof(ptg_task) == 8, "handles");
_Static_assert((ptg_group)-1 > 0 && (ptg_task)-1 > 0, "handles");

/* ---------------------------------------------------- seen by the reader -- */

struct row {
  const char *type;
  const char *field; /* NULL: the struct itself */
  size_t offset;
  size_t bytes;
};

#define SIZE_ROW(type, bytes) {#type, NULL, 0, bytes},
#define FIELD_ROW(type, field, offset, bytes) {#type, #field, offset, bytes},
static const struct row ROWS[] = {LAYOUT(SIZE_ROW, FIELD_ROW)};
#define ROW_COUNT (sizeof(ROWS) / sizeof(ROWS[0]))
static const struct row ELEMENT_ROWS[] = {ELEMENTS(SIZE_ROW, FIELD_ROW)};
#define ELEMENT_ROW_COUNT (sizeof(ELEMENT_ROWS) / sizeof(ELEMENT_ROWS[0]))

static void structs_say_their_size_first(void **state) {
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (ROWS[i].field != NULL) continue;
    assert_true(i + 1 < ROW_COUNT);
    assert_string_equal(ROWS[i + 1].field, "size");
    assert_int_equal(ROWS[i + 1].offset, 0);
    assert_int_equal(ROWS[i + 1].bytes, 4);
  }
}

/* A hole is memory that a caller cannot set and a binding may leave raw. */
static void check_no_holes(const struct row *rows, size_t count) {
  size_t size = 0, end = 0;
  for (size_t i = 0; i < count; i++) {
    if (rows[i].field == NULL) {
      assert_int_equal(end, size);
      size = rows[i].bytes;
      end = 0;
      continue;
    }
    assert_int_equal(rows[i].offset, end);
    end += rows[i].bytes;
  }
  assert_int_equal(end, size);
}

static void structs_have_no_holes(void **state) {
  (void)state;
  check_no_holes(ROWS, ROW_COUNT);
  check_no_holes(ELEMENT_ROWS, ELEMENT_ROW_COUNT);
}

/* ------------------------------------------------------------- constants -- */

static void constants_have_their_values_for_ever(void **state) {
  (void)state;
  assert_int_equal(PTG_ABI_MAJOR, 0);
  assert_int_equal(PTG_ABI_VERSION, PTG_ABI_MAJOR << 16 | PTG_ABI_MINOR);
  assert_int_equal(ptg_abi_version(), PTG_ABI_VERSION);
  assert_int_equal(ptg_features(), 0x1FF); /* nine bits, each of its own */
  assert_int_equal(PTG_NONE, 0);
  assert_int_equal(PTG_FOREVER, -1);
  assert_int_equal(PTG_AT_ONCE, -2);
  assert_int_equal(PTG_DEFAULT_GRACE_NS, 10000000000);
  assert_int_equal(PTG_DEFAULT_CANCEL_WAIT_NS, 5000000000);
  assert_int_equal(PTG_KILL_WAIT_NS, 1000000000);
  assert_int_equal(PTG_NAME_MAX, 255);
  assert_int_equal(PTG_REASON_MAX, 255);
  assert_true(PTG_NUL_TERMINATED == SIZE_MAX);
  assert_int_equal(PTG_RUNTIME_MANUAL_CLOCK, 1);
  assert_int_equal(PTG_RUNTIME_UNREF, 2);
  assert_int_equal(PTG_GROUP_PARALLEL, 1);
  assert_int_equal(PTG_GROUP_ADMITS_ANYONE, 2);
  assert_int_equal(PTG_GROUP_EVENTS, 4);
  assert_int_equal(PTG_FULL_REFUSE, 0);
  assert_int_equal(PTG_FULL_QUEUE, 1);
  assert_int_equal(PTG_FULL_REPLACE_OLDEST, 2);
  assert_int_equal(PTG_POLICY_REPORT, 0);
  assert_int_equal(PTG_POLICY_SHUTDOWN_GROUP, 1);
  assert_int_equal(PTG_POLICY_SHUTDOWN_ROOT, 2);
  assert_int_equal(PTG_TASK_TYPE_EVENTS, 1);
  assert_int_equal(PTG_TASK_TYPE_KILLABLE, 2);
  assert_int_equal(PTG_SHUTDOWN_FORCE, 1);
  assert_int_equal(PTG_SPAWN_CLEANUP, 1);
  assert_int_equal(PTG_SPAWN_OBSERVED, 2);
  assert_int_equal(PTG_EVENT_START, 1);
  assert_int_equal(PTG_EVENT_WAKE, 2);
  assert_int_equal(PTG_EVENT_DRAIN, 3);
  assert_int_equal(PTG_EVENT_CANCEL, 4);
  assert_int_equal(PTG_EVENT_KILL, 5);
  assert_int_equal(PTG_EVENT_DONE, 6);
  assert_int_equal(PTG_EVENT_ERROR, 7);
  assert_int_equal(PTG_EVENT_GROUP_DRAIN, 8);
  assert_int_equal(PTG_EVENT_GROUP_CLOSED, 9);
  assert_int_equal(PTG_SNAPSHOT_VERSION, 1);
  assert_int_equal(PTG_OUTCOME_CANCEL_REQUESTED, 1);
  assert_int_equal(PTG_OUTCOME_NEVER_RAN, 2);
  assert_int_equal(PTG_OUTCOME_ABANDONED, 4);
  assert_int_equal(PTG_OUTCOME_KILLED, 8);
  assert_int_equal(PTG_ERROR_DURING_CANCEL, 1);
  assert_int_equal(PTG_ERROR_FROM_HOOK, 2);
  assert_int_equal(PTG_GROUP_OPEN, 1);
  assert_int_equal(PTG_GROUP_DRAINING, 2);
  assert_int_equal(PTG_GROUP_CANCELLING, 3);
  assert_int_equal(PTG_GROUP_CLOSED, 4);
  assert_int_equal(PTG_TASK_PENDING, 1);
  assert_int_equal(PTG_TASK_RUNNING, 2);
  assert_int_equal(PTG_TASK_ABANDONED, 3);
  assert_int_equal(PTG_STDOUT, 1);
  assert_int_equal(PTG_STDERR, 2);
  assert_int_equal(PTG_OVERLAP_SKIP, 0);
  assert_int_equal(PTG_OVERLAP_ALLOW, 1);
  assert_int_equal(PTG_OVERLAP_REPLACE, 2);
}

static void statuses_have_their_values_and_names_for_ever(void **state) {
  (void)state;
  static const struct {
    ptg_status status;
    int value;
    const char *name;
  } rows[] = {{PTG_OK, 0, "PTG_OK"},
              {PTG_EINVAL, -1, "PTG_EINVAL"},
              {PTG_ENOMEM, -2, "PTG_ENOMEM"},
              {PTG_ESTALE, -3, "PTG_ESTALE"},
              {PTG_EKIND, -4, "PTG_EKIND"},
              {PTG_ECLOSED, -5, "PTG_ECLOSED"},
              {PTG_EBUSY, -6, "PTG_EBUSY"},
              {PTG_EREENTRANT, -7, "PTG_EREENTRANT"},
              {PTG_ETHREAD, -8, "PTG_ETHREAD"},
              {PTG_ERANGE, -9, "PTG_ERANGE"},
              {PTG_ECANCELED, -10, "PTG_ECANCELED"},
              {PTG_ETIMEDOUT, -11, "PTG_ETIMEDOUT"},
              {PTG_EABI, -12, "PTG_EABI"},
              {PTG_EUV, -13, "PTG_EUV"},
              {PTG_ECYCLE, -14, "PTG_ECYCLE"},
              {PTG_EFULL, -15, "PTG_EFULL"},
              {PTG_EFAILED, -16, "PTG_EFAILED"},
              {PTG_EEXIT, -17, "PTG_EEXIT"},
              {PTG_ESIGNAL, -18, "PTG_ESIGNAL"},
              {PTG_EDEADLK, -19, "PTG_EDEADLK"}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(rows[i].status, rows[i].value);
    assert_string_equal(ptg_status_name(rows[i].status), rows[i].name);
  }
  assert_string_equal(ptg_status_name(1), "PTG_E?");
  assert_string_equal(ptg_status_name(-20), "PTG_E?");
  assert_string_equal(ptg_status_name(INT32_MIN), "PTG_E?");
  assert_string_equal(ptg_status_name(INT32_MAX), "PTG_E?");
}

/* --------------------------------------------------------- initialisers -- */

/* All but the sizes, and the lengths that say "up to the NUL", is zero. */
#define CHECK_INIT_2(type, init, length_offset, other_offset) \
  do { \
    type given = init; \
    check_init(#type, &given, sizeof(given), length_offset, other_offset); \
  } while (0)
#define CHECK_INIT(type, init, length_offset) \
  do { \
    type given = init; \
    check_init(#type, &given, sizeof(given), length_offset, NO_LENGTH); \
  } while (0)
#define NO_LENGTH SIZE_MAX

static void check_init(const char *type, const void *given, size_t size,
                       size_t length_offset, size_t other_offset) {
  unsigned char expected[256] = {0};
  uint32_t own_size = (uint32_t)size;
  assert_true(size <= sizeof(expected));
  memcpy(expected, &own_size, sizeof(own_size));
  if (length_offset != NO_LENGTH)
    memset(expected + length_offset, 0xFF, sizeof(size_t));
  if (other_offset != NO_LENGTH)
    memset(expected + other_offset, 0xFF, sizeof(size_t));
  if (memcmp(given, expected, size) != 0)
    fail_msg("the initialiser of %s", type);
}

static void initialisers_say_the_size_and_nothing_else(void **state) {
  (void)state;
  CHECK_INIT(ptg_outcome, PTG_OUTCOME_INIT,
             offsetof(ptg_outcome, message_length));
  CHECK_INIT(ptg_runtime_options, PTG_RUNTIME_OPTIONS_INIT, NO_LENGTH);
  CHECK_INIT(ptg_error_info, PTG_ERROR_INFO_INIT, NO_LENGTH);
  CHECK_INIT(ptg_group_options, PTG_GROUP_OPTIONS_INIT,
             offsetof(ptg_group_options, name_length));
  CHECK_INIT(ptg_shutdown_options, PTG_SHUTDOWN_OPTIONS_INIT, NO_LENGTH);
  CHECK_INIT(ptg_group_info, PTG_GROUP_INFO_INIT, NO_LENGTH);
  CHECK_INIT_2(ptg_task_options, PTG_TASK_OPTIONS_INIT,
               offsetof(ptg_task_options, name_length),
               offsetof(ptg_task_options, place_length));
  CHECK_INIT(ptg_cancel_options, PTG_CANCEL_OPTIONS_INIT,
             offsetof(ptg_cancel_options, reason_length));
  CHECK_INIT(ptg_task_info, PTG_TASK_INFO_INIT, NO_LENGTH);
  CHECK_INIT(ptg_watch_options, PTG_WATCH_OPTIONS_INIT, NO_LENGTH);
  CHECK_INIT(ptg_snapshot_view, PTG_SNAPSHOT_VIEW_INIT, NO_LENGTH);
  CHECK_INIT(ptg_process_options, PTG_PROCESS_OPTIONS_INIT,
             offsetof(ptg_process_options, name_length));
  CHECK_INIT(ptg_timer_options, PTG_TIMER_OPTIONS_INIT,
             offsetof(ptg_timer_options, name_length));
  CHECK_INIT(ptg_timer_info, PTG_TIMER_INFO_INIT, NO_LENGTH);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(structs_say_their_size_first),
      cmocka_unit_test(structs_have_no_holes),
      cmocka_unit_test(constants_have_their_values_for_ever),
      cmocka_unit_test(statuses_have_their_values_and_names_for_ever),
      cmocka_unit_test(initialisers_say_the_size_and_nothing_else),
  };
  return cmocka_run_group_tests_name("abi/structs", tests, NULL, NULL);
}
