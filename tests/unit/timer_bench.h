/* timer_bench.h - what the tests of the sort "timer" share: a runtime with one
 * group, a timer in it, and a record of its firings.
 */
#ifndef PTG_TESTS_TIMER_BENCH_H
#define PTG_TESTS_TIMER_BENCH_H

#include <ptg/ptg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define MAX_FIRINGS 64

struct bench {
  ptg_runtime *runtime;
  ptg_group group;
  ptg_task timer;
  int64_t begun_ns;

  int firings;
  int64_t fired_at_ns[MAX_FIRINGS]; /* from begun_ns */
  int done;
  ptg_outcome outcome;
  char message[128];
  int64_t done_at_ns;
  int released;
  int errors;

  /* What a firing does. */
  int64_t work_ns; /* spawns a task that lasts so long */
  ptg_status answer;
  void (*in_firing)(struct bench *bench);

  int works_begun;
  int works_running;
  int works_cancelled;
  char reason[64];
};

static inline int64_t now(const struct bench *bench) {
  int64_t now_ns;
  assert_int_equal(ptg_runtime_get_time(bench->runtime, &now_ns), PTG_OK);
  return now_ns;
}

/* ------------------------------------------------- the work of a firing -- */

static inline ptg_status work_start(ptg_runtime *runtime, ptg_task task,
                                    void *user_data) {
  struct bench *bench = user_data;
  bench->works_begun++;
  bench->works_running++;
  return ptg_task_sleep(runtime, task, bench->work_ns);
}

static inline void work_wake(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  (void)user_data;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static inline void work_cancel(ptg_runtime *runtime, ptg_task task,
                               const ptg_cancel_info *info, void *user_data) {
  struct bench *bench = user_data;
  bench->works_cancelled++;
  snprintf(bench->reason, sizeof(bench->reason), "%s", info->reason);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
}

static inline void work_done(ptg_runtime *runtime, ptg_task task,
                             const ptg_outcome *outcome, void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)task;
  (void)outcome;
  bench->works_running--;
}

static const ptg_task_type WORK = {.size = sizeof(ptg_task_type),
                                   .name = "work",
                                   .start = work_start,
                                   .wake = work_wake,
                                   .cancel = work_cancel,
                                   .done = work_done};

/* ------------------------------------------------------------- the timer -- */

static inline ptg_status fire(ptg_runtime *runtime, ptg_task timer,
                              void *user_data, ptg_task *started) {
  struct bench *bench = user_data;
  assert_int_equal(timer, bench->timer);
  assert_int_equal(*started, PTG_NONE);
  assert_in_range(bench->firings, 0, MAX_FIRINGS - 1);
  bench->fired_at_ns[bench->firings++] = now(bench) - bench->begun_ns;

  if (bench->work_ns != 0)
    assert_int_equal(
        ptg_task_spawn(runtime, bench->group, &WORK, NULL, bench, started),
        PTG_OK);
  if (bench->in_firing != NULL) bench->in_firing(bench);
  return bench->answer;
}

static inline void on_done(ptg_runtime *runtime, ptg_task timer,
                           const ptg_outcome *outcome, void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  assert_int_equal(timer, bench->timer);
  bench->done++;
  bench->outcome = *outcome;
  bench->done_at_ns = now(bench) - bench->begun_ns;
  if (outcome->message != NULL)
    snprintf(bench->message, sizeof(bench->message), "%.*s",
             (int)outcome->message_length, outcome->message);
}

static inline void on_release(void *user_data) {
  struct bench *bench = user_data;
  bench->released++;
}

static inline ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                                  void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)error;
  bench->errors++;
  return PTG_OK;
}

static inline void set_up_on(struct bench *bench, uint32_t flags) {
  memset(bench, 0, sizeof(*bench));
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = flags;
  assert_int_equal(ptg_runtime_create(&options, &bench->runtime), PTG_OK);

  ptg_group_options group_options = PTG_GROUP_OPTIONS_INIT;
  group_options.on_error = on_error;
  group_options.user_data = bench;
  group_options.grace_ns = 10 * SECOND;
  group_options.cancel_wait_ns = 5 * SECOND;
  assert_int_equal(
      ptg_group_create(bench->runtime, PTG_NONE, &group_options, &bench->group),
      PTG_OK);
  bench->begun_ns = now(bench);
}

static inline void set_up(struct bench *bench) {
  set_up_on(bench, PTG_RUNTIME_MANUAL_CLOCK);
}

static inline ptg_timer_options options_of(struct bench *bench,
                                           int64_t after_ns, int64_t every_ns) {
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.after_ns = after_ns;
  options.every_ns = every_ns;
  options.fire = fire;
  options.done = on_done;
  options.release = on_release;
  options.user_data = bench;
  return options;
}

static inline void spawn(struct bench *bench,
                         const ptg_timer_options *options) {
  assert_int_equal(
      ptg_timer_spawn(bench->runtime, bench->group, options, &bench->timer),
      PTG_OK);
  assert_int_equal(bench->firings, 0);
}

static inline void advance(struct bench *bench, int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(bench->runtime, duration_ns), PTG_OK);
}

static inline void shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->group, NULL),
                   PTG_OK);
}

static inline void tear_down(struct bench *bench) {
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &root), PTG_OK);
  assert_int_equal(ptg_group_shutdown(bench->runtime, root, NULL), PTG_OK);
  advance(bench, 100 * SECOND);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
  assert_int_equal(bench->released, 1);
  assert_int_equal(bench->works_running, 0);
}

static inline ptg_timer_info info_of(struct bench *bench) {
  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  assert_int_equal(ptg_timer_get_info(bench->runtime, bench->timer, &info),
                   PTG_OK);
  return info;
}

static inline void assert_ended(const struct bench *bench, ptg_status status,
                                uint32_t flags, int64_t at_ns) {
  assert_int_equal(bench->done, 1);
  assert_int_equal(bench->outcome.status, status);
  assert_int_equal(bench->outcome.flags, flags);
  assert_int_equal(bench->done_at_ns, at_ns);
}

#endif
