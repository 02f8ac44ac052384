/* test_threads_signal.c - asking for a shutdown from a signal handler, in the
 * middle of allocations and of the loop's own work.
 */
#include <ptg/ptg.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIGNALS 100000

static ptg_runtime *asked; /* by the handler */
static atomic_long handled;
static atomic_long refused;

static void on_signal(int number) {
  if (ptg_runtime_request_shutdown(asked, 0) != PTG_OK)
    atomic_fetch_add(&refused, 1);
  atomic_fetch_add(&handled, 1);
}

/* Those that come while one is pending are one: so until enough are handled. */
static void *send_signals(void *data) {
  const pthread_t *target = data;
  while (atomic_load(&handled) < SIGNALS)
    pthread_kill(*target, SIGUSR1);
  return NULL;
}

static int stops;

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  stops++;
  ptg_task_finish(runtime, task, NULL);
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task, void *data) {
  return PTG_OK;
}

static const ptg_task_type type = {
    .size = sizeof(ptg_task_type), .start = on_start, .cancel = on_cancel};

static pthread_t begin(pthread_t *self) {
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.grace_ns = PTG_FOREVER;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.root = &root;
  assert_int_equal(ptg_runtime_create(&options, &asked), PTG_OK);
  ptg_group group;
  assert_int_equal(ptg_runtime_get_root(asked, &group), PTG_OK);
  assert_int_equal(ptg_task_spawn(asked, group, &type, NULL, NULL, NULL),
                   PTG_OK);
  atomic_store(&handled, 0);
  atomic_store(&refused, 0);
  stops = 0;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
  *self = pthread_self();
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, send_signals, self), 0);
  return thread;
}

static void end(pthread_t thread) {
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(atomic_load(&handled) >= SIGNALS);
  assert_int_equal(atomic_load(&refused), 0);
  assert_int_equal(stops, 0);
  /* Now by force, which is taken though the other was asked for before. */
  assert_int_equal(ptg_runtime_request_shutdown(asked, 1), PTG_OK);
  assert_int_equal(ptg_runtime_request_shutdown(asked, 0), PTG_OK);
  assert_int_equal(ptg_runtime_run(asked), PTG_OK);
  assert_int_equal(stops, 1);
  assert_int_equal(ptg_runtime_destroy(asked), PTG_OK);
}

/* The loop stands still; its wake-up is asked for again and again. */
static void handler_may_ask_in_the_middle_of_allocations(void **state) {
  pthread_t self, thread = begin(&self);
  void *blocks[64] = {NULL};
  for (size_t i = 0; atomic_load(&handled) < SIGNALS; i++) {
    void *block = realloc(blocks[i % 64], 1 + i * 7919 % 5000);
    assert_non_null(block);
    blocks[i % 64] = block;
    memset(block, 1, 1);
  }
  for (size_t i = 0; i < 64; i++)
    free(blocks[i]);
  end(thread);
}

static void handler_may_ask_in_the_middle_of_turns(void **state) {
  pthread_t self, thread = begin(&self);
  while (atomic_load(&handled) < SIGNALS)
    assert_int_equal(ptg_runtime_turn(asked, 0), PTG_OK);
  ptg_group root;
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_runtime_turn(asked, 0), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(asked, &root), PTG_OK);
  assert_int_equal(ptg_group_get_info(asked, root, &info), PTG_OK);
  assert_int_equal(info.state, PTG_GROUP_DRAINING);
  end(thread);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handler_may_ask_in_the_middle_of_allocations),
      cmocka_unit_test(handler_may_ask_in_the_middle_of_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
