/* test_task.c - a task from its spawning to its end: when code runs, what a
 * refusal changes, how an end is told. Who may spawn is in test_spawn.c.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A case inside callbacks: what is done there, and to what. */
struct scene {
  enum event on;
  const char *of;
  ptg_group group; /* that is spawned into */
  struct actor *spawned;
  ptg_task spawner;
  uint32_t flags;
};

static struct actor *spawn_in(struct law *law, const struct scene *scene) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "new";
  options.flags = scene->flags;
  options.spawner = scene->spawner;
  return law_spawn_with(law, scene->group, &options, WORKS(SECOND));
}

static ptg_status spawn_at(struct law *law, enum event event,
                           const char *name) {
  struct scene *scene = law->context;
  if (event == scene->on && strcmp(name, scene->of) == 0)
    scene->spawned = spawn_in(law, scene);
  return PTG_OK;
}

/* ---------------------------------------------------------------- start -- */

static void spawn_runs_nothing_before_it_returns(void **state) {
  struct law *law = *state;
  law->traced = TRACE(START);
  struct actor *task = law_spawn(law, law->root, "t", WORKS(0));
  assert_int_equal(task->spawned, PTG_OK);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task->task, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_PENDING);
  assert_int_equal(law_info(law, law->root).pending, 1);
  law_traced(law, "");
  law_advance(law, 0);
  law_traced(law, "t.start@0");
  assert_int_equal(law_info(law, law->root).pending, 0);
}

static void spawn_in_a_callback_runs_nothing_before_it_returns(void **state) {
  struct law *law = *state; /* law_spawn() itself looks */
  struct scene scene = {START, "t", law->root, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_at;
  law->traced = TRACE(START) | TRACE(DONE);
  law_spawn(law, law->root, "t", WORKS(0));
  law_advance(law, 0);
  law_traced(law, "t.start@0 t.done@0 new.start@0");
  assert_int_equal(scene.spawned->spawned, PTG_OK);
}

static void tasks_start_in_the_order_of_their_spawning(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law->traced = TRACE(START);
  law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, law->root, "b", STUBBORN);
  law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law_traced(law, "a.start@0 b.start@0 c.start@0");
}

static void task_that_ends_in_its_start_is_counted_and_gone(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", WORKS(0));
  law_advance(law, 0);
  assert_int_equal(task->told[DONE], 1);
  assert_int_equal(law_info(law, law->root).succeeded, 1);
  assert_int_equal(law_info(law, law->root).live, 0);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task->task, &info),
                   PTG_ESTALE);
}

static ptg_status fail_start(struct law *law, enum event event,
                             const char *name) {
  return event == START ? PTG_EUV : PTG_OK;
}

static void start_that_fails_ends_the_task_with_its_status(void **state) {
  struct law *law = *state;
  law->react = fail_start;
  law->traced = TRACE(ERROR) | TRACE(DONE) | TRACE(RELEASE);
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_traced(law, "root.error:t@0 t.done:EUV@0 t.release@0");
  assert_int_equal(task->outcome.status, PTG_EUV);
  assert_int_equal(law_info(law, law->root).failed, 1);
}

static ptg_status finish_and_fail(struct law *law, enum event event,
                                  const char *name) {
  if (event != START) return PTG_OK;
  law_finish(law_actor(law, name), PTG_OK);
  return PTG_EFAILED;
}

static void status_of_a_start_that_finished_is_ignored(void **state) {
  struct law *law = *state;
  law->react = finish_and_fail;
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  assert_int_equal(task->outcome.status, PTG_OK);
  assert_int_equal(law_info(law, law->root).failed, 0);
}

/* -------------------------------------------------------------- refusals -- */

static void refused_spawn_changes_nothing_and_releases_once(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 0);
  /* The first may leave something for the next ones to use. */
  law_spawn(law, group, "late", WORKS(0));
  ptg_group_info before = law_info(law, group);
  size_t balance = law->balance;
  struct actor *task = law_spawn(law, group, "late", WORKS(0));
  assert_int_equal(task->spawned, PTG_ECLOSED);
  assert_int_equal(task->told[RELEASE], 1);
  law_advance(law, SECOND);
  assert_int_equal(task->told[START] + task->told[DONE], 0);
  ptg_group_info after = law_info(law, group);
  assert_int_equal(after.refused, before.refused + 1);
  assert_int_equal(after.spawned, before.spawned);
  assert_int_equal(after.live, before.live);
  assert_int_equal(law->balance, balance);
}

static void malformed_spawn_is_refused(void **state) {
  struct law *law = *state;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "t";
  options.flags = 4;
  assert_int_equal(law_spawn_with(law, law->root, &options, WORKS(0))->spawned,
                   PTG_EINVAL);
  options.flags = 0;
  options.name = "a\0b";
  options.name_length = 3;
  assert_int_equal(law_spawn_with(law, law->root, &options, WORKS(0))->spawned,
                   PTG_EINVAL);
  static const ptg_task_type no_start = {.size = sizeof(ptg_task_type)};
  ptg_task out = 77;
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &no_start, NULL, NULL, &out),
      PTG_EINVAL);
  assert_int_equal(out, PTG_NONE);
  assert_int_equal(law_info(law, law->root).spawned, 0);
}

static void spawn_without_memory_is_refused(void **state) {
  struct law *law = *state;
  law->has_no_memory = 1;
  struct actor *task = law_spawn(law, law->root, "t", WORKS(0));
  assert_int_equal(task->spawned, PTG_ENOMEM);
  assert_int_equal(law_info(law, law->root).spawned, 0);
}

static void bound_on_live_tasks_is_kept(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "g");
  options.max_tasks = 2;
  ptg_group group = law_make(law, law->root, &options);
  law_spawn(law, group, "a", WORKS(SECOND));
  law_spawn(law, group, "b", WORKS(2 * SECOND));
  struct actor *task = law_spawn(law, group, "c", WORKS(0));
  assert_int_equal(task->spawned, PTG_EFULL);
  assert_int_equal(law_info(law, group).refused, 1);
  law_advance(law, SECOND);
  assert_int_equal(law_spawn(law, group, "d", WORKS(0))->spawned, PTG_OK);
  assert_int_equal(law_spawn(law, group, "e", WORKS(0))->spawned, PTG_EFULL);
  assert_int_equal(law_info(law, group).refused, 2);
}

/* ------------------------------------------------------------------ end -- */

static void release_follows_done(void **state) {
  struct law *law = *state;
  law->traced = TRACE(DONE) | TRACE(RELEASE);
  law_spawn(law, law->root, "a", WORKS(SECOND));
  law_spawn(law, law->root, "b", WORKS(SECOND));
  law_advance(law, SECOND);
  law_traced(law, "a.done@1 a.release@1 b.done@1 b.release@1");
}

static void finished_task_counts_as_ended_at_once_and_is_told_later(void **s) {
  struct law *law = *s;
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_finish(task, PTG_OK);
  assert_int_equal(task->told[DONE], 0);
  assert_int_equal(law_info(law, law->root).live, 0);
  assert_int_equal(law_info(law, law->root).succeeded, 1);
  assert_int_equal(ptg_task_finish(law->runtime, task->task, NULL), PTG_ESTALE);
  law_advance(law, 0);
  assert_int_equal(task->told[DONE], 1);
  assert_int_equal(ptg_task_finish(law->runtime, task->task, NULL), PTG_ESTALE);
  assert_int_equal(law_info(law, law->root).succeeded, 1);
}

static ptg_status check_outcome(struct law *law, const ptg_outcome *outcome) {
  assert_int_equal(outcome->status, PTG_EEXIT);
  assert_int_equal(outcome->code, -7);
  assert_int_equal(outcome->message_length, 5);
  assert_string_equal(outcome->message, "seven");
  assert_true(outcome->value == UINT64_MAX - 1);
  assert_int_equal(outcome->flags, 0);
  (*(int *)law->context)++;
  return PTG_OK;
}

static ptg_status outcome_start(ptg_runtime *runtime, ptg_task task,
                                void *user_data) {
  char message[] = "seven and more";
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EEXIT;
  outcome.code = -7;
  outcome.message = message;
  outcome.message_length = 5;
  outcome.value = UINT64_MAX - 1;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
  message[0] = 'X';
  return PTG_OK;
}

static void outcome_done(ptg_runtime *runtime, ptg_task task,
                         const ptg_outcome *outcome, void *user_data) {
  check_outcome(user_data, outcome);
}

static void outcome_arrives_as_it_was_given(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                     .start = outcome_start,
                                     .done = outcome_done};
  int seen = 0;
  law->context = &seen;
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, law, NULL), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(seen, 1);
}

static void task_without_callbacks_may_end(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                     .start = outcome_start};
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, NULL, NULL), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(law_info(law, law->root).failed, 1);
}

static void user_data_is_given_to_those_who_know_the_type(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                     .start = outcome_start};
  ptg_task task;
  void *user_data;
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, law, &task), PTG_OK);
  assert_int_equal(
      ptg_task_get_user_data(law->runtime, task, &type, &user_data), PTG_OK);
  assert_ptr_equal(user_data, law);
  static const ptg_task_type other = {.size = sizeof(ptg_task_type),
                                      .start = outcome_start};
  assert_int_equal(
      ptg_task_get_user_data(law->runtime, task, &other, &user_data),
      PTG_EKIND);
  assert_null(user_data);
}

static void new_sleep_takes_the_place_of_the_old_one(void **state) {
  struct law *law = *state;
  struct actor *task = law_spawn(law, law->root, "t", WORKS(SECOND));
  law->traced = TRACE(DONE);
  law_advance(law, SECOND / 2);
  assert_int_equal(ptg_task_sleep(law->runtime, task->task, 2 * SECOND),
                   PTG_OK);
  law_advance(law, 2 * SECOND - 1);
  law_traced(law, "");
  assert_int_equal(ptg_task_sleep(law->runtime, task->task, PTG_FOREVER),
                   PTG_OK);
  law_advance(law, 100 * SECOND);
  law_traced(law, "");
  assert_int_equal(ptg_task_sleep(law->runtime, task->task, 0), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(task->told[DONE], 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(spawn_runs_nothing_before_it_returns),
      LAW(spawn_in_a_callback_runs_nothing_before_it_returns),
      LAW(tasks_start_in_the_order_of_their_spawning),
      LAW(task_that_ends_in_its_start_is_counted_and_gone),
      LAW(start_that_fails_ends_the_task_with_its_status),
      LAW(status_of_a_start_that_finished_is_ignored),
      LAW(refused_spawn_changes_nothing_and_releases_once),
      LAW(malformed_spawn_is_refused),
      LAW(spawn_without_memory_is_refused),
      LAW(bound_on_live_tasks_is_kept),
      LAW(release_follows_done),
      LAW(finished_task_counts_as_ended_at_once_and_is_told_later),
      LAW(outcome_arrives_as_it_was_given),
      LAW(task_without_callbacks_may_end),
      LAW(user_data_is_given_to_those_who_know_the_type),
      LAW(new_sleep_takes_the_place_of_the_old_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
