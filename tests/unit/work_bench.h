/* work_bench.h - what the tests of the sort "work" share: a runtime on the
 * manual clock with a group, and functions on the threads of the pool.
 *
 * A function waits for a gate that the case opens; nothing waits for time.
 */
#ifndef PTG_TESTS_WORK_BENCH_H
#define PTG_TESTS_WORK_BENCH_H

#include <ptg/ptg.h>
#include <pthread.h>
#include <sched.h>
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

/* ----------------------------------------------------------------- gates -- */

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

static inline void set(int *flag) {
  pthread_mutex_lock(&mutex);
  *flag = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static inline void wait_for(const int *flag) {
  pthread_mutex_lock(&mutex);
  while (!*flag)
    pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static inline int get(const int *flag) {
  pthread_mutex_lock(&mutex);
  int value = *flag;
  pthread_mutex_unlock(&mutex);
  return value;
}

/* ------------------------------------------------------------- functions -- */

static inline ptg_status run(ptg_work *work, void *user_data) {
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

static inline void on_done(ptg_runtime *runtime, ptg_task task,
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

static inline void on_release(void *user_data) {
  struct job *job = user_data;
  job->released_on = pthread_self();
  atomic_fetch_add(&job->released, 1);
}

static inline ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                                  void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)error;
  bench->errors++;
  return PTG_OK;
}

static inline void set_up_on(struct bench *bench, uv_loop_t *borrowed) {
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

static inline void set_up(struct bench *bench) {
  set_up_on(bench, NULL);
}

static inline ptg_work_options options_of(struct job *job) {
  ptg_work_options options = PTG_WORK_OPTIONS_INIT;
  options.run = run;
  options.done = on_done;
  options.release = on_release;
  options.user_data = job;
  return options;
}

static inline void spawn(struct bench *bench, struct job *job) {
  memset(job, 0, sizeof(*job));
  job->bench = bench;
  ptg_work_options options = options_of(job);
  assert_int_equal(
      ptg_work_spawn(bench->runtime, bench->group, &options, &job->task),
      PTG_OK);
}

static inline void advance(struct bench *bench, int64_t duration_ns) {
  uv_loop_t *loop;
  assert_int_equal(ptg_runtime_advance(bench->runtime, duration_ns), PTG_OK);
  assert_int_equal(ptg_runtime_get_loop(bench->runtime, &loop), PTG_OK);
  /* One that is borrowed is turned by its owner. */
  uv_run(loop, UV_RUN_NOWAIT);
  assert_int_equal(ptg_runtime_advance(bench->runtime, 0), PTG_OK);
}

static inline void turn_until_done(struct job *job) {
  while (job->done == 0) {
    advance(job->bench, 0);
    sched_yield();
  }
}

/* Spawned, and on its thread. */
static inline void begin(struct bench *bench, struct job *job) {
  spawn(bench, job);
  advance(bench, 0);
  wait_for(&job->has_begun);
}

static inline void shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->group, NULL),
                   PTG_OK);
}

static inline void tear_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->root, NULL),
                   PTG_OK);
  advance(bench, 100 * SECOND);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
}

static inline void assert_ended(const struct job *job, ptg_status status,
                                uint32_t flags) {
  assert_int_equal(job->done, 1);
  assert_int_equal(job->released, 1);
  assert_int_equal(job->outcome.status, status);
  assert_int_equal(job->outcome.flags, flags);
}

/* Takes all threads of the pool. */
static inline void fill_pool(struct bench *bench, struct job *jobs) {
  for (int i = 0; i < THREADS; i++)
    begin(bench, &jobs[i]);
}

static inline void empty_pool(struct job *jobs) {
  for (int i = 0; i < THREADS; i++)
    set(&jobs[i].is_open);
  for (int i = 0; i < THREADS; i++)
    turn_until_done(&jobs[i]);
}

/* To be called first: from then on the pool has THREADS threads, and a case
 * that hangs is the end. */
static inline void limit_pool(void) {
  char threads[8];
  alarm(WATCHDOG_S);
  snprintf(threads, sizeof(threads), "%d", THREADS);
  setenv("UV_THREADPOOL_SIZE", threads, 1);
}

#endif
