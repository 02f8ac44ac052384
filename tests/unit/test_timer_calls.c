/* test_timer_calls.c - the calls of the sort of task "timer": what they refuse,
 * and what they tell.
 */
#include "timer_bench.h"

static void expect_refusal(struct bench *bench,
                           const ptg_timer_options *options,
                           ptg_status status) {
  ptg_task task = 77;
  int released = bench->released;
  assert_int_equal(
      ptg_timer_spawn(bench->runtime, bench->group, options, &task), status);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(bench->released, released + 1);
}

static void bad_options_are_refused(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options good = options_of(&bench, SECOND, SECOND);
  ptg_timer_options bad;
#define REFUSE(change) \
  (bad = good, change, expect_refusal(&bench, &bad, PTG_EINVAL))
  REFUSE(bad.flags = 4);
  REFUSE(bad.flags = PTG_SPAWN_CLEANUP);
  REFUSE(bad.reserved0 = 1);
  REFUSE(bad.fire = NULL);
  REFUSE(bad.after_ns = PTG_FOREVER);
  REFUSE(bad.after_ns = -3);
  REFUSE(bad.every_ns = PTG_FOREVER);
  REFUSE(bad.every_ns = PTG_AT_ONCE);
  REFUSE(bad.after_ns = bad.every_ns = 0);
  REFUSE(bad.overlap = 3);
  REFUSE(bad.size--);
  REFUSE(bad.name = "\xff");
  REFUSE((bad.name = "a\0b", bad.name_length = 3));
#undef REFUSE

  struct {
    ptg_timer_options options;
    uint64_t newer;
  } later = {good, 0};
  later.options.size = sizeof(later);
  later.newer = 1;
  expect_refusal(&bench, &later.options, PTG_EABI);

  assert_int_equal(ptg_timer_spawn(bench.runtime, bench.group, NULL, NULL),
                   PTG_EINVAL);
  bad = good;
  bad.size = 0;
  assert_int_equal(ptg_timer_spawn(bench.runtime, bench.group, &bad, NULL),
                   PTG_EINVAL);

  later.newer = 0;
  bench.released = 0;
  spawn(&bench, &later.options);
  tear_down(&bench);
}

static void refused_spawn_releases_once(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, SECOND, 0);
  shut_down(&bench);
  advance(&bench, SECOND);
  expect_refusal(&bench, &options, PTG_ESTALE);
  assert_int_equal(ptg_timer_spawn(NULL, bench.group, &options, NULL),
                   PTG_EINVAL);
  assert_int_equal(bench.released, 2);
  bench.released = 1;
  tear_down(&bench);
}

static void info_is_for_timers_only(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  bench.work_ns = SECOND;
  ptg_task work;
  assert_int_equal(
      ptg_task_spawn(bench.runtime, bench.group, &WORK, NULL, &bench, &work),
      PTG_OK);

  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  assert_int_equal(ptg_timer_get_info(bench.runtime, work, &info), PTG_EKIND);
  assert_int_equal(ptg_timer_get_info(bench.runtime, bench.group, &info),
                   PTG_EKIND);
  assert_int_equal(ptg_timer_get_info(bench.runtime, bench.timer, NULL),
                   PTG_EINVAL);
  info.size = 0;
  assert_int_equal(ptg_timer_get_info(bench.runtime, bench.timer, &info),
                   PTG_EINVAL);

  advance(&bench, SECOND);
  info = (ptg_timer_info)PTG_TIMER_INFO_INIT;
  info.size = offsetof(ptg_timer_info, skipped);
  info.skipped = 99;
  assert_int_equal(ptg_timer_get_info(bench.runtime, bench.timer, &info),
                   PTG_OK);
  assert_int_equal(info.size, offsetof(ptg_timer_info, skipped));
  assert_int_equal(info.fired, 1);
  assert_int_equal(info.skipped, 99);

  ptg_task timer = bench.timer;
  assert_int_equal(ptg_task_cancel(bench.runtime, timer, NULL), PTG_OK);
  advance(&bench, 0);
  assert_int_equal(ptg_timer_get_info(bench.runtime, timer, &info), PTG_ESTALE);
  tear_down(&bench);
}

static void nameless_timer_is_called_timer(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench.runtime, bench.timer, &info),
                   PTG_OK);
  assert_string_equal(info.name, "timer");
  assert_string_equal(info.type_name, "timer");
  tear_down(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_options_are_refused),
      cmocka_unit_test(refused_spawn_releases_once),
      cmocka_unit_test(info_is_for_timers_only),
      cmocka_unit_test(nameless_timer_is_called_timer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
