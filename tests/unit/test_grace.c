/* test_grace.c - asking for more time: what the deadline leaves is given, and
 * how much that is is told.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t extend(struct law *law, const struct actor *actor,
                      int64_t wanted_ns) {
  int64_t left_ns = 77;
  assert_int_equal(
      ptg_task_extend_grace(law->runtime, actor->task, wanted_ns, &left_ns),
      PTG_OK);
  return left_ns;
}

static void is_busy(struct law *law, const struct actor *actor) {
  int64_t left_ns = 77;
  assert_int_equal(
      ptg_task_extend_grace(law->runtime, actor->task, SECOND, &left_ns),
      PTG_EBUSY);
  assert_int_equal(left_ns, 0);
}

/* A group of one second each, with a deadline, and a task that ends when it is
 * cancelled. */
static struct actor *begin(struct law *law, int64_t deadline_ns,
                           ptg_group *group) {
  *group = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, *group, "t", CANCELS(0));
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = deadline_ns;
  assert_int_equal(ptg_group_shutdown(law->runtime, *group, &options), PTG_OK);
  law_advance(law, SECOND / 2);
  return t;
}

static void time_is_given_as_wanted_if_the_deadline_leaves_it(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  assert_int_equal(extend(law, t, 4 * SECOND), 4 * SECOND);
  assert_int_equal(law_info(law, g).phase_left_ns, 4 * SECOND);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@4.5 g.closed@4.5");
}

static void no_more_is_given_than_the_deadline_leaves(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  assert_int_equal(extend(law, t, 60 * SECOND), 8 * SECOND + SECOND / 2);
  law_advance(law, 60 * SECOND);
  law_traced(law, "t.cancel@9 g.closed@9");
}

static void endless_wish_is_bounded_too(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  assert_int_equal(extend(law, t, INT64_MAX), 8 * SECOND + SECOND / 2);
}

static void group_without_a_deadline_has_nothing_to_give(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 0, &g);
  assert_int_equal(extend(law, t, 4 * SECOND), SECOND / 2);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@1 g.closed@1");
}

static void endless_phase_is_told_as_such(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_FOREVER, SECOND);
  struct actor *t = law_spawn(law, g, "t", CANCELS(0));
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, SECOND);
  assert_int_equal(extend(law, t, SECOND), PTG_FOREVER);
}

static void wish_for_less_shortens_nothing(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  assert_int_equal(extend(law, t, 0), SECOND / 2);
  assert_int_equal(extend(law, t, 4 * SECOND), 4 * SECOND);
  assert_int_equal(extend(law, t, SECOND), 4 * SECOND);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@4.5 g.closed@4.5");
}

static void wishes_of_many_do_not_add_up(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "u";
  options.spawner = t->task;
  struct actor *u = law_spawn_with(law, g, &options, CANCELS(0));
  assert_int_equal(extend(law, t, 2 * SECOND), 2 * SECOND);
  assert_int_equal(extend(law, u, 3 * SECOND), 3 * SECOND);
  assert_int_equal(extend(law, t, 2 * SECOND), 3 * SECOND);
}

static void later_call_shortens_it_again(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  extend(law, t, 5 * SECOND);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = 2 * SECOND;
  law_advance(law, SECOND / 4);
  assert_int_equal(ptg_group_shutdown(law->runtime, g, &options), PTG_OK);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@2 g.closed@2");
}

static void later_call_with_a_longer_grace_takes_nothing_back(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  extend(law, t, 5 * SECOND);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = 8 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, g, &options), PTG_OK);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@5.5 g.closed@5.5");
}

static void wish_that_got_nothing_is_not_granted_later(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 0, &g);
  extend(law, t, 4 * SECOND);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = 60 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, g, &options), PTG_OK);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@1 g.closed@1");
}

static void tighter_deadline_shortens_it_again(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  extend(law, t, 5 * SECOND);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = 3 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, g, &options), PTG_OK);
  assert_int_equal(extend(law, t, 5 * SECOND), 2 * SECOND);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@2.5 g.closed@2.5");
}

static void force_ends_it_at_once(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  extend(law, t, 5 * SECOND);
  law_force(law, g);
  law_advance(law, SECOND);
  law_traced(law, "t.cancel@0.5 g.closed@0.5");
}

static void only_a_drain_phase_can_be_longer(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group inner = law_group(law, outer, "inner", SECOND, SECOND);
  struct actor *out = law_spawn(law, outer, "out", STUBBORN);
  struct actor *in = law_spawn(law, inner, "in", STUBBORN);
  law_advance(law, 0);
  is_busy(law, out);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = 60 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, outer, &options), PTG_OK);
  law_advance(law, 0);
  is_busy(law, out); /* its turn has not come */
  assert_int_equal(extend(law, in, 2 * SECOND), 2 * SECOND);
  law_advance(law, 2 * SECOND + SECOND / 2);
  is_busy(law, in); /* cancelling */
  law_advance(law, SECOND);
  assert_int_equal(extend(law, out, 2 * SECOND), 2 * SECOND);
  is_busy(law, in); /* abandoned */
}

/* The deadline is for all: what one group is given leaves the cancel phases of
 * those that come later alone. */
static void later_groups_keep_their_cancel_phase(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", SECOND, 2 * SECOND);
  ptg_group later = law_group(law, outer, "later", SECOND, 2 * SECOND);
  ptg_group first = law_group(law, outer, "first", SECOND, 2 * SECOND);
  struct actor *t = law_spawn(law, first, "t", STUBBORN);
  law_spawn(law, later, "u", STUBBORN);
  law_spawn(law, outer, "v", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = 10 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, outer, &options), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(extend(law, t, 60 * SECOND), 4 * SECOND);
  law_advance(law, 60 * SECOND);
  law_traced(law, "t.cancel@4 first.closed@6 u.cancel@6 later.closed@8 "
                  "v.cancel@8 outer.closed@10");
}

static void malformed_wishes_are_refused(void **state) {
  struct law *law = *state;
  ptg_group g;
  struct actor *t = begin(law, 10 * SECOND, &g);
  int64_t left_ns = 77;
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(ptg_task_extend_grace(runtime, t->task, SECOND, NULL),
                   PTG_EINVAL);
  assert_int_equal(
      ptg_task_extend_grace(runtime, t->task, PTG_FOREVER, &left_ns),
      PTG_EINVAL);
  assert_int_equal(left_ns, 0);
  assert_int_equal(ptg_task_extend_grace(runtime, g, SECOND, &left_ns),
                   PTG_EKIND);
  assert_int_equal(ptg_task_extend_grace(runtime, PTG_NONE, SECOND, &left_ns),
                   PTG_EINVAL);
  assert_int_equal(ptg_task_extend_grace(NULL, t->task, SECOND, &left_ns),
                   PTG_EINVAL);
  ptg_task task = t->task;
  law_finish(t, PTG_OK);
  assert_int_equal(ptg_task_extend_grace(runtime, task, SECOND, &left_ns),
                   PTG_ESTALE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(time_is_given_as_wanted_if_the_deadline_leaves_it),
      LAW(no_more_is_given_than_the_deadline_leaves),
      LAW(endless_wish_is_bounded_too),
      LAW(group_without_a_deadline_has_nothing_to_give),
      LAW(endless_phase_is_told_as_such),
      LAW(wish_for_less_shortens_nothing),
      LAW(wishes_of_many_do_not_add_up),
      LAW(later_call_shortens_it_again),
      LAW(later_call_with_a_longer_grace_takes_nothing_back),
      LAW(wish_that_got_nothing_is_not_granted_later),
      LAW(tighter_deadline_shortens_it_again),
      LAW(force_ends_it_at_once),
      LAW(only_a_drain_phase_can_be_longer),
      LAW(later_groups_keep_their_cancel_phase),
      LAW(malformed_wishes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
