/* test_task.c - spawning and ending tasks: when code runs, who is let in, what
 * a refusal changes, how an end is told. */
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

/* ------------------------------------------------------------------ start --
 */

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
  options.flags = 2;
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

/* --------------------------------------------------------- while draining --
 */

/* app > (work > inner, other): work is draining, each has a task that lives
 * on. */
struct tree {
  ptg_group app, work, inner, other;
};

static struct tree draining_tree(struct law *law) {
  struct tree tree;
  ptg_group_options options = law_options(law, "app");
  options.on_error = law_on_error;
  tree.app = law_make(law, law->root, &options);
  options = law_options(law, "work");
  options.on_error = law_on_error;
  options.grace_ns = 10 * SECOND;
  tree.work = law_make(law, tree.app, &options);
  tree.inner = law_group(law, tree.work, "inner", 0, 0);
  tree.other = law_group(law, tree.app, "other", 0, 0);
  law_spawn(law, tree.app, "app task", STUBBORN);
  law_spawn(law, tree.work, "work task", DRAINS(5 * SECOND));
  law_spawn(law, tree.inner, "inner task", DRAINS(SECOND));
  law_spawn(law, tree.other, "other task", STUBBORN);
  law_advance(law, 0);
  return tree;
}

static void member_may_spawn_while_its_group_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  struct scene scene = {DRAIN, "work task", tree.work, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_at;
  law->traced = TRACE(DRAIN) | TRACE(START) | TRACE(ON_CLOSED) | TRACE(CANCEL);
  law_shutdown(law, tree.work);
  law_advance(law, 7 * SECOND);
  law_traced(law, "inner task.drain@0 inner.closed@1 work task.drain@1 "
                  "new.start@1 new.drain@1 work.closed@6");
}

static void group_waits_for_what_was_spawned_while_it_drained(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  struct scene scene = {DONE, "work task", tree.work, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_at;
  law->traced = TRACE(DONE) | TRACE(ON_CLOSED) | TRACE(CANCEL);
  law_shutdown(law, tree.work);
  law_advance(law, 20 * SECOND);
  law_traced(law, "inner task.done@1 inner.closed@1 work task.done@6 "
                  "new.done@7 work.closed@7");
}

static ptg_status status_at(struct law *law, const struct tree *tree,
                            enum event on, const char *of) {
  struct scene scene = {on, of, tree->work, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_at;
  law_shutdown(law, tree->work);
  law_advance(law, 20 * SECOND);
  assert_non_null(scene.spawned);
  return scene.spawned->spawned;
}

static void member_of_a_child_may_spawn_while_the_parent_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  assert_int_equal(status_at(law, &tree, DRAIN, "inner task"), PTG_OK);
}

static void hook_may_spawn_while_its_group_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  assert_int_equal(status_at(law, &tree, ON_DRAIN, "work"), PTG_OK);
}

static void hook_of_a_child_may_spawn_while_the_parent_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  assert_int_equal(status_at(law, &tree, ON_CLOSED, "inner"), PTG_OK);
}

static void handler_may_spawn_while_its_group_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  law_spawn(law, tree.work, "broken", FAILS(2 * SECOND));
  assert_int_equal(status_at(law, &tree, ERROR, "work"), PTG_OK);
}

static void handler_above_is_an_outsider_while_a_group_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  law_spawn(law, tree.other, "broken", FAILS(2 * SECOND));
  assert_int_equal(status_at(law, &tree, ERROR, "app"), PTG_ECLOSED);
}

static void task_of_another_group_is_an_outsider_while_it_drains(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  law_spawn(law, tree.other, "visitor", WORKS(2 * SECOND));
  assert_int_equal(status_at(law, &tree, DONE, "visitor"), PTG_ECLOSED);
}

static void task_of_the_parent_is_an_outsider_while_a_group_drains(void **s) {
  struct law *law = *s;
  struct tree tree = draining_tree(law);
  law_spawn(law, tree.app, "visitor", WORKS(2 * SECOND));
  assert_int_equal(status_at(law, &tree, DONE, "visitor"), PTG_ECLOSED);
}

static void host_is_an_outsider_but_may_name_a_spawner(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  struct scene scene = {EVENTS, "", tree.work, NULL, PTG_NONE, 0};
  law_shutdown(law, tree.work);
  law_advance(law, 0);
  assert_int_equal(spawn_in(law, &scene)->spawned, PTG_ECLOSED);
  scene.spawner = law_actor(law, "other task")->task;
  assert_int_equal(spawn_in(law, &scene)->spawned, PTG_ECLOSED);
  scene.spawner = law_actor(law, "inner task")->task;
  assert_int_equal(spawn_in(law, &scene)->spawned, PTG_OK);
  law_advance(law, SECOND);
  assert_int_equal(spawn_in(law, &scene)->spawned, PTG_ESTALE);
}

static ptg_status spawn_for_outsider(struct law *law, enum event event,
                                     const char *name) {
  struct scene *scene = law->context;
  scene->spawner = law_actor(law, "other task")->task;
  return spawn_at(law, event, name);
}

static void member_that_spawns_for_an_outsider_is_refused(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  struct scene scene = {DRAIN, "work task", tree.work, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_for_outsider;
  law_shutdown(law, tree.work);
  law_advance(law, SECOND);
  assert_int_equal(scene.spawned->spawned, PTG_ECLOSED);
}

static void member_may_spawn_into_other_open_groups(void **state) {
  struct law *law = *state;
  struct tree tree = draining_tree(law);
  struct scene scene = {DRAIN, "work task", tree.other, NULL, 0, 0};
  law->context = &scene;
  law->react = spawn_at;
  law_shutdown(law, tree.work);
  law_advance(law, SECOND);
  assert_int_equal(scene.spawned->spawned, PTG_OK);
}

/* ------------------------------------------------------- while cancelling --
 */

static struct actor *spawn_while_cancelling(struct law *law, enum event on,
                                            const char *of, uint32_t flags) {
  ptg_group group = law_group(law, law->root, "g", SECOND, 3 * SECOND);
  struct scene scene = {on, of, group, NULL, 0, flags};
  law->context = &scene;
  law->react = spawn_at;
  law_spawn(law, group, "a", CANCELS(SECOND));
  law_spawn(law, group, "k", KILLS(0));
  law_spawn(law, law->root, "visitor", WORKS(2 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, 10 * SECOND);
  assert_non_null(scene.spawned);
  return scene.spawned;
}

static void member_is_refused_while_its_group_cancels(void **state) {
  const struct actor *task = spawn_while_cancelling(*state, CANCEL, "a", 0);
  assert_int_equal(task->spawned, PTG_ECLOSED);
}

static void clean_up_is_accepted_while_its_group_cancels(void **state) {
  const struct actor *task =
      spawn_while_cancelling(*state, CANCEL, "a", PTG_SPAWN_CLEANUP);
  assert_int_equal(task->spawned, PTG_OK);
  assert_int_equal(task->told[CANCEL] + task->told[DRAIN], 0);
  assert_int_equal(task->outcome.status, PTG_OK);
}

static void clean_up_from_outside_is_refused_while_a_group_cancels(void **s) {
  const struct actor *task =
      spawn_while_cancelling(*s, DONE, "visitor", PTG_SPAWN_CLEANUP);
  assert_int_equal(task->spawned, PTG_ECLOSED);
}

static void clean_up_is_refused_once_the_cancel_wait_is_over(void **state) {
  const struct actor *task =
      spawn_while_cancelling(*state, KILL, "k", PTG_SPAWN_CLEANUP);
  assert_int_equal(task->spawned, PTG_ECLOSED);
}

static ptg_status clean_up_slowly(struct law *law, enum event event,
                                  const char *name) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "cleanup";
  options.flags = PTG_SPAWN_CLEANUP;
  if (event == CANCEL)
    law_spawn_with(law, *(ptg_group *)law->context, &options, STUBBORN);
  return PTG_OK;
}

static void clean_up_is_bounded_by_the_end_of_the_phase(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, 3 * SECOND);
  law->context = &group;
  law->react = clean_up_slowly;
  law_spawn(law, group, "a", CANCELS(0));
  law_advance(law, 0);
  law_shutdown(law, group);
  law->traced = TRACE(ON_CLOSED);
  law_advance(law, 10 * SECOND);
  law_traced(law, "g.closed@4");
  assert_int_equal(law_info(law, group).abandoned, 1);
  law_finish(law_actor(law, "cleanup"), PTG_OK);
}

/* -------------------------------------------------------------------- end --
 */

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
      LAW(member_may_spawn_while_its_group_drains),
      LAW(group_waits_for_what_was_spawned_while_it_drained),
      LAW(member_of_a_child_may_spawn_while_the_parent_drains),
      LAW(hook_may_spawn_while_its_group_drains),
      LAW(hook_of_a_child_may_spawn_while_the_parent_drains),
      LAW(handler_may_spawn_while_its_group_drains),
      LAW(handler_above_is_an_outsider_while_a_group_drains),
      LAW(task_of_another_group_is_an_outsider_while_it_drains),
      LAW(task_of_the_parent_is_an_outsider_while_a_group_drains),
      LAW(host_is_an_outsider_but_may_name_a_spawner),
      LAW(member_that_spawns_for_an_outsider_is_refused),
      LAW(member_may_spawn_into_other_open_groups),
      LAW(member_is_refused_while_its_group_cancels),
      LAW(clean_up_is_accepted_while_its_group_cancels),
      LAW(clean_up_from_outside_is_refused_while_a_group_cancels),
      LAW(clean_up_is_refused_once_the_cancel_wait_is_over),
      LAW(clean_up_is_bounded_by_the_end_of_the_phase),
      LAW(release_follows_done),
      LAW(finished_task_counts_as_ended_at_once_and_is_told_later),
      LAW(outcome_arrives_as_it_was_given),
      LAW(task_without_callbacks_may_end),
      LAW(user_data_is_given_to_those_who_know_the_type),
      LAW(new_sleep_takes_the_place_of_the_old_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
