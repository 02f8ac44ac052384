/* test_group.c - the life of a group: made, named, idle, closed once, stale. */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define YEAR (INT64_C(365) * 24 * 3600 * SECOND)

static void name_is(const struct law *law, ptg_group group,
                    const char *expected) {
  ptg_group_info info = law_info(law, group);
  assert_int_equal(info.name_length, strlen(expected));
  assert_string_equal(info.name, expected);
}

/* -------------------------------------------------------------- creation -- */

static void new_group_is_open_and_empty(void **state) {
  struct law *law = *state;
  law_advance(law, 3 * SECOND);
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  ptg_group_info info = law_info(law, group);
  assert_int_equal(info.state, PTG_GROUP_OPEN);
  assert_int_equal(info.group, group);
  assert_int_equal(info.parent, law->root);
  assert_int_equal(info.is_ending, 0);
  assert_int_equal(info.created_ns, 3 * SECOND + 1);
  assert_int_equal(info.spawned + info.live + info.children, 0);
  assert_int_equal(info.phase_left_ns, 0);
  assert_int_equal(law_info(law, law->root).children, 1);
  assert_int_equal(law_info(law, law->root).parent, PTG_NONE);
}

static void no_parent_means_the_root(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, PTG_NONE, "g", 0, 0);
  assert_int_equal(law_info(law, group).parent, law->root);
}

static void limits_are_inherited_unless_set(void **state) {
  struct law *law = *state;
  ptg_group_info root = law_info(law, law->root);
  assert_int_equal(root.grace_ns, PTG_DEFAULT_GRACE_NS);
  assert_int_equal(root.cancel_wait_ns, PTG_DEFAULT_CANCEL_WAIT_NS);
  ptg_group a = law_group(law, law->root, "a", 7 * SECOND, 0);
  ptg_group b = law_group(law, a, "b", 0, PTG_FOREVER);
  ptg_group_info info = law_info(law, b);
  assert_int_equal(info.grace_ns, 7 * SECOND);
  assert_int_equal(info.cancel_wait_ns, PTG_FOREVER);
  assert_int_equal(info.deadline_ns, 0);
}

static void given_name_is_told_and_copied(void **state) {
  struct law *law = *state;
  char name[] = "w\xc3\xb6rker";
  ptg_group_options options = law_options(law, name);
  ptg_group group = law_make(law, law->root, &options);
  name[0] = 'X';
  name_is(law, group, "w\xc3\xb6rker");
  name_is(law, law->root, "root");
}

static void group_without_a_name_gets_one_of_its_own(void **state) {
  struct law *law = *state;
  ptg_group_options none = law_options(law, NULL);
  ptg_group one = law_make(law, law->root, &none);
  ptg_group_options empty = law_options(law, "");
  ptg_group other = law_make(law, law->root, &empty);
  ptg_group_info info = law_info(law, one);
  assert_memory_equal(info.name, "group-", 6);
  assert_string_not_equal(info.name, law_info(law, other).name);
}

static void is_refused(struct law *law, ptg_group parent,
                       const ptg_group_options *options, ptg_status status) {
  const struct place *place = options->user_data;
  size_t before = law->balance;
  ptg_group out = 77;
  assert_int_equal(ptg_group_create(law->runtime, parent, options, &out),
                   status);
  assert_int_equal(out, PTG_NONE);
  assert_int_equal(place->told[GROUP_RELEASE], 1);
  assert_int_equal(law->balance, before);
}

static void malformed_group_is_refused_and_changes_nothing(void **state) {
  struct law *law = *state;
  char long_name[PTG_NAME_MAX + 2];
  memset(long_name, 'x', sizeof(long_name));
  ptg_group_options options = law_options(law, long_name);
  options.name_length = PTG_NAME_MAX + 1;
  is_refused(law, law->root, &options, PTG_EINVAL);
  options = law_options(law, "a\0b");
  options.name_length = 3;
  is_refused(law, law->root, &options, PTG_EINVAL);
  options = law_options(law, "\xff");
  is_refused(law, law->root, &options, PTG_EINVAL);
  options = law_options(law, "g");
  options.grace_ns = -3;
  is_refused(law, law->root, &options, PTG_EINVAL);
  options = law_options(law, "g");
  options.flags = 8;
  is_refused(law, law->root, &options, PTG_EINVAL);
  assert_int_equal(law_info(law, law->root).children, 0);
}

static void longest_name_is_taken(void **state) {
  struct law *law = *state;
  char name[PTG_NAME_MAX + 1];
  memset(name, 'x', PTG_NAME_MAX);
  name[PTG_NAME_MAX] = '\0';
  ptg_group_options options = law_options(law, name);
  name_is(law, law_make(law, law->root, &options), name);
}

static void child_of_a_draining_group_is_refused(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  ptg_group_options options = law_options(law, "late");
  is_refused(law, group, &options, PTG_ECLOSED);
  law_advance(law, 10 * SECOND);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CANCELLING);
  options = law_options(law, "later");
  is_refused(law, group, &options, PTG_ECLOSED);
}

static void child_of_a_group_that_waits_its_turn_joins_in(void **state) {
  struct law *law = *state;
  ptg_group older = law_group(law, law->root, "older", 0, 0);
  ptg_group newer = law_group(law, law->root, "newer", 0, 0);
  law_spawn(law, newer, "t", DRAINS(SECOND));
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 0);
  assert_int_equal(law_info(law, older).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, older).is_ending, 1);
  ptg_group child = law_group(law, older, "child", 0, 0);
  assert_int_equal(law_info(law, child).is_ending, 1);
  law->traced = TRACE(ON_CLOSED);
  law_advance(law, SECOND);
  law_traced(law, "newer.closed@1 child.closed@1 older.closed@1 root.closed@1");
}

/* ------------------------------------------------------------------ idle -- */

static void idle_group_never_closes(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law->traced = TRACE(ON_CLOSED) | TRACE(ON_DRAIN);
  law_advance(law, 50 * YEAR);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_OPEN);
  struct actor *task = law_spawn(law, group, "t", WORKS(SECOND));
  law_advance(law, SECOND);
  assert_int_equal(task->told[DONE], 1);
  law_traced(law, "");
}

static void group_whose_tasks_have_all_ended_stays_open(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law->traced = TRACE(ON_CLOSED) | TRACE(ON_DRAIN);
  for (int i = 0; i < 10; i++)
    law_spawn(law, group, "t", i % 2 ? WORKS(SECOND) : FAILS(0));
  law_advance(law, YEAR);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, group).live, 0);
  law_traced(law, "");
}

static void group_whose_children_have_all_closed_stays_open(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  ptg_group child = law_group(law, group, "c", 0, 0);
  law_shutdown(law, child);
  law->traced = TRACE(ON_CLOSED);
  law_advance(law, YEAR);
  law_traced(law, "c.closed@0");
  assert_int_equal(law_info(law, group).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, group).children, 0);
}

/* ---------------------------------------------------------------- states -- */

static void states_are_passed_in_order_and_closing_told_once(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  law_spawn(law, group, "t", STUBBORN);
  law_advance(law, SECOND);
  law->traced = TRACE(ON_CLOSED);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_OPEN);
  law_shutdown(law, group);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_DRAINING);
  law_advance(law, SECOND - 1);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_DRAINING);
  law_advance(law, 1);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CANCELLING);
  law_shutdown(law, group); /* the watch sees that nothing goes back */
  law_advance(law, SECOND - 1);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CANCELLING);
  law_advance(law, 1);
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CLOSED);
  law_force(law, group);
  law_advance(law, YEAR);
  law_traced(law, "g.closed@3");
}

static ptg_status use_closed(struct law *law, enum event event,
                             const char *name) {
  if (event != ON_CLOSED) return PTG_OK;
  ptg_group group = *(ptg_group *)law->context;
  law->context = NULL;
  assert_int_equal(law_info(law, group).state, PTG_GROUP_CLOSED);
  struct actor *task = law_spawn(law, group, "t", WORKS(0));
  assert_int_equal(task->spawned, PTG_ECLOSED);
  ptg_task_options cleanup = PTG_TASK_OPTIONS_INIT;
  cleanup.flags = PTG_SPAWN_CLEANUP;
  cleanup.name = "cleanup";
  task = law_spawn_with(law, group, &cleanup, WORKS(0));
  assert_int_equal(task->spawned, PTG_ECLOSED);
  ptg_group_options options = law_options(law, "child");
  is_refused(law, group, &options, PTG_ECLOSED);
  assert_int_equal(law_info(law, group).refused, 2);
  return PTG_OK;
}

static void closed_group_refuses_everything(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  law->context = &group;
  law->react = use_closed;
  law_shutdown(law, group);
  law_advance(law, 0);
  assert_null(law->context);
  law->react = NULL;
  struct actor *task = law_spawn(law, group, "t", WORKS(0));
  assert_int_equal(task->spawned, PTG_ESTALE);
  assert_int_equal(ptg_group_shutdown(law->runtime, group, NULL), PTG_ESTALE);
}

/* --------------------------------------------------------------- handles -- */

static void handle_of_another_kind_is_told_as_such(void **state) {
  struct law *law = *state;
  struct actor *actor = law_spawn(law, law->root, "t", STUBBORN);
  ptg_group_info group = PTG_GROUP_INFO_INIT;
  ptg_task_info task = PTG_TASK_INFO_INIT;
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(ptg_group_get_info(runtime, actor->task, &group), PTG_EKIND);
  assert_int_equal(ptg_task_get_info(runtime, law->root, &task), PTG_EKIND);
  assert_int_equal(ptg_task_finish(runtime, law->root, NULL), PTG_EKIND);
  assert_int_equal(ptg_task_cancel(runtime, law->root, NULL), PTG_EKIND);
  assert_int_equal(ptg_group_shutdown(runtime, actor->task, NULL), PTG_EKIND);
  assert_int_equal(ptg_group_get_info(runtime, PTG_NONE, &group), PTG_EINVAL);
  assert_int_equal(ptg_task_get_info(runtime, PTG_NONE, &task), PTG_EINVAL);
}

static void stale_handle_stays_stale_however_often_its_slot_is_used(void **s) {
  struct law *law = *s;
  ptg_group first = law_group(law, law->root, "g", 0, 0);
  law_shutdown(law, first);
  law_advance(law, 0);
  for (int i = 0; i < 20000; i++) {
    ptg_group group;
    assert_int_equal(ptg_group_create(law->runtime, law->root, NULL, &group),
                     PTG_OK);
    assert_true(group != first && group < UINT64_C(1) << 53);
    law_shutdown(law, group);
    assert_int_equal(ptg_runtime_advance(law->runtime, 0), PTG_OK);
    assert_int_equal(ptg_group_shutdown(law->runtime, first, NULL), PTG_ESTALE);
  }
}

static void handle_of_another_runtime_is_stale(void **state) {
  struct law *law = *state;
  void *other_state;
  law_setup(&other_state);
  struct law *other = other_state;
  ptg_group group = law_group(other, other->root, "g", 0, 0);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, group, &info), PTG_ESTALE);
  struct actor *refused = law_spawn(law, group, "t", WORKS(0));
  assert_int_equal(refused->spawned, PTG_ESTALE);
  assert_int_equal(law_info(other, group).refused, 0);
  law_teardown(&other_state);
  assert_int_equal(ptg_group_get_info(law->runtime, group, &info), PTG_ESTALE);
}

/* ---------------------------------------------------------------- memory -- */

static void ten_thousand_closed_groups_leave_no_memory(void **state) {
  struct law *law = *state;
  size_t after_first = 0;
  for (int i = 0; i < 10000; i++) {
    ptg_group outer, inner;
    assert_int_equal(ptg_group_create(law->runtime, law->root, NULL, &outer),
                     PTG_OK);
    assert_int_equal(ptg_group_create(law->runtime, outer, NULL, &inner),
                     PTG_OK);
    law_shutdown(law, outer);
    assert_int_equal(ptg_runtime_advance(law->runtime, 0), PTG_OK);
    if (i == 999) after_first = law->balance;
  }
  assert_int_equal(law->balance, after_first);
  assert_int_equal(law_info(law, law->root).children, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(new_group_is_open_and_empty),
      LAW(no_parent_means_the_root),
      LAW(limits_are_inherited_unless_set),
      LAW(given_name_is_told_and_copied),
      LAW(group_without_a_name_gets_one_of_its_own),
      LAW(malformed_group_is_refused_and_changes_nothing),
      LAW(longest_name_is_taken),
      LAW(child_of_a_draining_group_is_refused),
      LAW(child_of_a_group_that_waits_its_turn_joins_in),
      LAW(idle_group_never_closes),
      LAW(group_whose_tasks_have_all_ended_stays_open),
      LAW(group_whose_children_have_all_closed_stays_open),
      LAW(states_are_passed_in_order_and_closing_told_once),
      LAW(closed_group_refuses_everything),
      LAW(handle_of_another_kind_is_told_as_such),
      LAW(stale_handle_stays_stale_however_often_its_slot_is_used),
      LAW(handle_of_another_runtime_is_stale),
      LAW(ten_thousand_closed_groups_leave_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
