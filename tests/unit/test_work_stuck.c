/* test_work_stuck.c - functions that do not end when they should: what becomes
 * of them, of their user data, and of the runtime.
 */
#include "work_bench.h"

static void abandon(struct bench *bench, struct job *job) {
  begin(bench, job);
  shut_down(bench);
  advance(bench, 10 * SECOND);
  advance(bench, 5 * SECOND);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench->runtime, job->task, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_ABANDONED);
  assert_string_equal(info.name, "work");
  assert_string_equal(info.type_name, "work");
  assert_int_equal(job->done, 0);
}

static void late_end_of_a_stuck_function_is_told(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  abandon(&bench, &job);
  set(&job.is_open);
  turn_until_done(&job);
  assert_ended(&job, PTG_OK, ASKED | PTG_OUTCOME_ABANDONED);
  tear_down(&bench);
}

/* Also when nothing is left of the tree: the runtime is all that is there. */
static void late_end_is_told_after_the_root_is_closed(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  begin(&bench, &job);
  assert_int_equal(ptg_group_shutdown(bench.runtime, bench.root, NULL), PTG_OK);
  advance(&bench, 100 * SECOND);
  assert_int_equal(job.done, 0);
  set(&job.is_open);
  turn_until_done(&job);
  assert_ended(&job, PTG_OK, ASKED | PTG_OUTCOME_ABANDONED);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
}

static void wait_for_release(struct job *job) {
  while (atomic_load(&job->released) == 0)
    sched_yield();
}

/* The function may be using its user data until it returns. */
static void destroy_does_not_wait_for_a_stuck_function(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  abandon(&bench, &job);
  tear_down(&bench);
  assert_int_equal(job.done, 1);
  assert_int_equal(job.outcome.status, PTG_ETIMEDOUT);
  assert_int_equal(job.outcome.flags, ASKED | PTG_OUTCOME_ABANDONED);
  assert_int_equal(atomic_load(&job.released), 0);
  set(&job.is_open);
  wait_for_release(&job);
  assert_int_equal(get(&job.has_ended), 1);
  assert_int_equal(job.done, 1);
  assert_int_equal(atomic_load(&job.released), 1);
  assert_true(pthread_equal(job.released_on, job.ran_on));
}

static void borrowed_loop_closes_with_a_stuck_function(void **state) {
  (void)state;
  uv_loop_t loop;
  struct bench bench;
  struct job job;
  assert_int_equal(uv_loop_init(&loop), 0);
  set_up_on(&bench, &loop);
  abandon(&bench, &job);
  assert_int_equal(ptg_group_shutdown(bench.runtime, bench.root, NULL), PTG_OK);
  advance(&bench, 100 * SECOND);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
  assert_int_equal(job.done, 1);
  set(&job.is_open);
  wait_for_release(&job);
}

/* Somebody else finishes the task; the function goes on, asked to end. */
static void task_that_another_finishes_lets_it_return(void **state) {
  (void)state;
  struct bench bench;
  struct job full[THREADS], job, queued;
  set_up(&bench);
  spawn(&bench, &job);
  job.obeys = 1;
  advance(&bench, 0);
  wait_for(&job.has_begun);
  for (int i = 1; i < THREADS; i++)
    begin(&bench, &full[i]);
  spawn(&bench, &queued);
  advance(&bench, 0);
  assert_int_equal(ptg_task_finish(bench.runtime, queued.task, NULL), PTG_OK);
  advance(&bench, 0);
  assert_ended(&queued, PTG_OK, 0);

  assert_int_equal(ptg_task_finish(bench.runtime, job.task, NULL), PTG_OK);
  advance(&bench, 0);
  assert_int_equal(job.done, 1);
  wait_for_release(&job);
  assert_int_equal(get(&job.has_ended), 1);
  for (int i = 1; i < THREADS; i++)
    set(&full[i].is_open);
  tear_down(&bench);
  /* A job is on this stack until its release, which may come late. */
  for (int i = 1; i < THREADS; i++)
    wait_for_release(&full[i]);
  assert_int_equal(get(&queued.runs), 0);
}

int main(void) {
  limit_pool();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(late_end_of_a_stuck_function_is_told),
      cmocka_unit_test(late_end_is_told_after_the_root_is_closed),
      cmocka_unit_test(destroy_does_not_wait_for_a_stuck_function),
      cmocka_unit_test(borrowed_loop_closes_with_a_stuck_function),
      cmocka_unit_test(task_that_another_finishes_lets_it_return),
  };
  return cmocka_run_group_tests_name("kinds/work, stuck", tests, NULL, NULL);
}
