/* test_signal_threads.c - asking for a shutdown from a signal handler, at every
 * moment that a signal can come.
 */
#include <errno.h>
#include <ptg/ptg.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIGNALS 100000
#define WATCHDOG_SECONDS 240

static ptg_runtime *volatile asked;
static atomic_int handled, refused, spoilt;

static void on_signal(int signum) {
  int before = errno;
  if (ptg_runtime_request_shutdown(asked, 0) != PTG_OK)
    atomic_fetch_add(&refused, 1);
  if (errno != before) atomic_fetch_add(&spoilt, 1);
  atomic_fetch_add(&handled, 1);
}

static int set_up(void **state) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  atomic_store(&handled, 0);
  atomic_store(&refused, 0);
  atomic_store(&spoilt, 0);
  alarm(WATCHDOG_SECONDS);
  return sigaction(SIGUSR1, &action, NULL);
}

static int tear_down(void **state) {
  struct sigaction action = {.sa_handler = SIG_IGN};
  alarm(0);
  return sigaction(SIGUSR1, &action, NULL);
}

/* An allocator in the middle of which a signal comes. */
static int raises;

static void *alloc_and_raise(void *data, void *block, size_t old_size,
                             size_t new_size) {
  if (raises > 0) {
    raises--;
    raise(SIGUSR1);
  }
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static int closed;

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  closed++;
  return PTG_OK;
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start};

static ptg_runtime *create(void) {
  ptg_runtime *runtime;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.on_closed = on_closed;
  options.root = &root;
  options.alloc = alloc_and_raise;
  closed = 0;
  raises = 0;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  asked = runtime;
  return runtime;
}

/* A group, and a task with a name, come and go: allocations all the way. */
static void spawn_one(ptg_runtime *runtime) {
  ptg_group root;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "a task with a name of its own";
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  ptg_status status =
      ptg_task_spawn(runtime, root, &TYPE, &options, NULL, NULL);
  assert_int_equal(status, PTG_OK);
}

static void run_to_the_end(ptg_runtime *runtime) {
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(closed, 1);
  assert_int_equal(atomic_load(&refused), 0);
  assert_int_equal(atomic_load(&spoilt), 0);
}

/* ----------------------------------------------------------------- cases -- */

static void a_signal_ends_a_runtime(void **state) {
  ptg_runtime *runtime = create();
  spawn_one(runtime);
  raise(SIGUSR1);
  run_to_the_end(runtime);
  assert_int_equal(atomic_load(&handled), 1);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void a_hundred_thousand_signals_amid_allocations(void **state) {
  ptg_runtime *runtime = create();
  raises = SIGNALS;
  while (raises > 0)
    spawn_one(runtime);
  run_to_the_end(runtime);
  assert_int_equal(atomic_load(&handled), SIGNALS);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

struct sender {
  pthread_t target;
  atomic_int is_over;
};

static void *send_signals(void *data) {
  struct sender *sender = data;
  for (int i = 0; i < SIGNALS; i++)
    pthread_kill(sender->target, SIGUSR1);
  atomic_store(&sender->is_over, 1);
  return NULL;
}

/* From outside they come at any instruction: of libuv's too, and amid a request
 * of the thread's own. */
static void a_hundred_thousand_signals_from_another_thread(void **state) {
  pthread_t thread;
  struct sender sender = {.target = pthread_self()};
  ptg_runtime *runtime = create();
  atomic_init(&sender.is_over, 0);
  assert_int_equal(pthread_create(&thread, NULL, send_signals, &sender), 0);
  while (!atomic_load(&sender.is_over)) {
    spawn_one(runtime);
    for (int i = 0; i < 10; i++)
      assert_int_equal(ptg_runtime_request_shutdown(runtime, 0), PTG_OK);
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(atomic_load(&handled) > 0);
  run_to_the_end(runtime);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void a_runtime_that_ends_stands_more_signals(void **state) {
  pthread_t thread;
  struct sender sender = {.target = pthread_self()};
  ptg_runtime *runtime = create();
  atomic_init(&sender.is_over, 0);
  spawn_one(runtime);
  assert_int_equal(pthread_create(&thread, NULL, send_signals, &sender), 0);
  run_to_the_end(runtime);
  while (!atomic_load(&sender.is_over))
    assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(closed, 1);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_signal_ends_a_runtime),
      CASE(a_hundred_thousand_signals_amid_allocations),
      CASE(a_hundred_thousand_signals_from_another_thread),
      CASE(a_runtime_that_ends_stands_more_signals),
  };
  return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
