/* test_spawn.c - who may still spawn into a group that is ending: those inside
 * while it drains, their clean-up while it cancels, nobody after that.
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

/* ------------------------------------------------------- while draining -- */

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

/* ----------------------------------------------------- while cancelling -- */

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

int main(void) {
  const struct CMUnitTest tests[] = {
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
