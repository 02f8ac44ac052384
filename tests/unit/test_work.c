/* test_work.c - the sort of task "work": functions on the threads of the pool,
 * and what becomes of them when they do not end in time.
 *
 * The pool has as many threads as main() says. A function waits for a gate
 * that the case opens; nothing here waits for time.
 */
#include <ptg/ptg.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define THREADS 2
#define WATCHDOG_S 240
#define ASKED PTG_OUTCOME_CANCEL_REQUESTED

/* ------------------------------------------------------------------ gates --
 */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct bench;

struct job {
  struct bench *bench;
  ptg_task task;
  ptg_status answer;
  const ptg_outcome *says;
  int obeys;   /* it looks whether it was asked to end */
  int is_open; /* its gate; under the mutex, as the next */
  int has_begun;
  int has_ended;
  int runs; /* under the mutex */
  pthread_t ran_on;
  int done;
  ptg_outcome outcome;
  char message[64];
  atomic_int released;
  pthread_t released_on;
};

struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  int errors;
};

static void set(int *flag) {
  pthread_mutex_lock(&mutex);
  *flag = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void wait_for(const int *flag) {
  pthread_mutex_lock(&mutex);
  while (!*flag)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static int get(const int *flag) {
  pthread_mutex_lock(&mutex);
  int value = *flag;
  pthread_mutex_unlock(&mutex);
  return value;
}

/* ------------------------------------------------------------- functions -- */

static ptg_status run(ptg_work *work, void *user_data) {
  struct job *job = user_data;
  job->ran_on = pthread_self();
  pthread_mutex_lock(&mutex);
  job->runs++;
  pthread_mutex_unlock(&mutex);
  set(&job->has_begun);
  if (job->obeys) {
    while (!ptg_work_is_cancelled(work))
      sched_yield();
    set(&job->has_ended);
    return PTG_ECANCELED;
  }
  wait_for(&job->is_open);
  if (job->says != NULL)
    assert_int_equal(ptg_work_set_outcome(work, job->says), PTG_OK);
  set(&job->has_ended);
  return job->answer;
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  struct job *job = user_data;
  assert_ptr_equal(runtime, job->bench->runtime);
  assert_int_equal(task, job->task);
  assert_int_equal(job->released, 0);
  job->done++;
  job->outcome = *outcome;
  if (outcome->message != NULL)
    snprintf(job->message, sizeof(job->message), "%.*s",
             (int)outcome->message_length, outcome->message);
}

static void on_release(void *user_data) {
  struct job *job = user_data;
  job->released_on = pthread_self();
  atomic_fetch_add(&job->released, 1);
}

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)error;
  bench->errors++;
  return PTG_OK;
}

static void set_up_on(struct bench *bench, uv_loop_t *borrowed) {
  memset(bench, 0, sizeof(*bench));
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.loop = borrowed;
  options.loop_size = borrowed != NULL ? uv_loop_size() : 0;
  assert_int_equal(ptg_runtime_create(&options, &bench->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &bench->root), PTG_OK);
  ptg_group_options group = PTG_GROUP_OPTIONS_INIT;
  group.on_error = on_error;
  group.user_data = bench;
  group.grace_ns = 10 * SECOND;
  group.cancel_wait_ns = 5 * SECOND;
  assert_int_equal(
      ptg_group_create(bench->runtime, PTG_NONE, &group, &bench->group),
      PTG_OK);
}

static void set_up(struct bench *bench) {
  set_up_on(bench, NULL);
}

static ptg_work_options options_of(struct job *job) {
  ptg_work_options options = PTG_WORK_OPTIONS_INIT;
  options.run = run;
  options.done = on_done;
  options.release = on_release;
  options.user_data = job;
  return options;
}

static void spawn(struct bench *bench, struct job *job) {
  memset(job, 0, sizeof(*job));
  job->bench = bench;
  ptg_work_options options = options_of(job);
  assert_int_equal(
      ptg_work_spawn(bench->runtime, bench->group, &options, &job->task),
      PTG_OK);
}

static void advance(struct bench *bench, int64_t duration_ns) {
  uv_loop_t *loop;
  assert_int_equal(ptg_runtime_advance(bench->runtime, duration_ns), PTG_OK);
  assert_int_equal(ptg_runtime_get_loop(bench->runtime, &loop), PTG_OK);
  /* One that is borrowed is turned by its owner. */
  uv_run(loop, UV_RUN_NOWAIT);
  assert_int_equal(ptg_runtime_advance(bench->runtime, 0), PTG_OK);
}

static void turn_until_done(struct job *job) {
  while (job->done == 0) {
    advance(job->bench, 0);
    sched_yield();
  }
}

/* Spawned, and on its thread. */
static void begin(struct bench *bench, struct job *job) {
  spawn(bench, job);
  advance(bench, 0);
  wait_for(&job->has_begun);
}

static void shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->group, NULL),
                   PTG_OK);
}

static void tear_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->root, NULL),
                   PTG_OK);
  advance(bench, 100 * SECOND);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
}

static void assert_ended(const struct job *job, ptg_status status,
                         uint32_t flags) {
  assert_int_equal(job->done, 1);
  assert_int_equal(job->released, 1);
  assert_int_equal(job->outcome.status, status);
  assert_int_equal(job->outcome.flags, flags);
}

/* ------------------------------------------------------------- as it goes --
 */

static void
function_runs_on_another_thread_and_its_answer_counts(void **state) {
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

/* ------------------------------------------------------------------ cancel --
 */

/* Takes all threads of the pool. */
static void fill_pool(struct bench *bench, struct job *jobs) {
  for (int i = 0; i < THREADS; i++)
    begin(bench, &jobs[i]);
}

static void empty_pool(struct job *jobs) {
  for (int i = 0; i < THREADS; i++)
    set(&jobs[i].is_open);
  for (int i = 0; i < THREADS; i++)
    turn_until_done(&jobs[i]);
}

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

/* ------------------------------------------------------------------- stuck --
 */

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
static void
task_that_another_finishes_releases_after_its_function(void **state) {
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
  assert_int_equal(get(&queued.runs), 0);
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

/* --------------------------------------------------------------- the call --
 */

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
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(function_runs_on_another_thread_and_its_answer_counts),
      cmocka_unit_test(function_may_say_more_than_a_status),
      cmocka_unit_test(last_good_outcome_counts),
      cmocka_unit_test(many_functions_all_end_once),
      cmocka_unit_test(queued_function_is_cancelled_without_running),
      cmocka_unit_test(pending_function_never_runs),
      cmocka_unit_test(running_function_is_asked),
      cmocka_unit_test(function_that_ends_well_after_all_is_flagged),
      cmocka_unit_test(drain_lets_it_run_to_its_end),
      cmocka_unit_test(late_end_of_a_stuck_function_is_told),
      cmocka_unit_test(late_end_is_told_after_the_root_is_closed),
      cmocka_unit_test(destroy_does_not_wait_for_a_stuck_function),
      cmocka_unit_test(borrowed_loop_closes_with_a_stuck_function),
      cmocka_unit_test(task_that_another_finishes_releases_after_its_function),
      cmocka_unit_test(two_runtimes_share_the_pool),
      cmocka_unit_test(end_of_a_function_wakes_the_loop),
      cmocka_unit_test(bad_options_are_refused),
  };
  alarm(WATCHDOG_S);
  char threads[8];
  snprintf(threads, sizeof(threads), "%d", THREADS);
  setenv("UV_THREADPOOL_SIZE", threads, 1);
  return cmocka_run_group_tests_name("kinds/work", tests, NULL, NULL);
}
