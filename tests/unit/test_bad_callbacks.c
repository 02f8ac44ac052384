/* test_bad_callbacks.c - shutdown, destroy, run and advance from inside every
 * callback there is.
 *
 * Three of them are refused there, and the refusal changes nothing; a shutdown,
 * also of what the callback belongs to, is always taken and carried out.
 */
#include <ptg/ptg.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

enum inside {
  IN_START,
  IN_WAKE,
  IN_DRAIN,
  IN_CANCEL,
  IN_KILL,
  IN_DONE,
  IN_RELEASE,
  IN_ERROR,
  IN_GROUP_DRAIN,
  IN_GROUP_CLOSED,
  IN_GROUP_RELEASE,
  IN_ROOT_ERROR,
  IN_ROOT_DRAIN,
  IN_ROOT_CLOSED,
  IN_ROOT_RELEASE, /* inside destroy */
  IN_FIRE,
  IN_TIMER_DONE,
  IN_TIMER_RELEASE,
  IN_LATE_WAKE, /* of a task that its group has given up */
  IN_LATE_DONE, /* inside destroy */
  INSIDES
};

static const char *const NAMES[] = {"start",
                                    "wake",
                                    "drain",
                                    "cancel",
                                    "kill",
                                    "done",
                                    "release",
                                    "on_error",
                                    "on_drain",
                                    "on_closed",
                                    "its release",
                                    "the root's on_error",
                                    "the root's on_drain",
                                    "the root's on_closed",
                                    "the root's release",
                                    "fire",
                                    "a timer's done",
                                    "a timer's release",
                                    "wake, late",
                                    "done, late"};

enum deed { REFUSED_CALLS, SHUT_ROOT, SHUT_OWN, FORCE_OWN, REQUEST, DEEDS };

static struct bench {
  ptg_runtime *runtime;
  ptg_group root, group;
  enum inside inside; /* where the deed is done */
  enum deed deed;
  int times[INSIDES];
} b;

static void shut_down(ptg_group group, uint32_t flags) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = flags;
  ptg_status status = ptg_group_shutdown(b.runtime, group, &options);
  /* A group that is gone, when its release is called, is no mistake of ours. */
  if (status != PTG_OK && status != PTG_ESTALE)
    fail_msg("in %s: %s", NAMES[b.inside], ptg_status_name(status));
}

static void check_refusal(ptg_status status) {
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  if (status != PTG_EREENTRANT)
    fail_msg("in %s: %s", NAMES[b.inside], ptg_status_name(status));
  assert_int_equal(ptg_runtime_get_error(b.runtime, &error), PTG_OK);
  assert_int_equal(error.status, PTG_EREENTRANT);
  assert_true(error.message_length > 0);
}

static void see(enum inside inside) {
  b.times[inside]++;
  if (inside != b.inside || b.times[inside] > 1) return;
  switch (b.deed) {
  case REFUSED_CALLS:
    check_refusal(ptg_runtime_destroy(b.runtime));
    check_refusal(ptg_runtime_run(b.runtime));
    check_refusal(ptg_runtime_advance(b.runtime, 0));
    check_refusal(ptg_runtime_advance(b.runtime, SECOND));
    break;
  case SHUT_ROOT:
    /* In destroy the root itself is gone already. */
    if (inside != IN_ROOT_RELEASE) shut_down(b.root, PTG_SHUTDOWN_FORCE);
    break;
  case SHUT_OWN:
    if (inside != IN_ROOT_RELEASE) shut_down(b.group, 0);
    break;
  case FORCE_OWN:
    if (inside != IN_ROOT_RELEASE) shut_down(b.group, PTG_SHUTDOWN_FORCE);
    break;
  default:
    assert_int_equal(ptg_runtime_request_shutdown(b.runtime, 1), PTG_OK);
    break;
  }
}

/* ---------------------------------------------- a task that does it all -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  see(IN_START);
  return ptg_task_sleep(runtime, task, SECOND);
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  see(IN_WAKE);
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  see(IN_DRAIN);
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  see(IN_CANCEL);
}

static void end_by_force(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  see(IN_KILL);
  ptg_task_finish(runtime, task, &outcome);
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  see(IN_DONE);
}

static void release(void *user_data) {
  see(IN_RELEASE);
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start,
                                   .drain = drain,
                                   .cancel = cancel,
                                   .kill = end_by_force,
                                   .wake = wake,
                                   .done = done,
                                   .release = release};

/* ------------------------------------------- one that outlives its group -- */

static ptg_status start_late(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  return ptg_task_sleep(runtime, task, 100 * SECOND);
}

static void wake_late(ptg_runtime *runtime, ptg_task task, void *user_data) {
  see(IN_LATE_WAKE);
}

static void done_late(ptg_runtime *runtime, ptg_task task,
                      const ptg_outcome *outcome, void *user_data) {
  assert_int_equal(outcome->status, PTG_ETIMEDOUT);
  see(IN_LATE_DONE);
}

static const ptg_task_type LATE = {.size = sizeof(ptg_task_type),
                                   .start = start_late,
                                   .wake = wake_late,
                                   .done = done_late};

static ptg_status start_and_fail(ptg_runtime *runtime, ptg_task task,
                                 void *user_data) {
  return PTG_EFAILED;
}

static const ptg_task_type FAILS = {.size = sizeof(ptg_task_type),
                                    .start = start_and_fail};

/* ---------------------------------------------------- groups and timers -- */

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  int is_root = user_data == &b.root;
  see(is_root ? IN_ROOT_ERROR : IN_ERROR);
  return is_root ? PTG_OK : PTG_EFAILED; /* up to the root's */
}

static ptg_status on_drain(ptg_runtime *runtime, ptg_group group,
                           void *user_data) {
  see(user_data == &b.root ? IN_ROOT_DRAIN : IN_GROUP_DRAIN);
  return PTG_OK;
}

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  see(user_data == &b.root ? IN_ROOT_CLOSED : IN_GROUP_CLOSED);
  return PTG_OK;
}

static void release_group(void *user_data) {
  see(user_data == &b.root ? IN_ROOT_RELEASE : IN_GROUP_RELEASE);
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  see(IN_FIRE);
  return PTG_OK;
}

static void timer_done(ptg_runtime *runtime, ptg_task task,
                       const ptg_outcome *outcome, void *user_data) {
  see(IN_TIMER_DONE);
}

static void timer_release(void *user_data) {
  see(IN_TIMER_RELEASE);
}

static ptg_group_options group_options(void *user_data) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  options.on_error = on_error;
  options.on_drain = on_drain;
  options.on_closed = on_closed;
  options.release = release_group;
  options.user_data = user_data;
  return options;
}

/* ------------------------------------------------------------------ run -- */

static void set_up(enum inside inside, enum deed deed) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  memset(&b, 0, sizeof(b));
  b.inside = inside;
  b.deed = deed;
  ptg_group_options of_root = group_options(&b.root);
  ptg_group_options of_group = group_options(&b.group);
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.root = &of_root;
  assert_int_equal(ptg_runtime_create(&options, &b.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(b.runtime, &b.root), PTG_OK);
  assert_int_equal(ptg_group_create(b.runtime, b.root, &of_group, &b.group),
                   PTG_OK);

  ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
  timer.every_ns = SECOND / 2;
  timer.fire = fire;
  timer.done = timer_done;
  timer.release = timer_release;
  assert_int_equal(ptg_timer_spawn(b.runtime, b.group, &timer, NULL), PTG_OK);
  const ptg_task_type *types[] = {&TYPE, &LATE, &FAILS};
  for (int i = 0; i < 3; i++)
    assert_int_equal(
        ptg_task_spawn(b.runtime, b.group, types[i], NULL, NULL, NULL), PTG_OK);
}

static void run_through(void) {
  assert_int_equal(ptg_runtime_advance(b.runtime, 2 * SECOND), PTG_OK);
  shut_down(b.root, 0);
  assert_int_equal(ptg_runtime_advance(b.runtime, 1000 * SECOND), PTG_OK);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(b.runtime, b.root, &info), PTG_OK);
  assert_int_equal(info.state, PTG_GROUP_CLOSED);
  assert_int_equal(ptg_runtime_destroy(b.runtime), PTG_OK);

  /* Whatever was done, each of these ended once. */
  assert_true(b.times[b.inside] >= 1);
  assert_int_equal(b.times[IN_DONE], 1);
  assert_int_equal(b.times[IN_RELEASE], 1);
  assert_int_equal(b.times[IN_GROUP_CLOSED], 1);
  assert_int_equal(b.times[IN_GROUP_RELEASE], 1);
  assert_int_equal(b.times[IN_ROOT_CLOSED], 1);
  assert_int_equal(b.times[IN_ROOT_RELEASE], 1);
  assert_int_equal(b.times[IN_TIMER_DONE], 1);
  assert_int_equal(b.times[IN_TIMER_RELEASE], 1);
  assert_int_equal(b.times[IN_LATE_DONE], 1);
}

static void run_every_callback(enum deed deed) {
  for (int inside = 0; inside < INSIDES; inside++) {
    set_up((enum inside)inside, deed);
    run_through();
  }
}

static void no_callback_may_destroy_run_or_advance(void **state) {
  run_every_callback(REFUSED_CALLS);
}

static void every_callback_may_shut_the_root_down(void **state) {
  run_every_callback(SHUT_ROOT);
}

static void every_callback_may_shut_its_own_group_down(void **state) {
  run_every_callback(SHUT_OWN);
  run_every_callback(FORCE_OWN);
}

static void every_callback_may_ask_for_a_shutdown(void **state) {
  run_every_callback(REQUEST);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_callback_may_destroy_run_or_advance),
      cmocka_unit_test(every_callback_may_shut_the_root_down),
      cmocka_unit_test(every_callback_may_shut_its_own_group_down),
      cmocka_unit_test(every_callback_may_ask_for_a_shutdown),
  };
  return cmocka_run_group_tests_name("bad callbacks", tests, NULL, NULL);
}
