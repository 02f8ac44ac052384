/* test_process_abandoned.c - processes that their group gives up, because even
 * their reaper does not end: what becomes of them, and of the handles that
 * they have on the loop, when they end late, or the runtime before them.
 */
#include <uv.h>

#include "process_bench.h"
#include "process_child.h"

/* A process whose reaper stands still, so that the group gives it up. */
static pid_t abandon_one(struct bench *bench, struct watch *watch,
                         uv_loop_t *borrowed) {
  set_up_manual(bench, watch, borrowed);
  ptg_process_options options = watch_options(watch, CHILD("reaper"));
  watch_spawn(watch, &options);
  while (watch->lines == 0)
    turn(bench);

  pid_t reaper = stop_reaper(watch->text + 2);
  bench_shut_down(bench);
  advance(bench,
          PTG_DEFAULT_GRACE_NS + PTG_DEFAULT_CANCEL_WAIT_NS + PTG_KILL_WAIT_NS);
  ptg_task_info task = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench->runtime, watch->task, &task),
                   PTG_OK);
  assert_int_equal(task.state, PTG_TASK_ABANDONED);
  assert_int_equal(watch->done, 0);
  bench->to_end = 2; /* its end shuts nothing down any more */
  return reaper;
}

static void abandoned_process_ends_late(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  pid_t reaper = abandon_one(&bench, &watch, NULL);
  assert_int_equal(kill(reaper, SIGCONT), 0);
  turn_until_done(&watch);
  tear_down_manual(&bench);
  assert_outcome(&watch, PTG_ECANCELED, SIGKILL,
                 KILLED | PTG_OUTCOME_ABANDONED);
}

static void expect_dropped(const struct watch *watch) {
  assert_int_equal(watch->done, 1);
  assert_int_equal(watch->released, 1);
  assert_int_equal(watch->outcome.status, PTG_ETIMEDOUT);
  assert_int_equal(watch->outcome.flags, KILLED | PTG_OUTCOME_ABANDONED);
}

/* A reaper that was quick enough has been collected; on a busy machine it may
 * be left to the host. In any case it comes to its end. */
static void expect_no_children(uint64_t begun_ns) {
  if (uv_hrtime() - begun_ns < (uint64_t)(400 * MS))
    assert_false(has_children());
  while (waitpid(-1, NULL, 0) > 0)
    continue;
  alarm(0);
}

static void abandoned_process_ends_in_destroy(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  pid_t reaper = abandon_one(&bench, &watch, NULL);
  uint64_t begun_ns = uv_hrtime();
  assert_int_equal(kill(reaper, SIGCONT), 0);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  expect_dropped(&watch);
  expect_no_children(begun_ns);
}

static void destroy_does_not_wait_for_a_reaper_for_ever(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  pid_t reaper = abandon_one(&bench, &watch, NULL);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  expect_dropped(&watch);

  /* It does its duty as soon as it can. */
  int status;
  assert_int_equal(kill((pid_t)watch.pid, 0), 0);
  assert_int_equal(kill(reaper, SIGCONT), 0);
  assert_int_equal(waitpid(reaper, &status, 0), reaper);
  assert_int_equal(status, 0);
  assert_int_equal(kill((pid_t)watch.pid, 0), -1);
  assert_false(has_children());
}

static void borrowed_loop_outlives_an_abandoned_process(void **state) {
  (void)state;
  for (int is_stopped = 0; is_stopped < 2; is_stopped++) {
    uv_loop_t loop;
    struct bench bench;
    struct watch watch;
    assert_int_equal(uv_loop_init(&loop), 0);
    pid_t reaper = abandon_one(&bench, &watch, &loop);
    uint64_t begun_ns = uv_hrtime();
    if (!is_stopped) assert_int_equal(kill(reaper, SIGCONT), 0);
    assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
    expect_dropped(&watch);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    if (is_stopped) assert_int_equal(kill(reaper, SIGCONT), 0);
    expect_no_children(begun_ns);
  }
}

static void finish_when_up(struct watch *watch, const char *line) {
  (void)line;
  assert_int_equal(ptg_task_finish(watch->bench->runtime, watch->task, NULL),
                   PTG_OK);
}

/* Nobody should, but then the child must not be forgotten. */
static void task_that_another_finishes_takes_its_child_along(void **state) {
  (void)state;
  uv_loop_t loop;
  struct bench bench;
  struct watch watch;
  assert_int_equal(uv_loop_init(&loop), 0);
  ptg_runtime_options own = PTG_RUNTIME_OPTIONS_INIT;
  own.loop = &loop;
  own.loop_size = uv_loop_size();
  bench_set_up(&bench, &own, 0, 0);
  watch_init(&watch, &bench);
  watch.on_line = finish_when_up;
  ptg_process_options options = watch_options(&watch, CHILD("reaper"));
  watch_spawn(&watch, &options);
  uint64_t begun_ns = uv_hrtime();
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
  expect_no_children(begun_ns);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "child") == 0) child_main(argv + 2);

  const struct CMUnitTest tests[] = {
      cmocka_unit_test(abandoned_process_ends_late),
      cmocka_unit_test(abandoned_process_ends_in_destroy),
      cmocka_unit_test(destroy_does_not_wait_for_a_reaper_for_ever),
      cmocka_unit_test(borrowed_loop_outlives_an_abandoned_process),
      cmocka_unit_test(task_that_another_finishes_takes_its_child_along),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
