/* test_policy.c - what the failure of a task does: to whom it is reported, and
 * what it ends.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TRACED (TRACE(ERROR) | TRACE(DRAIN) | TRACE(DONE) | TRACE(ON_CLOSED))

static ptg_group with_policy(struct law *law, ptg_group parent,
                             const char *name, uint32_t on_failure) {
  ptg_group_options options = law_options(law, name);
  options.grace_ns = options.cancel_wait_ns = SECOND;
  options.on_failure = on_failure;
  return law_make(law, parent, &options);
}

/* -------------------------------------------------------------- policies -- */

static void failure_by_default_ends_nothing(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_REPORT);
  law_spawn(law, g, "sibling", STUBBORN);
  law_spawn(law, g, "broken", FAILS(SECOND));
  law->traced = TRACED;
  law_advance(law, 5 * SECOND);
  law_traced(law, "root.error:broken@1 broken.done:EFAILED@1");
  assert_int_equal(law_info(law, g).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, g).failed, 1);
}

static void failure_may_shut_its_group_down(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_GROUP);
  ptg_group below = law_group(law, g, "below", 0, 0);
  ptg_group other = law_group(law, law->root, "other", 0, 0);
  law_spawn(law, g, "sibling", DRAINS(SECOND / 2));
  law_spawn(law, below, "cousin", DRAINS(0));
  law_spawn(law, other, "stranger", DRAINS(0));
  law_spawn(law, g, "broken", FAILS(SECOND));
  law->traced = TRACED;
  law_advance(law, 5 * SECOND);
  law_traced(law, "root.error:broken@1 broken.done:EFAILED@1 cousin.drain@1 "
                  "cousin.done@1 below.closed@1 sibling.drain@1 "
                  "sibling.done@1.5 g.closed@1.5");
  assert_int_equal(law_info(law, other).state, PTG_GROUP_OPEN);
}

static void failure_may_shut_the_root_down(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_ROOT);
  ptg_group other = law_group(law, law->root, "other", 0, 0);
  law_spawn(law, other, "stranger", DRAINS(0));
  law_spawn(law, g, "broken", FAILS(0));
  law->traced = TRACED;
  law_advance(law, 5 * SECOND);
  law_traced(law, "root.error:broken@0 broken.done:EFAILED@0 "
                  "stranger.drain@0 stranger.done@0 other.closed@0 g.closed@0 "
                  "root.closed@0");
}

static void policy_of_the_root_itself_counts(void **state) {
  struct law *law = *state;
  ptg_runtime_options create = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.on_failure = PTG_POLICY_SHUTDOWN_GROUP;
  create.flags = PTG_RUNTIME_MANUAL_CLOCK;
  create.root = &root;
  root.on_error = law_on_error;
  root.user_data = law->places;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&create, &runtime), PTG_OK);
  ptg_runtime *other = law->runtime;
  law->runtime = runtime;
  ptg_group handle;
  assert_int_equal(ptg_runtime_get_root(runtime, &handle), PTG_OK);
  law_spawn(law, handle, "broken", FAILS(0));
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);
  ptg_group_info info = law_info(law, handle);
  law->runtime = other;
  assert_int_equal(info.state, PTG_GROUP_CLOSED);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void ending_cancelled_is_no_failure(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_GROUP);
  struct actor *t = law_spawn(law, g, "t", CANCELS(0));
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, t->task, NULL), PTG_OK);
  law_advance(law, SECOND);
  assert_int_equal(t->outcome.status, PTG_ECANCELED);
  assert_int_equal(law_info(law, g).state, PTG_GROUP_OPEN);
}

static void policy_of_a_parent_is_not_inherited(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_GROUP);
  ptg_group below = law_group(law, g, "below", 0, 0);
  law_spawn(law, below, "broken", FAILS(0));
  law_advance(law, SECOND);
  assert_int_equal(law_info(law, g).state, PTG_GROUP_OPEN);
}

static void failure_after_the_shutdown_began_changes_nothing(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_ROOT);
  struct script script = DRAINS(SECOND / 2);
  script.ends = PTG_EFAILED;
  law_spawn(law, g, "broken", script);
  law_spawn(law, g, "slow", STUBBORN);
  law->traced = TRACE(ERROR) | TRACE(ON_CLOSED);
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 10 * SECOND);
  law_traced(law, "root.error:broken@0.5 g.closed@2 root.closed@2");
}

static void late_failure_of_an_abandoned_task_harms_nobody(void **state) {
  struct law *law = *state;
  ptg_group g = with_policy(law, law->root, "g", PTG_POLICY_SHUTDOWN_GROUP);
  struct actor *t = law_spawn(law, g, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, g);
  law->traced = TRACED;
  law_advance(law, 2 * SECOND);
  law_finish(t, PTG_EFAILED);
  law_advance(law, SECOND);
  law_traced(law, "t.drain@0 g.closed@2 root.error:t@2 t.done:EFAILED@2");
}

static void unknown_answers_are_refused(void **state) {
  struct law *law = *state;
  ptg_group out;
  ptg_group_options options = law_options(law, "g");
  options.when_full = PTG_FULL_REPLACE_OLDEST + 1;
  assert_int_equal(ptg_group_create(law->runtime, law->root, &options, &out),
                   PTG_EINVAL);
  options = law_options(law, "g");
  options.on_failure = PTG_POLICY_SHUTDOWN_ROOT + 1;
  assert_int_equal(ptg_group_create(law->runtime, law->root, &options, &out),
                   PTG_EINVAL);
}

/* -------------------------------------------------------------- observed -- */

static struct actor *spawn_observed(struct law *law, ptg_group group,
                                    struct script script) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "t";
  options.flags = PTG_SPAWN_OBSERVED;
  return law_spawn_with(law, group, &options, script);
}

static void observed_failure_goes_to_the_watcher_only(void **state) {
  struct law *law = *state;
  struct actor *t = spawn_observed(law, law->root, FAILS(SECOND));
  law_watch(law, t->task, PTG_NONE, "w");
  law->traced = TRACE(ERROR) | TRACE(DONE) | TRACE(OVER);
  law_advance(law, SECOND);
  law_traced(law, "t.done:EFAILED@1 w.over:EFAILED@1");
  assert_int_equal(law_info(law, law->root).failed, 1);
}

static void failure_that_nobody_watches_is_reported(void **state) {
  struct law *law = *state;
  struct actor *t = spawn_observed(law, law->root, FAILS(SECOND));
  struct watcher *w = law_watch(law, t->task, PTG_NONE, "w");
  assert_int_equal(ptg_watch_remove(law->runtime, w->watch), PTG_OK);
  law->traced = TRACE(ERROR) | TRACE(DONE);
  law_advance(law, SECOND);
  law_traced(law, "root.error:t@1 t.done:EFAILED@1");
}

static void watched_failure_without_the_flag_is_reported(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", FAILS(SECOND));
  law_watch(law, t->task, PTG_NONE, "w");
  law->traced = TRACE(ERROR) | TRACE(DONE) | TRACE(OVER);
  law_advance(law, SECOND);
  law_traced(law, "root.error:t@1 t.done:EFAILED@1 w.over:EFAILED@1");
}

/* ----------------------------------------------------------- attribution -- */

static void outcome_tells_reason_and_originator(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  struct actor *asker = law_spawn(law, law->root, "asker", STUBBORN);
  struct actor *a = law_spawn(law, g, "a", CANCELS(0));
  struct actor *b = law_spawn(law, g, "b", CANCELS(0));
  struct actor *c = law_spawn(law, law->root, "c", WORKS(0));
  struct watcher *w = law_watch(law, a->task, PTG_NONE, "w");
  law_advance(law, 0);
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = "disk is full";
  options.originator = asker->task;
  assert_int_equal(ptg_task_cancel(law->runtime, a->task, &options), PTG_OK);
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 0);
  assert_int_equal(a->outcome.reason_length, strlen("disk is full"));
  assert_int_equal(a->outcome.originator, asker->task);
  assert_int_equal(w->outcome.originator, asker->task);
  assert_int_equal(b->outcome.reason_length, strlen("shutdown"));
  assert_int_equal(b->outcome.originator, g);
  assert_null(c->outcome.reason);
  assert_int_equal(c->outcome.originator, PTG_NONE);
}

static void place_of_a_spawn_is_copied_and_told(void **state) {
  struct law *law = *state;
  char place[] = "orders.lua:17";
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "t";
  options.place = place;
  struct actor *t = law_spawn_with(law, law->root, &options, STUBBORN);
  place[0] = 'X';
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, t->task, &info), PTG_OK);
  assert_string_equal(info.place, "orders.lua:17");
  assert_int_equal(info.place_length, strlen("orders.lua:17"));
  options.place = "orders.lua:18";
  options.place_length = 6;
  t = law_spawn_with(law, law->root, &options, STUBBORN);
  assert_int_equal(ptg_task_get_info(law->runtime, t->task, &info), PTG_OK);
  assert_string_equal(info.place, "orders");
  options.place = NULL;
  t = law_spawn_with(law, law->root, &options, STUBBORN);
  assert_int_equal(ptg_task_get_info(law->runtime, t->task, &info), PTG_OK);
  assert_null(info.place);
  options.place = "\xff";
  options.place_length = PTG_NUL_TERMINATED;
  assert_int_equal(law_spawn_with(law, law->root, &options, STUBBORN)->spawned,
                   PTG_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(failure_by_default_ends_nothing),
      LAW(failure_may_shut_its_group_down),
      LAW(failure_may_shut_the_root_down),
      LAW(policy_of_the_root_itself_counts),
      LAW(ending_cancelled_is_no_failure),
      LAW(policy_of_a_parent_is_not_inherited),
      LAW(failure_after_the_shutdown_began_changes_nothing),
      LAW(late_failure_of_an_abandoned_task_harms_nobody),
      LAW(unknown_answers_are_refused),
      LAW(observed_failure_goes_to_the_watcher_only),
      LAW(failure_that_nobody_watches_is_reported),
      LAW(watched_failure_without_the_flag_is_reported),
      LAW(outcome_tells_reason_and_originator),
      LAW(place_of_a_spawn_is_copied_and_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
