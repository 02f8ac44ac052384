/* test_timer.c - the sort of task "timer": on the manual clock, but for the
 * firings that a busy loop misses, which only the real one has.
 */
#include "timer_bench.h"

static void one_shot_fires_once_and_ends_well(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 3 * SECOND, 0);
  spawn(&bench, &options);

  advance(&bench, 3 * SECOND - 1);
  assert_int_equal(bench.firings, 0);
  advance(&bench, 1);
  assert_int_equal(bench.firings, 1);
  assert_int_equal(bench.fired_at_ns[0], 3 * SECOND);
  advance(&bench, 100 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_OK, 0, 3 * SECOND);
  assert_int_equal(bench.released, 1);
  tear_down(&bench);
}

static void one_shot_at_once_fires_on_a_later_turn(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, PTG_AT_ONCE, 0);
  spawn(&bench, &options);
  advance(&bench, 0);
  assert_int_equal(bench.firings, 1);
  assert_int_equal(bench.fired_at_ns[0], 0);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
}

static void one_shot_ends_before_the_work_that_it_started(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 5 * SECOND;
  ptg_timer_options options = options_of(&bench, SECOND, 0);
  spawn(&bench, &options);
  advance(&bench, SECOND);
  assert_ended(&bench, PTG_OK, 0, SECOND);
  assert_int_equal(bench.works_running, 1);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.works_running, 0);
  assert_int_equal(bench.works_cancelled, 0);
  tear_down(&bench);
}

static void periodic_fires_on_multiples_from_the_first(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, SECOND, 4 * SECOND);
  spawn(&bench, &options);
  advance(&bench, 14 * SECOND);
  assert_int_equal(bench.firings, 4);
  for (int i = 0; i < 4; i++)
    assert_int_equal(bench.fired_at_ns[i], (1 + 4 * i) * SECOND);
  assert_int_equal(bench.done, 0);
  assert_int_equal(info_of(&bench).fired, 4);
  assert_int_equal(info_of(&bench).missed, 0);
  assert_int_equal(info_of(&bench).skipped, 0);
  tear_down(&bench);
}

static void periodic_without_after_waits_a_period(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 0, 4 * SECOND);
  spawn(&bench, &options);
  advance(&bench, 9 * SECOND);
  assert_int_equal(bench.firings, 2);
  assert_int_equal(bench.fired_at_ns[0], 4 * SECOND);
  assert_int_equal(bench.fired_at_ns[1], 8 * SECOND);
  tear_down(&bench);
}

static void periodic_at_once_fires_at_zero(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, PTG_AT_ONCE, 4 * SECOND);
  spawn(&bench, &options);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 2);
  assert_int_equal(bench.fired_at_ns[0], 0);
  assert_int_equal(bench.fired_at_ns[1], 4 * SECOND);
  tear_down(&bench);
}

static void overlap_skip_leaves_firings_out(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 25 * SECOND / 10;
  ptg_timer_options options = options_of(&bench, SECOND, SECOND);
  spawn(&bench, &options);
  advance(&bench, 75 * SECOND / 10);
  assert_int_equal(bench.firings, 3);
  assert_int_equal(bench.fired_at_ns[0], SECOND);
  assert_int_equal(bench.fired_at_ns[1], 4 * SECOND);
  assert_int_equal(bench.fired_at_ns[2], 7 * SECOND);
  assert_int_equal(info_of(&bench).fired, 3);
  assert_int_equal(info_of(&bench).skipped, 4);
  assert_int_equal(info_of(&bench).missed, 0);
  assert_int_equal(bench.works_begun, 3);
  assert_int_equal(bench.works_cancelled, 0);
  tear_down(&bench);
}

static void overlap_allow_runs_them_side_by_side(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 25 * SECOND / 10;
  ptg_timer_options options = options_of(&bench, SECOND, SECOND);
  options.overlap = PTG_OVERLAP_ALLOW;
  spawn(&bench, &options);
  advance(&bench, 52 * SECOND / 10);
  assert_int_equal(bench.firings, 5);
  assert_int_equal(bench.works_running, 3);
  assert_int_equal(info_of(&bench).skipped, 0);
  tear_down(&bench);
}

static void overlap_replace_cancels_the_last(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 25 * SECOND / 10;
  ptg_timer_options options = options_of(&bench, SECOND, SECOND);
  options.overlap = PTG_OVERLAP_REPLACE;
  spawn(&bench, &options);
  advance(&bench, 52 * SECOND / 10);
  assert_int_equal(bench.firings, 5);
  assert_int_equal(bench.works_begun, 5);
  assert_int_equal(bench.works_cancelled, 4);
  assert_int_equal(bench.works_running, 1);
  assert_string_equal(bench.reason, "replaced by the timer's next firing");
  assert_int_equal(info_of(&bench).skipped, 0);
  tear_down(&bench);
}

static void failing_firing_ends_the_timer(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.answer = PTG_EFULL;
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_EFULL, 0, SECOND);
  assert_string_equal(bench.message, "its firing answered PTG_EFULL");
  assert_int_equal(bench.errors, 1);
  tear_down(&bench);
}

static void forget(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                   const ptg_outcome *outcome, void *user_data) {
  (void)runtime, (void)watch, (void)watched, (void)outcome, (void)user_data;
}

static void failure_that_is_awaited_is_not_for_the_handler(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.answer = PTG_EFULL;
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  options.flags = PTG_SPAWN_OBSERVED;
  spawn(&bench, &options);
  ptg_watch_options watching = PTG_WATCH_OPTIONS_INIT;
  watching.over = forget;
  assert_int_equal(ptg_watch_add(bench.runtime, bench.timer, &watching, NULL),
                   PTG_OK);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.outcome.status, PTG_EFULL);
  assert_int_equal(bench.errors, 0);
  tear_down(&bench);
}

static void an_answer_that_is_no_status_is_a_failure(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.answer = 7;
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_EFAILED, 0, SECOND);
  assert_int_equal(bench.errors, 1);
  tear_down(&bench);
}

static void drain_ends_a_periodic_timer_well(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, 3 * SECOND);
  shut_down(&bench);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.firings, 3);
  assert_ended(&bench, PTG_OK, 0, 3 * SECOND);
  tear_down(&bench);
}

static void one_shot_that_is_due_in_the_grace_still_fires(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 12 * SECOND, 0);
  spawn(&bench, &options);
  advance(&bench, 3 * SECOND);
  shut_down(&bench); /* the grace lasts until 13 s */
  advance(&bench, 20 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_OK, 0, 12 * SECOND);
  tear_down(&bench);
}

static void one_shot_that_is_due_too_late_ends_at_drain(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 13 * SECOND, 0);
  spawn(&bench, &options);
  advance(&bench, 3 * SECOND);
  shut_down(&bench);
  advance(&bench, 20 * SECOND);
  assert_int_equal(bench.firings, 0);
  assert_ended(&bench, PTG_ECANCELED, 0, 3 * SECOND);
  assert_string_equal(bench.message, "not due before the end of the grace");
  assert_int_equal(bench.errors, 0);
  tear_down(&bench);
}

static void one_shot_waits_in_a_grace_without_end(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_group_options group_options = PTG_GROUP_OPTIONS_INIT;
  group_options.grace_ns = PTG_FOREVER;
  assert_int_equal(
      ptg_group_create(bench.runtime, PTG_NONE, &group_options, &bench.group),
      PTG_OK);
  ptg_timer_options options = options_of(&bench, 5000 * SECOND, 0);
  spawn(&bench, &options);
  advance(&bench, 0);
  shut_down(&bench);
  advance(&bench, 6000 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_OK, 0, 5000 * SECOND);
  tear_down(&bench);
}

static void cancel_ends_a_timer(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, SECOND);
  assert_int_equal(ptg_task_cancel(bench.runtime, bench.timer, NULL), PTG_OK);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_ECANCELED, PTG_OUTCOME_CANCEL_REQUESTED, SECOND);
  assert_int_equal(bench.errors, 0);
  tear_down(&bench);
}

static void cancel_before_the_start_never_fires(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, PTG_AT_ONCE, SECOND);
  spawn(&bench, &options);
  assert_int_equal(ptg_task_cancel(bench.runtime, bench.timer, NULL), PTG_OK);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 0);
  assert_ended(&bench, PTG_ECANCELED,
               PTG_OUTCOME_CANCEL_REQUESTED | PTG_OUTCOME_NEVER_RAN, 0);
  tear_down(&bench);
}

static void cancel_itself(struct bench *bench) {
  assert_int_equal(ptg_task_cancel(bench->runtime, bench->timer, NULL), PTG_OK);
}

static void finish_itself(struct bench *bench) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.code = 42;
  assert_int_equal(ptg_task_finish(bench->runtime, bench->timer, &outcome),
                   PTG_OK);
}

static void firing_may_cancel_its_timer(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_firing = cancel_itself;
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_ECANCELED, PTG_OUTCOME_CANCEL_REQUESTED, SECOND);
  tear_down(&bench);
}

static void firing_may_finish_its_timer(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_firing = finish_itself;
  ptg_timer_options options = options_of(&bench, 0, SECOND);
  spawn(&bench, &options);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_OK, 0, SECOND);
  assert_int_equal(bench.outcome.code, 42);
  tear_down(&bench);
}

static void firing_may_shut_its_group_down(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_firing = shut_down;
  bench.work_ns = SECOND;
  ptg_timer_options options = options_of(&bench, 0, 2 * SECOND);
  spawn(&bench, &options);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_ended(&bench, PTG_OK, 0, 2 * SECOND);
  tear_down(&bench);
}

/* Somebody else's sleep takes the place of the timer's own. */
static void foreign_sleep_does_not_fire_it_early(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, 5 * SECOND, 0);
  spawn(&bench, &options);
  advance(&bench, SECOND);
  assert_int_equal(ptg_task_sleep(bench.runtime, bench.timer, SECOND), PTG_OK);
  advance(&bench, 9 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_int_equal(bench.fired_at_ns[0], 5 * SECOND);
  tear_down(&bench);
}

static void longest_durations_do_not_overflow(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_timer_options options = options_of(&bench, SECOND, INT64_MAX);
  spawn(&bench, &options);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.firings, 1);
  assert_int_equal(bench.done, 0);
  tear_down(&bench);
}

static void stay_busy(struct bench *bench) {
  if (bench->firings == 1) {
    /* Past the second and third multiple after this firing's own. */
    int64_t until_ns = bench->begun_ns + 35 * SECOND / 1000;
    while (now(bench) < until_ns)
      continue;
    return;
  }
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &root), PTG_OK);
  assert_int_equal(ptg_group_shutdown(bench->runtime, root, NULL), PTG_OK);
  ptg_timer_info info = info_of(bench);
  assert_int_equal(info.fired, 2);
  /* Those at 20 and 30 ms, and on a slow machine more, are one firing. */
  assert_true(info.missed >= 1);
  int64_t due_ns = (2 + (int64_t)info.missed) * 10 * SECOND / 1000;
  assert_true(bench->fired_at_ns[1] >= due_ns);
}

static void what_a_busy_loop_missed_is_left_out_and_counted(void **state) {
  (void)state;
  struct bench bench;
  set_up_on(&bench, 0);
  bench.in_firing = stay_busy;
  ptg_timer_options options = options_of(&bench, 0, 10 * SECOND / 1000);
  spawn(&bench, &options);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.firings, 2);
  assert_int_equal(bench.outcome.status, PTG_OK);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.released, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_shot_fires_once_and_ends_well),
      cmocka_unit_test(one_shot_at_once_fires_on_a_later_turn),
      cmocka_unit_test(one_shot_ends_before_the_work_that_it_started),
      cmocka_unit_test(periodic_fires_on_multiples_from_the_first),
      cmocka_unit_test(periodic_without_after_waits_a_period),
      cmocka_unit_test(periodic_at_once_fires_at_zero),
      cmocka_unit_test(overlap_skip_leaves_firings_out),
      cmocka_unit_test(overlap_allow_runs_them_side_by_side),
      cmocka_unit_test(overlap_replace_cancels_the_last),
      cmocka_unit_test(failing_firing_ends_the_timer),
      cmocka_unit_test(failure_that_is_awaited_is_not_for_the_handler),
      cmocka_unit_test(an_answer_that_is_no_status_is_a_failure),
      cmocka_unit_test(drain_ends_a_periodic_timer_well),
      cmocka_unit_test(one_shot_that_is_due_in_the_grace_still_fires),
      cmocka_unit_test(one_shot_that_is_due_too_late_ends_at_drain),
      cmocka_unit_test(one_shot_waits_in_a_grace_without_end),
      cmocka_unit_test(cancel_ends_a_timer),
      cmocka_unit_test(cancel_before_the_start_never_fires),
      cmocka_unit_test(firing_may_cancel_its_timer),
      cmocka_unit_test(firing_may_finish_its_timer),
      cmocka_unit_test(firing_may_shut_its_group_down),
      cmocka_unit_test(foreign_sleep_does_not_fire_it_early),
      cmocka_unit_test(longest_durations_do_not_overflow),
      cmocka_unit_test(what_a_busy_loop_missed_is_left_out_and_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
