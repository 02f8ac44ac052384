/* test_process_calls.c - the calls of the sort of task "process": what they
 * refuse, what they tell, and what they do without memory.
 */
#include <pthread.h>

#include "process_bench.h"
#include "process_child.h"

static void set_up(struct bench *bench, struct watch *watch) {
  bench_set_up(bench, NULL, 0, 0);
  watch_init(watch, bench);
}

/* ---------------------------------------------------------------- spawns -- */

static void note_status(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                        const ptg_outcome *outcome, void *user_data) {
  struct watch *seen = user_data;
  *(ptg_status *)seen->extra = outcome->status;
  assert_int_equal(ptg_group_shutdown(runtime, seen->bench->root, NULL),
                   PTG_OK);
}

static void failure_that_is_awaited_is_not_for_the_handler(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= PTG_SPAWN_OBSERVED;
       flags += PTG_SPAWN_OBSERVED) {
    struct bench bench;
    struct watch watch;
    set_up(&bench, &watch);
    ptg_status status = PTG_OK;
    watch.extra = &status;
    ptg_process_options options = watch_options(&watch, SHELL("exit 3"));
    options.flags = flags;
    watch_spawn(&watch, &options);
    ptg_watch_options watching = PTG_WATCH_OPTIONS_INIT;
    watching.over = note_status;
    watching.user_data = &watch;
    assert_int_equal(ptg_watch_add(bench.runtime, watch.task, &watching, NULL),
                     PTG_OK);
    bench_run(&bench);
    assert_int_equal(status, PTG_EEXIT);
    assert_int_equal(bench.errors, flags == 0);
  }
}

/* ------------------------------------------------------- pid and signals -- */

static void expect_running(struct watch *watch, const char *line) {
  ptg_runtime *runtime = watch->bench->runtime;
  int64_t pid;
  if (strcmp(line, "ready") != 0) return;
  assert_int_equal(ptg_process_get_pid(runtime, watch->task, &pid), PTG_OK);
  assert_int_equal(pid, watch->pid);
  assert_int_equal(ptg_process_get_pid(runtime, watch->task, NULL), PTG_EINVAL);
  const int32_t bad[] = {0, -1, -15, 65, 1000, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    assert_int_equal(ptg_process_signal(runtime, watch->task, bad[i]),
                     PTG_EINVAL);
  assert_int_equal(ptg_process_signal(runtime, watch->task, SIGUSR1), PTG_OK);
}

static void expect_ended(struct watch *watch) {
  ptg_runtime *runtime = watch->bench->runtime;
  int64_t pid = 99;
  assert_int_equal(ptg_process_signal(runtime, watch->task, SIGUSR1),
                   PTG_ESTALE);
  assert_int_equal(ptg_process_get_pid(runtime, watch->task, &pid), PTG_ESTALE);
  assert_int_equal(pid, 0);
}

static void pid_and_signal_before_during_and_after(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  watch.on_line = expect_running;
  watch.on_done = expect_ended;
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "10", "1", "0"));
  watch_spawn(&watch, &options);

  int64_t pid = 99;
  assert_int_equal(ptg_process_get_pid(bench.runtime, watch.task, &pid),
                   PTG_OK);
  assert_int_equal(pid, 0);
  assert_int_equal(ptg_process_signal(bench.runtime, watch.task, SIGUSR1),
                   PTG_EBUSY);
  bench_run(&bench);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:signal 10|");
}

/* From the news of its end on, while the reaper still lives: its pid may be
 * anybody's by then. */
static void signal_to_a_reaped_child_is_estale(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up_manual(&bench, &watch, NULL);
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "10", "1", "0"));
  watch_spawn(&watch, &options);
  turn_until_line(&watch, "1:ready|");
  assert_int_equal(kill((pid_t)watch.pid, SIGKILL), 0);
  int has_ended = 0;
  while (watch.done == 0) {
    ptg_status status = ptg_process_signal(bench.runtime, watch.task, SIGUSR1);
    if (has_ended) assert_int_equal(status, PTG_ESTALE);
    /* PTG_EUV: so many signals are more than the reaper has read. */
    has_ended = status == PTG_ESTALE;
    assert_true(has_ended || status == PTG_OK || status == PTG_EUV);
    turn(&bench);
  }
  tear_down_manual(&bench);
  assert_outcome(&watch, PTG_ESIGNAL, SIGKILL, 0);
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  (void)runtime;
  (void)timer;
  (void)user_data;
  (void)started;
  return PTG_OK;
}

static void other_handles_are_refused(void **state) {
  (void)state;
  struct bench bench;
  bench_set_up(&bench, NULL, 0, 0);
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.every_ns = MS;
  options.fire = fire;
  ptg_task timer;
  assert_int_equal(
      ptg_timer_spawn(bench.runtime, bench.group, &options, &timer), PTG_OK);
  int64_t pid;
  ptg_runtime *runtime = bench.runtime;
  assert_int_equal(ptg_process_signal(runtime, timer, SIGTERM), PTG_EKIND);
  assert_int_equal(ptg_process_signal(runtime, bench.group, SIGTERM),
                   PTG_EKIND);
  assert_int_equal(ptg_process_signal(NULL, timer, SIGTERM), PTG_EINVAL);
  assert_int_equal(ptg_process_get_pid(runtime, timer, &pid), PTG_EKIND);
  assert_int_equal(ptg_process_get_pid(NULL, timer, &pid), PTG_EINVAL);
  bench_shut_down(&bench);
  bench_run(&bench);
}

/* ----------------------------------------------------------------- start -- */

static void cancelled_before_its_start_is_never_a_process(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  char path[] = "/tmp/ptg-test-XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0);
  ptg_process_options options = watch_options(&watch, SHELL("echo trace"));
  options.stdout_path = path;
  watch_spawn(&watch, &options);
  assert_int_equal(ptg_task_cancel(bench.runtime, watch.task, NULL), PTG_OK);
  bench_run(&bench);
  assert_outcome(&watch, PTG_ECANCELED, 0,
                 PTG_OUTCOME_CANCEL_REQUESTED | PTG_OUTCOME_NEVER_RAN);
  assert_int_equal(watch.started, 0);
  assert_int_equal(lseek(file, 0, SEEK_END), 0);
  close(file);
  unlink(path);
}

static void expect_name(const char *program, const char *name,
                        const char *expected) {
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options =
      watch_options(&watch, (const char *const[]){program, NULL});
  options.name = name;
  watch_spawn(&watch, &options);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench.runtime, watch.task, &info), PTG_OK);
  assert_string_equal(info.name, expected);
  assert_int_equal(ptg_task_cancel(bench.runtime, watch.task, NULL), PTG_OK);
  bench_run(&bench);
}

static void name_is_given_or_that_of_the_program(void **state) {
  (void)state;
  expect_name("true", NULL, "true");
  expect_name("true", "", "true");
  expect_name("true", "given", "given");

  /* A path of 300 bytes in characters of two: 254 fit, not 255. */
  char path[301] = "";
  for (int i = 0; i < 150; i++)
    strcat(path, "\xc3\xa4");
  expect_name(path, NULL, path + 300 - 254);
}

/* ------------------------------------------------ callbacks are a task's -- */

static ptg_status start_nothing(ptg_runtime *runtime, ptg_task task,
                                void *user_data) {
  (void)user_data;
  return ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type NOTHING = {
    .size = sizeof(ptg_task_type), .name = "nothing", .start = start_nothing};

/* In a group that drains, only its own tasks may start more. */
static void spawn_in_line(struct watch *watch, const char *line) {
  struct bench *bench = watch->bench;
  if (strcmp(line, "ready") == 0) {
    assert_int_equal(ptg_group_shutdown(bench->runtime, bench->group, NULL),
                     PTG_OK);
    return;
  }
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(bench->runtime, bench->group, &NOTHING, NULL, NULL, &task),
      PTG_OK);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench->runtime, task, &info), PTG_OK);
  assert_int_equal(info.spawner, watch->task);
  assert_int_equal(ptg_runtime_run(bench->runtime), PTG_EREENTRANT);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_EREENTRANT);
}

static void lines_are_told_on_behalf_of_the_task(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  bench_set_up(&bench, NULL, PTG_FOREVER, 0);
  watch_init(&watch, &bench);
  watch.on_line = spawn_in_line;
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "15", "1", "0"));
  watch_spawn(&watch, &options);
  bench_run(&bench);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:signal 15|");
}

/* -------------------------------------------------------------- refusals -- */

static void expect_refusal(struct watch *watch,
                           const ptg_process_options *options,
                           ptg_status status) {
  ptg_task task = 77;
  int released = watch->released;
  assert_int_equal(ptg_process_spawn(watch->bench->runtime, watch->bench->group,
                                     options, &task),
                   status);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(watch->released, released + 1);
}

static void bad_options_are_refused(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options good = watch_options(&watch, SHELL("exit 0"));
  ptg_process_options bad;
#define REFUSE(change) \
  (bad = good, change, expect_refusal(&watch, &bad, PTG_EINVAL))
  REFUSE(bad.flags = 4);
  REFUSE(bad.reserved0 = 1);
  REFUSE(bad.argv = NULL);
  REFUSE(bad.argv = (const char *const[]){NULL});
  REFUSE(bad.argv = ((const char *const[]){"", NULL}));
  REFUSE(bad.drain_signal = -1);
  REFUSE(bad.drain_signal = 65);
  REFUSE(bad.cwd = "");
  REFUSE(bad.stdout_path = "");
  REFUSE(bad.stderr_path = "");
  REFUSE(bad.size--);
  REFUSE(bad.name = "\xff");
  REFUSE((bad.name = "a\0b", bad.name_length = 3));
  REFUSE((bad.name = "\0b", bad.name_length = 2));
#undef REFUSE
  bad = good;
  bad.spawner = bench.group;
  expect_refusal(&watch, &bad, PTG_EKIND);

  struct {
    ptg_process_options options;
    uint64_t newer;
  } later = {good, 1};
  later.options.size = sizeof(later);
  expect_refusal(&watch, &later.options, PTG_EABI);

  ptg_runtime *runtime = bench.runtime;
  assert_int_equal(ptg_process_spawn(runtime, bench.group, NULL, NULL),
                   PTG_EINVAL);
  bad = good;
  bad.size = 0;
  assert_int_equal(ptg_process_spawn(runtime, bench.group, &bad, NULL),
                   PTG_EINVAL);
  assert_int_equal(ptg_process_spawn(NULL, bench.group, &good, NULL),
                   PTG_EINVAL);

  /* A newer caller that asks for nothing new is welcome. */
  later.newer = 0;
  watch.released = 0;
  watch_spawn(&watch, &later.options);
  bench_run(&bench);
  assert_outcome(&watch, PTG_OK, 0, 0);
}

static void closed_group_refuses(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  bench_set_up(&bench, NULL, 0, 0);
  watch_init(&watch, &bench);
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  bench_shut_down(&bench);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  bench.group = bench.root;
  expect_refusal(&watch, &options, PTG_ECLOSED);
  bench_run(&bench);
}

static void *call_elsewhere(void *data) {
  struct watch *watch = data;
  ptg_process_options options = watch_options(watch, SHELL("exit 0"));
  ptg_runtime *runtime = watch->bench->runtime;
  int64_t pid;
  ptg_task task = 77;
  int is_refused =
      ptg_process_spawn(runtime, watch->bench->group, &options, &task) ==
          PTG_ETHREAD &&
      task == PTG_NONE &&
      ptg_process_signal(runtime, watch->task, SIGTERM) == PTG_ETHREAD &&
      ptg_process_get_pid(runtime, watch->task, &pid) == PTG_ETHREAD;
  return is_refused ? watch : NULL;
}

static void other_threads_are_refused(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  pthread_t thread;
  void *answer;
  assert_int_equal(pthread_create(&thread, NULL, call_elsewhere, &watch), 0);
  assert_int_equal(pthread_join(thread, &answer), 0);
  assert_non_null(answer);
  assert_int_equal(watch.released, 1);
  bench_shut_down(&bench);
  bench_run(&bench);
}

/* ---------------------------------------------------------------- memory -- */

struct heap {
  size_t live;
  int64_t to_go; /* allocations until one fails; negative: none does */
};

static void *allocate(void *alloc_data, void *block, size_t old_size,
                      size_t new_size) {
  struct heap *heap = alloc_data;
  if (new_size == 0) {
    heap->live -= old_size;
    free(block);
    return NULL;
  }
  if (new_size > old_size && heap->to_go >= 0 && heap->to_go-- == 0)
    return NULL;
  void *moved = realloc(block, new_size);
  if (moved != NULL) heap->live += new_size - old_size;
  return moved;
}

/* Returns whether all went well in spite of the failure. */
static int run_with_failure(int64_t failing) {
  struct heap heap = {0, -1};
  struct bench bench;
  struct watch watch;
  ptg_runtime_options own = PTG_RUNTIME_OPTIONS_INIT;
  own.alloc = allocate;
  own.alloc_data = &heap;
  bench_set_up(&bench, &own, 0, 0);
  watch_init(&watch, &bench);
  ptg_process_options options = watch_options(&watch, SHELL("echo fine"));
  options.name = "named";

  heap.to_go = failing;
  bench.to_end = 1;
  ptg_status status =
      ptg_process_spawn(bench.runtime, bench.group, &options, &watch.task);
  if (status == PTG_OK) {
    assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
    assert_int_equal(watch.done, 1);
    status = watch.outcome.status;
    assert_int_equal(watch.lines, status == PTG_OK);
  } else {
    assert_int_equal(watch.done, 0);
    bench_shut_down(&bench);
  }
  assert_int_equal(watch.released, 1);
  assert_true(status == PTG_OK || status == PTG_ENOMEM);
  int is_failure_past = heap.to_go >= 0;
  bench_run(&bench);
  assert_int_equal(heap.live, 0);
  return status == PTG_OK && is_failure_past;
}

static void without_memory_it_is_refused_or_fails_cleanly(void **state) {
  (void)state;
  int64_t failing = 0;
  while (!run_with_failure(failing))
    assert_in_range(failing++, 0, 100);
  /* The process, its name, a buffer for each output. */
  assert_true(failing >= 4);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "child") == 0) child_main(argv + 2);

  const struct CMUnitTest tests[] = {
      cmocka_unit_test(failure_that_is_awaited_is_not_for_the_handler),
      cmocka_unit_test(pid_and_signal_before_during_and_after),
      cmocka_unit_test(signal_to_a_reaped_child_is_estale),
      cmocka_unit_test(other_handles_are_refused),
      cmocka_unit_test(cancelled_before_its_start_is_never_a_process),
      cmocka_unit_test(name_is_given_or_that_of_the_program),
      cmocka_unit_test(lines_are_told_on_behalf_of_the_task),
      cmocka_unit_test(bad_options_are_refused),
      cmocka_unit_test(closed_group_refuses),
      cmocka_unit_test(other_threads_are_refused),
      cmocka_unit_test(without_memory_it_is_refused_or_fails_cleanly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
