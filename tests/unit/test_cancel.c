/* test_cancel.c - a cancellation is a request: with a reason, told once, late,
 * and the task's own to answer. */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void cancel(struct law *law, const struct actor *actor,
                   const char *reason) {
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = reason;
  assert_int_equal(ptg_task_cancel(law->runtime, actor->task, &options),
                   PTG_OK);
}

/* --------------------------------------------------------------- request -- */

static void siblings_of_a_cancelled_task_go_on(void **state) {
  struct law *law = *state;
  law->traced = TRACE(CANCEL) | TRACE(DONE) | TRACE(ERROR);
  struct actor *a = law_spawn(law, law->root, "a", CANCELS(SECOND));
  law_spawn(law, law->root, "b", WORKS(3 * SECOND));
  law_advance(law, 0);
  cancel(law, a, NULL);
  law_advance(law, 5 * SECOND);
  law_traced(law, "a.cancel@0 a.done:ECANCELED@1 b.done@3");
  assert_int_equal(law_info(law, law->root).cancelled, 1);
  assert_int_equal(law_info(law, law->root).succeeded, 1);
}

static void request_is_told_later_and_never_inside_the_call(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", CANCELS(0));
  law_advance(law, 0);
  cancel(law, task, NULL);
  assert_int_equal(task->told[CANCEL], 0);
  law_advance(law, 0);
  assert_int_equal(task->told[CANCEL], 1);
}

static void reason_and_originator_reach_the_task(void **state) {
  struct law *law = *state;
  char reason[] = "disk is full";
  struct actor *asker = law_spawn(law, law->root, "asker", STUBBORN);
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = reason;
  options.originator = asker->task;
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, &options), PTG_OK);
  reason[0] = 'X';
  law_advance(law, 0);
  assert_string_equal(task->reason, "disk is full");
  assert_int_equal(task->originator, asker->task);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task->task, &info), PTG_OK);
  assert_int_equal(info.is_cancel_requested, 1);
  assert_string_equal(info.reason, "disk is full");
  assert_int_equal(info.reason_length, 12);
  assert_int_equal(info.originator, asker->task);
}

static void request_from_outside_has_no_originator(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, NULL), PTG_OK);
  law_advance(law, 0);
  assert_string_equal(task->reason, "cancelled");
  assert_int_equal(task->originator, PTG_NONE);
}

static ptg_status cancel_other(struct law *law, enum event event,
                               const char *name) {
  if ((event == START && strcmp(name, "asker") == 0) || event == ERROR)
    cancel(law, law_actor(law, "t"), "asked");
  return PTG_OK;
}

static void originator_is_whose_callback_is_running(void **state) {
  struct law *law = *state;
  law->react = cancel_other;
  struct actor *task = law_spawn(law, law->root, "t", CANCELS(0));
  struct actor *asker = law_spawn(law, law->root, "asker", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(task->originator, asker->task);
  task->name = "old t";
  task = law_spawn(law, law->root, "t", CANCELS(0));
  law_spawn(law, law->root, "broken", FAILS(0));
  law_advance(law, 0);
  assert_int_equal(task->originator, law->root);
}

static void originator_of_a_shutdowns_request_is_the_group(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  struct actor *task = law_spawn(law, group, "t", CANCELS(0));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 0);
  assert_string_equal(task->reason, "shutdown");
  assert_int_equal(task->originator, group);
}

static void malformed_reason_is_refused_and_nothing_told(void **state) {
  struct law *law = *state;
  char reason[PTG_REASON_MAX + 2];
  memset(reason, 'x', sizeof(reason));
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = reason;
  options.reason_length = PTG_REASON_MAX + 1;
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, &options),
                   PTG_EINVAL);
  options.reason_length = 3;
  options.reason = "a\0b";
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, &options),
                   PTG_EINVAL);
  options.reason = "\xc3";
  options.reason_length = 1;
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, &options),
                   PTG_EINVAL);
  law_advance(law, SECOND);
  assert_int_equal(task->told[CANCEL], 0);
}

static void request_without_memory_changes_nothing(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", CANCELS(0));
  law_advance(law, 0);
  /* A short one may need no memory. */
  char reason[PTG_REASON_MAX];
  memset(reason, 'r', sizeof(reason));
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = reason;
  options.reason_length = sizeof(reason);
  law->has_no_memory = 1;
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, &options),
                   PTG_ENOMEM);
  law_advance(law, SECOND);
  assert_int_equal(task->told[CANCEL], 0);
  law->has_no_memory = 0;
  cancel(law, task, "now");
  law_advance(law, 0);
  assert_string_equal(task->reason, "now");
}

static void first_of_two_requests_counts(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", CANCELS(SECOND));
  law_advance(law, 0);
  cancel(law, task, "first");
  cancel(law, task, "second");
  law_advance(law, SECOND / 2);
  cancel(law, task, "third");
  law_advance(law, 0);
  assert_int_equal(task->told[CANCEL], 1);
  assert_string_equal(task->reason, "first");
}

/* --------------------------------------------------------------- answers -- */

static void task_cancelled_before_its_first_run_never_runs(void **state) {
  struct law *law = *state;
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE) | TRACE(RELEASE) |
                TRACE(ERROR);
  struct actor *task = law_spawn(law, law->root, "t", WORKS(0));
  cancel(law, task, NULL);
  assert_int_equal(task->told[DONE], 0);
  law_advance(law, SECOND);
  law_traced(law, "t.done:ECANCELED@0 t.release@0");
  assert_int_equal(task->outcome.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(law_info(law, law->root).cancelled, 1);
  assert_int_equal(law_info(law, law->root).pending, 0);
}

static void finished_task_cannot_be_cancelled(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_finish(task, PTG_OK);
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, NULL), PTG_ESTALE);
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, task->task, NULL), PTG_ESTALE);
  assert_int_equal(task->told[CANCEL], 0);
  assert_int_equal(task->outcome.flags, 0);
}

static void task_that_swallows_a_request_ends_well_and_flagged(void **state) {
  struct law *law = *state;
  law->traced = TRACE(ERROR);
  struct script script = CANCELS(SECOND);
  script.yields = PTG_OK;
  struct actor *task = law_spawn(law, law->root, "t", script);
  law_advance(law, 0);
  cancel(law, task, NULL);
  law_advance(law, SECOND);
  assert_int_equal(task->outcome.status, PTG_OK);
  assert_int_equal(task->outcome.flags, PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(law_info(law, law->root).succeeded, 1);
  assert_int_equal(law_info(law, law->root).cancelled, 0);
  law_traced(law, "");
}

static void task_may_ignore_a_request_and_go_on(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", WORKS(100 * SECOND));
  law_advance(law, 0);
  cancel(law, task, NULL);
  law_advance(law, 99 * SECOND);
  assert_int_equal(task->told[DONE], 0);
  law_advance(law, SECOND);
  assert_int_equal(task->outcome.status, PTG_OK);
}

static ptg_status cancel_itself(struct law *law, enum event event,
                                const char *name) {
  if (event == START) cancel(law, law_actor(law, name), "enough");
  return PTG_OK;
}

static void task_may_cancel_itself(void **state) {
  struct law *law = *state;
  law->react = cancel_itself;
  law->traced = TRACE(START) | TRACE(CANCEL) | TRACE(DONE) | TRACE(ERROR);
  struct actor *task = law_spawn(law, law->root, "t", CANCELS(0));
  law_advance(law, 0);
  law_traced(law, "t.start@0 t.cancel@0 t.done:ECANCELED@0");
  assert_int_equal(task->originator, task->task);
}

static ptg_status start_deaf(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  return PTG_OK;
}

static void task_that_cannot_be_hurried_is_asked_all_the_same(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(type), .start = start_deaf};
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, NULL, &task),
      PTG_OK);
  law_advance(law, 0);
  assert_int_equal(ptg_task_cancel(law->runtime, task, NULL), PTG_OK);
  law_advance(law, SECOND);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task, &info), PTG_OK);
  assert_int_equal(info.is_cancel_requested, 1);
  assert_int_equal(ptg_task_finish(law->runtime, task, NULL), PTG_OK);
}

/* ------------------------------------------------------ with a shutdown -- */

static void cancelled_task_is_not_told_to_drain(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *task = law_spawn(law, group, "t", CANCELS(SECOND / 2));
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(DONE);
  cancel(law, task, NULL);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  law_traced(law, "t.cancel@0 t.done:ECANCELED@0.5");
}

static void task_asked_in_the_turn_of_the_drain_is_told_once(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *task = law_spawn(law, group, "t", CANCELS(SECOND / 2));
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(DONE);
  law_shutdown(law, group);
  cancel(law, task, NULL);
  law_advance(law, SECOND);
  law_traced(law, "t.cancel@0 t.done:ECANCELED@0.5");
}

static void shutdown_does_not_ask_a_second_time(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, 5 * SECOND);
  struct actor *task = law_spawn(law, group, "t", CANCELS(3 * SECOND));
  law_advance(law, 0);
  law->traced = TRACE(CANCEL) | TRACE(DONE) | TRACE(ON_CLOSED);
  cancel(law, task, "mine");
  law_advance(law, 0);
  law_force(law, group);
  law_advance(law, 5 * SECOND);
  law_traced(law, "t.cancel@0 t.done:ECANCELED@3 g.closed@3");
  assert_string_equal(task->reason, "mine");
}

static void tasks_are_cancelled_newest_first_in_every_run(void **state) {
  struct law *law = *state;
  for (int run = 0; run < 100; run++) {
    ptg_group group = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
    law_spawn(law, group, "a", CANCELS(0));
    struct actor *b = law_spawn(law, group, "b", STUBBORN);
    law_spawn(law, group, "c", CANCELS(0));
    law_advance(law, 0);
    law_spawn(law, group, "d", CANCELS(0));
    law_finish(b, PTG_OK);
    law_spawn(law, group, "e", CANCELS(0));
    law_advance(law, 0);
    law->traced = TRACE(CANCEL);
    law_shutdown(law, group);
    law_advance(law, 0);
    law_traced(law, "e.cancel@0 d.cancel@0 c.cancel@0 a.cancel@0");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(siblings_of_a_cancelled_task_go_on),
      LAW(request_is_told_later_and_never_inside_the_call),
      LAW(reason_and_originator_reach_the_task),
      LAW(request_from_outside_has_no_originator),
      LAW(originator_is_whose_callback_is_running),
      LAW(originator_of_a_shutdowns_request_is_the_group),
      LAW(malformed_reason_is_refused_and_nothing_told),
      LAW(request_without_memory_changes_nothing),
      LAW(first_of_two_requests_counts),
      LAW(task_cancelled_before_its_first_run_never_runs),
      LAW(finished_task_cannot_be_cancelled),
      LAW(task_that_swallows_a_request_ends_well_and_flagged),
      LAW(task_may_ignore_a_request_and_go_on),
      LAW(task_may_cancel_itself),
      LAW(task_that_cannot_be_hurried_is_asked_all_the_same),
      LAW(cancelled_task_is_not_told_to_drain),
      LAW(task_asked_in_the_turn_of_the_drain_is_told_once),
      LAW(shutdown_does_not_ask_a_second_time),
      LAW(tasks_are_cancelled_newest_first_in_every_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
