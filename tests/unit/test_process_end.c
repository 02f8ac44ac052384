/* test_process_end.c - the sort of task "process": how children are ended, and
 * what becomes of those who do not want to. The children are real; where limits
 * run out, the clock is a manual one, so that the children have all the time
 * that they need.
 */
#include <sys/prctl.h>
#include <uv.h>

#include "process_bench.h"
#include "process_child.h"
#include "process_marks.h"

static void set_up(struct bench *bench, struct watch *watch, int64_t grace_ns,
                   int64_t cancel_wait_ns) {
  bench_set_up(bench, NULL, grace_ns, cancel_wait_ns);
  watch_init(watch, bench);
}

static void run(struct watch *watch, const char *const *argv) {
  ptg_process_options options = watch_options(watch, argv);
  watch_spawn(watch, &options);
  bench_run(watch->bench);
}

static void drain_when_ready(struct watch *watch, const char *line) {
  if (strcmp(line, "ready") != 0) return;
  assert_int_equal(
      ptg_group_shutdown(watch->bench->runtime, watch->bench->group, NULL),
      PTG_OK);
}

static void cancel_when_ready(struct watch *watch, const char *line) {
  if (strcmp(line, "ready") != 0) return;
  assert_int_equal(ptg_task_cancel(watch->bench->runtime, watch->task, NULL),
                   PTG_OK);
}

/* --------------------------------------------------------------- asking -- */

static void drain_sends_sigterm_and_a_good_end_is_ok(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, PTG_FOREVER, PTG_FOREVER);
  watch.on_line = drain_when_ready;
  run(&watch, CHILD("handle", "15", "1", "0"));
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:signal 15|");
}

static void bad_exit_status_after_the_drain_is_ecanceled(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, PTG_FOREVER, PTG_FOREVER);
  watch.on_line = drain_when_ready;
  run(&watch, CHILD("handle", "15", "1", "3"));
  assert_outcome(&watch, PTG_ECANCELED, 3, 0);
  assert_int_equal(watch.outcome.value, 0);
  assert_int_equal(bench.errors, 0);
}

static void death_by_the_drain_signal_is_ecanceled(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, PTG_FOREVER, PTG_FOREVER);
  watch.on_line = drain_when_ready;
  run(&watch, SHELL("echo ready; exec sleep 1000"));
  assert_outcome(&watch, PTG_ECANCELED, SIGTERM, 0);
  assert_int_equal(watch.outcome.value, SIGTERM);
  assert_int_equal(bench.errors, 0);
}

static void drain_signal_can_be_chosen(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, PTG_FOREVER, PTG_FOREVER);
  watch.on_line = drain_when_ready;
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "10", "1", "0"));
  options.drain_signal = SIGUSR1;
  watch_spawn(&watch, &options);
  bench_run(&bench);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:signal 10|");
}

static void cancel_sends_the_signal_too(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, 0, 0);
  watch.on_line = cancel_when_ready;
  run(&watch, CHILD("handle", "15", "1", "0"));
  assert_outcome(&watch, PTG_OK, 0, PTG_OUTCOME_CANCEL_REQUESTED);
}

static void signal_when_ready(struct watch *watch, const char *line) {
  if (strcmp(line, "ready") != 0) return;
  int *signum = watch->extra;
  assert_int_equal(
      ptg_process_signal(watch->bench->runtime, watch->task, *signum), PTG_OK);
}

static void signals_of_the_callers_own_are_no_request(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  int signum = SIGTERM;
  set_up(&bench, &watch, 0, 0);
  watch.on_line = signal_when_ready;
  watch.extra = &signum;
  run(&watch, SHELL("echo ready; exec sleep 1000"));
  assert_outcome(&watch, PTG_ESIGNAL, SIGTERM, 0);

  signum = SIGUSR1;
  set_up(&bench, &watch, 0, 0);
  watch.on_line = signal_when_ready;
  watch.extra = &signum;
  run(&watch, CHILD("handle", "10", "1", "7"));
  assert_outcome(&watch, PTG_EEXIT, 7, 0);
}

static void signals_reach_the_whole_process_group(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  int signum = SIGUSR1;
  set_up(&bench, &watch, 0, 0);
  watch.on_line = signal_when_ready;
  watch.extra = &signum;
  run(&watch, SHELL("trap '' USR1; (trap 'echo got it; exit' USR1; echo ready;"
                    "while :; do :; done); echo end"));
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:got it|1:end|");
}

static void cancel_after_drain_sends_no_second_signal(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up_manual(&bench, &watch, NULL);
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "15", "2", "0"));
  watch_spawn(&watch, &options);
  turn_until_line(&watch, "1:ready|");
  drain(&watch);
  turn_until_line(&watch, "1:signal 15|");
  advance(&bench, PTG_DEFAULT_GRACE_NS);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench.runtime, watch.task, &info), PTG_OK);
  assert_int_equal(info.is_cancel_requested, 1);

  /* Twice there and back: what was sent before the first has arrived before
   * the second. */
  for (int i = 0; i < 2; i++) {
    size_t lines = watch.lines;
    assert_int_equal(ptg_process_signal(bench.runtime, watch.task, SIGUSR2),
                     PTG_OK);
    while (watch.lines == lines)
      turn(&bench);
  }
  assert_string_equal(watch.text,
                      "1:ready|1:signal 15|1:signal 12|1:signal 12|");
  advance(&bench, PTG_DEFAULT_CANCEL_WAIT_NS);
  turn_until_done(&watch);
  tear_down_manual(&bench);
  assert_outcome(&watch, PTG_ECANCELED, SIGKILL, KILLED);
}

static void wait_for_zombie(int64_t pid) {
  char path[64];
  char state = 0;
  snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
  while (state != 'Z') {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
    fclose(file);
  }
}

/* Here it ends before the request, and its reaper hears of both at once. */
static void own_end_before_the_request_keeps_its_status(void **state) {
  (void)state;
  for (int is_kill = 0; is_kill < 2; is_kill++) {
    struct bench bench;
    struct watch watch;
    set_up_manual(&bench, &watch, NULL);
    ptg_process_options options = watch_options(&watch, CHILD("reaper"));
    watch_spawn(&watch, &options);
    while (watch.lines == 0)
      turn(&bench);
    pid_t reaper = stop_reaper(watch.text + 2);
    assert_int_equal(kill((pid_t)watch.pid, SIGABRT), 0);
    wait_for_zombie(watch.pid);
    drain(&watch);
    if (is_kill)
      advance(&bench, PTG_DEFAULT_GRACE_NS + PTG_DEFAULT_CANCEL_WAIT_NS);
    assert_int_equal(kill(reaper, SIGCONT), 0);
    turn_until_done(&watch);
    tear_down_manual(&bench);
    assert_outcome(&watch, PTG_ESIGNAL, SIGABRT, is_kill ? KILLED : 0);
  }
}

/* --------------------------------------------------------------- killing -- */

static void spawn_marked(struct watch *watch, const char *const *argv,
                         struct mark *mark) {
  static int n;
  mark_init(mark, n++);
  ptg_process_options options = watch_options(watch, argv);
  options.env = (const char *const[]){mark->variable, NULL};
  watch->extra = mark;
  watch_spawn(watch, &options);
}

static void expect_nobody(struct watch *watch) {
  assert_int_equal(count_marked(watch->extra, 0), 0);
}

static void end_of_cancel_wait_kills_every_descendant(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  struct mark mark;
  set_up_manual(&bench, &watch, NULL);
  watch.on_done = expect_nobody;
  spawn_marked(&watch, CHILD("tree"), &mark);
  turn_until_line(&watch, "1:ready|");
  drain(&watch);
  advance(&bench, PTG_DEFAULT_GRACE_NS + PTG_DEFAULT_CANCEL_WAIT_NS - 1);
  /* The child, its four descendants and the reaper. */
  assert_int_equal(count_marked(&mark, 0), 6);
  advance(&bench, 1);
  turn_until_done(&watch);
  tear_down_manual(&bench);
  assert_outcome(&watch, PTG_ECANCELED, SIGKILL, KILLED);
  assert_string_equal(watch.text, "1:ready|");
}

static void descendants_end_with_the_child(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  struct mark mark;
  set_up(&bench, &watch, 0, 0);
  watch.on_done = expect_nobody;
  spawn_marked(&watch, CHILD("leave"), &mark);
  bench_run(&bench);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|");
}

/* It is never the same process for long. */
static void who_runs_away_is_caught(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) {
    struct bench bench;
    struct watch watch;
    struct mark mark;
    set_up(&bench, &watch, 0, 0);
    watch.on_done = expect_nobody;
    spawn_marked(&watch, CHILD("evade"), &mark);
    bench_run(&bench);
    assert_outcome(&watch, PTG_OK, 0, 0);
  }
}

static void stopped_child_is_killed(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up_manual(&bench, &watch, NULL);
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "15", "1", "0"));
  watch_spawn(&watch, &options);
  turn_until_line(&watch, "1:ready|");
  assert_int_equal(ptg_process_signal(bench.runtime, watch.task, SIGSTOP),
                   PTG_OK);
  drain(&watch);
  advance(&bench, PTG_DEFAULT_GRACE_NS + PTG_DEFAULT_CANCEL_WAIT_NS);
  turn_until_done(&watch);
  tear_down_manual(&bench);
  assert_outcome(&watch, PTG_ECANCELED, SIGKILL, KILLED);
  assert_string_equal(watch.text, "1:ready|");
}

/* ------------------------------------------------------------ the reaper -- */

static void kill_reaper(struct watch *watch, const char *line) {
  (void)watch;
  assert_int_equal(kill(atoi(line), SIGKILL), 0);
}

static void death_of_the_reaper_is_a_failure_and_ends_the_child(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch, 0, 0);
  watch.on_line = kill_reaper;
  /* So that the child can be waited for here, once it has lost its reaper. */
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  ptg_process_options options = watch_options(&watch, CHILD("reaper"));
  watch_spawn(&watch, &options);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);

  int status;
  assert_int_equal(waitpid((pid_t)watch.pid, &status, 0), watch.pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
  bench_run(&bench);
  assert_outcome(&watch, PTG_EFAILED, SIGKILL, 0);
  assert_string_equal(watch.message,
                      "ptg-reaper was ended by signal 9 (Killed)");
}

/* Whoever floods a reaper that does not listen is told so, and cannot keep the
 * group from asking its process to end. */
static void flood(struct watch *watch, const char *line) {
  ptg_runtime *runtime = watch->bench->runtime;
  pid_t reaper = atoi(line);
  siginfo_t info;
  assert_int_equal(kill(reaper, SIGSTOP), 0);
  assert_int_equal(waitid(P_PID, (id_t)reaper, &info, WSTOPPED | WNOWAIT), 0);

  ptg_status status;
  do
    status = ptg_process_signal(runtime, watch->task, SIGCONT);
  while (status == PTG_OK);
  assert_int_equal(status, PTG_EUV);
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(runtime, &error), PTG_OK);
  assert_int_equal(error.uv_status, UV_EAGAIN);

  drain_when_ready(watch, "ready");
  *(pid_t *)watch->extra = reaper;
}

static ptg_status wake_reaper(ptg_runtime *runtime, ptg_task timer,
                              void *user_data, ptg_task *started) {
  pid_t *reaper = user_data;
  (void)runtime;
  (void)timer;
  (void)started;
  if (*reaper != 0) kill(*reaper, SIGCONT);
  return PTG_OK;
}

static void flood_of_signals_does_not_drown_the_drain(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  pid_t reaper = 0;
  set_up(&bench, &watch, PTG_FOREVER, PTG_FOREVER);
  watch.on_line = flood;
  watch.extra = &reaper;
  ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
  timer.every_ns = 10 * MS;
  timer.fire = wake_reaper;
  timer.user_data = &reaper;
  assert_int_equal(ptg_timer_spawn(bench.runtime, bench.root, &timer, NULL),
                   PTG_OK);

  ptg_process_options options = watch_options(&watch, CHILD("reaper"));
  options.drain_signal = SIGUSR2;
  watch_spawn(&watch, &options);
  bench_run(&bench);
  assert_outcome(&watch, PTG_ECANCELED, SIGUSR2, 0);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "child") == 0) child_main(argv + 2);

  const struct CMUnitTest tests[] = {
      cmocka_unit_test(drain_sends_sigterm_and_a_good_end_is_ok),
      cmocka_unit_test(bad_exit_status_after_the_drain_is_ecanceled),
      cmocka_unit_test(death_by_the_drain_signal_is_ecanceled),
      cmocka_unit_test(drain_signal_can_be_chosen),
      cmocka_unit_test(cancel_sends_the_signal_too),
      cmocka_unit_test(cancel_after_drain_sends_no_second_signal),
      cmocka_unit_test(own_end_before_the_request_keeps_its_status),
      cmocka_unit_test(signals_of_the_callers_own_are_no_request),
      cmocka_unit_test(signals_reach_the_whole_process_group),
      cmocka_unit_test(end_of_cancel_wait_kills_every_descendant),
      cmocka_unit_test(descendants_end_with_the_child),
      cmocka_unit_test(who_runs_away_is_caught),
      cmocka_unit_test(stopped_child_is_killed),
      cmocka_unit_test(death_of_the_reaper_is_a_failure_and_ends_the_child),
      cmocka_unit_test(flood_of_signals_does_not_drown_the_drain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
