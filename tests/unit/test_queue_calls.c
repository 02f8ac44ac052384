/* test_queue_calls.c - the calls of the sort of task "queue": what they refuse,
 * what they tell, and what they do without memory.
 */
#include <pthread.h>

#include "queue_bench.h"

static void expect_refusal(struct bench *bench,
                           const ptg_queue_options *options,
                           ptg_status status) {
  ptg_task task = 77;
  int released = bench->released;
  assert_int_equal(
      ptg_queue_spawn(bench->runtime, bench->group, options, &task), status);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(bench->released, released + 1);
}

static void bad_options_are_refused(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_queue_options good = options_of(&bench, 4, 2);
  ptg_queue_options bad;
#define REFUSE(change) \
  (bad = good, change, expect_refusal(&bench, &bad, PTG_EINVAL))
  REFUSE(bad.flags = 4);
  REFUSE(bad.flags = PTG_SPAWN_CLEANUP);
  REFUSE(bad.handle = NULL);
  REFUSE(bad.capacity = 0);
  REFUSE(bad.size--);
  REFUSE(bad.name = "\xff");
  REFUSE((bad.name = "a\0b", bad.name_length = 3));
#undef REFUSE

  struct {
    ptg_queue_options options;
    uint64_t newer;
  } later = {good, 1};
  later.options.size = sizeof(later);
  expect_refusal(&bench, &later.options, PTG_EABI);
  assert_int_equal(ptg_queue_spawn(bench.runtime, bench.group, NULL, NULL),
                   PTG_EINVAL);

  /* More than there can be. */
  bad = good;
  bad.capacity = UINT64_MAX / 4;
  expect_refusal(&bench, &bad, PTG_ENOMEM);
  bad.capacity = (UINT64_C(1) << 61) + 1; /* in bytes it would be 8 */
  expect_refusal(&bench, &bad, PTG_ENOMEM);
  bad = good;
  bad.at_once = UINT64_MAX;
  expect_refusal(&bench, &bad, PTG_ENOMEM);

  later.newer = 0;
  bench.released = 0;
  assert_int_equal(
      ptg_queue_spawn(bench.runtime, bench.group, &later.options, &bench.queue),
      PTG_OK);
  tear_down(&bench);
}

static void closed_group_refuses_and_releases_once(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_queue_options options = options_of(&bench, 4, 2);
  shut_down(&bench);
  expect_refusal(&bench, &options, PTG_ECLOSED);
  advance(&bench, SECOND);
  expect_refusal(&bench, &options, PTG_ESTALE);
  assert_int_equal(ptg_queue_spawn(NULL, bench.group, &options, NULL),
                   PTG_EINVAL);
  assert_int_equal(bench.released, 3);
  bench.released = 0;
  bench.group = make_group(&bench, PTG_NONE, "another");
  spawn(&bench, 1, 1);
  tear_down(&bench);
}

static void expect_not_a_queue(struct bench *bench, ptg_task task,
                               ptg_status status) {
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  ptg_runtime *runtime = bench->runtime;
  assert_int_equal(ptg_queue_push(runtime, task, PTG_NONE, NULL), status);
  assert_int_equal(ptg_queue_close(runtime, task), status);
  assert_int_equal(ptg_queue_get_info(runtime, task, &info), status);
}

static void other_handles_are_refused(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 4, 2);
  bench.work_ns = SECOND;
  ptg_task work;
  assert_int_equal(
      ptg_task_spawn(bench.runtime, bench.group, &WORK, NULL, &bench, &work),
      PTG_OK);
  expect_not_a_queue(&bench, work, PTG_EKIND);
  expect_not_a_queue(&bench, bench.group, PTG_EKIND);
  expect_not_a_queue(&bench, PTG_NONE, PTG_EINVAL);
  advance(&bench, SECOND);
  expect_not_a_queue(&bench, work, PTG_ESTALE);
  close_queue(&bench);
  advance(&bench, 0);
  expect_not_a_queue(&bench, bench.queue, PTG_ESTALE);
  assert_int_equal(ptg_queue_push(NULL, bench.queue, PTG_NONE, NULL),
                   PTG_EINVAL);
  tear_down(&bench);
}

static void pusher_that_is_gone_is_refused_by_a_draining_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  ptg_task gone;
  assert_int_equal(
      ptg_task_spawn(bench.runtime, bench.group, &WORK, NULL, &bench, &gone),
      PTG_OK);
  spawn(&bench, 4, 1);
  push_all(&bench, 0, 2);
  advance(&bench, SECOND);
  shut_down(&bench);
  advance(&bench, 0);
  assert_int_equal(ptg_queue_push(bench.runtime, bench.queue, gone, NULL),
                   PTG_ESTALE);
  assert_int_equal(ptg_queue_push(bench.runtime, bench.queue, bench.root, NULL),
                   PTG_EKIND);
  assert_int_equal(info_of(&bench).refused, 2);
  tear_down(&bench);
}

static void info_is_cut_to_what_is_asked_for(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 4, 0);
  push_all(&bench, 0, 3);
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  info.size = offsetof(ptg_queue_info, capacity);
  info.capacity = 99;
  assert_int_equal(ptg_queue_get_info(bench.runtime, bench.queue, &info),
                   PTG_OK);
  assert_int_equal(info.size, offsetof(ptg_queue_info, capacity));
  assert_int_equal(info.length, 3);
  assert_int_equal(info.capacity, 99);
  info.size = 0;
  assert_int_equal(ptg_queue_get_info(bench.runtime, bench.queue, &info),
                   PTG_EINVAL);
  assert_int_equal(ptg_queue_get_info(bench.runtime, bench.queue, NULL),
                   PTG_EINVAL);
  assert_int_equal(info_of(&bench).capacity, 4);
  assert_int_equal(info_of(&bench).at_once, 1);
  tear_down(&bench);
}

static void nameless_queue_is_called_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 1, 1);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench.runtime, bench.queue, &info),
                   PTG_OK);
  assert_string_equal(info.name, "queue");
  assert_string_equal(info.type_name, "queue");
  tear_down(&bench);
}

static void callbacks_may_be_missing(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_queue_options options = options_of(&bench, 2, 1);
  options.drop = NULL;
  options.has_room = NULL;
  options.done = NULL;
  options.release = NULL;
  bench.work_ns = 1000 * SECOND;
  assert_int_equal(
      ptg_queue_spawn(bench.runtime, bench.group, &options, &bench.queue),
      PTG_OK);
  push_all(&bench, 0, 2);
  assert_int_equal(push(&bench, 2), PTG_EFULL);
  advance(&bench, SECOND);
  shut_down(&bench);
  advance(&bench, 50 * SECOND);
  bench.done = bench.released = 1;
  tear_down(&bench);
}

/* ---------------------------------------------------------------- memory -- */

/* Returns whether no taking failed. */
static int run_with_failure(int64_t failing) {
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  ptg_queue_options options = options_of(&bench, 4, 2);
  options.name = "named";
  bench.to_go = failing;
  ptg_status status =
      ptg_queue_spawn(bench.runtime, bench.group, &options, &bench.queue);
  if (status == PTG_OK) {
    push_all(&bench, 0, 4); /* needs no memory */
  } else {
    assert_int_equal(status, PTG_ENOMEM);
    assert_int_equal(bench.released, 1);
    bench.done = 1;
  }
  bench.to_go = -1;
  tear_down(&bench);
  return status == PTG_OK;
}

static void without_memory_it_is_refused_cleanly(void **state) {
  (void)state;
  int64_t failing = 0;
  while (!run_with_failure(failing))
    assert_in_range(failing++, 0, 100);
  /* The queue, its messages and its places; its name. */
  assert_true(failing >= 4);
}

static void fail_the_watch(struct bench *bench, intptr_t number) {
  /* The first task of a runtime takes memory, and so does its first watch. */
  if (number == 1) bench->to_go = 0;
}

/* A task that there is no memory to watch still takes its place, and frees it.
 */
static void task_that_cannot_be_watched_is_looked_for(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  ptg_task keeper; /* so that the next tasks take no memory */
  assert_int_equal(
      ptg_task_spawn(bench.runtime, bench.group, &WORK, NULL, &bench, &keeper),
      PTG_OK);
  bench.in_handle = fail_the_watch;
  spawn(&bench, 4, 1);
  push_all(&bench, 1, 2);
  advance(&bench, 0);
  assert_int_equal(bench.to_go, -1); /* it did fail */
  assert_int_equal(info_of(&bench).running, 1);
  advance(&bench, SECOND / 2);
  assert_int_equal(bench.handled, 1);
  advance(&bench, SECOND);
  assert_int_equal(bench.handled, 2);
  assert_int_equal(info_of(&bench).handled, 1);
  advance(&bench, SECOND);
  assert_int_equal(info_of(&bench).handled, 2);
  tear_down(&bench);
}

/* --------------------------------------------------------------- threads -- */

static void *call_from_a_thread(void *data) {
  struct bench *bench = data;
  ptg_queue_options options = options_of(bench, 1, 1);
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  ptg_status answers[] = {
      ptg_queue_spawn(bench->runtime, bench->group, &options, NULL),
      ptg_queue_push(bench->runtime, bench->queue, PTG_NONE, NULL),
      ptg_queue_close(bench->runtime, bench->queue),
      ptg_queue_get_info(bench->runtime, bench->queue, &info)};
  for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
    if (answers[i] != PTG_ETHREAD) return bench;
  return NULL;
}

static void other_threads_are_refused(void **state) {
  (void)state;
  struct bench bench;
  pthread_t thread;
  void *wrong;
  set_up(&bench);
  spawn(&bench, 4, 1);
  assert_int_equal(pthread_create(&thread, NULL, call_from_a_thread, &bench),
                   0);
  assert_int_equal(pthread_join(thread, &wrong), 0);
  assert_null(wrong);
  assert_int_equal(bench.released, 1);
  bench.released = 0;
  tear_down(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_options_are_refused),
      cmocka_unit_test(closed_group_refuses_and_releases_once),
      cmocka_unit_test(other_handles_are_refused),
      cmocka_unit_test(pusher_that_is_gone_is_refused_by_a_draining_queue),
      cmocka_unit_test(info_is_cut_to_what_is_asked_for),
      cmocka_unit_test(nameless_queue_is_called_queue),
      cmocka_unit_test(callbacks_may_be_missing),
      cmocka_unit_test(without_memory_it_is_refused_cleanly),
      cmocka_unit_test(task_that_cannot_be_watched_is_looked_for),
      cmocka_unit_test(other_threads_are_refused),
  };
  return cmocka_run_group_tests_name("kinds/queue calls", tests, NULL, NULL);
}
