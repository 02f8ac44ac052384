/* test_loop.c - a runtime on a real loop: its own or a borrowed one, its
 * clock, its fairness, its end.
 *
 * Time is real here, so nothing is said of how late a thing may be, only that
 * it is never early. Whatever would go on for ever runs into the watchdog.
 */
#include <ptg/ptg.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define WATCHDOG_SECONDS 120

struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  uv_loop_t *loop;
  uv_timer_t timer;
  int timer_fired;
  int timer_closed;
  int stop_after; /* firings */
  int started, drained, cancelled, woken, ended, released, closed;
  int in_callback;
  int64_t begun_ns;
  int64_t waited_ns;
  ptg_status ends[8];
  void (*in_start)(struct bench *bench, ptg_task task);
};

/* SIGALRM kills the test: no case may last that long. */
static int set_up(void **state) {
  alarm(WATCHDOG_SECONDS);
  return 0;
}

static int tear_down(void **state) {
  alarm(0);
  return 0;
}

static void create(struct bench *bench, uv_loop_t *loop) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  memset(bench, 0, sizeof(*bench));
  options.loop = loop;
  options.loop_size = loop == NULL ? 0 : uv_loop_size();
  assert_int_equal(ptg_runtime_create(&options, &bench->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &bench->root), PTG_OK);
  assert_int_equal(ptg_runtime_get_loop(bench->runtime, &bench->loop), PTG_OK);
  if (loop != NULL) assert_ptr_equal(bench->loop, loop);
}

static void shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->root, NULL),
                   PTG_OK);
}

static const char *last_message(struct bench *bench) {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(bench->runtime, &info), PTG_OK);
  return info.message;
}

/* Blocks the loop, as a callback that works hard would. */
static void block(int64_t duration_ns) {
  uint64_t end_ns = uv_hrtime() + (uint64_t)duration_ns;
  while (uv_hrtime() < end_ns) {
  }
}

/* ------------------------------------------------------- a sort of task -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct bench *bench = user_data;
  assert_int_equal(bench->in_callback++, 0);
  bench->started++;
  if (bench->in_start != NULL) bench->in_start(bench, task);
  bench->in_callback--;
  return PTG_OK;
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct bench *bench = user_data;
  bench->drained++;
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  struct bench *bench = user_data;
  bench->cancelled++;
  bench->waited_ns = (int64_t)uv_hrtime() - bench->begun_ns;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct bench *bench = user_data;
  assert_int_equal(bench->in_callback, 0);
  bench->woken++;
  bench->waited_ns = (int64_t)uv_hrtime() - bench->begun_ns;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  struct bench *bench = user_data;
  bench->ends[bench->ended++ % 8] = outcome->status;
}

static void release(void *user_data) {
  ((struct bench *)user_data)->released++;
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start,
                                   .drain = drain,
                                   .cancel = cancel,
                                   .wake = wake,
                                   .done = done,
                                   .release = release};

static ptg_task spawn(struct bench *bench, ptg_group group) {
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(bench->runtime, group, &TYPE, NULL, bench, &task), PTG_OK);
  return task;
}

static ptg_group make(struct bench *bench, int64_t grace_ns,
                      int64_t cancel_wait_ns) {
  ptg_group group;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.grace_ns = grace_ns;
  options.cancel_wait_ns = cancel_wait_ns;
  assert_int_equal(
      ptg_group_create(bench->runtime, bench->root, &options, &group), PTG_OK);
  return group;
}

static void finish_and_shut_down(struct bench *bench, ptg_task task) {
  assert_int_equal(ptg_task_finish(bench->runtime, task, NULL), PTG_OK);
  shut_down(bench);
}

/* ------------------------------------------------------------- the loop -- */

static void an_owned_loop_runs_until_the_root_is_closed(void **state) {
  struct bench bench;
  create(&bench, NULL);
  bench.in_start = finish_and_shut_down;
  spawn(&bench, bench.root);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.ended, 1);
  /* Again is no mistake: there is nothing left to do. */
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.released, 1);
}

static void a_loop_of_another_libuv_is_refused(void **state) {
  uv_loop_t loop;
  assert_int_equal(uv_loop_init(&loop), 0);
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_runtime *runtime = (ptg_runtime *)1;
  options.loop = &loop;
  options.loop_size = uv_loop_size() + 8;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_EABI);
  assert_null(runtime);
  options.loop_size = 0;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_EABI);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_borrowed_loop_is_given_back_whole(void **state) {
  uv_loop_t loop;
  struct bench bench;
  assert_int_equal(uv_loop_init(&loop), 0);
  for (int i = 0; i < 3; i++) {
    create(&bench, &loop);
    bench.in_start = finish_and_shut_down;
    spawn(&bench, bench.root);
    /* Alive until the root is closed, and then no longer. */
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(bench.ended, 1);
    assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
    assert_int_equal(bench.released, 1);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void two_runtimes_share_a_borrowed_loop(void **state) {
  uv_loop_t loop;
  struct bench one, other;
  assert_int_equal(uv_loop_init(&loop), 0);
  create(&one, &loop);
  create(&other, &loop);
  one.in_start = other.in_start = finish_and_shut_down;
  spawn(&one, one.root);
  spawn(&other, other.root);
  assert_int_equal(ptg_runtime_run(one.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_run(other.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(one.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(other.runtime), PTG_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* ------------------------------------------------------------ the clock -- */

static void block_then_sleep(struct bench *bench, ptg_task task) {
  block(50 * MS);
  bench->begun_ns = (int64_t)uv_hrtime();
  assert_int_equal(ptg_task_sleep(bench->runtime, task, 30 * MS), PTG_OK);
}

static void a_sleep_counts_from_the_true_now(void **state) {
  struct bench bench;
  create(&bench, NULL);
  bench.in_start = block_then_sleep;
  spawn(&bench, bench.root);
  shut_down(&bench);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.woken, 1);
  assert_true(bench.waited_ns >= 30 * MS);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
}

static ptg_group shut_down_next;

static void block_then_shut_down(struct bench *bench, ptg_task task) {
  block(50 * MS);
  bench->begun_ns = (int64_t)uv_hrtime();
  assert_int_equal(ptg_group_shutdown(bench->runtime, shut_down_next, NULL),
                   PTG_OK);
  shut_down(bench);
}

static void a_grace_counts_from_the_true_now(void **state) {
  struct bench bench;
  create(&bench, NULL);
  shut_down_next = make(&bench, 30 * MS, PTG_AT_ONCE);
  bench.in_start = block_then_shut_down;
  spawn(&bench, shut_down_next);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.drained, 1);
  assert_int_equal(bench.cancelled, 1);
  assert_true(bench.waited_ns >= 30 * MS);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.ends[0], PTG_ETIMEDOUT);
}

static void sleep_odd(struct bench *bench, ptg_task task) {
  bench->begun_ns = (int64_t)uv_hrtime();
  assert_int_equal(ptg_task_sleep(bench->runtime, task, bench->waited_ns),
                   PTG_OK);
}

static void no_sleep_is_early_by_a_fraction_of_a_millisecond(void **state) {
  for (int64_t duration_ns = 1; duration_ns < 4 * MS;
       duration_ns = duration_ns * 3 + 1) {
    struct bench bench;
    create(&bench, NULL);
    bench.in_start = sleep_odd;
    bench.waited_ns = duration_ns;
    spawn(&bench, bench.root);
    shut_down(&bench);
    assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
    assert_true(bench.waited_ns >= duration_ns);
    assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  }
}

/* ------------------------------------------------------------- fairness -- */

static void spawn_for_ever(struct bench *bench, ptg_task task) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench->runtime, task, &info), PTG_OK);
  ptg_status status =
      ptg_task_spawn(bench->runtime, info.group, &TYPE, NULL, bench, NULL);
  assert_true(status == PTG_OK || status == PTG_ECLOSED);
  assert_int_equal(ptg_task_finish(bench->runtime, task, NULL), PTG_OK);
}

static void on_timer(uv_timer_t *timer) {
  struct bench *bench = timer->data;
  assert_int_equal(bench->in_callback, 0);
  if (++bench->timer_fired < bench->stop_after) return;
  uv_close((uv_handle_t *)timer, NULL);
  shut_down(bench);
}

static void who_spawns_for_ever_starves_neither_loop_nor_limits(void **state) {
  struct bench bench;
  create(&bench, NULL);
  ptg_group group = make(&bench, 20 * MS, 20 * MS);
  bench.in_start = spawn_for_ever;
  bench.stop_after = 3;
  uv_timer_init(bench.loop, &bench.timer);
  bench.timer.data = &bench;
  uv_timer_start(&bench.timer, on_timer, 1, 1);
  for (int i = 0; i < 100; i++)
    spawn(&bench, group);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.timer_fired, 3);
  assert_true(bench.ended >= bench.started);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
}

/* ----------------------------------------------------------- nested runs -- */

static void finish(struct bench *bench, ptg_task task) {
  assert_int_equal(ptg_task_finish(bench->runtime, task, NULL), PTG_OK);
}

static void stop_nested(uv_timer_t *timer) {
  struct bench *bench = timer->data;
  bench->timer_fired++;
  /* What is asked for here has to wait for the callback under way. */
  bench->in_start = finish;
  spawn(bench, bench->root);
  assert_int_equal(ptg_runtime_request_shutdown(bench->runtime, 1), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_EREENTRANT);
  assert_int_equal(ptg_runtime_run(bench->runtime), PTG_EREENTRANT);
}

static void run_nested(struct bench *bench, ptg_task task) {
  uv_timer_init(bench->loop, &bench->timer);
  bench->timer.data = bench;
  uv_timer_start(&bench->timer, stop_nested, 1, 0);
  while (bench->timer_fired == 0)
    uv_run(bench->loop, UV_RUN_ONCE);
  /* The asking itself arrives in a nested run, too. */
  for (int i = 0; i < 10; i++)
    uv_run(bench->loop, UV_RUN_NOWAIT);
  uv_close((uv_handle_t *)&bench->timer, NULL);
  assert_int_equal(bench->started, 1);
  assert_int_equal(bench->drained + bench->cancelled, 0);
}

static void a_nested_run_makes_no_turn_and_loses_no_request(void **state) {
  struct bench bench;
  create(&bench, NULL);
  bench.in_start = run_nested;
  ptg_group group = make(&bench, PTG_AT_ONCE, PTG_AT_ONCE);
  spawn(&bench, group);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.started, 2);
  assert_int_equal(bench.cancelled, 1);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.released, 2);
}

/* ------------------------------------------------------------------ end -- */

static void on_timer_closed(uv_handle_t *handle) {
  ((struct bench *)handle->data)->timer_closed++;
}

static void an_open_handle_keeps_an_owned_loop(void **state) {
  struct bench bench;
  create(&bench, NULL);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_EBUSY);
  assert_non_null(strstr(last_message(&bench), "root"));
  shut_down(&bench);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);

  uv_timer_init(bench.loop, &bench.timer);
  bench.timer.data = &bench;
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_EBUSY);
  assert_non_null(strstr(last_message(&bench), "timer"));
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(bench.runtime, &root), PTG_OK);
  assert_int_equal(root, bench.root);

  /* One that is closing is waited for. */
  uv_close((uv_handle_t *)&bench.timer, on_timer_closed);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.timer_closed, 1);
}

static void the_abandoned_are_told_of_in_destroy(void **state) {
  struct bench bench;
  create(&bench, NULL);
  ptg_group group = make(&bench, PTG_AT_ONCE, PTG_AT_ONCE);
  for (int i = 0; i < 3; i++)
    spawn(&bench, group);
  uv_run(bench.loop, UV_RUN_NOWAIT);
  assert_int_equal(bench.started, 3);
  shut_down(&bench);
  assert_int_equal(ptg_runtime_run(bench.runtime), PTG_OK);
  assert_int_equal(bench.ended, 0);

  /* Once, even if it is the loop that is busy then. */
  uv_timer_init(bench.loop, &bench.timer);
  bench.timer.data = &bench;
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_EBUSY);
  assert_int_equal(bench.ended, 3);
  uv_close((uv_handle_t *)&bench.timer, on_timer_closed);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
  assert_int_equal(bench.ended, 3);
  assert_int_equal(bench.released, 3);
  for (int i = 0; i < 3; i++)
    assert_int_equal(bench.ends[i], PTG_ETIMEDOUT);
}

static void destroy_nothing(void **state) {
  assert_int_equal(ptg_runtime_destroy(NULL), PTG_OK);
}

/* -------------------------------------------- a manual clock on its loop -- */

static void try_to_reenter(uv_timer_t *timer) {
  struct bench *bench = timer->data;
  bench->timer_fired++;
  assert_int_equal(ptg_runtime_advance(bench->runtime, 1), PTG_EREENTRANT);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_EREENTRANT);
  uv_close((uv_handle_t *)timer, NULL);
}

static void the_loops_own_events_cannot_move_a_moving_clock(void **state) {
  struct bench bench;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  memset(&bench, 0, sizeof(bench));
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  assert_int_equal(ptg_runtime_create(&options, &bench.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(bench.runtime, &bench.root), PTG_OK);
  assert_int_equal(ptg_runtime_get_loop(bench.runtime, &bench.loop), PTG_OK);
  shut_down(&bench);
  uv_timer_init(bench.loop, &bench.timer);
  bench.timer.data = &bench;
  uv_timer_start(&bench.timer, try_to_reenter, 0, 0);
  while (bench.timer_fired == 0)
    assert_int_equal(ptg_runtime_advance(bench.runtime, 0), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(bench.runtime), PTG_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(an_owned_loop_runs_until_the_root_is_closed),
      CASE(a_loop_of_another_libuv_is_refused),
      CASE(a_borrowed_loop_is_given_back_whole),
      CASE(two_runtimes_share_a_borrowed_loop),
      CASE(a_sleep_counts_from_the_true_now),
      CASE(a_grace_counts_from_the_true_now),
      CASE(no_sleep_is_early_by_a_fraction_of_a_millisecond),
      CASE(who_spawns_for_ever_starves_neither_loop_nor_limits),
      CASE(a_nested_run_makes_no_turn_and_loses_no_request),
      CASE(an_open_handle_keeps_an_owned_loop),
      CASE(the_abandoned_are_told_of_in_destroy),
      CASE(destroy_nothing),
      CASE(the_loops_own_events_cannot_move_a_moving_clock),
  };
  return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
