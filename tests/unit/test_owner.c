/* test_owner.c - groups bound to a task: its end, however it comes, shuts them
 * down, and is told only when they are closed.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static ptg_group own(struct law *law, ptg_group parent, const char *name,
                     const struct actor *owner) {
  ptg_group_options options = law_options(law, name);
  options.grace_ns = options.cancel_wait_ns = SECOND;
  options.owner = owner->task;
  return law_make(law, parent, &options);
}

#define TRACED (TRACE(DONE) | TRACE(ON_CLOSED) | TRACE(OVER))

/* A group with a task that needs half a second to drain. */
struct scope {
  struct actor *owner;
  ptg_group group;
};

static struct scope make_scope(struct law *law, struct script script) {
  struct scope scope;
  scope.owner = law_spawn(law, law->root, "owner", script);
  scope.group = own(law, law->root, "scope", scope.owner);
  law_watch(law, scope.owner->task, PTG_NONE, "watcher");
  law_spawn(law, scope.group, "member", DRAINS(SECOND / 2));
  law->traced = TRACED;
  return scope;
}

/* ------------------------------------------------------------------ ends -- */

static void owner_that_ends_well_ends_its_group(void **state) {
  struct law *law = *state;
  struct scope scope = make_scope(law, WORKS(SECOND));
  law_advance(law, SECOND / 2);
  assert_int_equal(law_info(law, scope.group).owner, scope.owner->task);
  assert_int_equal(law_info(law, scope.group).state, PTG_GROUP_OPEN);
  law_advance(law, SECOND / 2);
  assert_int_equal(law_info(law, scope.group).state, PTG_GROUP_DRAINING);
  assert_int_equal(law_info(law, scope.group).owner, PTG_NONE);
  law_advance(law, SECOND);
  law_traced(law, "member.done@1.5 scope.closed@1.5 owner.done@1.5 "
                  "watcher.over@1.5");
}

static void owner_that_fails_ends_its_group(void **state) {
  struct law *law = *state;
  make_scope(law, FAILS(SECOND));
  law->traced |= TRACE(ERROR);
  law_advance(law, 3 * SECOND);
  law_traced(law, "root.error:owner@1 member.done@1.5 scope.closed@1.5 "
                  "owner.done:EFAILED@1.5 watcher.over:EFAILED@1.5");
}

static void owner_whose_start_fails_ends_its_group(void **state) {
  struct law *law = *state;
  make_scope(law, FAILS(0));
  law_advance(law, 3 * SECOND);
  law_traced(law, "member.done@0.5 scope.closed@0.5 owner.done:EFAILED@0.5 "
                  "watcher.over:EFAILED@0.5");
}

static void owner_that_is_cancelled_ends_its_group(void **state) {
  struct law *law = *state;
  struct scope scope = make_scope(law, CANCELS(SECOND));
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, scope.owner->task, NULL),
                   PTG_OK);
  law_advance(law, 3 * SECOND);
  law_traced(law, "member.done@1.5 scope.closed@1.5 "
                  "owner.done:ECANCELED@1.5 watcher.over:ECANCELED@1.5");
}

static void owner_that_never_ran_ends_its_group(void **state) {
  struct law *law = *state;
  struct scope scope = make_scope(law, STUBBORN);
  assert_int_equal(ptg_task_cancel(law->runtime, scope.owner->task, NULL),
                   PTG_OK);
  law_advance(law, 3 * SECOND);
  law_traced(law, "member.done@0.5 scope.closed@0.5 "
                  "owner.done:ECANCELED@0.5 watcher.over:ECANCELED@0.5");
  assert_int_equal(scope.owner->told[START], 0);
}

static void owner_that_waits_for_a_place_ends_its_group(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "bounded");
  options.max_tasks = 1;
  options.when_full = PTG_FULL_QUEUE;
  ptg_group bounded = law_make(law, law->root, &options);
  law_spawn(law, bounded, "first", STUBBORN);
  struct actor *owner = law_spawn(law, bounded, "owner", STUBBORN);
  ptg_group group = own(law, bounded, "scope", owner);
  law_spawn(law, group, "member", DRAINS(SECOND / 2));
  law->traced = TRACED;
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, owner->task, NULL), PTG_OK);
  law_advance(law, SECOND);
  law_traced(law, "member.done@0.5 scope.closed@0.5 owner.done:ECANCELED@0.5");
}

static void owner_that_is_replaced_ends_its_group(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "bounded");
  options.max_tasks = 1;
  options.when_full = PTG_FULL_REPLACE_OLDEST;
  ptg_group bounded = law_make(law, law->root, &options);
  struct actor *owner = law_spawn(law, bounded, "owner", STUBBORN);
  ptg_group group = own(law, bounded, "scope", owner);
  law->traced = TRACED | TRACE(START);
  law_spawn(law, bounded, "newcomer", STUBBORN);
  law_advance(law, 0);
  law_traced(law, "scope.closed@0 newcomer.start@0 owner.done:ECANCELED@0");
  assert_int_equal(law_info(law, bounded).children, 0);
  (void)group;
}

static void owner_that_is_killed_or_abandoned_outlives_its_group(void **state) {
  struct law *law = *state;
  ptg_group around = law_group(law, law->root, "around", SECOND, SECOND);
  struct actor *killed = law_spawn(law, around, "killed", KILLS(0));
  struct actor *stuck = law_spawn(law, around, "stuck", STUBBORN);
  ptg_group one = own(law, around, "one", killed);
  ptg_group two = own(law, around, "two", stuck);
  law_spawn(law, one, "m1", DRAINS(SECOND / 2));
  law_spawn(law, two, "m2", DRAINS(SECOND / 2));
  law->traced = TRACED;
  law_advance(law, 0);
  law_shutdown(law, around);
  law_advance(law, 10 * SECOND);
  law_traced(law, "m2.done@0.5 two.closed@0.5 m1.done@1 one.closed@1 "
                  "killed.done:ECANCELED@3 around.closed@3");
  assert_int_equal(stuck->told[DONE], 0);
  law_finish(stuck, PTG_OK);
  law_advance(law, 0);
  law_traced(law, "stuck.done@10");
}

/* ---------------------------------------------------------------- groups -- */

static void owner_waits_for_all_its_groups(void **state) {
  struct law *law = *state;
  struct actor *owner = law_spawn(law, law->root, "owner", WORKS(SECOND));
  ptg_group a = own(law, law->root, "a", owner);
  ptg_group b = own(law, law->root, "b", owner);
  ptg_group c = own(law, b, "c", owner);
  law_spawn(law, a, "ta", DRAINS(SECOND / 4));
  law_spawn(law, b, "tb", STUBBORN);
  law_spawn(law, c, "tc", DRAINS(SECOND / 2));
  law->traced = TRACED;
  law_advance(law, 10 * SECOND);
  law_traced(law, "ta.done@1.25 a.closed@1.25 tc.done@1.5 c.closed@1.5 "
                  "b.closed@3.5 owner.done@3.5");
  assert_int_equal(law_info(law, law->root).live, 0);
}

static void owner_of_a_group_that_closed_before_ends_at_once(void **state) {
  struct law *law = *state;
  struct scope scope = make_scope(law, WORKS(2 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, scope.group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "member.done@0.5 scope.closed@0.5 owner.done@2 "
                  "watcher.over@2");
}

static void shutdown_under_way_is_awaited(void **state) {
  struct law *law = *state;
  struct actor *owner = law_spawn(law, law->root, "owner", WORKS(SECOND / 2));
  ptg_group group = own(law, law->root, "scope", owner);
  law_spawn(law, group, "member", CANCELS(0));
  law->traced = TRACED;
  law_advance(law, SECOND / 4);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "member.done:ECANCELED@1.25 scope.closed@1.25 "
                  "owner.done@1.25");
}

static void order_is_kept_when_an_owner_ends(void **state) {
  struct law *law = *state;
  struct actor *owner = law_spawn(law, law->root, "owner", WORKS(SECOND));
  ptg_group scope = own(law, law->root, "scope", owner);
  ptg_group db = law_group(law, scope, "db", 0, 0);
  ptg_group http = law_group(law, scope, "http", 0, 0);
  ptg_group cache = law_group(law, scope, "cache", 0, 0);
  assert_int_equal(ptg_group_stops_before(law->runtime, http, db), PTG_OK);
  assert_int_equal(ptg_group_stops_before(law->runtime, db, cache), PTG_OK);
  law->traced = TRACE(ON_CLOSED);
  law_advance(law, 2 * SECOND);
  law_traced(law, "http.closed@1 db.closed@1 cache.closed@1 scope.closed@1");
}

/* The owner's end is part of what its own group waits for. */
static void group_around_waits_for_the_owners_end_to_be_told(void **state) {
  struct law *law = *state;
  ptg_group around = law_group(law, law->root, "around", SECOND, SECOND);
  struct actor *owner = law_spawn(law, around, "owner", WORKS(SECOND));
  ptg_group scope = own(law, around, "scope", owner);
  law_spawn(law, scope, "member", STUBBORN);
  law->traced = TRACED;
  law_advance(law, SECOND);
  law_shutdown(law, around);
  law_advance(law, 10 * SECOND);
  law_traced(law, "scope.closed@3 owner.done@3 around.closed@3");
}

static ptg_status make_scope_inside(struct law *law, enum event event,
                                    const char *name) {
  if (event != START || strcmp(name, "owner") != 0) return PTG_OK;
  ptg_group group = own(law, law->root, "scope", law_actor(law, "owner"));
  law_spawn(law, group, "member", WORKS(SECOND));
  return PTG_OK;
}

static void task_may_make_its_scope_itself(void **state) {
  struct law *law = *state;
  law->react = make_scope_inside;
  law->traced = TRACED;
  law_spawn(law, law->root, "owner", WORKS(0));
  law_advance(law, 5 * SECOND);
  law_traced(law, "member.done@1 scope.closed@1 owner.done@1");
}

static void owned_group_refuses_spawns_once_the_owner_has_ended(void **state) {
  struct law *law = *state;
  struct scope scope = make_scope(law, WORKS(SECOND));
  law_advance(law, SECOND);
  assert_int_equal(law_spawn(law, scope.group, "late", WORKS(0))->spawned,
                   PTG_ECLOSED);
}

/* ------------------------------------------------------------- bad input -- */

static void is_refused(struct law *law, ptg_group parent, ptg_task owner,
                       ptg_status status) {
  ptg_group_options options = law_options(law, "g");
  options.owner = owner;
  ptg_group out = 77;
  assert_int_equal(ptg_group_create(law->runtime, parent, &options, &out),
                   status);
  assert_int_equal(out, PTG_NONE);
}

static void owner_is_a_live_task_of_a_group_above(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, law->root, "b", 0, 0);
  ptg_group below = law_group(law, a, "below", 0, 0);
  struct actor *in_a = law_spawn(law, a, "in a", STUBBORN);
  struct actor *in_below = law_spawn(law, below, "in below", STUBBORN);
  struct actor *gone = law_spawn(law, a, "gone", WORKS(0));
  law_advance(law, 0);
  is_refused(law, b, in_a->task, PTG_EINVAL);
  is_refused(law, law->root, in_a->task, PTG_EINVAL);
  is_refused(law, a, in_below->task, PTG_EINVAL);
  is_refused(law, a, gone->task, PTG_ESTALE);
  is_refused(law, a, a, PTG_EKIND);
  is_refused(law, a, UINT64_MAX, PTG_EINVAL);
  own(law, a, "own", in_a);
  own(law, below, "own below", in_a);
}

static void owned_group_without_memory_is_refused(void **state) {
  struct law *law = *state;
  struct actor *owner = law_spawn(law, law->root, NULL, WORKS(SECOND));
  owner->name = "owner";
  law_advance(law, 0);
  for (size_t left = 0;; left++) {
    ptg_group_options options = law_options(law, "g");
    options.owner = owner->task;
    options.history = 4;
    ptg_group out = 77;
    size_t balance = law->balance;
    law->memory_left = left + 1;
    ptg_status status =
        ptg_group_create(law->runtime, law->root, &options, &out);
    law->memory_left = 0;
    if (status == PTG_OK) {
      law->places->group = out;
      assert_in_range(left, 2, 10);
      break;
    }
    assert_int_equal(status, PTG_ENOMEM);
    assert_int_equal(out, PTG_NONE);
    assert_int_equal(law->balance, balance);
  }
  law->traced = TRACED;
  law_advance(law, SECOND);
  law_traced(law, "g.closed@1 owner.done@1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(owner_that_ends_well_ends_its_group),
      LAW(owner_that_fails_ends_its_group),
      LAW(owner_whose_start_fails_ends_its_group),
      LAW(owner_that_is_cancelled_ends_its_group),
      LAW(owner_that_never_ran_ends_its_group),
      LAW(owner_that_waits_for_a_place_ends_its_group),
      LAW(owner_that_is_replaced_ends_its_group),
      LAW(owner_that_is_killed_or_abandoned_outlives_its_group),
      LAW(owner_waits_for_all_its_groups),
      LAW(owner_of_a_group_that_closed_before_ends_at_once),
      LAW(shutdown_under_way_is_awaited),
      LAW(order_is_kept_when_an_owner_ends),
      LAW(group_around_waits_for_the_owners_end_to_be_told),
      LAW(task_may_make_its_scope_itself),
      LAW(owned_group_refuses_spawns_once_the_owner_has_ended),
      LAW(owner_is_a_live_task_of_a_group_above),
      LAW(owned_group_without_memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
