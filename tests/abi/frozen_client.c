/* frozen_client.c - a program built against a frozen ptg.h, which today's
 * library has to serve as the one of its time did.
 *
 * It uses what the first release had, and no more. What it gives is as long as
 * it was then, and what it gets may not be longer: behind everything that the
 * library fills stands a guard that must stay as it is.
 */
#include <ptg/ptg.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define GUARD 0xA5

/* Declares a struct of the frozen header with a guard behind it. */
#define GUARDED(type, init) \
  struct { \
    type it; \
    unsigned char guard[256]; \
  } guarded; \
  memset(&guarded, GUARD, sizeof(guarded)); \
  guarded.it = (type)init
#define ASSERT_GUARDED() assert_untouched(guarded.guard, sizeof(guarded.guard))

static void assert_untouched(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    assert_int_equal(bytes[i], GUARD);
}

struct seen {
  int starts;
  int wakes;
  int drains;
  int cancels;
  int dones;
  int releases;
  int errors;
  int closed;
  int firings;
  int posts;
  int watches;
  ptg_status last;
};

/* ------------------------------------------------------------- callbacks -- */

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  ((struct seen *)user_data)->starts++;
  return ptg_task_sleep(runtime, task, SECOND);
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ((struct seen *)user_data)->wakes++;
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ((struct seen *)user_data)->drains++;
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  ((struct seen *)user_data)->cancels++;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  outcome.message = info->reason;
  outcome.message_length = info->reason_length;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  struct seen *seen = user_data;
  assert_true(outcome->size >= sizeof(ptg_outcome));
  seen->dones++;
  seen->last = outcome->status;
}

static void on_release(void *user_data) {
  ((struct seen *)user_data)->releases++;
}

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  assert_true(error->size >= sizeof(ptg_error));
  assert_string_equal(error->name, "clumsy");
  assert_int_equal(error->outcome->status, PTG_EFAILED);
  ((struct seen *)user_data)->errors++;
  return PTG_OK;
}

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  GUARDED(ptg_report_row, {0});
  size_t count = 0;
  assert_int_equal(ptg_group_get_report(runtime, group, &guarded.it,
                                        sizeof(guarded.it), 1, &count),
                   PTG_OK);
  assert_int_equal(count, 1);
  assert_int_equal(guarded.it.size, sizeof(guarded.it));
  assert_int_equal(guarded.it.cancelled, 1);
  ASSERT_GUARDED();
  ((struct seen *)user_data)->closed++;
  return PTG_OK;
}

static ptg_status on_fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                          ptg_task *started) {
  return ++((struct seen *)user_data)->firings < 3 ? PTG_OK : PTG_EFAILED;
}

static void on_post(ptg_runtime *runtime, void *user_data) {
  ((struct seen *)user_data)->posts++;
}

static const ptg_task_type SLEEPER = {
    .size = sizeof(ptg_task_type),
    .name = "sleeper",
    .start = on_start,
    .drain = on_drain,
    .cancel = on_cancel,
    .wake = on_wake,
    .done = on_done,
    .release = on_release,
};

/* --------------------------------------------------------------- fixture -- */

static ptg_runtime *create(void) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  ptg_runtime *runtime = NULL;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  return runtime;
}

static ptg_group create_group(ptg_runtime *runtime, struct seen *seen) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = "old";
  options.grace_ns = 5 * SECOND;
  options.on_error = on_error;
  options.on_closed = on_closed;
  options.user_data = seen;
  ptg_group group = PTG_NONE;
  assert_int_equal(ptg_group_create(runtime, PTG_NONE, &options, &group),
                   PTG_OK);
  return group;
}

static ptg_task spawn(ptg_runtime *runtime, ptg_group group,
                      struct seen *seen) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "one";
  ptg_task task = PTG_NONE;
  assert_int_equal(
      ptg_task_spawn(runtime, group, &SLEEPER, &options, seen, &task), PTG_OK);
  return task;
}

static void end(ptg_runtime *runtime) {
  assert_int_equal(ptg_runtime_request_shutdown(runtime, 1), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 60 * SECOND), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

/* ----------------------------------------------------------------- cases -- */

static void it_is_built_against_the_frozen_header(void **state) {
  (void)state;
  assert_int_equal(PTG_ABI_MAJOR, FROZEN_MAJOR);
  assert_int_equal(PTG_ABI_MINOR, FROZEN_MINOR);
}

static void the_library_is_of_the_same_major_and_no_older(void **state) {
  (void)state;
  assert_int_equal(ptg_abi_version() >> 16, PTG_ABI_MAJOR);
  assert_true(ptg_abi_version() >= PTG_ABI_VERSION);
  assert_string_equal(ptg_status_name(PTG_EDEADLK), "PTG_EDEADLK");
}

static void a_group_lives_and_is_shut_down(void **state) {
  (void)state;
  struct seen seen = {0};
  ptg_runtime *runtime = create();
  ptg_group group = create_group(runtime, &seen);
  spawn(runtime, group, &seen);
  assert_int_equal(ptg_runtime_advance(runtime, 2 * SECOND), PTG_OK);
  assert_int_equal(seen.starts, 1);
  assert_int_equal(seen.wakes, 1);

  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = SECOND;
  assert_int_equal(ptg_group_shutdown(runtime, group, &options), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 2 * SECOND), PTG_OK);
  assert_int_equal(seen.drains, 1);
  assert_int_equal(seen.cancels, 1);
  assert_int_equal(seen.dones, 1);
  assert_int_equal(seen.releases, 1);
  assert_int_equal(seen.last, PTG_ECANCELED);
  assert_int_equal(seen.closed, 1);
  end(runtime);
}

static void a_timer_fires_and_its_failure_is_reported(void **state) {
  (void)state;
  struct seen seen = {0};
  ptg_runtime *runtime = create();
  ptg_group group = create_group(runtime, &seen);
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.name = "clumsy";
  options.every_ns = SECOND;
  options.fire = on_fire;
  options.user_data = &seen;
  ptg_task timer = PTG_NONE;
  assert_int_equal(ptg_timer_spawn(runtime, group, &options, &timer), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 2 * SECOND), PTG_OK);

  GUARDED(ptg_timer_info, PTG_TIMER_INFO_INIT);
  assert_int_equal(ptg_timer_get_info(runtime, timer, &guarded.it), PTG_OK);
  assert_int_equal(guarded.it.fired, 2);
  ASSERT_GUARDED();

  assert_int_equal(ptg_runtime_advance(runtime, 2 * SECOND), PTG_OK);
  assert_int_equal(seen.firings, 3);
  assert_int_equal(seen.errors, 1);

  spawn(runtime, group, &seen);
  end(runtime);
  assert_int_equal(seen.last, PTG_ECANCELED);
}

static void what_is_told_is_no_longer_than_it_was(void **state) {
  (void)state;
  struct seen seen = {0};
  ptg_runtime *runtime = create();
  ptg_group group = create_group(runtime, &seen);
  ptg_task task = spawn(runtime, group, &seen);
  {
    GUARDED(ptg_group_info, PTG_GROUP_INFO_INIT);
    assert_int_equal(ptg_group_get_info(runtime, group, &guarded.it), PTG_OK);
    assert_int_equal(guarded.it.live, 1);
    assert_string_equal(guarded.it.name, "old");
    ASSERT_GUARDED();
  }
  {
    GUARDED(ptg_task_info, PTG_TASK_INFO_INIT);
    assert_int_equal(ptg_task_get_info(runtime, task, &guarded.it), PTG_OK);
    assert_int_equal(guarded.it.group, group);
    assert_string_equal(guarded.it.type_name, "sleeper");
    ASSERT_GUARDED();
  }
  {
    GUARDED(ptg_error_info, PTG_ERROR_INFO_INIT);
    assert_int_equal(ptg_task_sleep(runtime, task, -7), PTG_EINVAL);
    assert_int_equal(ptg_runtime_get_error(runtime, &guarded.it), PTG_OK);
    assert_int_equal(guarded.it.status, PTG_EINVAL);
    ASSERT_GUARDED();
  }
  {
    GUARDED(ptg_plan_step, {0});
    size_t count = 0;
    assert_int_equal(ptg_group_get_plan(runtime, group, &guarded.it,
                                        sizeof(guarded.it), 1, &count),
                     PTG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(guarded.it.cancel_ns, 5 * SECOND);
    ASSERT_GUARDED();
  }
  end(runtime);
}

static void events_are_as_long_as_they_were(void **state) {
  (void)state;
  ptg_runtime *runtime = create();
  static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                     .flags = PTG_TASK_TYPE_EVENTS,
                                     .name = "event"};
  ptg_task task = PTG_NONE;
  ptg_group root = PTG_NONE;
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  assert_int_equal(ptg_task_spawn(runtime, root, &type, NULL, NULL, &task),
                   PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);

  GUARDED(ptg_event, {0});
  size_t count = 0;
  assert_int_equal(
      ptg_events_take(runtime, &guarded.it, sizeof(guarded.it), 1, &count),
      PTG_OK);
  assert_int_equal(count, 1);
  assert_int_equal(guarded.it.kind, PTG_EVENT_START);
  assert_int_equal(guarded.it.task, task);
  ASSERT_GUARDED();

  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);
  assert_int_equal(
      ptg_events_take(runtime, &guarded.it, sizeof(guarded.it), 1, &count),
      PTG_OK);
  assert_int_equal(guarded.it.kind, PTG_EVENT_DONE);
  ASSERT_GUARDED();
  end(runtime);
}

static void the_way_in_is_still_there(void **state) {
  (void)state;
  struct seen seen = {0};
  ptg_runtime *runtime = create();
  ptg_remote *remote = NULL;
  assert_int_equal(ptg_remote_open(runtime, &remote), PTG_OK);
  assert_int_equal(ptg_remote_post(remote, on_post, on_release, &seen), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);
  assert_int_equal(seen.posts, 1);
  assert_int_equal(seen.releases, 1);
  end(runtime);
  assert_int_equal(ptg_remote_post(remote, on_post, on_release, &seen),
                   PTG_ECLOSED);
  assert_int_equal(seen.releases, 2);
  ptg_remote_close(remote);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_built_against_the_frozen_header),
      cmocka_unit_test(the_library_is_of_the_same_major_and_no_older),
      cmocka_unit_test(a_group_lives_and_is_shut_down),
      cmocka_unit_test(a_timer_fires_and_its_failure_is_reported),
      cmocka_unit_test(what_is_told_is_no_longer_than_it_was),
      cmocka_unit_test(events_are_as_long_as_they_were),
      cmocka_unit_test(the_way_in_is_still_there),
  };
  return cmocka_run_group_tests_name("abi/frozen", tests, NULL, NULL);
}
