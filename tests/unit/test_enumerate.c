/* test_enumerate.c - looking: groups, tasks and counts, at any time, also
 * while they end.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIST_MAX 16

static void append(char *seen, size_t size, const char *name) {
  size_t used = strlen(seen);
  snprintf(seen + used, size - used, "%s", name);
}

static void groups_are(const struct law *law, ptg_group group,
                       const char *expected) {
  ptg_group groups[LIST_MAX];
  size_t count;
  char seen[LIST_MAX * 8] = "";
  assert_int_equal(
      ptg_group_list_groups(law->runtime, group, groups, LIST_MAX, &count),
      PTG_OK);
  for (size_t i = 0; i < count; i++) {
    ptg_group_info info = law_info(law, groups[i]);
    assert_int_equal(info.parent, group);
    append(seen, sizeof(seen), info.name);
  }
  assert_string_equal(seen, expected);
}

static int is_among(ptg_task task, const ptg_task *tasks, size_t count) {
  size_t at = 0;
  while (at < count && tasks[at] != task)
    at++;
  return at < count;
}

/* A scan has the same tasks, each once and as a look at it says, in whatever
 * order. */
static void scan_agrees(const struct law *law, ptg_group group,
                        const ptg_task *tasks, size_t count) {
  ptg_task_row rows[LIST_MAX];
  ptg_task scanned[LIST_MAX];
  size_t scanned_count = 77;
  assert_int_equal(ptg_group_scan_tasks(law->runtime, group, rows,
                                        sizeof(rows[0]), LIST_MAX,
                                        &scanned_count),
                   PTG_OK);
  assert_int_equal(scanned_count, count);
  for (size_t i = 0; i < count; i++) {
    ptg_task_info info = PTG_TASK_INFO_INIT;
    assert_int_equal(rows[i].size, sizeof(rows[i]));
    assert_true(is_among(rows[i].task, tasks, count));
    assert_false(is_among(rows[i].task, scanned, i));
    scanned[i] = rows[i].task;
    assert_int_equal(ptg_task_get_info(law->runtime, rows[i].task, &info),
                     PTG_OK);
    assert_int_equal(rows[i].state, info.state);
    assert_int_equal(rows[i].name_length, info.name_length);
    assert_string_equal(rows[i].name, info.name);
  }
}

static void tasks_are(const struct law *law, ptg_group group,
                      const char *expected) {
  ptg_task tasks[LIST_MAX];
  size_t count;
  char seen[LIST_MAX * 8] = "";
  assert_int_equal(
      ptg_group_list_tasks(law->runtime, group, tasks, LIST_MAX, &count),
      PTG_OK);
  for (size_t i = 0; i < count; i++) {
    ptg_task_info info = PTG_TASK_INFO_INIT;
    assert_int_equal(ptg_task_get_info(law->runtime, tasks[i], &info), PTG_OK);
    assert_int_equal(info.task, tasks[i]);
    assert_int_equal(info.group, group);
    append(seen, sizeof(seen), info.name);
  }
  assert_string_equal(seen, expected);
  scan_agrees(law, group, tasks, count);
}

/* --------------------------------------------------------------- groups -- */

static void child_groups_are_listed_oldest_first(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, law->root, "b", 0, 0);
  law_group(law, law->root, "c", 0, 0);
  law_group(law, a, "d", 0, 0);
  groups_are(law, law->root, "abc");
  groups_are(law, a, "d");
  groups_are(law, b, "");
  law_shutdown(law, b);
  law_advance(law, 0);
  groups_are(law, law->root, "ac");
  law_group(law, law->root, "e", 0, 0);
  groups_are(law, law->root, "ace");
}

static void closed_groups_are_listed_while_their_shutdown_goes_on(void **s) {
  struct law *law = *s;
  ptg_group p = law_group(law, law->root, "p", 0, 0);
  ptg_group a = law_group(law, p, "a", 0, 0);
  law_group(law, p, "b", 0, 0);
  law_spawn(law, a, "t", DRAINS(SECOND));
  law_advance(law, 0);
  law_shutdown(law, p);
  law_advance(law, 0);
  groups_are(law, p, "ab");
  assert_int_equal(law_info(law, p).children, 1);
  law_advance(law, SECOND);
  groups_are(law, law->root, "");
}

static void walk_leads_up_to_the_root(void **state) {
  struct law *law = *state;
  ptg_group at = law->root;
  static const char *const names[] = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; i++)
    at = law_group(law, at, names[i], 0, 0);
  for (int i = 3; i >= 0; i--) {
    ptg_group_info info = law_info(law, at);
    assert_string_equal(info.name, names[i]);
    at = info.parent;
  }
  assert_int_equal(at, law->root);
}

static void phase_and_time_left_are_told_while_a_group_ends(void **state) {
  struct law *law = *state;
  ptg_group p = law_group(law, law->root, "p", 4 * SECOND, 3 * SECOND);
  ptg_group a = law_group(law, p, "a", 0, 0);
  law_spawn(law, a, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, p);
  law_advance(law, SECOND);
  ptg_group_info info = law_info(law, a);
  assert_int_equal(info.state, PTG_GROUP_DRAINING);
  assert_int_equal(info.is_ending, 1);
  assert_int_equal(info.phase_left_ns, 3 * SECOND);
  info = law_info(law, p); /* its children are closing */
  assert_int_equal(info.state, PTG_GROUP_DRAINING);
  assert_int_equal(info.phase_left_ns, 0);
  law_advance(law, 5 * SECOND);
  info = law_info(law, a);
  assert_int_equal(info.state, PTG_GROUP_CANCELLING);
  assert_int_equal(info.phase_left_ns, SECOND);
  law_finish(law_actor(law, "t"), PTG_OK);
}

static void info_is_cut_to_what_the_caller_knows(void **state) {
  struct law *law = *state;
  struct {
    uint32_t size;
    uint32_t state;
    ptg_group group;
    uint64_t guard;
  } info = {16, 0, 0, 77};
  assert_int_equal(
      ptg_group_get_info(law->runtime, law->root, (ptg_group_info *)&info),
      PTG_OK);
  assert_int_equal(info.size, 16);
  assert_int_equal(info.group, law->root);
  assert_int_equal(info.guard, 77);
}

/* ---------------------------------------------------------------- tasks -- */

static void tasks_that_have_not_ended_are_listed_oldest_first(void **state) {
  struct law *law = *state;
  struct actor *a = law_spawn(law, law->root, "a", STUBBORN);
  struct actor *b = law_spawn(law, law->root, "b", STUBBORN);
  law_spawn(law, law->root, "c", STUBBORN);
  tasks_are(law, law->root, "abc");
  law_advance(law, 0);
  tasks_are(law, law->root, "abc");
  law_finish(b, PTG_OK);
  tasks_are(law, law->root, "ac"); /* although its end is not told yet */
  law_spawn(law, law->root, "d", STUBBORN);
  law_finish(a, PTG_OK);
  tasks_are(law, law->root, "cd");
}

static void abandoned_tasks_are_listed_until_they_end(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", PTG_AT_ONCE, PTG_AT_ONCE);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  struct actor *b = law_spawn(law, group, "b", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  tasks_are(law, group, "ab");
  law_finish(a, PTG_OK);
  tasks_are(law, group, "b");
  law_finish(b, PTG_OK);
}

/* One way to find them is by the group's list, the other by all records. */
static void scan_finds_the_tasks_of_its_group_among_many_and_few(void **state) {
  struct law *law = *state;
  ptg_group small = law_group(law, law->root, "small", PTG_AT_ONCE, SECOND);
  struct actor *a = law_spawn(law, small, "a", STUBBORN);
  law_spawn(law, law->root, "x", STUBBORN);
  law_spawn(law, small, "c", STUBBORN);
  law_advance(law, 0);
  law_spawn(law, small, "b", STUBBORN);
  tasks_are(law, small, "acb");
  law_finish(a, PTG_OK);
  tasks_are(law, small, "cb");
  for (int i = 0; i < 100; i++)
    law_spawn(law, law->root, "y", WORKS(SECOND));
  tasks_are(law, small, "cb");
  law_advance(law, SECOND);
  tasks_are(law, small, "cb");
  law_shutdown(law, small);
  law_advance(law, SECOND);
  tasks_are(law, small, "cb");
}

static void task_info_tells_what_is_known_of_a_task(void **state) {
  struct law *law = *state;
  struct actor *parent = law_spawn(law, law->root, "parent", STUBBORN);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "child";
  options.spawner = parent->task;
  struct actor *child = law_spawn_with(law, law->root, &options, KILLS(NEVER));
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, child->task, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_PENDING);
  law_advance(law, 3 * SECOND);
  assert_int_equal(ptg_task_get_info(law->runtime, child->task, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_RUNNING);
  assert_string_equal(info.name, "child");
  assert_int_equal(info.name_length, 5);
  assert_string_equal(info.type_name, "killable actor");
  assert_int_equal(info.age_ns, 3 * SECOND);
  assert_int_equal(info.spawner, parent->task);
  assert_int_equal(info.is_cancel_requested + info.is_killed, 0);
  assert_null(info.reason);
  assert_int_equal(info.originator, PTG_NONE);
}

static ptg_status look_inside(struct law *law, enum event event,
                              const char *name) {
  if (event == START && strcmp(name, "a") == 0) {
    tasks_are(law, law->root, "ab");
    law_spawn(law, law->root, "c", STUBBORN);
    tasks_are(law, law->root, "abc");
    ptg_task_info info = PTG_TASK_INFO_INIT;
    ptg_task self = law_actor(law, "a")->task;
    assert_int_equal(
        ptg_task_get_info(law->runtime, law_actor(law, "c")->task, &info),
        PTG_OK);
    assert_int_equal(info.spawner, self);
  }
  if (event == DONE && strcmp(name, "b") == 0) tasks_are(law, law->root, "ac");
  return PTG_OK;
}

static void task_that_looks_sees_itself(void **state) {
  struct law *law = *state;
  law_spawn(law, law->root, "a", STUBBORN);
  struct actor *b = law_spawn(law, law->root, "b", WORKS(SECOND));
  law->react = look_inside;
  law_advance(law, SECOND);
  assert_int_equal(b->told[DONE], 1);
}

static ptg_status start_idle(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  return PTG_OK;
}

static void task_without_a_name_has_its_types(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {
      .size = sizeof(type), .name = "walker", .start = start_idle};
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, NULL, &task),
      PTG_OK);
  tasks_are(law, law->root, "walker");
  law_advance(law, 0);
  assert_int_equal(ptg_task_finish(law->runtime, task, NULL), PTG_OK);
}

/* ---------------------------------------------------------------- lists -- */

static void list_that_does_not_fit_says_its_size_and_copies_nothing(void **s) {
  struct law *law = *s;
  law_group(law, law->root, "a", 0, 0);
  law_group(law, law->root, "b", 0, 0);
  law_spawn(law, law->root, "t", STUBBORN);
  law_spawn(law, law->root, "u", STUBBORN);
  ptg_runtime *runtime = law->runtime;
  uint64_t handles[2] = {77, 77};
  size_t count = 0;
  assert_int_equal(
      ptg_group_list_groups(runtime, law->root, handles, 1, &count),
      PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(ptg_group_list_tasks(runtime, law->root, handles, 1, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(handles[0], 77);
  assert_int_equal(ptg_group_list_tasks(runtime, law->root, NULL, 0, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(ptg_group_list_tasks(runtime, law->root, NULL, 2, &count),
                   PTG_EINVAL);
  assert_int_equal(ptg_group_list_tasks(runtime, law->root, handles, 2, NULL),
                   PTG_EINVAL);
}

static void empty_list_needs_no_room(void **state) {
  struct law *law = *state;
  size_t count = 77;
  assert_int_equal(
      ptg_group_list_tasks(law->runtime, law->root, NULL, 0, &count), PTG_OK);
  assert_int_equal(count, 0);
}

/* --------------------------------------------------------------- counts -- */

static struct script some_script(uint64_t *seed) {
  int64_t ns = (int64_t)law_pick(seed, 4) * SECOND / 2;
  switch (law_pick(seed, 6)) {
  case 0:
    return WORKS(ns);
  case 1:
    return FAILS(ns);
  case 2:
    return DRAINS(ns);
  case 3:
    return CANCELS(ns);
  case 4:
    return KILLS(ns);
  default:
    return STUBBORN;
  }
}

/* What the tasks say of their ends, against what their groups count. */
static void check_counts(struct law *law, ptg_group group, const char *name) {
  ptg_group_info info = law_info(law, group);
  uint64_t spawned = 0, refused = 0, live = 0, late = 0;
  uint64_t ended[3] = {0, 0, 0};
  for (struct actor *actor = law->actors; actor; actor = actor->next) {
    if (strcmp(actor->name, name) != 0) continue;
    spawned += actor->spawned == PTG_OK;
    refused += actor->spawned == PTG_ECLOSED;
    if (actor->spawned != PTG_OK) continue;
    if (actor->told[DONE] == 0) {
      live++;
    } else if (actor->outcome.flags & PTG_OUTCOME_ABANDONED) {
      late++;
    } else {
      ptg_status status = actor->outcome.status;
      ended[status == PTG_OK ? 0 : status == PTG_ECANCELED ? 1 : 2]++;
    }
  }
  assert_int_equal(info.spawned, spawned);
  assert_int_equal(info.refused, refused);
  assert_int_equal(info.live + info.abandoned - info.late, live);
  assert_int_equal(info.late, late);
  assert_int_equal(info.succeeded, ended[0]);
  assert_int_equal(info.cancelled, ended[1]);
  assert_int_equal(info.failed, ended[2]);
}

static void do_something(struct law *law, uint64_t *seed, ptg_group group,
                         const char *name) {
  struct actor *some = law->actors;
  for (uint32_t i = law_pick(seed, 10); i > 0 && some != NULL; i--)
    some = some->next;
  switch (law_pick(seed, 8)) {
  case 0:
    if (some != NULL) ptg_task_cancel(law->runtime, some->task, NULL);
    break;
  case 1:
    if (some != NULL) ptg_task_finish(law->runtime, some->task, NULL);
    break;
  default:
    law_spawn(law, group, name, some_script(seed));
  }
}

static void play(uint64_t seed) {
  static const char *const names[] = {"a", "b", "c"};
  void *fresh;
  law_setup(&fresh);
  struct law *law = fresh;
  ptg_group groups[3];
  for (int i = 0; i < 3; i++)
    groups[i] = law_group(law, i ? groups[0] : law->root, names[i], SECOND + 1,
                          SECOND + 1);
  for (int step = 0; step < 60; step++) {
    uint32_t which = law_pick(&seed, 3);
    do_something(law, &seed, groups[which], names[which]);
    if (step == 30) law_shutdown(law, law->root); /* the groups stay to see */
    if (step == 50) law_force(law, law->root);
    law_advance(law, law_pick(&seed, 3) * SECOND / 4);
    for (int i = 0; i < 3; i++)
      check_counts(law, groups[i], names[i]);
  }
  law_teardown(&fresh);
}

static void counts_are_the_sums_of_outcomes_at_every_quiet_point(void **state) {
  for (uint64_t seed = 1; seed <= 200; seed++)
    play(seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(child_groups_are_listed_oldest_first),
      LAW(closed_groups_are_listed_while_their_shutdown_goes_on),
      LAW(walk_leads_up_to_the_root),
      LAW(phase_and_time_left_are_told_while_a_group_ends),
      LAW(info_is_cut_to_what_the_caller_knows),
      LAW(tasks_that_have_not_ended_are_listed_oldest_first),
      LAW(abandoned_tasks_are_listed_until_they_end),
      LAW(scan_finds_the_tasks_of_its_group_among_many_and_few),
      LAW(task_info_tells_what_is_known_of_a_task),
      LAW(task_that_looks_sees_itself),
      LAW(task_without_a_name_has_its_types),
      LAW(list_that_does_not_fit_says_its_size_and_copies_nothing),
      LAW(empty_list_needs_no_room),
      cmocka_unit_test(counts_are_the_sums_of_outcomes_at_every_quiet_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
