/* test_plan.c - the plan says what a shutdown would do at worst. The proof is
 * to play it: a tree in which every task uses every limit must keep to the
 * plan to the nanosecond.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define GROUPS_MAX 16

static size_t plan_of(struct law *law, ptg_group group, ptg_plan_step *steps) {
  size_t count;
  assert_int_equal(ptg_group_get_plan(law->runtime, group, steps,
                                      sizeof(steps[0]), GROUPS_MAX, &count),
                   PTG_OK);
  return count;
}

static void step_is(const ptg_plan_step *step, ptg_group group,
                    ptg_group waits_for, int64_t begin_ns, int64_t cancel_ns,
                    int64_t closed_ns, uint32_t is_critical) {
  assert_int_equal(step->size, sizeof(*step));
  assert_int_equal(step->group, group);
  assert_int_equal(step->waits_for, waits_for);
  assert_int_equal(step->begin_ns, begin_ns);
  assert_int_equal(step->cancel_ns, cancel_ns);
  assert_int_equal(step->closed_ns, closed_ns);
  assert_int_equal(step->is_critical, is_critical);
}

/* --------------------------------------------------------------- by hand -- */

static void plan_tells_order_and_worst_times_of_a_chain(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", SECOND, 2 * SECOND);
  ptg_group a = law_group(law, top, "a", 3 * SECOND, SECOND);
  ptg_group b = law_group(law, top, "b", 5 * SECOND, PTG_AT_ONCE);
  law_advance(law, 100 * SECOND);
  ptg_plan_step steps[GROUPS_MAX];
  assert_int_equal(plan_of(law, top, steps), 3);
  step_is(&steps[0], b, PTG_NONE, 0, 5 * SECOND, 5 * SECOND, 1);
  step_is(&steps[1], a, b, 5 * SECOND, 8 * SECOND, 9 * SECOND, 1);
  step_is(&steps[2], top, a, 9 * SECOND, 10 * SECOND, 12 * SECOND, 1);
}

static void critical_path_leads_through_the_slowest(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "top");
  options.flags = PTG_GROUP_PARALLEL;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  ptg_group top = law_make(law, law->root, &options);
  ptg_group a = law_group(law, top, "a", 2 * SECOND, 0);
  ptg_group b = law_group(law, top, "b", 4 * SECOND, 0);
  ptg_group c = law_group(law, top, "c", 3 * SECOND, 0);
  assert_int_equal(ptg_group_stops_before(law->runtime, a, c), PTG_OK);
  ptg_plan_step steps[GROUPS_MAX];
  assert_int_equal(plan_of(law, top, steps), 4);
  step_is(&steps[0], b, PTG_NONE, 0, 4 * SECOND, 5 * SECOND, 0);
  step_is(&steps[1], a, PTG_NONE, 0, 2 * SECOND, 3 * SECOND, 1);
  step_is(&steps[2], c, a, 3 * SECOND, 6 * SECOND, 7 * SECOND, 1);
  step_is(&steps[3], top, c, 7 * SECOND, 8 * SECOND, 9 * SECOND, 1);
}

static void group_that_may_take_for_ever_has_no_bound_in_the_plan(void **s) {
  struct law *law = *s;
  ptg_group top = law_group(law, law->root, "top", SECOND, SECOND);
  ptg_group a = law_group(law, top, "a", SECOND, PTG_FOREVER);
  ptg_plan_step steps[GROUPS_MAX];
  assert_int_equal(plan_of(law, top, steps), 2);
  step_is(&steps[0], a, PTG_NONE, 0, SECOND, PTG_FOREVER, 1);
  step_is(&steps[1], top, a, PTG_FOREVER, PTG_FOREVER, PTG_FOREVER, 1);
}

static void plan_runs_nothing_and_changes_nothing(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", SECOND, SECOND);
  law_spawn(law, top, "t", KILLS(0));
  ptg_group child = law_group(law, top, "child", 0, 0);
  law_advance(law, 0);
  size_t takings = law->takings;
  law->traced = ~0u;
  ptg_plan_step steps[GROUPS_MAX];
  assert_int_equal(plan_of(law, top, steps), 2);
  law_advance(law, 100 * SECOND);
  law_traced(law, "");
  assert_int_equal(law->takings, takings);
  assert_int_equal(law_info(law, top).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, child).is_ending, 0);
}

static void plan_counts_the_wait_for_what_can_be_killed(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", SECOND, SECOND);
  ptg_plan_step steps[GROUPS_MAX];
  plan_of(law, top, steps);
  step_is(&steps[0], top, PTG_NONE, 0, SECOND, 2 * SECOND, 1);
  law_spawn(law, top, "t", KILLS(0));
  plan_of(law, top, steps);
  step_is(&steps[0], top, PTG_NONE, 0, SECOND, 2 * SECOND + PTG_KILL_WAIT_NS,
          1);
}

static void plan_keeps_to_a_deadline(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "top");
  options.grace_ns = 10 * SECOND;
  options.cancel_wait_ns = SECOND;
  options.deadline_ns = 5 * SECOND;
  ptg_group top = law_make(law, law->root, &options);
  ptg_group a = law_group(law, top, "a", 0, 0);
  ptg_plan_step steps[GROUPS_MAX];
  plan_of(law, top, steps);
  step_is(&steps[0], a, PTG_NONE, 0, 3 * SECOND, 4 * SECOND, 1);
  step_is(&steps[1], top, a, 4 * SECOND, 4 * SECOND, 5 * SECOND, 1);
}

static void plan_of_a_group_that_is_ending_is_refused(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", SECOND, SECOND);
  ptg_group child = law_group(law, top, "child", 0, 0);
  law_spawn(law, child, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, top);
  size_t count = 77;
  assert_int_equal(ptg_group_get_plan(law->runtime, top, NULL,
                                      sizeof(ptg_plan_step), 0, &count),
                   PTG_ECLOSED);
  assert_int_equal(count, 0);
  assert_int_equal(ptg_group_get_plan(law->runtime, child, NULL,
                                      sizeof(ptg_plan_step), 0, &count),
                   PTG_ECLOSED);
}

static void plan_that_does_not_fit_says_its_size_and_copies_nothing(void **s) {
  struct law *law = *s;
  ptg_group top = law_group(law, law->root, "top", SECOND, SECOND);
  law_group(law, top, "a", 0, 0);
  ptg_plan_step steps[2] = {{0}};
  size_t count;
  assert_int_equal(
      ptg_group_get_plan(law->runtime, top, steps, sizeof(steps[0]), 1, &count),
      PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(steps[0].size, 0);
  assert_int_equal(ptg_group_get_plan(law->runtime, top, steps, 0, 2, &count),
                   PTG_EINVAL);
}

/* ---------------------------------------------------------------- played -- */

static int64_t some_limit(uint64_t *seed) {
  uint32_t kind = law_pick(seed, 8);
  if (kind == 0) return 0;
  if (kind == 1) return PTG_AT_ONCE;
  return 1 + (int64_t)law_pick(seed, 1000000000);
}

/* A random tree below the root, in which every group has a stubborn task. */
static void make_worst_tree(struct law *law, uint64_t *seed,
                            int has_deadlines) {
  ptg_group groups[GROUPS_MAX] = {law->root};
  for (uint32_t i = 1; i < GROUPS_MAX; i++) {
    ptg_group_options options = law_options(law, "group");
    options.flags = law_pick(seed, 2) ? PTG_GROUP_PARALLEL : 0;
    options.grace_ns = some_limit(seed);
    options.cancel_wait_ns = some_limit(seed);
    if (has_deadlines && law_pick(seed, 3) == 0)
      options.deadline_ns = some_limit(seed);
    groups[i] = law_make(law, groups[law_pick(seed, i)], &options);
  }
  for (uint32_t i = 0; i < GROUPS_MAX; i++) {
    law_spawn(law, groups[i], "stubborn", STUBBORN);
    if (law_pick(seed, 3) == 0)
      law_spawn(law, groups[i], "killed", KILLS(NEVER));
  }
  for (int i = 0; i < 3 * GROUPS_MAX; i++) /* some are refused: no matter */
    ptg_group_stops_before(law->runtime, groups[law_pick(seed, GROUPS_MAX)],
                           groups[law_pick(seed, GROUPS_MAX)]);
}

/* The critical path is a chain from the top down to who waits for nobody, each
 * beginning when the one that it waits for is closed. */
static void check_critical_path(const ptg_plan_step *steps, size_t count) {
  const ptg_plan_step *at = &steps[count - 1];
  size_t length = 1, critical = 0;
  for (size_t i = 0; i < count; i++) {
    critical += steps[i].is_critical;
    assert_true(i == 0 || steps[i].begin_ns >= steps[i - 1].begin_ns);
  }
  while (at->waits_for != PTG_NONE) {
    const ptg_plan_step *next = steps;
    while (next->group != at->waits_for)
      next++;
    assert_int_equal(at->is_critical, 1);
    assert_int_equal(next->closed_ns, at->begin_ns);
    at = next;
    length++;
  }
  assert_int_equal(at->begin_ns, 0);
  assert_int_equal(length, critical);
}

static void kept_to(const ptg_plan_step *steps, const ptg_report_row *row,
                    int64_t begun_ns) {
  while (steps->group != row->group)
    steps++;
  assert_int_equal(row->state, PTG_GROUP_CLOSED);
  assert_int_equal(row->drain_ns - begun_ns, steps->begin_ns);
  assert_int_equal(row->cancel_ns - begun_ns, steps->cancel_ns);
  assert_int_equal(row->closed_ns - begun_ns, steps->closed_ns);
}

static void play(uint64_t seed, int has_deadlines) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  make_worst_tree(law, &seed, has_deadlines);
  law_advance(law, SECOND);
  ptg_plan_step steps[GROUPS_MAX];
  assert_int_equal(plan_of(law, law->root, steps), GROUPS_MAX);
  assert_int_equal(steps[GROUPS_MAX - 1].group, law->root);
  check_critical_path(steps, GROUPS_MAX);

  law_shutdown(law, law->root);
  law_advance(law, 200 * SECOND);
  ptg_report_row rows[GROUPS_MAX];
  size_t count;
  assert_int_equal(ptg_group_get_report(law->runtime, law->root, rows,
                                        sizeof(rows[0]), GROUPS_MAX, &count),
                   PTG_OK);
  assert_int_equal(count, GROUPS_MAX);
  for (size_t i = 0; i < count; i++)
    kept_to(steps, &rows[i], SECOND + 1);
  law_teardown(&state);
}

static void worst_case_keeps_to_the_plan_to_the_nanosecond(void **state) {
  for (uint64_t seed = 1; seed <= 300; seed++)
    play(seed, 0);
}

static void worst_case_with_deadlines_keeps_to_the_plan(void **state) {
  for (uint64_t seed = 1; seed <= 300; seed++)
    play(seed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(plan_tells_order_and_worst_times_of_a_chain),
      LAW(critical_path_leads_through_the_slowest),
      LAW(group_that_may_take_for_ever_has_no_bound_in_the_plan),
      LAW(plan_runs_nothing_and_changes_nothing),
      LAW(plan_counts_the_wait_for_what_can_be_killed),
      LAW(plan_keeps_to_a_deadline),
      LAW(plan_of_a_group_that_is_ending_is_refused),
      LAW(plan_that_does_not_fit_says_its_size_and_copies_nothing),
      cmocka_unit_test(worst_case_keeps_to_the_plan_to_the_nanosecond),
      cmocka_unit_test(worst_case_with_deadlines_keeps_to_the_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
