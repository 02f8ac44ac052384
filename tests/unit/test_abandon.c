/* test_abandon.c - those who do not listen: killed where that can be, else
 * given up, listed, and told late.
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

/* -------------------------------------------------------------- stubborn -- */

static void stubborn_task_is_abandoned_when_both_limits_are_over(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, 2 * SECOND, 3 * SECOND);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND - 1);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CANCELLING);
  law_advance(law, 1);
  law_traced(law, "g.drain@0 b.drain@0 a.drain@0 b.cancel@2 a.cancel@2 "
                  "g.closed@5");
  ptg_group_info info = law_info(law, group);
  assert_int_equal(info.state, PTG_GROUP_CLOSED);
  assert_int_equal(info.abandoned, 2);
  assert_int_equal(info.live + info.late, 0);
  ptg_task tasks[3];
  size_t count;
  assert_int_equal(ptg_group_list_tasks(law->runtime, group, tasks, 3, &count),
                   PTG_OK);
  assert_int_equal(count, 2);
  assert_int_equal(tasks[0], a->task);
  ptg_task_info task = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, b->task, &task), PTG_OK);
  assert_int_equal(task.state, PTG_TASK_ABANDONED);
  assert_int_equal(task.age_ns, 5 * SECOND);
  assert_string_equal(task.name, "b");
}

static void late_end_is_told_and_revives_nothing(void **s) {
  struct law *law = *s;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  law_traced(law, "b.cancel@0 a.cancel@0 g.closed@1");
  law_advance(law, SECOND);
  law_finish(a, PTG_OK);
  law_advance(law, 0);
  law_traced(law, "a.done@2");
  assert_int_equal(a->outcome.flags,
                   PTG_OUTCOME_ABANDONED | PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CLOSED);
  assert_int_equal(law_info(law, group).late, 1);
  assert_int_equal(law_info(law, group).succeeded, 0);
  assert_int_equal(law_spawn(law, group, "c", WORKS(0))->spawned, PTG_ECLOSED);
  law_finish(b, PTG_OK);
  law_advance(law, 0);
  law_traced(law, "b.done@2 g.release@2");
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, group, &info), PTG_ESTALE);
}

static void abandoned_task_may_still_sleep_and_wake(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  struct actor *task = law_spawn(law, group, "t", WORKS(10 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.cancel@0 g.closed@1 t.done@10 g.release@10");
  assert_int_equal(task->outcome.status, PTG_OK);
}

static void destroy_tells_the_ends_of_abandoned_tasks(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  struct actor *task = law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law->traced = 0;
  law_shutdown(law, law->root);
  law_advance(law, SECOND);
  assert_int_equal(task->told[DONE], 0);
  law->traced = TOLD;
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = NULL;
  assert_int_equal(task->outcome.status, PTG_ETIMEDOUT);
  assert_int_equal(task->outcome.flags,
                   PTG_OUTCOME_ABANDONED | PTG_OUTCOME_CANCEL_REQUESTED);
  law->trace_used = 0;
}

static void destroy_is_refused_while_anything_lives(void **state) {
  struct law *law = *state;
  begin(law, SECOND, SECOND);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EBUSY);
  law_shutdown(law, law->root);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EBUSY);
  law_traced(law, "");
}

/* ------------------------------------------------------------------ kill -- */

static void task_that_can_be_killed_is_when_the_cancel_wait_is_over(void **s) {
  struct law *law = *s;
  ptg_group group = begin(law, 2 * SECOND, 3 * SECOND);
  struct actor *a = law_spawn(law, group, "a", KILLS(SECOND / 2));
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_spawn(law, group, "c", KILLS(0));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "g.drain@0 c.drain@0 b.drain@0 a.drain@0 c.cancel@2 "
                  "b.cancel@2 a.cancel@2 c.kill@5 a.kill@5 "
                  "c.done:ECANCELED@5");
  ptg_group_info info = law_info(law, group);
  assert_int_equal(info.abandoned, 1); /* b, at once */
  assert_int_equal(info.killed, 2);
  ptg_task_info task = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, a->task, &task), PTG_OK);
  assert_int_equal(task.is_killed, 1);
  assert_int_equal(task.state, PTG_TASK_RUNNING);
  law_advance(law, SECOND);
  law_traced(law, "a.done:ECANCELED@5.5 g.closed@5.5");
  assert_int_equal(a->outcome.flags,
                   PTG_OUTCOME_KILLED | PTG_OUTCOME_CANCEL_REQUESTED);
  law_finish(b, PTG_OK);
}

static void task_that_survives_its_kill_is_abandoned_after_the_wait(void **s) {
  struct law *law = *s;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  struct actor *task = law_spawn(law, group, "t", KILLS(NEVER));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, SECOND + PTG_KILL_WAIT_NS - 1);
  law_traced(law, "t.cancel@0 t.kill@1");
  assert_int_equal(law_info(law, group).phase_left_ns, 1);
  law_advance(law, 1);
  law_traced(law, "g.closed@2");
  assert_int_equal(law_info(law, group).abandoned, 1);
  assert_int_equal(law_info(law, group).killed, 1);
  law_finish(task, PTG_OK);
  law_advance(law, 0);
  assert_int_equal(task->outcome.flags, PTG_OUTCOME_ABANDONED |
                                            PTG_OUTCOME_KILLED |
                                            PTG_OUTCOME_CANCEL_REQUESTED);
}

static void nobody_is_killed_who_ends_in_the_cancel_wait(void **state) {
  struct law *law = *state;
  ptg_group group = begin(law, PTG_AT_ONCE, SECOND);
  struct script script = KILLS(0);
  script.cancel_ns = SECOND / 2;
  law_spawn(law, group, "t", script);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "t.cancel@0 t.done:ECANCELED@0.5 g.closed@0.5 g.release@0.5");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(stubborn_task_is_abandoned_when_both_limits_are_over),
      LAW(late_end_is_told_and_revives_nothing),
      LAW(abandoned_task_may_still_sleep_and_wake),
      LAW(destroy_tells_the_ends_of_abandoned_tasks),
      LAW(destroy_is_refused_while_anything_lives),
      LAW(task_that_can_be_killed_is_when_the_cancel_wait_is_over),
      LAW(task_that_survives_its_kill_is_abandoned_after_the_wait),
      LAW(nobody_is_killed_who_ends_in_the_cancel_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
