/* test_guest.c - a runtime as the guest of poll(2): it asks for a turn when
 * there is something to do, and only then. On the real clock, for it is the
 * loop that is tested; nothing here is measured, and watchdogs only fail.
 */
#include <ptg/ptg.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define WATCHDOG_MS 60000

/* So many turns may follow a change before the guest is quiet again. */
#define SETTLING_TURNS 4

/* ------------------------------------------------------------------ host -- */

struct host {
  ptg_runtime *runtime;
  ptg_group root;
  uv_loop_t *borrowed;
  int turns;
  int events[PTG_EVENT_GROUP_CLOSED + 1];
  int started, woken, cancelled, done;
};

static ptg_status on_start(ptg_runtime *runtime, ptg_task task, void *data) {
  ((struct host *)data)->started++;
  return PTG_OK;
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *data) {
  ((struct host *)data)->woken++;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *data) {
  ((struct host *)data)->cancelled++;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *data) {
  ((struct host *)data)->done++;
}

static const ptg_task_type plain = {.size = sizeof(ptg_task_type),
                                    .start = on_start,
                                    .wake = on_wake,
                                    .cancel = on_cancel,
                                    .done = on_done};
static const ptg_task_type evented = {.size = sizeof(ptg_task_type),
                                      .flags = PTG_TASK_TYPE_EVENTS};

static struct host begin_as(uint32_t flags, const ptg_group_options *root,
                            uv_loop_t *borrowed) {
  struct host host = {.borrowed = borrowed};
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = flags;
  options.root = root;
  options.loop = borrowed;
  options.loop_size = borrowed != NULL ? uv_loop_size() : 0;
  assert_int_equal(ptg_runtime_create(&options, &host.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(host.runtime, &host.root), PTG_OK);
  return host;
}

static struct host begin(uint32_t root_flags, uv_loop_t *borrowed) {
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.flags = root_flags;
  root.grace_ns = PTG_AT_ONCE;
  return begin_as(0, &root, borrowed);
}

static void take(struct host *host) {
  ptg_event events[16];
  for (size_t count = 16; count == 16;) {
    assert_int_equal(
        ptg_events_take(host->runtime, events, sizeof(events[0]), 16, &count),
        PTG_OK);
    for (size_t i = 0; i < count; i++)
      host->events[events[i].kind]++;
  }
}

static int64_t timeout_of(const struct host *host) {
  int64_t timeout_ns = 77;
  assert_int_equal(ptg_runtime_get_timeout(host->runtime, &timeout_ns), PTG_OK);
  return timeout_ns;
}

static int is_readable(const struct host *host, int wait_ms) {
  int32_t descriptor;
  assert_int_equal(ptg_runtime_get_descriptor(host->runtime, &descriptor),
                   PTG_OK);
  struct pollfd pollfd = {.fd = descriptor, .events = POLLIN};
  int count = poll(&pollfd, 1, wait_ms);
  assert_true(count >= 0);
  return count > 0;
}

static void turn(struct host *host) {
  assert_int_equal(ptg_runtime_turn(host->runtime, 0), PTG_OK);
  host->turns++;
  take(host);
}

/* One round of the host's loop, as a host would write it. */
static void poll_once(struct host *host) {
  int64_t timeout_ns = timeout_of(host);
  int wait_ms = timeout_ns == PTG_FOREVER ? WATCHDOG_MS
                                          : (int)((timeout_ns + MS - 1) / MS);
  int is_due = is_readable(host, wait_ms);
  /* The watchdog: a wake-up that was missed. */
  assert_true(is_due || timeout_ns != PTG_FOREVER);
  turn(host);
}

static int is_quiet(const struct host *host) {
  return timeout_of(host) == PTG_FOREVER && !is_readable(host, 0);
}

/* Nothing to do, and nothing asked for: not once, but for good. */
static void becomes_quiet(struct host *host) {
  for (int i = 0; i < SETTLING_TURNS && !is_quiet(host); i++)
    turn(host);
  for (int i = 0; i < 10; i++) {
    assert_true(is_quiet(host));
    turn(host); /* a host may give a turn that was not asked for */
  }
}

static void end(struct host *host) {
  int is_borrowed = host->borrowed != NULL;
  assert_int_equal(ptg_group_shutdown(host->runtime, host->root, NULL), PTG_OK);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  for (;;) {
    assert_int_equal(ptg_group_get_info(host->runtime, host->root, &info),
                     PTG_OK);
    if (info.state == PTG_GROUP_CLOSED) break;
    poll_once(host);
  }
  becomes_quiet(host);
  /* A closed runtime does not keep the host's own loop from its end. */
  if (is_borrowed) assert_int_equal(uv_run(host->borrowed, UV_RUN_DEFAULT), 0);
  assert_int_equal(ptg_runtime_destroy(host->runtime), PTG_OK);
}

/* ---------------------------------------------------------------- idling -- */

static void idle_guest_asks_for_no_turn(void **state) {
  struct host host = begin(0, NULL);
  becomes_quiet(&host);
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, NULL),
      PTG_OK);
  assert_int_equal(timeout_of(&host), 0);
  poll_once(&host);
  assert_int_equal(host.started, 1);
  becomes_quiet(&host);
  end(&host);
  assert_int_equal(host.done, 1);
}

static void guest_that_waits_for_a_sleep_asks_for_few_turns(void **state) {
  struct host host = begin(0, NULL);
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, &task),
      PTG_OK);
  poll_once(&host);
  becomes_quiet(&host);
  host.turns = 0;
  assert_int_equal(ptg_task_sleep(host.runtime, task, 100 * MS), PTG_OK);
  assert_in_range(timeout_of(&host), 0, 101 * MS);
  int64_t begun_ns, now_ns;
  ptg_runtime_get_time(host.runtime, &begun_ns);
  while (host.done == 0)
    poll_once(&host);
  ptg_runtime_get_time(host.runtime, &now_ns);
  assert_true(now_ns - begun_ns >= 99 * MS);
  assert_int_equal(host.woken, 1);
  assert_in_range(host.turns, 1, 2 * SETTLING_TURNS);
  becomes_quiet(&host);
  end(&host);
}

/* A watcher that the host adds makes libuv ask for a turn, once. */
static void on_host_timer(uv_timer_t *timer) {
  ++*(int *)timer->data;
}

static void handles_of_the_host_have_their_turns(void **state) {
  uv_loop_t loop;
  assert_int_equal(uv_loop_init(&loop), 0);
  struct host host = begin(0, &loop);
  becomes_quiet(&host);
  int fired = 0;
  uv_timer_t timer;
  uv_timer_init(&loop, &timer);
  timer.data = &fired;
  uv_timer_start(&timer, on_host_timer, 50, 0);
  host.turns = 0;
  while (!fired)
    poll_once(&host);
  assert_in_range(host.turns, 1, 2 * SETTLING_TURNS);
  uv_close((uv_handle_t *)&timer, NULL);
  becomes_quiet(&host);
  end(&host);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void borrowed_loop_can_be_closed_afterwards(void **state) {
  uv_loop_t loop;
  assert_int_equal(uv_loop_init(&loop), 0);
  struct host host = begin(PTG_GROUP_EVENTS, &loop);
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, NULL),
      PTG_OK);
  end(&host);
  assert_int_equal(host.done, 1);
  assert_int_equal(host.events[PTG_EVENT_GROUP_CLOSED], 1);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* Does the loop end by itself once the runtime has nothing to do? */
static int loop_ends(const struct host *host) {
  for (int i = 0; i < SETTLING_TURNS; i++)
    if (uv_run(host->borrowed, UV_RUN_NOWAIT) == 0) return 1;
  return 0;
}

static void borrowed_loop_is_kept_alive_by_work_alone_if_wanted(void **state) {
  for (int is_unref = 0; is_unref < 2; is_unref++) {
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct host host = begin_as(is_unref ? PTG_RUNTIME_UNREF : 0, NULL, &loop);
    ptg_task task;
    assert_int_equal(
        ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, &task),
        PTG_OK);
    assert_int_equal(loop_ends(&host), is_unref);
    assert_int_equal(host.started, 1);

    assert_int_equal(ptg_task_sleep(host.runtime, task, 2 * MS), PTG_OK);
    if (is_unref) assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(host.woken, is_unref);
    end(&host);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
  }
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_UNREF;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_EINVAL);
}

static void *request_shutdown(void *runtime) {
  assert_int_equal(ptg_runtime_request_shutdown(runtime, 0), PTG_OK);
  return NULL;
}

/* Whoever runs the loop through the runtime is reached from other threads,
 * although nothing keeps the loop alive. */
static void loop_that_is_not_kept_alive_is_reached(void **state) {
  for (int way = 0; way < 3; way++) {
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct host host = begin_as(PTG_RUNTIME_UNREF, NULL, &loop);
    pthread_t thread;
    pthread_create(&thread, NULL, request_shutdown, host.runtime);
    ptg_group_info info = PTG_GROUP_INFO_INIT;
    if (way == 0) assert_int_equal(ptg_runtime_run(host.runtime), PTG_OK);
    for (;;) {
      ptg_group_get_info(host.runtime, host.root, &info);
      if (info.state == PTG_GROUP_CLOSED) break;
      if (way == 1) {
        int64_t patience_ns = WATCHDOG_MS * MS;
        ptg_runtime_turn(host.runtime, patience_ns);
      } else {
        poll_once(&host);
      }
    }
    pthread_join(thread, NULL);
    becomes_quiet(&host);
    assert_int_equal(ptg_runtime_destroy(host.runtime), PTG_OK);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
  }
}

struct closing {
  ptg_remote *remote;
  int posted;
};

static void note_post(ptg_runtime *runtime, void *user_data) {
  ((struct closing *)user_data)->posted++;
}

static ptg_status post_at_the_closing(ptg_runtime *runtime, ptg_group group,
                                      void *user_data) {
  struct closing *closing = user_data;
  assert_int_equal(ptg_remote_post(closing->remote, note_post, NULL, closing),
                   PTG_OK);
  return PTG_OK;
}

/* Accepted is accepted: also just before the way in is shut. */
static void mail_sent_at_the_closing_is_delivered(void **state) {
  for (int is_run = 0; is_run < 2; is_run++) {
    struct closing closing = {NULL, 0};
    ptg_group_options of_root = PTG_GROUP_OPTIONS_INIT;
    of_root.on_closed = post_at_the_closing;
    of_root.user_data = &closing;
    of_root.grace_ns = PTG_FOREVER;
    struct host host = begin_as(0, &of_root, NULL);
    assert_int_equal(ptg_remote_open(host.runtime, &closing.remote), PTG_OK);
    ptg_task task;
    assert_int_equal(
        ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, &task),
        PTG_OK);
    assert_int_equal(ptg_group_shutdown(host.runtime, host.root, NULL), PTG_OK);
    becomes_quiet(&host);
    /* The loop comes to this when it polls, and so once in a round only. */
    assert_int_equal(ptg_remote_finish(closing.remote, task, NULL), PTG_OK);
    if (is_run)
      assert_int_equal(ptg_runtime_run(host.runtime), PTG_OK);
    else
      becomes_quiet(&host);
    assert_int_equal(closing.posted, 1);
    assert_int_equal(ptg_remote_post(closing.remote, note_post, NULL, NULL),
                     PTG_ECLOSED);
    ptg_remote_close(closing.remote);
    assert_int_equal(ptg_runtime_destroy(host.runtime), PTG_OK);
  }
}

static void guest_whose_root_is_closed_asks_for_no_turn(void **state) {
  struct host host = begin(0, NULL);
  assert_int_equal(ptg_group_shutdown(host.runtime, host.root, NULL), PTG_OK);
  becomes_quiet(&host);
  assert_int_equal(ptg_runtime_turn(host.runtime, PTG_FOREVER), PTG_OK);
  assert_int_equal(ptg_runtime_turn(host.runtime, WATCHDOG_MS * MS), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(host.runtime), PTG_OK);
}

/* What is due as a turn begins is done before libuv waits. */
static void turn_that_has_done_something_does_not_wait(void **state) {
  struct host host = begin(0, NULL);
  const ptg_task_type *types[] = {&plain, &evented};
  ptg_task tasks[2];
  for (int i = 0; i < 2; i++)
    assert_int_equal(ptg_task_spawn(host.runtime, host.root, types[i], NULL,
                                    &host, &tasks[i]),
                     PTG_OK);
  becomes_quiet(&host);
  for (int i = 0; i < 2; i++)
    assert_int_equal(ptg_task_sleep(host.runtime, tasks[i], MS), PTG_OK);
  int64_t begun_ns, now_ns;
  ptg_runtime_get_time(host.runtime, &begun_ns);
  do
    ptg_runtime_get_time(host.runtime, &now_ns);
  while (now_ns - begun_ns < 4 * MS);
  int64_t watchdog_ns = WATCHDOG_MS * MS;
  assert_int_equal(ptg_runtime_turn(host.runtime, watchdog_ns), PTG_OK);
  ptg_runtime_get_time(host.runtime, &now_ns);
  assert_true(now_ns - begun_ns < watchdog_ns);
  assert_int_equal(host.woken, 1);
  take(&host);
  assert_int_equal(host.events[PTG_EVENT_WAKE], 1);
  assert_int_equal(ptg_task_finish(host.runtime, tasks[1], NULL), PTG_OK);
  end(&host);
}

static void advance(const struct host *host, int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(host->runtime, duration_ns), PTG_OK);
}

static void manual_clock_says_how_far_to_move_it(void **state) {
  struct host host = begin_as(PTG_RUNTIME_MANUAL_CLOCK, NULL, NULL);
  assert_int_equal(timeout_of(&host), PTG_FOREVER);
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, &task),
      PTG_OK);
  assert_int_equal(timeout_of(&host), 0);
  advance(&host, 0);
  assert_int_equal(timeout_of(&host), PTG_FOREVER);
  assert_int_equal(ptg_task_sleep(host.runtime, task, 123456789), PTG_OK);
  assert_int_equal(timeout_of(&host), 123456789);
  advance(&host, 23456789);
  assert_int_equal(timeout_of(&host), 100 * MS);
  advance(&host, 100 * MS);
  assert_int_equal(host.woken, 1);
  assert_int_equal(timeout_of(&host), PTG_FOREVER);
  assert_int_equal(ptg_group_shutdown(host.runtime, host.root, NULL), PTG_OK);
  advance(&host, timeout_of(&host));
  assert_int_equal(ptg_runtime_destroy(host.runtime), PTG_OK);
}

/* ---------------------------------------------------------------- events -- */

static void events_that_wait_ask_for_a_turn(void **state) {
  struct host host = begin(PTG_GROUP_EVENTS, NULL);
  becomes_quiet(&host);
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &evented, NULL, NULL, &task),
      PTG_OK);
  assert_int_equal(ptg_runtime_turn(host.runtime, 0), PTG_OK);
  assert_int_equal(timeout_of(&host), 0);
  /* A turn that may wait does not, while there are events. */
  assert_int_equal(ptg_runtime_turn(host.runtime, PTG_FOREVER), PTG_OK);
  take(&host);
  assert_int_equal(host.events[PTG_EVENT_START], 1);
  becomes_quiet(&host);
  assert_int_equal(ptg_task_finish(host.runtime, task, NULL), PTG_OK);
  while (host.events[PTG_EVENT_DONE] == 0)
    poll_once(&host);
  becomes_quiet(&host);
  end(&host);
}

static void start_taken_back_leaves_the_guest_quiet(void **state) {
  struct host host = begin(PTG_GROUP_EVENTS, NULL);
  ptg_task owner, task;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &evented, NULL, NULL, &owner),
      PTG_OK);
  becomes_quiet(&host);
  /* Its end is held back by a group that it owns and that does not close. */
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &evented, NULL, NULL, &task),
      PTG_OK);
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.owner = task;
  options.grace_ns = PTG_FOREVER;
  ptg_group group;
  assert_int_equal(ptg_group_create(host.runtime, host.root, &options, &group),
                   PTG_OK);
  assert_int_equal(
      ptg_task_spawn(host.runtime, group, &plain, NULL, &host, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_turn(host.runtime, 0), PTG_OK);
  assert_int_equal(ptg_task_cancel(host.runtime, task, NULL), PTG_OK);
  becomes_quiet(&host);
  assert_int_equal(host.events[PTG_EVENT_START], 1);
  ptg_task_finish(host.runtime, owner, NULL);
  ptg_shutdown_options force = PTG_SHUTDOWN_OPTIONS_INIT;
  force.flags = PTG_SHUTDOWN_FORCE;
  assert_int_equal(ptg_group_shutdown(host.runtime, group, &force), PTG_OK);
  end(&host);
  assert_int_equal(host.events[PTG_EVENT_DONE], 2);
}

/* --------------------------------------------------------- other threads -- */

#define PINGS 500

struct pinger {
  ptg_remote *remote;
  pthread_t thread;
  atomic_int heard;
  int is_timed_out;
};

static void on_ping(ptg_runtime *runtime, void *user_data) {
  struct pinger *pinger = user_data;
  atomic_fetch_add(&pinger->heard, 1);
}

/* Each ping waits for the one before it: so all come to a guest that sleeps,
 * or is about to. */
static void *ping(void *data) {
  struct pinger *pinger = data;
  for (int i = 0; i < PINGS; i++) {
    assert_int_equal(ptg_remote_post(pinger->remote, on_ping, NULL, pinger),
                     PTG_OK);
    while (atomic_load(&pinger->heard) <= i)
      sched_yield();
  }
  return NULL;
}

static void wake_up_from_another_thread_is_not_missed(void **state) {
  struct host host = begin(0, NULL);
  struct pinger pinger = {.heard = 0};
  becomes_quiet(&host);
  assert_int_equal(ptg_remote_open(host.runtime, &pinger.remote), PTG_OK);
  assert_int_equal(pthread_create(&pinger.thread, NULL, ping, &pinger), 0);
  while (atomic_load(&pinger.heard) < PINGS)
    poll_once(&host);
  assert_int_equal(pthread_join(pinger.thread, NULL), 0);
  ptg_remote_close(pinger.remote);
  becomes_quiet(&host);
  end(&host);
}

static void *ask_for_shutdown(void *data) {
  struct host *host = data;
  assert_int_equal(ptg_runtime_request_shutdown(host->runtime, 0), PTG_OK);
  return NULL;
}

static void request_from_another_thread_wakes_the_guest(void **state) {
  struct host host = begin(0, NULL);
  becomes_quiet(&host);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, ask_for_shutdown, &host), 0);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  while (info.state != PTG_GROUP_CLOSED) {
    poll_once(&host);
    assert_int_equal(ptg_group_get_info(host.runtime, host.root, &info),
                     PTG_OK);
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(ptg_runtime_destroy(host.runtime), PTG_OK);
}

/* ----------------------------------------------------------------- turns -- */

static void turn_waits_for_something_to_do(void **state) {
  struct host host = begin(0, NULL);
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &plain, NULL, &host, &task),
      PTG_OK);
  becomes_quiet(&host);
  assert_int_equal(ptg_task_sleep(host.runtime, task, 30 * MS), PTG_OK);
  int turns = 0;
  for (; host.done == 0; turns++)
    assert_int_equal(ptg_runtime_turn(host.runtime, WATCHDOG_MS * MS), PTG_OK);
  assert_in_range(turns, 1, 2 * SETTLING_TURNS);
  becomes_quiet(&host); /* no wait is left behind that would end later */
  end(&host);
}

static void turn_waits_no_longer_than_it_may(void **state) {
  struct host host = begin(0, NULL);
  becomes_quiet(&host);
  int64_t begun_ns, now_ns;
  ptg_runtime_get_time(host.runtime, &begun_ns);
  assert_int_equal(ptg_runtime_turn(host.runtime, 20 * MS), PTG_OK);
  ptg_runtime_get_time(host.runtime, &now_ns);
  assert_true(now_ns - begun_ns >= 19 * MS); /* it did wait */
  assert_true(now_ns - begun_ns < WATCHDOG_MS * MS);
  becomes_quiet(&host);
  end(&host);
}

static ptg_status turn_inside(ptg_runtime *runtime, ptg_task task,
                              void *user_data) {
  assert_int_equal(ptg_runtime_turn(runtime, 0), PTG_EREENTRANT);
  ++*(int *)user_data;
  return ptg_task_finish(runtime, task, NULL);
}

static void malformed_turns_are_refused(void **state) {
  struct host host = begin(0, NULL);
  assert_int_equal(ptg_runtime_turn(host.runtime, PTG_AT_ONCE), PTG_EINVAL);
  assert_int_equal(ptg_runtime_turn(NULL, 0), PTG_EINVAL);
  assert_int_equal(ptg_runtime_get_descriptor(host.runtime, NULL), PTG_EINVAL);
  assert_int_equal(ptg_runtime_get_timeout(host.runtime, NULL), PTG_EINVAL);
  int32_t descriptor = 77;
  int64_t timeout_ns = 77;
  assert_int_equal(ptg_runtime_get_descriptor(NULL, &descriptor), PTG_EINVAL);
  assert_int_equal(descriptor, -1);
  assert_int_equal(ptg_runtime_get_timeout(NULL, &timeout_ns), PTG_EINVAL);
  assert_int_equal(timeout_ns, 0);
  ptg_task_type type = {.size = sizeof(type), .start = turn_inside};
  int calls = 0;
  assert_int_equal(
      ptg_task_spawn(host.runtime, host.root, &type, NULL, &calls, NULL),
      PTG_OK);
  becomes_quiet(&host);
  assert_int_equal(calls, 1);
  end(&host);

  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  ptg_runtime *manual;
  assert_int_equal(ptg_runtime_create(&options, &manual), PTG_OK);
  assert_int_equal(ptg_runtime_turn(manual, 0), PTG_EINVAL);
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(manual, &root), PTG_OK);
  assert_int_equal(ptg_group_shutdown(manual, root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_advance(manual, 0), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(manual), PTG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idle_guest_asks_for_no_turn),
      cmocka_unit_test(guest_that_waits_for_a_sleep_asks_for_few_turns),
      cmocka_unit_test(handles_of_the_host_have_their_turns),
      cmocka_unit_test(borrowed_loop_can_be_closed_afterwards),
      cmocka_unit_test(borrowed_loop_is_kept_alive_by_work_alone_if_wanted),
      cmocka_unit_test(loop_that_is_not_kept_alive_is_reached),
      cmocka_unit_test(mail_sent_at_the_closing_is_delivered),
      cmocka_unit_test(turn_that_has_done_something_does_not_wait),
      cmocka_unit_test(manual_clock_says_how_far_to_move_it),
      cmocka_unit_test(guest_whose_root_is_closed_asks_for_no_turn),
      cmocka_unit_test(events_that_wait_ask_for_a_turn),
      cmocka_unit_test(start_taken_back_leaves_the_guest_quiet),
      cmocka_unit_test(wake_up_from_another_thread_is_not_missed),
      cmocka_unit_test(request_from_another_thread_wakes_the_guest),
      cmocka_unit_test(turn_waits_for_something_to_do),
      cmocka_unit_test(turn_waits_no_longer_than_it_may),
      cmocka_unit_test(malformed_turns_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
