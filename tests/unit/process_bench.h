/* process_bench.h - what the tests of the sort "process" share: a runtime with
 * one group, a record of what a process told, and children to run.
 *
 * The children are the test program itself, called with "child" and what it
 * is to do; so they need no shell and can do what shells cannot.
 */
#ifndef PTG_TESTS_PROCESS_BENCH_H
#define PTG_TESTS_PROCESS_BENCH_H

#include <errno.h>
#include <ptg/ptg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

#define KILLED (PTG_OUTCOME_CANCEL_REQUESTED | PTG_OUTCOME_KILLED)

/* Nothing here takes a tenth of it. Its end is a SIGALRM that nobody handles.
 */
#define WATCHDOG_S 240

struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  int to_end; /* processes that have not ended; 0: the root is shut down */
  int errors;
};

struct watch {
  struct bench *bench;
  void *extra; /* a case's own */
  ptg_task task;
  int64_t pid;
  int started;
  int done;
  int released;
  ptg_outcome outcome;
  char message[512];

  size_t lines;
  size_t bytes; /* of all lines, without their ends */
  size_t longest;
  char text[2048]; /* "1:LINE|2:LINE|" as far as it fits */

  /* Called, if set, after each has been noted. */
  void (*on_started)(struct watch *watch);
  void (*on_line)(struct watch *watch, const char *line);
  void (*on_done)(struct watch *watch);
};

static inline const char *own_path(void) {
  static char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
  assert_true(length > 0);
  return path;
}

static inline ptg_status bench_error(ptg_runtime *runtime,
                                     const ptg_error *error, void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)error;
  bench->errors++;
  return PTG_OK;
}

static inline void bench_set_up(struct bench *bench,
                                const ptg_runtime_options *own,
                                int64_t grace_ns, int64_t cancel_wait_ns) {
  alarm(WATCHDOG_S);
  memset(bench, 0, sizeof(*bench));
  assert_int_equal(ptg_runtime_create(own, &bench->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &bench->root), PTG_OK);

  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.grace_ns = grace_ns;
  options.cancel_wait_ns = cancel_wait_ns;
  options.on_error = bench_error;
  options.user_data = bench;
  assert_int_equal(
      ptg_group_create(bench->runtime, PTG_NONE, &options, &bench->group),
      PTG_OK);
}

static inline void bench_shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->root, NULL),
                   PTG_OK);
}

/* Is any child left of this program, running or a zombie? */
static inline int has_children(void) {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ||
         errno != ECHILD;
}

/* Runs until all processes have ended and the root is closed. */
static inline void bench_run(struct bench *bench) {
  assert_int_equal(ptg_runtime_run(bench->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
  assert_false(has_children());
  alarm(0);
}

/* ----------------------------------------------------------- the record -- */

static inline void watch_started(ptg_runtime *runtime, ptg_task task,
                                 void *user_data) {
  struct watch *watch = user_data;
  assert_int_equal(task, watch->task);
  assert_int_equal(watch->done, 0);
  assert_int_equal(watch->lines, 0);
  watch->started++;
  assert_int_equal(ptg_process_get_pid(runtime, task, &watch->pid), PTG_OK);
  assert_true(watch->pid > 0);
  if (watch->on_started != NULL) watch->on_started(watch);
}

static inline void watch_line(ptg_runtime *runtime, ptg_task task,
                              int32_t stream, const char *line, size_t length,
                              void *user_data) {
  struct watch *watch = user_data;
  (void)runtime;
  assert_int_equal(task, watch->task);
  assert_int_equal(watch->started, 1);
  assert_int_equal(watch->done, 0);
  watch->lines++;
  watch->bytes += length;
  if (length > watch->longest) watch->longest = length;

  size_t used = strlen(watch->text);
  snprintf(watch->text + used, sizeof(watch->text) - used, "%d:%.*s|", stream,
           (int)length, line);
  if (watch->on_line == NULL) return;
  char copy[256];
  snprintf(copy, sizeof(copy), "%.*s", (int)length, line);
  watch->on_line(watch, copy);
}

static inline void watch_done(ptg_runtime *runtime, ptg_task task,
                              const ptg_outcome *outcome, void *user_data) {
  struct watch *watch = user_data;
  (void)runtime;
  assert_int_equal(task, watch->task);
  assert_int_equal(watch->released, 0);
  watch->done++;
  watch->outcome = *outcome;
  if (outcome->message != NULL)
    snprintf(watch->message, sizeof(watch->message), "%.*s",
             (int)outcome->message_length, outcome->message);
  if (watch->on_done != NULL) watch->on_done(watch);
  if (--watch->bench->to_end == 0) bench_shut_down(watch->bench);
}

static inline void watch_release(void *user_data) {
  struct watch *watch = user_data;
  watch->released++;
}

static inline ptg_process_options watch_options(struct watch *watch,
                                                const char *const *argv) {
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.on_line = watch_line;
  options.started = watch_started;
  options.done = watch_done;
  options.release = watch_release;
  options.user_data = watch;
  return options;
}

static inline void watch_init(struct watch *watch, struct bench *bench) {
  memset(watch, 0, sizeof(*watch));
  watch->bench = bench;
}

static inline void watch_spawn(struct watch *watch,
                               const ptg_process_options *options) {
  struct bench *bench = watch->bench;
  bench->to_end++;
  assert_int_equal(
      ptg_process_spawn(bench->runtime, bench->group, options, &watch->task),
      PTG_OK);
}

static inline void assert_outcome(const struct watch *watch, ptg_status status,
                                  int32_t code, uint32_t flags) {
  assert_int_equal(watch->done, 1);
  assert_int_equal(watch->released, 1);
  assert_string_equal(ptg_status_name(watch->outcome.status),
                      ptg_status_name(status));
  assert_int_equal(watch->outcome.code, code);
  assert_int_equal(watch->outcome.flags, flags);
  if (status == PTG_ESIGNAL) assert_int_equal(watch->outcome.value, code);
  if (status == PTG_OK || status == PTG_EEXIT)
    assert_int_equal(watch->outcome.value, 0);
  int is_failure = status != PTG_OK && status != PTG_ECANCELED;
  if (is_failure) assert_true(watch->bench->errors > 0);
}

/* ---------------------------------------------------------- manual clock -- */

static inline void set_up_manual(struct bench *bench, struct watch *watch,
                                 uv_loop_t *borrowed) {
  ptg_runtime_options own = PTG_RUNTIME_OPTIONS_INIT;
  own.flags = PTG_RUNTIME_MANUAL_CLOCK;
  own.loop = borrowed;
  own.loop_size = borrowed == NULL ? 0 : uv_loop_size();
  bench_set_up(bench, &own, 0, 0);
  watch_init(watch, bench);
}

static inline void turn(struct bench *bench) {
  struct uv_loop_s *loop;
  assert_int_equal(ptg_runtime_get_loop(bench->runtime, &loop), PTG_OK);
  uv_run(loop, UV_RUN_NOWAIT);
  assert_int_equal(ptg_runtime_advance(bench->runtime, 0), PTG_OK);
}

static inline void turn_until_line(struct watch *watch,
                                   const char *end_of_text) {
  size_t length = strlen(end_of_text);
  for (;;) {
    size_t used = strlen(watch->text);
    if (used >= length && strcmp(watch->text + used - length, end_of_text) == 0)
      return;
    turn(watch->bench);
  }
}

static inline void turn_until_done(struct watch *watch) {
  while (watch->done == 0)
    turn(watch->bench);
}

static inline void advance(struct bench *bench, int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(bench->runtime, duration_ns), PTG_OK);
}

static inline void drain(struct watch *watch) {
  assert_int_equal(
      ptg_group_shutdown(watch->bench->runtime, watch->bench->group, NULL),
      PTG_OK);
  turn(watch->bench);
}

/* The rest of a bench whose process is done, and so its root shut down. */
static inline void tear_down_manual(struct bench *bench) {
  advance(bench, 0);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
  assert_false(has_children());
  alarm(0);
}

/* ------------------------------------------------------------ the reaper -- */

/* line: what the child "reaper" said. */
static inline pid_t stop_reaper(const char *line) {
  pid_t reaper = atoi(line);
  siginfo_t info;
  assert_int_equal(kill(reaper, SIGSTOP), 0);
  assert_int_equal(waitid(P_PID, (id_t)reaper, &info, WSTOPPED | WNOWAIT), 0);
  return reaper;
}

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})
#define CHILD(...) \
  ((const char *const[]){own_path(), "child", __VA_ARGS__, NULL})

#endif
