/* test_bad_fields.c - flags, durations, texts and outcomes that are refused,
 * and things done twice.
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (1024 * 1024)

static struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  ptg_task task;
  int released;
  int done;
  ptg_status ended;
  char message[16];
} b;

/* ----------------------------------------------------------------- bench -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return PTG_OK;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  size_t length = outcome->message == NULL ? 0 : outcome->message_length;
  b.done++;
  b.ended = outcome->status;
  if (length >= sizeof(b.message)) length = sizeof(b.message) - 1;
  if (length > 0) memcpy(b.message, outcome->message, length);
  b.message[length] = '\0';
}

static void release(void *user_data) {
  b.released++;
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_OK;
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start,
                                   .wake = wake,
                                   .done = done,
                                   .release = release};

static int set_up(void **state) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  memset(&b, 0, sizeof(b));
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  assert_int_equal(ptg_runtime_create(&options, &b.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(b.runtime, &b.root), PTG_OK);
  assert_int_equal(ptg_group_create(b.runtime, PTG_NONE, NULL, &b.group),
                   PTG_OK);
  assert_int_equal(
      ptg_task_spawn(b.runtime, b.group, &TYPE, NULL, NULL, &b.task), PTG_OK);
  assert_int_equal(ptg_runtime_advance(b.runtime, 0), PTG_OK);
  return 0;
}

static int tear_down(void **state) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  options.cancel_wait_ns = PTG_AT_ONCE;
  ptg_group_shutdown(b.runtime, b.root, &options);
  ptg_runtime_advance(b.runtime, INT64_C(10000000000));
  assert_int_equal(ptg_runtime_destroy(b.runtime), PTG_OK);
  return 0;
}

/* The call has failed for the reason given, and changed nothing. */
static void check(const char *what, ptg_status status, ptg_status expected,
                  int released) {
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_task_info task = PTG_TASK_INFO_INIT;
  if (status != expected)
    fail_msg("%s: %s, not %s", what, ptg_status_name(status),
             ptg_status_name(expected));
  assert_int_equal(ptg_runtime_get_error(b.runtime, &error), PTG_OK);
  assert_int_equal(error.status, expected);
  assert_true(error.message_length > 0);
  assert_int_equal(b.released, released);
  b.released = 0;
  assert_int_equal(ptg_group_get_info(b.runtime, b.group, &info), PTG_OK);
  assert_true(info.state == PTG_GROUP_OPEN && !info.is_ending);
  assert_true(info.spawned == 1 && info.live == 1 && info.children == 0);
  assert_int_equal(info.refused, 0);
  assert_int_equal(ptg_task_get_info(b.runtime, b.task, &task), PTG_OK);
  assert_false(task.is_cancel_requested);
}
#define REFUSED(call, releases) check(#call, call, PTG_EINVAL, releases)

/* ---------------------------------------------------- calls of one field -- */

static ptg_status create(const ptg_group_options *with) {
  ptg_group out = 7;
  ptg_group_options options = *with;
  options.release = release;
  ptg_status status = ptg_group_create(b.runtime, b.group, &options, &out);
  assert_true(status == PTG_OK || out == PTG_NONE);
  return status;
}

static ptg_status spawn(const ptg_task_options *options) {
  ptg_task out = 7;
  ptg_status status =
      ptg_task_spawn(b.runtime, b.group, &TYPE, options, NULL, &out);
  assert_true(status == PTG_OK || out == PTG_NONE);
  return status;
}

static ptg_status spawn_timer(ptg_timer_options options) {
  ptg_task out = 7;
  options.release = release;
  ptg_status status = ptg_timer_spawn(b.runtime, b.group, &options, &out);
  assert_true(status == PTG_OK || out == PTG_NONE);
  return status;
}

static ptg_status spawn_process(ptg_process_options options) {
  ptg_task out = 7;
  options.release = release;
  ptg_status status = ptg_process_spawn(b.runtime, b.group, &options, &out);
  assert_true(status == PTG_OK || out == PTG_NONE);
  return status;
}

/* ----------------------------------------------------------------- flags -- */

static void unknown_flags_are_refused(void **state) {
  static const uint32_t unknown[] = {8, 9, UINT32_C(1) << 31, UINT32_MAX};
  static const char *const argv[] = {"/bin/true", NULL};
  for (size_t i = 0; i < COUNT(unknown); i++) {
    ptg_group_options group = PTG_GROUP_OPTIONS_INIT;
    ptg_shutdown_options shutdown = PTG_SHUTDOWN_OPTIONS_INIT;
    ptg_task_options task = PTG_TASK_OPTIONS_INIT;
    ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
    ptg_outcome outcome = PTG_OUTCOME_INIT;
    ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
    ptg_process_options process = PTG_PROCESS_OPTIONS_INIT;
    ptg_task_type type = TYPE;
    timer.fire = fire;
    timer.after_ns = 1;
    process.argv = argv;
    group.flags = shutdown.flags = task.flags = cancel.flags = outcome.flags =
        timer.flags = process.flags = type.flags = unknown[i];
    REFUSED(create(&group), 1);
    REFUSED(ptg_group_shutdown(b.runtime, b.group, &shutdown), 0);
    REFUSED(spawn(&task), 1);
    REFUSED(ptg_task_cancel(b.runtime, b.task, &cancel), 0);
    REFUSED(ptg_task_finish(b.runtime, b.task, &outcome), 0);
    REFUSED(spawn_timer(timer), 1);
    REFUSED(spawn_process(process), 1);
    REFUSED(ptg_task_spawn(b.runtime, b.group, &type, NULL, NULL, NULL), 1);
  }
}

static void a_type_needs_a_start(void **state) {
  ptg_task_type type = TYPE;
  type.start = NULL;
  REFUSED(ptg_task_spawn(b.runtime, b.group, &type, NULL, NULL, NULL), 1);
}

/* ------------------------------------------------------------- durations -- */

static void negative_durations_are_refused(void **state) {
  static const int64_t bad[] = {-3, -4, -1000000000, INT64_MIN + 1, INT64_MIN};
  for (size_t i = 0; i < COUNT(bad); i++) {
    for (int field = 0; field < 3; field++) {
      ptg_group_options group = PTG_GROUP_OPTIONS_INIT;
      ptg_shutdown_options shutdown = PTG_SHUTDOWN_OPTIONS_INIT;
      int64_t *of_group[] = {&group.grace_ns, &group.cancel_wait_ns,
                             &group.deadline_ns};
      int64_t *of_shutdown[] = {&shutdown.grace_ns, &shutdown.cancel_wait_ns,
                                &shutdown.deadline_ns};
      *of_group[field] = *of_shutdown[field] = bad[i];
      REFUSED(create(&group), 1);
      REFUSED(ptg_group_shutdown(b.runtime, b.group, &shutdown), 0);
    }
    ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
    timer.fire = fire;
    timer.after_ns = bad[i];
    REFUSED(spawn_timer(timer), 1);
    timer.after_ns = 1;
    timer.every_ns = bad[i];
    REFUSED(spawn_timer(timer), 1);
    REFUSED(ptg_task_sleep(b.runtime, b.task, bad[i]), 0);
    REFUSED(ptg_runtime_advance(b.runtime, bad[i]), 0);
  }
  REFUSED(ptg_task_sleep(b.runtime, b.task, PTG_AT_ONCE), 0);
  REFUSED(ptg_runtime_advance(b.runtime, PTG_FOREVER), 0);
  REFUSED(ptg_runtime_advance(b.runtime, INT64_MAX), 0);
}

static void the_longest_durations_are_taken(void **state) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.grace_ns = options.cancel_wait_ns = options.deadline_ns = INT64_MAX;
  assert_int_equal(create(&options), PTG_OK);
  assert_int_equal(ptg_task_sleep(b.runtime, b.task, INT64_MAX), PTG_OK);
  ptg_shutdown_options shutdown = PTG_SHUTDOWN_OPTIONS_INIT;
  shutdown.grace_ns = shutdown.cancel_wait_ns = INT64_MAX;
  shutdown.deadline_ns = INT64_MAX;
  assert_int_equal(ptg_group_shutdown(b.runtime, b.group, &shutdown), PTG_OK);
  assert_int_equal(ptg_runtime_advance(b.runtime, 1), PTG_OK);
}

/* ----------------------------------------------------------------- texts -- */

static ptg_status name_group(const char *text, size_t length) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = text;
  options.name_length = length;
  return create(&options);
}

static ptg_status name_task(const char *text, size_t length) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = text;
  options.name_length = length;
  return spawn(&options);
}

static ptg_status name_timer(const char *text, size_t length) {
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.fire = fire;
  options.after_ns = 1;
  options.name = text;
  options.name_length = length;
  return spawn_timer(options);
}

static ptg_status name_process(const char *text, size_t length) {
  static const char *const argv[] = {"/bin/true", NULL};
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.name = text;
  options.name_length = length;
  return spawn_process(options);
}

static ptg_status give_reason(const char *text, size_t length) {
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = text;
  options.reason_length = length;
  return ptg_task_cancel(b.runtime, b.task, &options);
}

static const struct text {
  const char *name;
  ptg_status (*give)(const char *text, size_t length);
  int releases;
} TEXTS[] = {{"name of a group", name_group, 1},
             {"name of a task", name_task, 1},
             {"name of a timer", name_timer, 1},
             {"name of a process", name_process, 1},
             {"reason", give_reason, 0}};

static void refuse_text(const char *text, size_t length) {
  for (size_t i = 0; i < COUNT(TEXTS); i++)
    check(TEXTS[i].name, TEXTS[i].give(text, length), PTG_EINVAL,
          TEXTS[i].releases);
}

static void malformed_texts_are_refused(void **state) {
  refuse_text("a\0b", 3);
  refuse_text("\0", 1);
  refuse_text("\x80", PTG_NUL_TERMINATED);
  refuse_text("caf\xC3", PTG_NUL_TERMINATED);
  refuse_text("\xC0\xAF", PTG_NUL_TERMINATED);
  refuse_text("\xED\xA0\x80", PTG_NUL_TERMINATED);
  refuse_text("\xF4\x90\x80\x80", PTG_NUL_TERMINATED);
  refuse_text("\xFF\xFE", 2);
}

static void long_texts_are_refused(void **state) {
  char *text = malloc(MIB + 1);
  assert_non_null(text);
  memset(text, 'x', MIB);
  text[MIB] = '\0';
  refuse_text(text, PTG_NUL_TERMINATED);
  refuse_text(text, MIB);
  refuse_text(text, 256);
  refuse_text(text, SIZE_MAX - 1);
  refuse_text(text + MIB - 256, PTG_NUL_TERMINATED);
  for (size_t i = 0; i < COUNT(TEXTS); i++)
    assert_int_equal(TEXTS[i].give(text, 255), PTG_OK);
  free(text);
}

/* 256 bytes without a NUL, and nothing readable behind them. */
static void a_text_without_end_is_not_read_past_its_limit(void **state) {
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  char *page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(page != MAP_FAILED);
  assert_int_equal(mprotect(page + size, size, PROT_NONE), 0);
  memset(page, 'x', size);
  refuse_text(page + size - 256, PTG_NUL_TERMINATED);
  assert_int_equal(munmap(page, 2 * size), 0);
}

static void a_missing_text_has_no_length(void **state) {
  for (size_t i = 0; i < COUNT(TEXTS); i++)
    assert_int_equal(TEXTS[i].give(NULL, 12345), PTG_OK);
}

/* What is cut to fit is still UTF-8, wherever the cut falls. */
static void a_long_error_is_cut_between_characters(void **state) {
  char text[1201];
  for (int shift = 0; shift < 2; shift++) {
    ptg_error_info info = PTG_ERROR_INFO_INIT;
    memset(text, 'x', sizeof(text));
    for (size_t i = (size_t)shift; i + 2 < sizeof(text); i += 2)
      memcpy(text + i, "\xC3\xA9", 2);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(ptg_runtime_set_error(b.runtime, PTG_EFAILED, 0, text),
                     PTG_EFAILED);
    assert_int_equal(ptg_runtime_get_error(b.runtime, &info), PTG_OK);
    assert_true(info.message_length > 100);
    assert_int_equal(info.message_length, strlen(info.message));
    assert_int_equal((info.message_length - (size_t)shift) % 2, 0);
    assert_memory_equal(info.message, text, info.message_length);
  }
}

/* -------------------------------------------------------------- outcomes -- */

static void a_positive_status_is_no_outcome(void **state) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = 1;
  REFUSED(ptg_task_finish(b.runtime, b.task, &outcome), 0);
  outcome.status = INT32_MAX;
  REFUSED(ptg_task_finish(b.runtime, b.task, &outcome), 0);
}

static void a_message_of_any_length_is_carried(void **state) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  char *text = malloc(MIB + 1);
  assert_non_null(text);
  memset(text, 'x', MIB);
  text[MIB] = '\0';
  outcome.message = text;
  assert_int_equal(ptg_task_finish(b.runtime, b.task, &outcome), PTG_OK);
  memset(text, 'y', MIB); /* it is a copy that is carried */
  free(text);
  assert_int_equal(ptg_runtime_advance(b.runtime, 0), PTG_OK);
  assert_int_equal(b.done, 1);
  assert_string_equal(b.message, "xxxxxxxxxxxxxxx");
}

static void finishing_twice_is_stale(void **state) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  assert_int_equal(ptg_task_finish(b.runtime, b.task, &outcome), PTG_OK);
  outcome.status = PTG_OK;
  assert_int_equal(ptg_task_finish(b.runtime, b.task, &outcome), PTG_ESTALE);
  assert_int_equal(ptg_task_cancel(b.runtime, b.task, NULL), PTG_ESTALE);
  assert_int_equal(ptg_task_sleep(b.runtime, b.task, 1), PTG_ESTALE);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  void *user_data;
  assert_int_equal(ptg_task_get_info(b.runtime, b.task, &info), PTG_ESTALE);
  assert_int_equal(ptg_task_get_user_data(b.runtime, b.task, &TYPE, &user_data),
                   PTG_ESTALE);
  assert_int_equal(ptg_runtime_advance(b.runtime, 1), PTG_OK);
  assert_int_equal(b.done, 1);
  assert_int_equal(b.released, 1);
  assert_int_equal(b.ended, PTG_ECANCELED);
  assert_int_equal(ptg_task_finish(b.runtime, b.task, NULL), PTG_ESTALE);
}

static ptg_status second_finish;

static ptg_status start_and_finish(ptg_runtime *runtime, ptg_task task,
                                   void *user_data) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
  second_finish = ptg_task_finish(runtime, task, NULL);
  return PTG_EFAILED; /* ignored: the task has said how it ended */
}

static void
finishing_in_the_start_counts_and_its_status_does_not(void **state) {
  ptg_task_type type = TYPE;
  type.start = start_and_finish;
  assert_int_equal(ptg_task_spawn(b.runtime, b.group, &type, NULL, NULL, NULL),
                   PTG_OK);
  assert_int_equal(ptg_runtime_advance(b.runtime, 0), PTG_OK);
  assert_int_equal(second_finish, PTG_ESTALE);
  assert_int_equal(b.done, 1);
  assert_int_equal(b.ended, PTG_ECANCELED);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(b.runtime, b.group, &info), PTG_OK);
  assert_true(info.cancelled == 1 && info.failed == 0);
}

static void what_is_not_for_this_clock_is_refused(void **state) {
  REFUSED(ptg_runtime_run(b.runtime), 0);
  ptg_runtime *runtime;
  ptg_group root;
  assert_int_equal(ptg_runtime_create(NULL, &runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_EINVAL);
  assert_int_equal(ptg_group_shutdown(runtime, root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(unknown_flags_are_refused),
      CASE(a_type_needs_a_start),
      CASE(negative_durations_are_refused),
      CASE(the_longest_durations_are_taken),
      CASE(malformed_texts_are_refused),
      CASE(long_texts_are_refused),
      CASE(a_text_without_end_is_not_read_past_its_limit),
      CASE(a_missing_text_has_no_length),
      CASE(a_long_error_is_cut_between_characters),
      CASE(a_positive_status_is_no_outcome),
      CASE(a_message_of_any_length_is_carried),
      CASE(finishing_twice_is_stale),
      CASE(finishing_in_the_start_counts_and_its_status_does_not),
      CASE(what_is_not_for_this_clock_is_refused),
  };
  return cmocka_run_group_tests_name("bad fields", tests, NULL, NULL);
}
