/* guest_glib.c - a runtime as the guest of glib's main loop, through a source
 * as any program with such a loop would write it.
 */
#include <glib.h>
#include <ptg/ptg.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define WATCHDOG_MS 60000
#define PINGS 300

/* ---------------------------------------------------------------- source -- */

struct guest {
  GSource source; /* first, as glib wants it */
  ptg_runtime *runtime;
  gpointer tag;
  int turns;
  int events[PTG_EVENT_GROUP_CLOSED + 1];
};

/* Sets *wait_ms to how long glib may wait, -1: for ever. */
static gboolean prepare(GSource *source, gint *wait_ms) {
  const struct guest *guest = (const struct guest *)source;
  int64_t timeout_ns = 0;
  assert_int_equal(ptg_runtime_get_timeout(guest->runtime, &timeout_ns),
                   PTG_OK);
  *wait_ms =
      timeout_ns == PTG_FOREVER ? -1 : (gint)((timeout_ns + MS - 1) / MS);
  return timeout_ns == 0;
}

static gboolean check(GSource *source) {
  const struct guest *guest = (const struct guest *)source;
  if (g_source_query_unix_fd(source, guest->tag) != 0) return TRUE;
  gint wait_ms;
  return prepare(source, &wait_ms);
}

static gboolean dispatch(GSource *source, GSourceFunc unused, gpointer data) {
  struct guest *guest = (struct guest *)source;
  guest->turns++;
  assert_int_equal(ptg_runtime_turn(guest->runtime, 0), PTG_OK);
  ptg_event events[8];
  for (size_t count = 8; count == 8;) {
    assert_int_equal(
        ptg_events_take(guest->runtime, events, sizeof(events[0]), 8, &count),
        PTG_OK);
    for (size_t i = 0; i < count; i++)
      guest->events[events[i].kind]++;
  }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {prepare, check, dispatch, NULL, NULL, NULL};
static const ptg_task_type evented = {.size = sizeof(ptg_task_type),
                                      .flags = PTG_TASK_TYPE_EVENTS};

/* ------------------------------------------------------------------ host -- */

struct host {
  GMainContext *context;
  struct guest *guest;
  ptg_runtime *runtime;
  ptg_group root;
};

static gboolean on_watchdog(gpointer data) {
  fail_msg("a wake-up was missed");
  return G_SOURCE_REMOVE;
}

static struct host begin(void) {
  struct host host;
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.flags = PTG_GROUP_EVENTS;
  root.grace_ns = PTG_AT_ONCE;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.root = &root;
  assert_int_equal(ptg_runtime_create(&options, &host.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(host.runtime, &host.root), PTG_OK);
  host.context = g_main_context_new();
  GSource *source = g_source_new(&functions, sizeof(struct guest));
  host.guest = (struct guest *)source;
  host.guest->runtime = host.runtime;
  int32_t descriptor;
  assert_int_equal(ptg_runtime_get_descriptor(host.runtime, &descriptor),
                   PTG_OK);
  host.guest->tag = g_source_add_unix_fd(source, descriptor, G_IO_IN);
  g_source_attach(source, host.context);
  GSource *watchdog = g_timeout_source_new(WATCHDOG_MS);
  g_source_set_callback(watchdog, on_watchdog, NULL, NULL);
  g_source_attach(watchdog, host.context);
  g_source_unref(watchdog);
  return host;
}

static void wait_for(const struct host *host, uint32_t event) {
  while (host->guest->events[event] == 0)
    g_main_context_iteration(host->context, TRUE);
}

/* Many rounds of glib's loop, and no turn is asked for. */
static void is_quiet(const struct host *host) {
  for (int i = 0; i < 4; i++)
    g_main_context_iteration(host->context, FALSE);
  int turns = host->guest->turns;
  for (int i = 0; i < 100; i++)
    assert_false(g_main_context_iteration(host->context, FALSE));
  assert_int_equal(host->guest->turns, turns);
}

static void end(struct host *host) {
  assert_int_equal(ptg_group_shutdown(host->runtime, host->root, NULL), PTG_OK);
  wait_for(host, PTG_EVENT_GROUP_CLOSED);
  is_quiet(host);
  g_source_destroy(&host->guest->source);
  g_source_unref(&host->guest->source);
  g_main_context_unref(host->context);
  assert_int_equal(ptg_runtime_destroy(host->runtime), PTG_OK);
}

static ptg_task spawn(struct host *host) {
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(host->runtime, host->root, &evented, NULL, NULL, &task),
      PTG_OK);
  return task;
}

/* ----------------------------------------------------------------- cases -- */

static void idle_guest_lets_glib_sleep(void **state) {
  struct host host = begin();
  is_quiet(&host);
  ptg_task task = spawn(&host);
  wait_for(&host, PTG_EVENT_START);
  is_quiet(&host);
  assert_int_equal(ptg_task_finish(host.runtime, task, NULL), PTG_OK);
  wait_for(&host, PTG_EVENT_DONE);
  end(&host);
}

static void sleep_ends_in_few_turns(void **state) {
  struct host host = begin();
  ptg_task task = spawn(&host);
  wait_for(&host, PTG_EVENT_START);
  is_quiet(&host);
  host.guest->turns = 0;
  assert_int_equal(ptg_task_sleep(host.runtime, task, 100 * MS), PTG_OK);
  wait_for(&host, PTG_EVENT_WAKE);
  assert_in_range(host.guest->turns, 1, 8);
  is_quiet(&host);
  assert_int_equal(ptg_task_finish(host.runtime, task, NULL), PTG_OK);
  end(&host);
}

static atomic_int heard;

static void on_ping(ptg_runtime *runtime, void *user_data) {
  atomic_fetch_add(&heard, 1);
}

static void *ping(void *remote) {
  for (int i = 0; i < PINGS; i++) {
    if (ptg_remote_post(remote, on_ping, NULL, NULL) != PTG_OK) break;
    while (atomic_load(&heard) <= i)
      sched_yield();
  }
  return NULL;
}

static void wake_up_from_another_thread_is_not_missed(void **state) {
  struct host host = begin();
  is_quiet(&host);
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(host.runtime, &remote), PTG_OK);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, ping, remote), 0);
  while (atomic_load(&heard) < PINGS)
    g_main_context_iteration(host.context, TRUE);
  assert_int_equal(pthread_join(thread, NULL), 0);
  ptg_remote_close(remote);
  end(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idle_guest_lets_glib_sleep),
      cmocka_unit_test(sleep_ends_in_few_turns),
      cmocka_unit_test(wake_up_from_another_thread_is_not_missed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
