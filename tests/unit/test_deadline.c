/* test_deadline.c - one deadline for a whole subtree: all is closed by it, and
 * nobody's hanging takes from the cancel phases of those still to come.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void shut_by(struct law *law, ptg_group group, int64_t deadline_ns) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = deadline_ns;
  assert_int_equal(ptg_group_shutdown(law->runtime, group, &options), PTG_OK);
}

static ptg_group deadline_group(struct law *law, ptg_group parent,
                                const char *name, int64_t deadline_ns) {
  ptg_group_options options = law_options(law, name);
  options.grace_ns = 10 * SECOND;
  options.cancel_wait_ns = 2 * SECOND;
  options.deadline_ns = deadline_ns;
  ptg_group group = law_make(law, parent, &options);
  law_spawn(law, group, name, STUBBORN);
  return group;
}

static ptg_group stubborn_group(struct law *law, ptg_group parent,
                                const char *name) {
  return deadline_group(law, parent, name, 0);
}

/* p > a, b, c, each with a stubborn task, 10 s grace and 2 s cancel wait. */
static ptg_group stubborn_tree(struct law *law, int64_t deadline_ns) {
  ptg_group parent = deadline_group(law, law->root, "p", deadline_ns);
  stubborn_group(law, parent, "a");
  stubborn_group(law, parent, "b");
  stubborn_group(law, parent, "c");
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(KILL) | TRACE(ON_CLOSED);
  return parent;
}

/* ------------------------------------------------------------ the share -- */

static void hung_group_leaves_the_later_ones_their_cancel_phase(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  shut_by(law, parent, 12 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.drain@0 c.cancel@4 c.closed@6 b.cancel@6 "
                  "b.closed@8 a.cancel@8 a.closed@10 p.cancel@10 "
                  "p.closed@12");
}

static void what_an_early_one_leaves_goes_to_the_next_ones_grace(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  shut_by(law, parent, 12 * SECOND);
  law_advance(law, SECOND);
  law_finish(law_actor(law, "c"), PTG_OK);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.drain@0 c.closed@1 b.drain@1 "
                  "b.cancel@6 b.closed@8 a.cancel@8 a.closed@10 p.cancel@10 "
                  "p.closed@12");
}

static void deadline_too_short_for_all_is_shared_in_proportion(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  shut_by(law, parent, 4 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@0 c.closed@1 b.cancel@1 b.closed@2 a.cancel@2 "
                  "a.closed@3 p.cancel@3 p.closed@4");
}

static void deadline_that_leaves_enough_changes_nothing(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  shut_by(law, parent, 48 * SECOND);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@10 c.closed@12 b.cancel@22 b.closed@24 a.cancel@34 "
                  "a.closed@36 p.cancel@46 p.closed@48");
}

static void groups_own_deadline_does_the_same(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 12 * SECOND);
  law_advance(law, SECOND);
  law_shutdown(law, parent);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@5 c.closed@7 b.cancel@7 b.closed@9 a.cancel@9 "
                  "a.closed@11 p.cancel@11 p.closed@13");
}

static void parallel_children_share_the_same_time(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "p");
  options.flags = PTG_GROUP_PARALLEL;
  options.grace_ns = 10 * SECOND;
  options.cancel_wait_ns = 2 * SECOND;
  ptg_group parent = law_make(law, law->root, &options);
  ptg_group a = stubborn_group(law, parent, "a");
  stubborn_group(law, parent, "b");
  ptg_group c = stubborn_group(law, parent, "c");
  law_spawn(law, parent, "p", STUBBORN);
  assert_int_equal(ptg_group_stops_before(law->runtime, c, a), PTG_OK);
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, parent, 8 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@2 b.cancel@4 c.closed@4 a.cancel@4 b.closed@6 "
                  "a.closed@6 p.cancel@6 p.closed@8");
}

/* ------------------------------------------------------------ which one -- */

static void childs_deadline_is_never_later_than_its_parents(void **state) {
  struct law *law = *state;
  ptg_group parent = deadline_group(law, law->root, "p", 6 * SECOND);
  deadline_group(law, parent, "a", 100 * SECOND);
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 100 * SECOND);
  law_traced(law, "a.cancel@2 a.closed@4 p.cancel@4 p.closed@6");
}

static void tighter_deadline_of_a_child_counts_for_it(void **state) {
  struct law *law = *state;
  ptg_group parent = deadline_group(law, law->root, "p", 20 * SECOND);
  ptg_group a = deadline_group(law, parent, "a", 6 * SECOND);
  stubborn_group(law, a, "b");
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 100 * SECOND);
  law_traced(law, "b.cancel@2 b.closed@4 a.cancel@4 a.closed@6 p.cancel@16 "
                  "p.closed@18");
}

static void deadline_of_no_time_closes_everything_at_once(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  law_spawn(law, parent, "k", KILLS(0));
  law_advance(law, 0);
  shut_by(law, parent, PTG_AT_ONCE);
  law_advance(law, 0);
  law_traced(law, "c.cancel@0 c.closed@0 b.cancel@0 b.closed@0 a.cancel@0 "
                  "a.closed@0 k.cancel@0 p.cancel@0 k.kill@0 p.closed@0");
}

static void what_can_be_killed_is_killed_before_the_deadline(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 10 * SECOND, 2 * SECOND);
  law_spawn(law, group, "k", KILLS(NEVER));
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(KILL) | TRACE(ON_CLOSED);
  shut_by(law, group, 5 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "k.cancel@2 k.kill@4 g.closed@5");
}

static void what_can_be_killed_is_so_under_the_shortest_deadline(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 10 * SECOND, 2 * SECOND);
  law_spawn(law, group, "k", KILLS(NEVER));
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(KILL) | TRACE(ON_CLOSED);
  shut_by(law, group, SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "k.cancel@0 k.kill@0.5 g.closed@1");
}

/* --------------------------------------------------------- second calls -- */

static void longer_deadline_later_changes_nothing(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, parent, 8 * SECOND);
  law_advance(law, SECOND);
  shut_by(law, parent, 100 * SECOND);
  shut_by(law, parent, PTG_FOREVER);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@0 c.closed@2 b.cancel@2 b.closed@4 a.cancel@4 "
                  "a.closed@6 p.cancel@6 p.closed@8");
}

static void shorter_deadline_later_shortens(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, parent, 48 * SECOND);
  law_advance(law, 4 * SECOND);
  shut_by(law, parent, 9 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@5 c.closed@7 b.cancel@7 b.closed@9 a.cancel@9 "
                  "a.closed@11 p.cancel@11 p.closed@13");
}

/* c is in its cancel phase, of which one second is left. */
static void shorter_deadline_counts_only_what_is_left_of_a_phase(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_tree(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, parent, 9 * SECOND);
  law_advance(law, 2 * SECOND);
  shut_by(law, parent, 7 * SECOND / 2); /* it was 7 s */
  law_advance(law, 100 * SECOND);
  law_traced(law, "c.cancel@1 c.closed@2.5 b.cancel@2.5 b.closed@3.5 "
                  "a.cancel@3.5 a.closed@4.5 p.cancel@4.5 p.closed@5.5");
}

static void deadline_for_a_child_leaves_its_parents_alone(void **state) {
  struct law *law = *state;
  ptg_group parent = stubborn_group(law, law->root, "p");
  ptg_group a = stubborn_group(law, parent, "a");
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  shut_by(law, a, 3 * SECOND);
  law_advance(law, 100 * SECOND);
  law_traced(law, "a.cancel@1 a.closed@3 p.cancel@13 p.closed@15");
}

/* ------------------------------------------------------------ newcomers -- */

static void group_made_late_leaves_the_later_ones_a_cancel_phase(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", 10 * SECOND, 2 * SECOND);
  ptg_group older = stubborn_group(law, top, "older");
  stubborn_group(law, top, "newer");
  law_spawn(law, top, "top", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, top, 6 * SECOND);
  law_advance(law, 0);
  stubborn_group(law, older, "late");
  law_advance(law, 100 * SECOND);
  /* older's two seconds are now for two. */
  law_traced(law, "newer.cancel@0 newer.closed@2 late.cancel@2 late.closed@3 "
                  "older.cancel@3 older.closed@4 top.cancel@4 top.closed@6");
}

static void groups_made_late_share_with_those_that_were_there(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", 10 * SECOND, 2 * SECOND);
  ptg_group older = stubborn_group(law, top, "older");
  stubborn_group(law, older, "child");
  stubborn_group(law, top, "newer");
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  shut_by(law, top, 8 * SECOND); /* newer 2 s, child 2 s, older 2 s, top 2 s */
  law_advance(law, 0);
  stubborn_group(law, older, "late");
  stubborn_group(law, older, "later");
  law_advance(law, 100 * SECOND);
  /* older's four seconds are now for four. */
  law_traced(law, "newer.cancel@0 newer.closed@2 later.cancel@2 "
                  "later.closed@3 late.cancel@3 late.closed@4 child.cancel@4 "
                  "child.closed@5 older.cancel@5 older.closed@6 top.closed@6");
}

/* --------------------------------------------------------------- random -- */

#define FOREST 12

static struct script some_script(uint64_t *seed) {
  int64_t ns = (int64_t)law_pick(seed, 3) * SECOND;
  switch (law_pick(seed, 5)) {
  case 0:
    return DRAINS(ns);
  case 1:
    return CANCELS(ns);
  case 2:
    return KILLS(ns);
  case 3:
    return KILLS(NEVER);
  default:
    return STUBBORN;
  }
}

static void make_forest(struct law *law, uint64_t *seed, ptg_group *groups) {
  groups[0] = law->root;
  for (uint32_t i = 1; i < FOREST; i++) {
    ptg_group_options options = law_options(law, "g");
    options.flags = law_pick(seed, 2) ? PTG_GROUP_PARALLEL : 0;
    options.grace_ns = (1 + law_pick(seed, 5)) * SECOND;
    options.cancel_wait_ns = (1 + law_pick(seed, 5)) * SECOND;
    if (law_pick(seed, 4) == 0)
      options.deadline_ns = law_pick(seed, 20) * SECOND;
    groups[i] = law_make(law, groups[law_pick(seed, i)], &options);
    for (uint32_t tasks = law_pick(seed, 3); tasks > 0; tasks--)
      law_spawn(law, groups[i], "t", some_script(seed));
  }
}

static void check_rows(struct law *law, int64_t by_ns) {
  ptg_report_row rows[FOREST + 1];
  size_t count;
  assert_int_equal(ptg_group_get_report(law->runtime, law->root, rows,
                                        sizeof(rows[0]), FOREST + 1, &count),
                   PTG_OK);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(rows[i].state, PTG_GROUP_CLOSED);
    assert_true(rows[i].closed_ns <= by_ns);
    /* Who had to be given up was asked before, and had time to obey. */
    if (rows[i].abandoned > 0)
      assert_true(rows[i].cancel_ns > 0 &&
                  rows[i].cancel_ns < rows[i].closed_ns);
  }
}

static void all_is_closed_by_the_deadline_whatever_tasks_do(void **state) {
  for (uint64_t run = 1; run <= 500; run++) {
    void *fresh;
    law_setup(&fresh);
    struct law *law = fresh;
    uint64_t seed = run;
    ptg_group groups[FOREST];
    make_forest(law, &seed, groups);
    law_advance(law, 0);
    int64_t deadline_ns = (1 + law_pick(&seed, 60)) * SECOND;
    shut_by(law, law->root, deadline_ns);
    law_advance(law, law_pick(&seed, 2) * SECOND);
    ptg_group_shutdown(law->runtime, groups[law_pick(&seed, FOREST)], NULL);
    int64_t second_ns = (1 + law_pick(&seed, 60)) * SECOND;
    int64_t by_ns = law_now(law) + 1 + second_ns;
    shut_by(law, law->root, second_ns);
    if (by_ns > deadline_ns + 1) by_ns = deadline_ns + 1;
    law_advance(law, 61 * SECOND);
    check_rows(law, by_ns);
    law_teardown(&fresh);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(hung_group_leaves_the_later_ones_their_cancel_phase),
      LAW(what_an_early_one_leaves_goes_to_the_next_ones_grace),
      LAW(deadline_too_short_for_all_is_shared_in_proportion),
      LAW(deadline_that_leaves_enough_changes_nothing),
      LAW(groups_own_deadline_does_the_same),
      LAW(parallel_children_share_the_same_time),
      LAW(childs_deadline_is_never_later_than_its_parents),
      LAW(tighter_deadline_of_a_child_counts_for_it),
      LAW(deadline_of_no_time_closes_everything_at_once),
      LAW(what_can_be_killed_is_killed_before_the_deadline),
      LAW(what_can_be_killed_is_so_under_the_shortest_deadline),
      LAW(longer_deadline_later_changes_nothing),
      LAW(shorter_deadline_later_shortens),
      LAW(shorter_deadline_counts_only_what_is_left_of_a_phase),
      LAW(deadline_for_a_child_leaves_its_parents_alone),
      LAW(group_made_late_leaves_the_later_ones_a_cancel_phase),
      LAW(groups_made_late_share_with_those_that_were_there),
      cmocka_unit_test(all_is_closed_by_the_deadline_whatever_tasks_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
