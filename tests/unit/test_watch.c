/* test_watch.c - watching tasks and groups: everybody hears once, and after the
 * end; who gives up disturbs nobody; who would wait for itself is told so.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void remove_watch(struct law *law, const struct watcher *watcher,
                         ptg_status status) {
  assert_int_equal(ptg_watch_remove(law->runtime, watcher->watch), status);
}

/* ------------------------------------------------------------------ told -- */

static void every_watcher_of_a_task_hears_once_after_its_done(void **state) {
  struct law *law = *state;
  law->traced = TRACE(DONE) | TRACE(RELEASE) | TRACE(OVER);
  struct actor *t = law_spawn(law, law->root, "t", WORKS(SECOND));
  law_watch(law, t->task, PTG_NONE, "w1");
  law_advance(law, 0);
  law_watch(law, t->task, PTG_NONE, "w2");
  struct watcher *last = law_watch(law, t->task, PTG_NONE, "w3");
  law_advance(law, 5 * SECOND);
  law_traced(law, "t.done@1 t.release@1 w1.over@1 w2.over@1 w3.over@1");
  assert_int_equal(last->released, 1);
  assert_int_equal(last->outcome.size, sizeof(ptg_outcome));
}

static void watcher_is_told_how_the_task_ended(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  struct watcher *w = law_watch(law, t->task, PTG_NONE, "w");
  law_advance(law, 0);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.code = 7;
  outcome.value = 1234567890123;
  assert_int_equal(ptg_task_finish(law->runtime, t->task, &outcome), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(w->outcome.status, PTG_EFAILED);
  assert_int_equal(w->outcome.code, 7);
  assert_int_equal(w->outcome.value, 1234567890123);
}

static void watchers_of_a_task_that_never_ran_hear_too(void **state) {
  struct law *law = *state;
  struct actor *asker = law_spawn(law, law->root, "asker", STUBBORN);
  law_advance(law, 0);
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  struct watcher *w = law_watch(law, t->task, PTG_NONE, "w");
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.originator = asker->task;
  assert_int_equal(ptg_task_cancel(law->runtime, t->task, &options), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(w->over, 1);
  assert_int_equal(w->outcome.status, PTG_ECANCELED);
  assert_int_equal(w->outcome.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(w->outcome.originator, asker->task);
}

static void every_watcher_of_a_group_hears_once_after_on_closed(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  law_spawn(law, g, "t", DRAINS(SECOND / 2));
  law->traced = TRACE(ON_CLOSED) | TRACE(OVER) | TRACE(GROUP_RELEASE);
  law_watch(law, g, PTG_NONE, "w1");
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 0);
  struct watcher *w2 = law_watch(law, g, PTG_NONE, "w2");
  law_advance(law, SECOND);
  law_traced(law, "g.closed@0.5 w1.over@0.5 w2.over@0.5 g.release@0.5");
  assert_int_equal(w2->outcome.status, PTG_OK);
  assert_int_equal(w2->outcome.value, 0);
}

static void watcher_of_a_group_is_told_of_abandoned_tasks_below(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  ptg_group below = law_group(law, g, "below", 0, 0);
  law_spawn(law, below, "t1", STUBBORN);
  law_spawn(law, below, "t2", STUBBORN);
  law_spawn(law, g, "t3", STUBBORN);
  struct watcher *low = law_watch(law, below, PTG_NONE, "low");
  struct watcher *high = law_watch(law, g, PTG_NONE, "high");
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 5 * SECOND);
  assert_int_equal(low->outcome.status, PTG_ETIMEDOUT);
  assert_int_equal(low->outcome.value, 2);
  assert_int_equal(high->outcome.status, PTG_ETIMEDOUT);
  assert_int_equal(high->outcome.value, 3);
}

static void watcher_of_an_abandoned_task_hears_its_late_end(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  struct actor *t = law_spawn(law, g, "t", STUBBORN);
  struct watcher *early = law_watch(law, t->task, PTG_NONE, "early");
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 5 * SECOND);
  assert_int_equal(early->over, 0);
  struct watcher *late = law_watch(law, t->task, PTG_NONE, "late");
  law_finish(t, PTG_OK);
  law_advance(law, 0);
  assert_int_equal(early->over, 1);
  assert_int_equal(late->over, 1);
  assert_int_equal(late->outcome.flags & PTG_OUTCOME_ABANDONED,
                   PTG_OUTCOME_ABANDONED);
}

static void watchers_of_dropped_tasks_hear_in_destroy(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  struct actor *t = law_spawn(law, g, "t", STUBBORN);
  struct watcher *w = law_watch(law, t->task, PTG_NONE, "w");
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 60 * SECOND);
  assert_int_equal(w->over, 0);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = NULL;
  assert_int_equal(w->over, 1);
  assert_int_equal(w->outcome.status, PTG_ETIMEDOUT);
}

/* ------------------------------------------------------------------ late -- */

static ptg_status watch_late(struct law *law, enum event event,
                             const char *name) {
  if (event == DONE && strcmp(name, "t") == 0)
    law_watch(law, law_actor(law, "t")->task, PTG_NONE, "late");
  if (event == ON_CLOSED && strcmp(name, "g") == 0)
    law_watch(law, *(ptg_group *)law->context, PTG_NONE, "late");
  return PTG_OK;
}

static void watch_added_in_done_or_on_closed_is_told(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  law->context = &g;
  law->react = watch_late;
  law->traced = TRACE(DONE) | TRACE(ON_CLOSED) | TRACE(OVER);
  law_spawn(law, g, "t", DRAINS(0));
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 0);
  law_traced(law, "t.done@0 late.over@0 g.closed@0 late.over@0");
}

static void late_watch_of_what_is_closed_hears_at_once(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group inner = law_group(law, outer, "inner", 0, 0);
  law_spawn(law, outer, "t", DRAINS(SECOND / 2));
  law_advance(law, 0);
  law_shutdown(law, outer);
  law_advance(law, 0);
  assert_int_equal(law_info(law, inner).state, PTG_GROUP_CLOSED);
  struct watcher *one = law_watch(law, inner, PTG_NONE, "one");
  struct watcher *two = law_watch(law, inner, PTG_NONE, "two");
  assert_int_equal(one->over, 0);
  law_advance(law, 0);
  assert_int_equal(one->over, 1);
  assert_int_equal(two->over, 1);
  assert_int_equal(one->outcome.status, PTG_OK);
}

static void late_watch_of_the_closed_root_hears_before_destroy(void **state) {
  struct law *law = *state;
  law_shutdown(law, law->root);
  law_advance(law, 0);
  struct watcher *w = law_watch(law, law->root, PTG_NONE, "w");
  assert_int_equal(w->added, PTG_OK);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EBUSY);
  law_advance(law, 0);
  assert_int_equal(w->over, 1);
}

static void what_is_gone_is_stale(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, g, "t", WORKS(0));
  law_advance(law, 0);
  assert_int_equal(law_watch(law, t->task, PTG_NONE, "w")->added, PTG_ESTALE);
  law_shutdown(law, g);
  law_advance(law, 0);
  assert_int_equal(law_watch(law, g, PTG_NONE, "w")->added, PTG_ESTALE);
}

static void end_that_was_told_is_stale_though_it_is_listed(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  ptg_group below = law_group(law, g, "below", 0, 0);
  struct actor *t = law_spawn(law, below, "t", STUBBORN);
  law_spawn(law, g, "u", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, SECOND);
  law_finish(t, PTG_OK);
  struct watcher *before = law_watch(law, t->task, PTG_NONE, "before");
  law_advance(law, 0);
  assert_int_equal(before->over, 1);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, t->task, &info), PTG_OK);
  assert_int_equal(law_watch(law, t->task, PTG_NONE, "w")->added, PTG_ESTALE);
}

/* --------------------------------------------------------------- give up -- */

static void watcher_that_gives_up_disturbs_nobody(void **state) {
  struct law *law = *state;
  law->traced = TRACE(DONE) | TRACE(OVER);
  struct actor *t = law_spawn(law, law->root, "t", WORKS(SECOND));
  struct watcher *w[5];
  static const char *const names[] = {"w0", "w1", "w2", "w3", "w4"};
  for (int i = 0; i < 5; i++)
    w[i] = law_watch(law, t->task, PTG_NONE, names[i]);
  law_advance(law, 0);
  remove_watch(law, w[0], PTG_OK); /* the first, the last, one in between */
  remove_watch(law, w[4], PTG_OK);
  remove_watch(law, w[2], PTG_OK);
  assert_int_equal(w[2]->released, 1);
  remove_watch(law, w[2], PTG_ESTALE);
  law_advance(law, SECOND);
  law_traced(law, "t.done@1 w1.over@1 w3.over@1");
  remove_watch(law, w[1], PTG_ESTALE);
}

static void last_watcher_may_give_up(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, g, "t", DRAINS(0));
  remove_watch(law, law_watch(law, t->task, PTG_NONE, "w"), PTG_OK);
  remove_watch(law, law_watch(law, g, PTG_NONE, "w"), PTG_OK);
  law_advance(law, 0);
  law->traced = TRACE(DONE) | TRACE(ON_CLOSED) | TRACE(OVER);
  law_shutdown(law, g);
  law_advance(law, 0);
  law_traced(law, "t.done@0 g.closed@0");
}

static ptg_status remove_others(struct law *law, enum event event,
                                const char *name) {
  if (event != OVER || strcmp(name, "first") != 0) return PTG_OK;
  for (struct watcher *w = law->watchers; w != NULL; w = w->next)
    assert_int_equal(ptg_watch_remove(law->runtime, w->watch),
                     strcmp(w->name, "first") == 0 ? PTG_ESTALE : PTG_OK);
  return PTG_OK;
}

static void watcher_may_remove_the_others_when_it_hears(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, law->root, "t", WORKS(SECOND));
  law->react = remove_others;
  law->traced = TRACE(OVER) | TRACE(ON_CLOSED);
  law_watch(law, t->task, PTG_NONE, "first");
  law_watch(law, t->task, PTG_NONE, "second");
  law_watch(law, t->task, PTG_NONE, "third");
  law_advance(law, SECOND);
  law_traced(law, "first.over@1");
  assert_int_equal(law_info(law, law->root).live, 0);
  law->react = NULL;
  law_shutdown(law, g);
  law_advance(law, SECOND);
  law_traced(law, "g.closed@1");
}

static ptg_status remove_in_done(struct law *law, enum event event,
                                 const char *name) {
  if (event == DONE || event == ON_CLOSED)
    for (struct watcher *w = law->watchers; w != NULL; w = w->next)
      ptg_watch_remove(law->runtime, w->watch); /* some are gone already */
  return PTG_OK;
}

static void watches_may_be_removed_while_the_end_is_told(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, g, "t", DRAINS(0));
  law->react = remove_in_done;
  law->traced = TRACE(OVER) | TRACE(ON_CLOSED) | TRACE(GROUP_RELEASE);
  law_watch(law, t->task, PTG_NONE, "w");
  law_advance(law, 0);
  law_shutdown(law, g);
  law_watch(law, g, PTG_NONE, "v");
  law_advance(law, 0);
  law_traced(law, "g.closed@0 g.release@0");
}

static void thousand_watchers_each_hear_once(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", WORKS(SECOND));
  for (int i = 0; i < 1000; i++)
    law_watch(law, t->task, PTG_NONE, "w");
  uint64_t seed = 1;
  int removed = 0;
  for (struct watcher *w = law->watchers; w != NULL; w = w->next)
    if (law_pick(&seed, 2)) {
      remove_watch(law, w, PTG_OK);
      removed++;
    }
  law_advance(law, SECOND);
  int told = 0;
  for (struct watcher *w = law->watchers; w != NULL; w = w->next)
    told += w->over;
  assert_int_equal(told + removed, 1000);
}

/* ------------------------------------------------------------- deadlocks -- */

static void task_cannot_wait_for_itself(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(law_watch(law, t->task, t->task, "w")->added, PTG_EDEADLK);
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(law->runtime, &error), PTG_OK);
  assert_int_equal(error.status, PTG_EDEADLK);
}

static void task_cannot_wait_for_a_group_around_it(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group inner = law_group(law, outer, "inner", 0, 0);
  ptg_group other = law_group(law, law->root, "other", SECOND, SECOND);
  struct actor *t = law_spawn(law, inner, "t", STUBBORN);
  assert_int_equal(law_watch(law, inner, t->task, "w")->added, PTG_EDEADLK);
  assert_int_equal(law_watch(law, outer, t->task, "w")->added, PTG_EDEADLK);
  assert_int_equal(law_watch(law, law->root, t->task, "w")->added, PTG_EDEADLK);
  assert_int_equal(law_watch(law, other, t->task, "w")->added, PTG_OK);
  assert_int_equal(law_watch(law, inner, PTG_NONE, "w")->added, PTG_OK);
}

static void task_may_wait_for_others_and_for_groups_below(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  struct actor *sibling = law_spawn(law, law->root, "sibling", STUBBORN);
  assert_int_equal(law_watch(law, g, t->task, "w")->added, PTG_OK);
  assert_int_equal(law_watch(law, sibling->task, t->task, "w")->added, PTG_OK);
}

static ptg_status shut_down_and_wait(struct law *law, enum event event,
                                     const char *name) {
  if (event != START || strcmp(name, "t") != 0) return PTG_OK;
  ptg_group g = *(ptg_group *)law->context;
  law_shutdown(law, g);
  struct watcher *w = law_watch(law, g, law_actor(law, "t")->task, "w");
  assert_int_equal(w->added, PTG_EDEADLK);
  return PTG_OK;
}

static void shutdown_goes_on_when_a_member_cannot_wait_for_it(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  law->context = &g;
  law->react = shut_down_and_wait;
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_spawn(law, g, "t", CANCELS(0));
  law_advance(law, 3 * SECOND);
  law_traced(law, "t.drain@0 t.cancel@1 g.closed@1");
}

/* A owns g; a task of g that waited for A's end would wait for its own. */
static void task_cannot_wait_for_the_owner_of_a_group_around_it(void **state) {
  struct law *law = *state;
  struct actor *owner = law_spawn(law, law->root, "owner", STUBBORN);
  ptg_group_options options = law_options(law, "owned");
  options.owner = owner->task;
  ptg_group owned = law_make(law, law->root, &options);
  ptg_group below = law_group(law, owned, "below", 0, 0);
  struct actor *t = law_spawn(law, below, "t", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(law_watch(law, owner->task, t->task, "w")->added,
                   PTG_EDEADLK);
  assert_int_equal(law_watch(law, owned, owner->task, "w")->added, PTG_OK);
}

/* ------------------------------------------------------------- bad input -- */

static void fail_if_called(ptg_runtime *runtime, ptg_watch watch,
                           uint64_t watched, const ptg_outcome *outcome,
                           void *user_data) {
  fail();
}

static void count_release(void *user_data) {
  ++*(int *)user_data;
}

static void malformed_watches_are_refused(void **state) {
  struct law *law = *state;
  int released = 0;
  ptg_watch_options good = PTG_WATCH_OPTIONS_INIT, bad;
  good.over = fail_if_called;
  good.release = count_release;
  good.user_data = &released;
  ptg_watch out = 77;
#define REFUSE(watched, change, status) \
  do { \
    bad = good; \
    change; \
    assert_int_equal(ptg_watch_add(law->runtime, watched, &bad, &out), \
                     status); \
    assert_int_equal(out, PTG_NONE); \
    out = 77; \
  } while (0)
  ptg_task gone = law_spawn(law, law->root, "gone", WORKS(0))->task;
  struct watcher *w = law_watch(law, law->root, PTG_NONE, "w");
  law_advance(law, 0);
  REFUSE(law->root, bad.over = NULL, PTG_EINVAL);
  REFUSE(law->root, bad.flags = 1, PTG_EINVAL);
  REFUSE(PTG_NONE, (void)0, PTG_EINVAL);
  REFUSE(UINT64_MAX, (void)0, PTG_EINVAL);
  REFUSE(gone, (void)0, PTG_ESTALE);
  REFUSE(w->watch, (void)0, PTG_EKIND);
  REFUSE(law->root, bad.waiter = gone, PTG_ESTALE);
  REFUSE(law->root, bad.waiter = law->root, PTG_EKIND);
  assert_int_equal(released, 8);
  REFUSE(law->root, bad.size--, PTG_EINVAL);
  assert_int_equal(ptg_watch_add(NULL, law->root, &good, &out), PTG_EINVAL);
  assert_int_equal(ptg_watch_add(law->runtime, law->root, NULL, &out),
                   PTG_EINVAL);
  assert_int_equal(ptg_watch_remove(law->runtime, law->root), PTG_EKIND);
  assert_int_equal(ptg_watch_remove(law->runtime, PTG_NONE), PTG_EINVAL);
  assert_int_equal(ptg_watch_remove(NULL, w->watch), PTG_EINVAL);
#undef REFUSE
}

static void watch_without_memory_is_refused_and_nothing_changes(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", WORKS(SECOND));
  law_advance(law, 0);
  law->has_no_memory = 1;
  struct watcher *w = law_watch(law, t->task, PTG_NONE, "w");
  assert_int_equal(w->added, PTG_ENOMEM);
  law_advance(law, SECOND);
  assert_int_equal(t->told[DONE], 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(every_watcher_of_a_task_hears_once_after_its_done),
      LAW(watcher_is_told_how_the_task_ended),
      LAW(watchers_of_a_task_that_never_ran_hear_too),
      LAW(every_watcher_of_a_group_hears_once_after_on_closed),
      LAW(watcher_of_a_group_is_told_of_abandoned_tasks_below),
      LAW(watcher_of_an_abandoned_task_hears_its_late_end),
      LAW(watchers_of_dropped_tasks_hear_in_destroy),
      LAW(watch_added_in_done_or_on_closed_is_told),
      LAW(late_watch_of_what_is_closed_hears_at_once),
      LAW(late_watch_of_the_closed_root_hears_before_destroy),
      LAW(what_is_gone_is_stale),
      LAW(end_that_was_told_is_stale_though_it_is_listed),
      LAW(watcher_that_gives_up_disturbs_nobody),
      LAW(last_watcher_may_give_up),
      LAW(watcher_may_remove_the_others_when_it_hears),
      LAW(watches_may_be_removed_while_the_end_is_told),
      LAW(thousand_watchers_each_hear_once),
      LAW(task_cannot_wait_for_itself),
      LAW(task_cannot_wait_for_a_group_around_it),
      LAW(task_may_wait_for_others_and_for_groups_below),
      LAW(shutdown_goes_on_when_a_member_cannot_wait_for_it),
      LAW(task_cannot_wait_for_the_owner_of_a_group_around_it),
      LAW(malformed_watches_are_refused),
      LAW(watch_without_memory_is_refused_and_nothing_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
