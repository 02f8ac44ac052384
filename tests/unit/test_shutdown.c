/* test_shutdown.c - the two phases of one group: their exact instants, what is
 * told in each, what a second call does. Who does not listen is in
 * test_abandon.c.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TOLD \
  (TRACE(DRAIN) | TRACE(CANCEL) | TRACE(KILL) | TRACE(DONE) | \
   TRACE(ON_DRAIN) | TRACE(ON_CLOSED) | TRACE(GROUP_RELEASE) | TRACE(ERROR))

static ptg_group begin(struct law *law, int64_t grace_ns,
                       int64_t cancel_wait_ns) {
  ptg_group group = law_group(law, law->root, "g", grace_ns, cancel_wait_ns);
  law->traced = TOLD;
  return group;
}

static void shut(struct law *law, ptg_group group, int64_t grace_ns,
                 int64_t cancel_wait_ns) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = grace_ns;
  options.cancel_wait_ns = cancel_wait_ns;
  assert_int_equal(ptg_group_shutdown(law->runtime, group, &options), PTG_OK);
}

/* ---------------------------------------------------------------- phases -- */

static void empty_group_closes_at_once_and_once(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law_shutdown(law, group);
  law_traced(law, "");
  law_advance(law, 0);
  law_traced(law, "g.drain@0 g.closed@0 g.release@0");
  law_advance(law, 10 * SECOND);
  law_traced(law, "");
}

static void shutdown_returns_before_anything_is_told(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law_spawn(law, group, "t", DRAINS(0));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_force(law, group);
  law_traced(law, "");
}

static void who_ends_inside_the_grace_is_not_cancelled(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, 3 * SECOND, SECOND);
  law_spawn(law, group, "a", DRAINS(SECOND));
  law_spawn(law, group, "b", DRAINS(2 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "g.drain@0 b.drain@0 a.drain@0 a.done@1 b.done@2 g.closed@2 "
                  "g.release@2");
}

static void rest_is_cancelled_exactly_when_the_grace_is_over(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, 3 * SECOND, SECOND);
  law_spawn(law, group, "a", DRAINS(SECOND));
  law_spawn(law, group, "b", CANCELS(SECOND / 2));
  law_spawn(law, group, "c", CANCELS(0));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 3 * SECOND - 1);
  law_traced(law, "g.drain@0 c.drain@0 b.drain@0 a.drain@0 a.done@1");
  law_advance(law, SECOND);
  law_traced(law, "c.cancel@3 b.cancel@3 c.done:ECANCELED@3 "
                  "b.done:ECANCELED@3.5 g.closed@3.5 g.release@3.5");
}

static void limits_count_from_the_request_not_from_the_last_turn(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law_spawn(law, group, "t", CANCELS(0));
  law_advance(law, 5 * SECOND);
  law_shutdown(law, group);
  law_advance(law, 2 * SECOND);
  law_traced(law, "g.drain@5 t.drain@5 t.cancel@6 t.done:ECANCELED@6 "
                  "g.closed@6 g.release@6");
}

static void no_grace_goes_straight_to_cancel(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  law_spawn(law, group, "a", CANCELS(0));
  law_spawn(law, group, "b", CANCELS(SECOND / 2));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  law_traced(law, "b.cancel@0 a.cancel@0 a.done:ECANCELED@0 "
                  "b.done:ECANCELED@0.5 g.closed@0.5 g.release@0.5");
}

static void grace_for_ever_never_cancels(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_FOREVER, SECOND);
  struct actor *task = law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, INT64_C(1000000) * SECOND);
  law_traced(law, "g.drain@0 t.drain@0");
  assert_int_equal(law_info(law, group).phase_left_ns, PTG_FOREVER);
  law_finish(task, PTG_OK);
  law_advance(law, 0);
  law_traced(law, "t.done@1000000 g.closed@1000000 g.release@1000000");
}

static void cancel_wait_for_ever_never_gives_up(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_AT_ONCE, PTG_FOREVER);
  struct actor *task = law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, INT64_C(1000000) * SECOND);
  law_traced(law, "t.cancel@0");
  law_finish(task, PTG_ECANCELED);
  law_advance(law, 0);
  law_traced(law, "t.done:ECANCELED@1000000 g.closed@1000000 "
                  "g.release@1000000");
}

static void who_ends_at_the_limits_own_instant_ended_in_time(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, 2 * SECOND, SECOND);
  law_spawn(law, group, "a", DRAINS(2 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "g.drain@0 a.drain@0 a.done@2 g.closed@2 g.release@2");
  group = begin(law, PTG_AT_ONCE, SECOND);
  law_spawn(law, group, "b", CANCELS(SECOND));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "b.cancel@5 b.done:ECANCELED@6 g.closed@6 g.release@6");
  group = begin(law, PTG_AT_ONCE, PTG_AT_ONCE);
  law_spawn(law, group, "c", KILLS(PTG_KILL_WAIT_NS));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "c.cancel@10 c.kill@10 c.done:ECANCELED@11 g.closed@11 "
                  "g.release@11");
}

static ptg_status spawn_after_a(struct law *law, enum event event,
                                const char *name) {
  if (event == DONE && strcmp(name, "a") == 0)
    law_spawn(law, *(ptg_group *)law->context, "b", WORKS(0));
  return PTG_OK;
}

static void what_ends_at_the_limit_may_still_set_something_going(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, 2 * SECOND, SECOND);
  law_spawn(law, group, "a", DRAINS(2 * SECOND));
  law_advance(law, 0);
  law->context = &group;
  law->react = spawn_after_a;
  law->traced = TRACE(DONE) | TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "a.done@2 b.done@2 g.closed@2");
}

static ptg_status spawn_next(struct law *law, enum event event,
                             const char *name) {
  if (event == DONE)
    law_spawn(law, *(ptg_group *)law->context, "next", WORKS(0));
  return PTG_OK;
}

static void endless_work_does_not_put_a_limit_off(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law_spawn(law, group, "t", DRAINS(SECOND));
  law_advance(law, 0);
  law->context = &group;
  law->react = spawn_next;
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  law_traced(law, "g.closed@1");
}

/* --------------------------------------------------------- second calls -- */

static ptg_group stubborn_group(struct law *law) {
  ptg_group group = begin(law, 10 * SECOND, 10 * SECOND);
  law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  return group;
}

static void second_shutdown_changes_nothing(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@10 g.closed@20");
}

static void second_shutdown_shortens_the_grace(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  shut(law, group, 4 * SECOND, 0);
  law_advance(law, 30 * SECOND);
  law_traced(law, "t.cancel@4 g.closed@14");
}

static void grace_that_is_over_already_ends_at_once(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, 6 * SECOND);
  shut(law, group, 4 * SECOND, 0);
  law_advance(law, 30 * SECOND);
  law_traced(law, "t.cancel@6 g.closed@16");
}

static void second_shutdown_shortens_the_cancel_wait(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, 12 * SECOND);
  shut(law, group, 0, 3 * SECOND);
  law_advance(law, 30 * SECOND);
  law_traced(law, "t.cancel@10 g.closed@13");
}

static void second_shutdown_never_extends(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  shut(law, group, 2 * SECOND, 3 * SECOND);
  law_advance(law, SECOND);
  shut(law, group, PTG_FOREVER, PTG_FOREVER);
  law_advance(law, SECOND);
  law_traced(law, "t.cancel@2");
  shut(law, group, 20 * SECOND, 20 * SECOND);
  law_advance(law, 30 * SECOND);
  law_traced(law, "g.closed@5");
}

static void limits_of_a_shutdown_never_extend_the_groups_own(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  shut(law, group, 20 * SECOND, PTG_FOREVER);
  law_advance(law, 30 * SECOND);
  law_traced(law, "t.cancel@10 g.closed@20");
}

static void force_ends_the_grace_at_once(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, 3 * SECOND);
  law_force(law, group);
  law_advance(law, SECOND);
  law_force(law, group);
  law_advance(law, 30 * SECOND);
  law_traced(law, "t.cancel@3 g.closed@13");
}

static void shutdown_that_is_over_in_the_turn_it_is_shortened(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  law_shutdown(law, group);
  law_advance(law, 3 * SECOND);
  law_finish(law_actor(law, "t"), PTG_OK);
  shut(law, group, PTG_AT_ONCE, PTG_AT_ONCE);
  law_force(law, group);
  law_advance(law, SECOND);
  law_traced(law, "g.closed@3");
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, group, &info), PTG_ESTALE);
}

static void negative_limit_or_unknown_flag_begins_nothing(void **state) {
  struct law *law = *state;
  ptg_group group = stubborn_group(law);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = -3;
  assert_int_equal(ptg_group_shutdown(law->runtime, group, &options),
                   PTG_EINVAL);
  options.grace_ns = 0;
  options.flags = 2;
  assert_int_equal(ptg_group_shutdown(law->runtime, group, &options),
                   PTG_EINVAL);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_OPEN);
}

/* ------------------------------------------------------------ newcomers -- */

static void spawn_after_the_request_is_refused(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law_shutdown(law, group);
  assert_int_equal(law_spawn(law, group, "t", WORKS(0))->spawned, PTG_ECLOSED);
  law_advance(law, 0);
  law_traced(law, "g.drain@0 g.closed@0 g.release@0");
}

static void pending_task_starts_and_is_told_to_drain(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law->traced |= TRACE(START);
  law_spawn(law, group, "t", DRAINS(0));
  law_shutdown(law, group);
  law_advance(law, 0);
  law_traced(law, "t.start@0 g.drain@0 t.drain@0 t.done@0 g.closed@0 "
                  "g.release@0");
}

static ptg_status spawn_and_force(struct law *law, enum event event,
                                  const char *name) {
  if (event != ON_DRAIN) return PTG_OK;
  ptg_group group = *(ptg_group *)law->context;
  assert_int_equal(law_spawn(law, group, "new", WORKS(0))->spawned, PTG_OK);
  law_force(law, group);
  return PTG_OK;
}

static void task_still_pending_when_its_group_cancels_never_runs(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, SECOND, SECOND);
  law->traced |= TRACE(START);
  law->context = &group;
  law->react = spawn_and_force;
  law_shutdown(law, group);
  law_advance(law, 0);
  law_traced(law, "g.drain@0 new.done:ECANCELED@0 g.closed@0 g.release@0");
  assert_int_equal(law_actor(law, "new")->outcome.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
}

/* ---------------------------------------------------------------- memory -- */

static void shutdown_needs_no_memory(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "outer");
  options.flags = PTG_GROUP_PARALLEL;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  ptg_group outer = law_make(law, law->root, &options);
  ptg_group a = law_group(law, outer, "a", 0, 0);
  ptg_group b = law_group(law, outer, "b", 0, 0);
  assert_int_equal(ptg_group_stops_before(law->runtime, a, b), PTG_OK);
  law_spawn(law, a, "stubborn", STUBBORN);
  law_spawn(law, a, "killed", KILLS(0));
  law_spawn(law, b, "polite", DRAINS(SECOND / 2));
  law_spawn(law, b, "obedient", CANCELS(0));
  law_spawn(law, outer, "broken", DRAINS(0))->script.ends = PTG_EBUSY;
  /* What is remembered of failures may take memory, once. */
  law_spawn(law, outer, "broken before", FAILS(0));
  law_advance(law, 0);
  size_t takings = law->takings;
  law->has_no_memory = 1;
  ptg_shutdown_options limits = PTG_SHUTDOWN_OPTIONS_INIT;
  limits.deadline_ns = 6 * SECOND;
  assert_int_equal(ptg_group_shutdown(law->runtime, outer, &limits), PTG_OK);
  law->traced = TRACE(ON_CLOSED);
  law_advance(law, 6 * SECOND);
  law_traced(law, "a.closed@2 b.closed@3 outer.closed@3");
  assert_int_equal(law->takings, takings);
}

/* ----------------------------------------------------------------- root -- */

static void request_from_anywhere_ends_the_root_on_the_next_turn(void **s) {
  struct law *law = *s;
  begin(law, SECOND, SECOND);
  law->traced = TRACE(ON_DRAIN) | TRACE(ON_CLOSED) | TRACE(CANCEL);
  law_spawn(law, law->root, "t", CANCELS(0));
  law_advance(law, SECOND);
  assert_int_equal(ptg_runtime_request_shutdown(law->runtime, 0), PTG_OK);
  assert_int_equal(ptg_runtime_request_shutdown(law->runtime, 0), PTG_OK);
  assert_int_equal(law_info(law, law->root).state, PTG_GROUP_OPEN);
  law_advance(law, 0);
  law_traced(law, "g.drain@1 g.closed@1 root.drain@1");
  law_advance(law, SECOND);
  assert_int_equal(ptg_runtime_request_shutdown(law->runtime, 1), PTG_OK);
  assert_int_equal(ptg_runtime_request_shutdown(law->runtime, 0), PTG_OK);
  law_advance(law, 0);
  law_traced(law, "t.cancel@2 root.closed@2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(empty_group_closes_at_once_and_once),
      LAW(shutdown_returns_before_anything_is_told),
      LAW(who_ends_inside_the_grace_is_not_cancelled),
      LAW(rest_is_cancelled_exactly_when_the_grace_is_over),
      LAW(limits_count_from_the_request_not_from_the_last_turn),
      LAW(no_grace_goes_straight_to_cancel),
      LAW(grace_for_ever_never_cancels),
      LAW(cancel_wait_for_ever_never_gives_up),
      LAW(who_ends_at_the_limits_own_instant_ended_in_time),
      LAW(what_ends_at_the_limit_may_still_set_something_going),
      LAW(endless_work_does_not_put_a_limit_off),
      LAW(second_shutdown_changes_nothing),
      LAW(second_shutdown_shortens_the_grace),
      LAW(grace_that_is_over_already_ends_at_once),
      LAW(second_shutdown_shortens_the_cancel_wait),
      LAW(second_shutdown_never_extends),
      LAW(limits_of_a_shutdown_never_extend_the_groups_own),
      LAW(force_ends_the_grace_at_once),
      LAW(shutdown_that_is_over_in_the_turn_it_is_shortened),
      LAW(negative_limit_or_unknown_flag_begins_nothing),
      LAW(spawn_after_the_request_is_refused),
      LAW(pending_task_starts_and_is_told_to_drain),
      LAW(task_still_pending_when_its_group_cancels_never_runs),
      LAW(shutdown_needs_no_memory),
      LAW(request_from_anywhere_ends_the_root_on_the_next_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
