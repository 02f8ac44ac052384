/* test_work.c - the sort of task "work": how functions run and end, and how
 * they are cancelled.
 */
#include "work_bench.h"

/* ------------------------------------------------------------ as it goes -- */

static void function_runs_on_a_thread_and_its_answer_counts(void **state) {
  (void)state;
  static const struct {
    ptg_status answer;
    ptg_status status;
  } rows[] = {{PTG_OK, PTG_OK},
              {PTG_EFAILED, PTG_EFAILED},
              {PTG_ECANCELED, PTG_ECANCELED},
              {7, PTG_EFAILED}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct bench bench;
    struct job job;
    set_up(&bench);
    begin(&bench, &job);
    assert_false(pthread_equal(job.ran_on, pthread_self()));
    assert_int_equal(job.done, 0);
    job.answer = rows[i].answer;
    set(&job.is_open);
    turn_until_done(&job);
    assert_ended(&job, rows[i].status, 0);
    assert_true(pthread_equal(job.released_on, pthread_self()));
    assert_int_equal(bench.errors, rows[i].status == PTG_EFAILED);
    assert_int_equal(get(&job.runs), 1);
    tear_down(&bench);
  }
}

static void function_may_say_more_than_a_status(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  spawn(&bench, &job);
  char message[] = "no such star, and more";
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EEXIT;
  outcome.code = 42;
  outcome.value = UINT64_MAX;
  outcome.message = message;
  outcome.message_length = 12;
  job.says = &outcome;
  job.answer = PTG_OK;
  advance(&bench, 0);
  set(&job.is_open);
  wait_for(&job.has_ended);
  memset(message, 'x', sizeof(message) - 1);
  turn_until_done(&job);
  assert_ended(&job, PTG_EEXIT, 0);
  assert_int_equal(job.outcome.code, 42);
  assert_true(job.outcome.value == UINT64_MAX);
  assert_string_equal(job.message, "no such star");
  assert_int_equal(bench.errors, 1);
  tear_down(&bench);
}

static ptg_status run_saying_twice(ptg_work *work, void *user_data) {
  (void)user_data;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.message = "first";
  outcome.code = 1;
  if (ptg_work_set_outcome(work, &outcome) != PTG_OK) abort();
  outcome.message = "second";
  outcome.code = 2;
  if (ptg_work_set_outcome(work, &outcome) != PTG_OK) abort();
  ptg_outcome bad = outcome;
  bad.flags = 1;
  if (ptg_work_set_outcome(work, &bad) != PTG_EINVAL) abort();
  bad = outcome;
  bad.status = 1;
  if (ptg_work_set_outcome(work, &bad) != PTG_EINVAL) abort();
  bad = outcome;
  bad.size--;
  if (ptg_work_set_outcome(work, &bad) != PTG_EINVAL) abort();
  if (ptg_work_set_outcome(work, NULL) != PTG_EINVAL) abort();
  if (ptg_work_set_outcome(NULL, &outcome) != PTG_EINVAL) abort();
  return PTG_EFAILED;
}

static void last_good_outcome_counts(void **state) {
  (void)state;
  struct bench bench;
  struct job job = {.bench = &bench};
  set_up(&bench);
  ptg_work_options options = options_of(&job);
  options.run = run_saying_twice;
  assert_int_equal(
      ptg_work_spawn(bench.runtime, bench.group, &options, &job.task), PTG_OK);
  turn_until_done(&job);
  assert_ended(&job, PTG_OK, 0);
  assert_string_equal(job.message, "second");
  assert_int_equal(job.outcome.code, 2);
  tear_down(&bench);
}

static void many_functions_all_end_once(void **state) {
  (void)state;
  enum { JOBS = 500 };
  static struct job jobs[JOBS];
  struct bench bench;
  set_up(&bench);
  for (int i = 0; i < JOBS; i++) {
    spawn(&bench, &jobs[i]);
    jobs[i].is_open = 1;
  }
  for (int i = 0; i < JOBS; i++)
    turn_until_done(&jobs[i]);
  for (int i = 0; i < JOBS; i++) {
    assert_ended(&jobs[i], PTG_OK, 0);
    assert_int_equal(get(&jobs[i].runs), 1);
  }
  tear_down(&bench);
}

/* ---------------------------------------------------------------- cancel -- */

static void queued_function_is_cancelled_without_running(void **state) {
  (void)state;
  struct bench bench;
  struct job full[THREADS], job;
  set_up(&bench);
  fill_pool(&bench, full);
  spawn(&bench, &job);
  advance(&bench, 0); /* it has started, as far as a task can */
  assert_int_equal(ptg_task_cancel(bench.runtime, job.task, NULL), PTG_OK);
  advance(&bench, 0);
  assert_ended(&job, PTG_ECANCELED, ASKED);
  assert_string_equal(job.message, "cancelled before it ran");
  empty_pool(full);
  assert_int_equal(get(&job.runs), 0);
  tear_down(&bench);
}

static void pending_function_never_runs(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  spawn(&bench, &job);
  assert_int_equal(ptg_task_cancel(bench.runtime, job.task, NULL), PTG_OK);
  advance(&bench, 0);
  assert_ended(&job, PTG_ECANCELED, ASKED | PTG_OUTCOME_NEVER_RAN);
  assert_int_equal(get(&job.runs), 0);
  tear_down(&bench);
}

static void running_function_is_asked(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  spawn(&bench, &job);
  job.obeys = 1;
  advance(&bench, 0);
  wait_for(&job.has_begun);
  assert_int_equal(ptg_task_cancel(bench.runtime, job.task, NULL), PTG_OK);
  turn_until_done(&job);
  assert_ended(&job, PTG_ECANCELED, ASKED);
  assert_int_equal(ptg_work_is_cancelled(NULL), 0);
  tear_down(&bench);
}

static void function_that_ends_well_after_all_is_flagged(void **state) {
  (void)state;
  struct bench bench;
  struct job job;
  set_up(&bench);
  begin(&bench, &job);
  assert_int_equal(ptg_task_cancel(bench.runtime, job.task, NULL), PTG_OK);
  advance(&bench, 0);
  assert_int_equal(job.done, 0);
  set(&job.is_open);
  turn_until_done(&job);
  assert_ended(&job, PTG_OK, ASKED);
  tear_down(&bench);
}

static void drain_lets_it_run_to_its_end(void **state) {
  (void)state;
  struct bench bench;
  struct job full[THREADS], job;
  set_up(&bench);
  fill_pool(&bench, full);
  spawn(&bench, &job); /* in the pool's queue: work under way, too */
  job.is_open = 1;
  advance(&bench, 0);
  shut_down(&bench);
  advance(&bench, 9 * SECOND);
  assert_int_equal(job.done, 0);
  empty_pool(full);
  turn_until_done(&job);
  for (int i = 0; i < THREADS; i++)
    assert_ended(&full[i], PTG_OK, 0);
  assert_ended(&job, PTG_OK, 0);
  assert_int_equal(get(&job.runs), 1);
  tear_down(&bench);
}

static void two_runtimes_share_the_pool(void **state) {
  (void)state;
  struct bench one, other;
  struct job first, second, third;
  set_up(&one);
  set_up(&other);
  begin(&one, &first);
  begin(&other, &second);
  spawn(&one, &third);
  advance(&one, 0);
  set(&second.is_open);
  turn_until_done(&second);
  tear_down(&other);
  set(&third.is_open);
  turn_until_done(&third);
  set(&first.is_open);
  turn_until_done(&first);
  tear_down(&one);
  assert_ended(&first, PTG_OK, 0);
  assert_ended(&second, PTG_OK, 0);
  assert_ended(&third, PTG_OK, 0);
}

/* On a real clock nothing but the end of the function wakes the loop. */
static void end_of_a_function_wakes_the_loop(void **state) {
  (void)state;
  ptg_runtime *runtime;
  struct bench bench = {0};
  struct job job = {.bench = &bench, .is_open = 1};
  assert_int_equal(ptg_runtime_create(NULL, &runtime), PTG_OK);
  bench.runtime = runtime;
  ptg_work_options options = options_of(&job);
  assert_int_equal(ptg_runtime_get_root(runtime, &bench.root), PTG_OK);
  assert_int_equal(ptg_work_spawn(runtime, bench.root, &options, &job.task),
                   PTG_OK);
  while (job.done == 0)
    assert_int_equal(ptg_runtime_turn(runtime, PTG_FOREVER), PTG_OK);
  assert_ended(&job, PTG_OK, 0);
  assert_int_equal(ptg_group_shutdown(runtime, bench.root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

/* -------------------------------------------------------------- the call -- */

static void expect_refusal(struct bench *bench, const ptg_work_options *options,
                           struct job *job, ptg_status status) {
  ptg_task task = 77;
  job->released = 0;
  assert_int_equal(ptg_work_spawn(bench->runtime, bench->group, options, &task),
                   status);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(job->released, 1);
}

static void bad_options_are_refused(void **state) {
  (void)state;
  struct bench bench;
  struct job job = {.bench = &bench};
  set_up(&bench);
  ptg_work_options good = options_of(&job);
  ptg_work_options bad;
#define REFUSE(change) \
  (bad = good, change, expect_refusal(&bench, &bad, &job, PTG_EINVAL))
  REFUSE(bad.flags = 0x8000);
  REFUSE(bad.run = NULL);
  REFUSE(bad.size--);
  REFUSE(bad.name = "\xff");
#undef REFUSE
  struct {
    ptg_work_options options;
    uint64_t newer;
  } later = {good, 1};
  later.options.size = sizeof(later);
  expect_refusal(&bench, &later.options, &job, PTG_EABI);
  assert_int_equal(ptg_work_spawn(bench.runtime, bench.group, NULL, NULL),
                   PTG_EINVAL);
  assert_int_equal(ptg_work_spawn(NULL, bench.group, &good, NULL), PTG_EINVAL);
  shut_down(&bench);
  expect_refusal(&bench, &good, &job, PTG_ECLOSED);
  tear_down(&bench);
  assert_int_equal(get(&job.runs), 0);
}

int main(void) {
  limit_pool();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(function_runs_on_a_thread_and_its_answer_counts),
      cmocka_unit_test(function_may_say_more_than_a_status),
      cmocka_unit_test(last_good_outcome_counts),
      cmocka_unit_test(many_functions_all_end_once),
      cmocka_unit_test(queued_function_is_cancelled_without_running),
      cmocka_unit_test(pending_function_never_runs),
      cmocka_unit_test(running_function_is_asked),
      cmocka_unit_test(function_that_ends_well_after_all_is_flagged),
      cmocka_unit_test(drain_lets_it_run_to_its_end),
      cmocka_unit_test(two_runtimes_share_the_pool),
      cmocka_unit_test(end_of_a_function_wakes_the_loop),
      cmocka_unit_test(bad_options_are_refused),
  };
  return cmocka_run_group_tests_name("kinds/work", tests, NULL, NULL);
}
