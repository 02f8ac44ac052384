/* test_place.c - groups that bound how many of their tasks are live: who is
 * let in, who waits, who goes first, who has to go.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static ptg_group bounded(struct law *law, uint64_t max_tasks,
                         uint32_t when_full, uint64_t max_queued) {
  ptg_group_options options = law_options(law, "g");
  options.grace_ns = 4 * SECOND;
  options.cancel_wait_ns = SECOND;
  options.max_tasks = max_tasks;
  options.when_full = when_full;
  options.max_queued = max_queued;
  return law_make(law, law->root, &options);
}

static void end(struct actor *actor) {
  law_finish(actor, PTG_OK);
}

static void cancel(struct law *law, const struct actor *actor) {
  assert_int_equal(ptg_task_cancel(law->runtime, actor->task, NULL), PTG_OK);
}

static struct actor *spawn_cleanup(struct law *law, ptg_group group,
                                   const char *name) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  options.flags = PTG_SPAWN_CLEANUP;
  return law_spawn_with(law, group, &options, STUBBORN);
}

/* ---------------------------------------------------------------- refuse -- */

static void full_group_refuses_and_counts(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_REFUSE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, group, "b", STUBBORN);
  /* The first may leave something for the next ones to use. */
  law_spawn(law, group, "c", STUBBORN);
  size_t balance = law->balance;
  assert_int_equal(law_spawn(law, group, "c", STUBBORN)->spawned, PTG_EFULL);
  assert_int_equal(law->balance, balance);
  assert_int_equal(law_info(law, group).refused, 2);
  assert_int_equal(law_info(law, group).spawned, 2);
  law_advance(law, 0);
  end(a);
  assert_int_equal(law_spawn(law, group, "d", STUBBORN)->spawned, PTG_OK);
  assert_int_equal(law_spawn(law, group, "e", STUBBORN)->spawned, PTG_EFULL);
  assert_int_equal(law_info(law, group).refused, 3);
  assert_int_equal(law_info(law, group).peak, 2);
}

/* ----------------------------------------------------------------- queue -- */

static void freed_place_starts_exactly_one(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_QUEUE, 0);
  law->traced = TRACE(START);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  law_spawn(law, group, "d", STUBBORN);
  law_spawn(law, group, "e", STUBBORN);
  law_advance(law, SECOND);
  law_traced(law, "a.start@0 b.start@0");
  end(b);
  law_advance(law, SECOND);
  law_traced(law, "c.start@1");
  end(a);
  law_advance(law, SECOND);
  law_traced(law, "d.start@2");
  assert_int_equal(law_info(law, group).queued, 1);
}

static void places_freed_together_start_as_many(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  law_spawn(law, group, "d", STUBBORN);
  law_spawn(law, group, "e", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START);
  end(a);
  end(b);
  law_advance(law, 0);
  law_traced(law, "c.start@0 d.start@0");
}

static void waiting_task_is_live_pending_and_queued(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 3 * SECOND);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, SECOND);
  ptg_group_info info = law_info(law, group);
  assert_int_equal(info.spawned, 2);
  assert_int_equal(info.live, 2);
  assert_int_equal(info.pending, 1);
  assert_int_equal(info.queued, 1);
  assert_int_equal(info.peak, 2);
  assert_int_equal(info.refused, 0);
  assert_int_equal(info.oldest_age_ns, 4 * SECOND);
  ptg_task_info task = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, b->task, &task), PTG_OK);
  assert_int_equal(task.state, PTG_TASK_PENDING);
  assert_int_equal(task.age_ns, SECOND);
}

static void oldest_age_is_of_the_oldest_left(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 0, 0, 0);
  assert_int_equal(law_info(law, group).oldest_age_ns, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, SECOND);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, SECOND);
  assert_int_equal(law_info(law, group).oldest_age_ns, 2 * SECOND);
  end(a);
  assert_int_equal(law_info(law, group).oldest_age_ns, SECOND);
  end(b);
  assert_int_equal(law_info(law, group).oldest_age_ns, 0);
  assert_int_equal(law_info(law, group).peak, 2);
}

static void queue_has_a_bound_of_its_own(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 2);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  assert_int_equal(law_spawn(law, group, "d", STUBBORN)->spawned, PTG_EFULL);
  assert_int_equal(law_info(law, group).queued, 2);
  assert_int_equal(law_info(law, group).refused, 1);
  law_advance(law, 0);
  end(a);
  assert_int_equal(law_info(law, group).queued, 1);
  assert_int_equal(law_spawn(law, group, "e", STUBBORN)->spawned, PTG_OK);
  assert_int_equal(law_spawn(law, group, "f", STUBBORN)->spawned, PTG_EFULL);
}

static void cancelled_waiting_task_takes_no_place(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  struct actor *d = law_spawn(law, group, "d", STUBBORN);
  law_spawn(law, group, "e", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE);
  cancel(law, b);
  cancel(law, d);
  law_advance(law, SECOND);
  law_traced(law, "b.done:ECANCELED@0 d.done:ECANCELED@0");
  assert_int_equal(b->outcome.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(law_info(law, group).queued, 2);
  end(a);
  law_advance(law, 0);
  law_traced(law, "a.done@1 c.start@1");
  assert_int_equal(law_info(law, group).queued, 1);
}

static void waiting_task_that_is_finished_takes_no_place(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(DONE);
  end(b);
  law_advance(law, 0);
  law_traced(law, "b.done@0");
  assert_int_equal(b->outcome.flags, PTG_OUTCOME_NEVER_RAN);
  end(a);
  law_advance(law, 0);
  law_traced(law, "a.done@0 c.start@0");
}

static void task_cancelled_before_its_start_frees_its_place(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law->traced = TRACE(START) | TRACE(DONE);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, group, "b", STUBBORN);
  cancel(law, a);
  law_advance(law, 0);
  law_traced(law, "a.done:ECANCELED@0 b.start@0");
}

static void failing_start_frees_its_place(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law->traced = TRACE(START) | TRACE(DONE);
  law_spawn(law, group, "a", FAILS(0));
  law_spawn(law, group, "b", FAILS(0));
  law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law_traced(law, "a.start@0 a.done:EFAILED@0 b.start@0 b.done:EFAILED@0 "
                  "c.start@0");
}

static ptg_status spawn_at_done(struct law *law, enum event event,
                                const char *name) {
  if (event == DONE && strcmp(name, "a") == 0)
    law_spawn(law, *(ptg_group *)law->context, "newcomer", STUBBORN);
  return PTG_OK;
}

static void newcomer_does_not_overtake_who_waits(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law->context = &group;
  law->react = spawn_at_done;
  law->traced = TRACE(START);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  end(a);
  law_advance(law, SECOND);
  end(b);
  law_advance(law, 0);
  law_traced(law, "a.start@0 b.start@0 newcomer.start@1");
}

static void clean_up_takes_no_place(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 1);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *clean = spawn_cleanup(law, group, "clean");
  law_spawn(law, group, "b", STUBBORN);
  spawn_cleanup(law, group, "other");
  law->traced = TRACE(START);
  law_advance(law, 0);
  law_traced(law, "a.start@0 clean.start@0 other.start@0");
  assert_int_equal(law_info(law, group).queued, 1);
  end(clean);
  law_advance(law, 0);
  law_traced(law, "");
  end(a);
  law_advance(law, 0);
  law_traced(law, "b.start@0");
}

/* What the end of a task gives back in its done is there for the next one. */
static void end_is_told_before_the_place_is_given(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, group, "b", WORKS(SECOND));
  law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(DONE) | TRACE(RELEASE);
  end(a);
  law_advance(law, SECOND);
  law_traced(law, "a.done@0 a.release@0 b.start@0 b.done@1 b.release@1 "
                  "c.start@1");
}

/* -------------------------------------------------------------- shutdown -- */

static void queued_tasks_run_while_their_group_drains(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law_spawn(law, group, "a", DRAINS(SECOND));
  law_spawn(law, group, "b", DRAINS(SECOND));
  law_spawn(law, group, "c", DRAINS(SECOND));
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "a.drain@0 b.start@1 b.drain@1 c.start@2 c.drain@2 "
                  "g.closed@3");
}

static void queued_tasks_never_run_when_the_grace_is_over(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law_spawn(law, group, "a", DRAINS(3 * SECOND));
  law_spawn(law, group, "b", CANCELS(0));
  struct actor *c = law_spawn(law, group, "c", CANCELS(0));
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE) | TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "a.done@3 b.start@3 b.cancel@4 c.done:ECANCELED@4 "
                  "b.done:ECANCELED@4 g.closed@4");
  assert_int_equal(c->told[START], 0);
  assert_int_equal(c->outcome.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
}

static void queued_tasks_never_run_when_forced(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", CANCELS(SECOND / 2));
  law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE) | TRACE(ON_CLOSED);
  law_force(law, group);
  law_advance(law, SECOND);
  law_traced(law, "a.cancel@0 c.done:ECANCELED@0 b.done:ECANCELED@0 "
                  "a.done:ECANCELED@0.5 g.closed@0.5");
  assert_int_equal(a->told[DRAIN], 0);
}

/* The place is freed between the force and its being told. */
static void place_freed_by_force_starts_nobody(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 0);
  law_force(law, group);
  end(a);
  assert_int_equal(law_info(law, group).queued, 1);
  law_advance(law, SECOND);
  assert_int_equal(b->told[START], 0);
  assert_int_equal(b->told[DONE], 1);
}

static void abandoned_task_gives_its_place_to_nobody(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_QUEUE, 0);
  law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "g.closed@5");
  assert_int_equal(b->told[START], 0);
}

static void outsiders_are_admitted_while_draining_if_anyone_is(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "g");
  options.flags = PTG_GROUP_ADMITS_ANYONE;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  ptg_group group = law_make(law, law->root, &options);
  ptg_group strict = law_group(law, law->root, "strict", SECOND, SECOND);
  law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, strict, "b", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_shutdown(law, strict);
  law_advance(law, 0);
  struct actor *guest = law_spawn(law, group, "guest", STUBBORN);
  assert_int_equal(guest->spawned, PTG_OK);
  assert_int_equal(law_spawn(law, strict, "x", STUBBORN)->spawned, PTG_ECLOSED);
  law_advance(law, SECOND / 2);
  assert_int_equal(guest->told[START], 1);
  assert_int_equal(guest->told[DRAIN], 1);
  law_advance(law, SECOND / 2);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CANCELLING);
  assert_int_equal(law_spawn(law, group, "late", STUBBORN)->spawned,
                   PTG_ECLOSED);
  assert_int_equal(spawn_cleanup(law, group, "clean")->spawned, PTG_ECLOSED);
}

/* --------------------------------------------------------------- replace -- */

static void newcomer_replaces_the_oldest(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_REPLACE_OLDEST, 0);
  struct actor *a = law_spawn(law, group, "a", CANCELS(SECOND));
  struct actor *b = law_spawn(law, group, "b", CANCELS(SECOND));
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE);
  assert_int_equal(law_spawn(law, group, "c", CANCELS(0))->spawned, PTG_OK);
  assert_int_equal(law_info(law, group).queued, 1);
  law_advance(law, 3 * SECOND);
  law_traced(law, "a.cancel@0 a.done:ECANCELED@1 c.start@1");
  assert_string_equal(a->reason, "replaced");
  assert_int_equal(a->originator, group);
  assert_int_equal(b->told[CANCEL], 0);
  assert_int_equal(law_info(law, group).refused, 0);
}

static void each_newcomer_replaces_another_one(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_REPLACE_OLDEST, 0);
  law_spawn(law, group, "a", CANCELS(SECOND));
  law_spawn(law, group, "b", CANCELS(SECOND));
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL);
  law_spawn(law, group, "c", STUBBORN);
  law_spawn(law, group, "d", STUBBORN);
  law_advance(law, 3 * SECOND);
  law_traced(law, "a.cancel@0 b.cancel@0 c.start@1 d.start@1");
}

static void one_that_has_not_started_is_replaced_at_once(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_REPLACE_OLDEST, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  assert_int_equal(law_spawn(law, group, "b", STUBBORN)->spawned, PTG_OK);
  assert_int_equal(law_info(law, group).queued, 0);
  law_advance(law, SECOND);
  law_traced(law, "a.done:ECANCELED@0 b.start@0");
  assert_string_equal(a->outcome.reason, "replaced");
  assert_int_equal(a->outcome.originator, group);
}

static void one_that_waits_is_replaced_too(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_REPLACE_OLDEST, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE);
  law_spawn(law, group, "b", STUBBORN);
  assert_int_equal(law_spawn(law, group, "c", STUBBORN)->spawned, PTG_OK);
  law_advance(law, SECOND);
  law_traced(law, "a.cancel@0 b.done:ECANCELED@0");
  assert_int_equal(law_info(law, group).queued, 1);
  end(a);
  law_advance(law, 0);
  law_traced(law, "a.done@1 c.start@1");
}

static void nobody_is_replaced_when_all_have_been_asked(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_REPLACE_OLDEST, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  cancel(law, a);
  assert_int_equal(law_spawn(law, group, "b", STUBBORN)->spawned, PTG_EFULL);
  assert_int_equal(law_info(law, group).refused, 1);
  law_advance(law, 0);
  assert_string_equal(a->reason, "cancelled");
}

static void clean_up_is_not_replaced(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_REPLACE_OLDEST, 0);
  struct actor *clean = spawn_cleanup(law, group, "clean");
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(clean->told[CANCEL], 0);
  assert_int_equal(a->told[CANCEL], 1);
}

static void replacing_keeps_to_the_bound_of_the_queue(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 2, PTG_FULL_REPLACE_OLDEST, 1);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(law_spawn(law, group, "c", STUBBORN)->spawned, PTG_OK);
  assert_int_equal(law_spawn(law, group, "d", STUBBORN)->spawned, PTG_EFULL);
  law_advance(law, 0);
  assert_int_equal(a->told[CANCEL], 1);
  assert_int_equal(b->told[CANCEL], 0);
}

static void refused_newcomer_replaces_nobody(void **state) {
  struct law *law = *state;
  ptg_group group = bounded(law, 1, PTG_FULL_REPLACE_OLDEST, 0);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  law->has_no_memory = 1;
  assert_int_equal(law_spawn(law, group, "b", STUBBORN)->spawned, PTG_ENOMEM);
  law->has_no_memory = 0;
  law_advance(law, 0);
  assert_int_equal(a->told[CANCEL], 0);
  assert_int_equal(law_info(law, group).refused, 0);
}

/* ---------------------------------------------------------------- random -- */

struct crowd {
  uint64_t seed;
  uint64_t max_tasks;
};

/* Who runs; and they have started in the order in which they were spawned. */
static int count_running(struct law *law) {
  int running = 0, has_waiting_older = 0;
  struct actor *older[512];
  int count = 0;
  for (struct actor *a = law->actors; a != NULL && count < 512; a = a->next)
    older[count++] = a;
  while (count-- > 0) {
    const struct actor *a = older[count];
    if (a->spawned != PTG_OK) continue;
    if (a->told[START]) assert_int_equal(has_waiting_older, 0);
    if (!a->told[START] && !a->told[DONE]) has_waiting_older = 1;
    running += a->told[START] && !a->told[DONE];
  }
  return running;
}

static void do_something(struct law *law, ptg_group group,
                         struct crowd *crowd) {
  uint32_t what = law_pick(&crowd->seed, 4);
  if (what < 2) {
    law_spawn(law, group, "t", what ? CANCELS(0) : WORKS(SECOND));
    return;
  }
  uint32_t which = law_pick(&crowd->seed, 12);
  struct actor *actor = law->actors;
  while (actor != NULL && which-- > 0)
    actor = actor->next;
  ptg_task_info info = PTG_TASK_INFO_INIT;
  if (actor == NULL || actor->task == PTG_NONE ||
      ptg_task_get_info(law->runtime, actor->task, &info) != PTG_OK)
    return;
  if (what == 2) {
    end(actor);
  } else {
    cancel(law, actor);
  }
}

static void play_crowd(uint64_t seed, uint32_t when_full) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  struct crowd crowd = {.seed = seed, .max_tasks = 1 + seed % 4};
  ptg_group group = bounded(law, crowd.max_tasks, when_full, seed % 3 * 2);
  for (int i = 0; i < 300; i++) {
    do_something(law, group, &crowd);
    if (law_pick(&crowd.seed, 3) > 0) continue;
    law_advance(law, law_pick(&crowd.seed, 3) * SECOND / 2);
    int running = count_running(law);
    ptg_group_info info = law_info(law, group);
    assert_in_range(running, 0, crowd.max_tasks);
    assert_int_equal(running + (int)info.queued, info.live);
    if (info.queued > 0) assert_int_equal(running, crowd.max_tasks);
  }
  law_teardown(&state);
}

static void random_crowds_keep_to_their_places(void **state) {
  for (uint64_t seed = 1; seed <= 100; seed++)
    play_crowd(seed, PTG_FULL_QUEUE);
  for (uint64_t seed = 1; seed <= 100; seed++)
    play_crowd(seed, PTG_FULL_REPLACE_OLDEST);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(full_group_refuses_and_counts),
      LAW(freed_place_starts_exactly_one),
      LAW(places_freed_together_start_as_many),
      LAW(waiting_task_is_live_pending_and_queued),
      LAW(oldest_age_is_of_the_oldest_left),
      LAW(queue_has_a_bound_of_its_own),
      LAW(cancelled_waiting_task_takes_no_place),
      LAW(waiting_task_that_is_finished_takes_no_place),
      LAW(task_cancelled_before_its_start_frees_its_place),
      LAW(failing_start_frees_its_place),
      LAW(newcomer_does_not_overtake_who_waits),
      LAW(clean_up_takes_no_place),
      LAW(end_is_told_before_the_place_is_given),
      LAW(queued_tasks_run_while_their_group_drains),
      LAW(queued_tasks_never_run_when_the_grace_is_over),
      LAW(queued_tasks_never_run_when_forced),
      LAW(place_freed_by_force_starts_nobody),
      LAW(abandoned_task_gives_its_place_to_nobody),
      LAW(outsiders_are_admitted_while_draining_if_anyone_is),
      LAW(newcomer_replaces_the_oldest),
      LAW(each_newcomer_replaces_another_one),
      LAW(one_that_has_not_started_is_replaced_at_once),
      LAW(one_that_waits_is_replaced_too),
      LAW(nobody_is_replaced_when_all_have_been_asked),
      LAW(clean_up_is_not_replaced),
      LAW(replacing_keeps_to_the_bound_of_the_queue),
      LAW(refused_newcomer_replaces_nobody),
      cmocka_unit_test(random_crowds_keep_to_their_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
