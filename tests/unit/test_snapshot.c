/* test_snapshot.c - pictures of groups and tasks: what is in them is what
 * looking at each group and task says, and the JSON says the same.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <cmocka.h>

#define ROOM 256

static ptg_snapshot *take(const struct law *law, ptg_group group) {
  ptg_snapshot *snapshot = NULL;
  assert_int_equal(ptg_snapshot_take(law->runtime, group, &snapshot), PTG_OK);
  return snapshot;
}

static ptg_snapshot_view view_of(const ptg_snapshot *snapshot) {
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  assert_int_equal(ptg_snapshot_get_view(snapshot, &view), PTG_OK);
  assert_int_equal(view.version, PTG_SNAPSHOT_VERSION);
  assert_int_equal(view.group_size, sizeof(ptg_snapshot_group));
  assert_int_equal(view.task_size, sizeof(ptg_snapshot_task));
  return view;
}

/* -------------------------------------------------------------- compare -- */

static const char *text_at(const ptg_snapshot_view *view, uint64_t place,
                           uint64_t length) {
  assert_true(place < view->strings_size);
  assert_true(length < view->strings_size - place);
  assert_int_equal(strlen(view->strings + place), length);
  return view->strings + place;
}

static void compare_task(const struct law *law, const ptg_snapshot_view *view,
                         const ptg_snapshot_task *task, uint32_t group) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task->task, &info), PTG_OK);
  assert_int_equal(task->group, group);
  assert_int_equal(view->groups[group].group, info.group);
  assert_int_equal(task->spawner, info.spawner);
  assert_int_equal(task->age_ns, info.age_ns);
  assert_int_equal(task->state, info.state);
  assert_int_equal(task->is_cancel_requested, info.is_cancel_requested);
  const char *type = info.type_name != NULL ? info.type_name : "";
  assert_string_equal(text_at(view, task->type_name, strlen(type)), type);
  /* Without a name of its own it has its type's, even if that is none. */
  const char *name = text_at(view, task->name, task->name_length);
  if (info.type_name != NULL || name[0] != '\0')
    assert_string_equal(name, info.name);
}

static void compare_tasks(const struct law *law, const ptg_snapshot_view *view,
                          uint32_t index) {
  const ptg_snapshot_group *group = &view->groups[index];
  ptg_task tasks[ROOM];
  size_t count;
  assert_int_equal(
      ptg_group_list_tasks(law->runtime, group->group, tasks, ROOM, &count),
      PTG_OK);
  assert_int_equal(group->tasks, count);
  assert_true(group->first_task + count <= view->task_count);
  for (size_t i = 0; i < count; i++) {
    const ptg_snapshot_task *task = &view->tasks[group->first_task + i];
    assert_int_equal(task->task, tasks[i]);
    compare_task(law, view, task, index);
  }
}

static void compare_group(const struct law *law, const ptg_snapshot_view *view,
                          uint32_t index) {
  const ptg_snapshot_group *group = &view->groups[index];
  ptg_group_info info = law_info(law, group->group);
  assert_int_equal(group->parent, info.parent);
  assert_int_equal(group->owner, info.owner);
  assert_int_equal(group->spawned, info.spawned);
  assert_int_equal(group->succeeded, info.succeeded);
  assert_int_equal(group->failed, info.failed);
  assert_int_equal(group->cancelled, info.cancelled);
  assert_int_equal(group->abandoned, info.abandoned);
  assert_int_equal(group->refused, info.refused);
  assert_int_equal(group->age_ns, law_now(law) + 1 - info.created_ns);
  assert_int_equal(group->phase_left_ns, info.phase_left_ns);
  assert_int_equal(group->state, info.state);
  assert_int_equal(group->flags, info.flags);
  assert_int_equal(group->is_ending, info.is_ending);
  assert_string_equal(text_at(view, group->name, group->name_length),
                      info.name);
}

static uint32_t index_of(const ptg_snapshot_view *view, ptg_group group) {
  uint32_t index = 0;
  while (index < view->group_count && view->groups[index].group != group)
    index++;
  return index;
}

/* Each group has what it is said to have, and nothing else is there. */
static void compare(const struct law *law, ptg_group top) {
  ptg_snapshot *snapshot = take(law, top);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.runtimes, 1);
  assert_int_equal(view.unanswered, 0);
  assert_int_equal(view.groups[0].group, top);
  uint64_t groups = 1, tasks = 0;
  for (uint32_t i = 0; i < view.group_count; i++) {
    compare_group(law, &view, i);
    compare_tasks(law, &view, i);
    tasks += view.groups[i].tasks;
    ptg_group children[ROOM];
    size_t count;
    assert_int_equal(ptg_group_list_groups(law->runtime, view.groups[i].group,
                                           children, ROOM, &count),
                     PTG_OK);
    for (size_t j = 0; j < count; j++)
      assert_in_range(index_of(&view, children[j]), i + 1,
                      view.group_count - 1);
    groups += count;
  }
  assert_int_equal(groups, view.group_count);
  assert_int_equal(tasks, view.task_count);
  ptg_snapshot_destroy(snapshot);
}

/* ------------------------------------------------------------- pictures -- */

static void picture_of_an_empty_runtime_is_its_root(void **state) {
  struct law *law = *state;
  compare(law, law->root);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.group_count, 1);
  assert_int_equal(view.task_count, 0);
  assert_int_equal(view.groups[0].parent, PTG_NONE);
  assert_true(view.groups[0].runtime > 0);
  ptg_snapshot_destroy(snapshot);
}

static void picture_is_of_a_group_and_all_below(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, a, "b", 0, 0);
  ptg_group c = law_group(law, law->root, "c", 0, 0);
  law_spawn(law, b, "t", STUBBORN);
  law_spawn(law, c, "u", STUBBORN);
  compare(law, law->root);
  compare(law, a);
  compare(law, b);
  ptg_snapshot *snapshot = take(law, a);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.group_count, 2);
  assert_int_equal(view.task_count, 1);
  ptg_snapshot_destroy(snapshot);
}

static struct script draw_script(uint64_t *seed) {
  int64_t ns = law_pick(seed, 4) * SECOND / 2;
  switch (law_pick(seed, 5)) {
  case 0:
    return FAILS(ns);
  case 1:
    return DRAINS(ns);
  case 2:
    return CANCELS(ns);
  case 3:
    return KILLS(ns);
  default:
    return STUBBORN;
  }
}

static void spawn_one(struct law *law, uint64_t *seed, ptg_group group) {
  static const char *const names[] = {"a", "", "\u00e9\u20ac", NULL};
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = names[law_pick(seed, 4)];
  if (law->actors != NULL && law_pick(seed, 2))
    options.spawner = law->actors->task;
  law_spawn_with(law, group, &options, draw_script(seed));
}

static void play(uint64_t seed) {
  void *fresh;
  law_setup(&fresh);
  struct law *law = fresh;
  ptg_group groups[12] = {law->root};
  uint32_t count = 1;
  for (int step = 0; step < 40; step++) {
    ptg_group group = groups[law_pick(&seed, count)];
    if (count < 12 && law_pick(&seed, 3) == 0) {
      ptg_group_options options = law_options(law, "g");
      options.grace_ns = options.cancel_wait_ns = SECOND + 1;
      options.flags = law_pick(&seed, 2) ? PTG_GROUP_PARALLEL : 0;
      if (law->actors != NULL && law_pick(&seed, 3) == 0)
        options.owner = law->actors->task;
      struct place *place = options.user_data;
      if (ptg_group_create(law->runtime, group, &options, &place->group) ==
          PTG_OK)
        groups[count++] = place->group;
    } else {
      spawn_one(law, &seed, group);
    }
    if (step == 25) law_shutdown(law, law->root);
    law_advance(law, law_pick(&seed, 3) * SECOND / 2);
    compare(law, law->root);
  }
  law_teardown(&fresh);
}

static ptg_group_info abandoned_in(struct law *law) {
  law_spawn(law, law->root, "stuck", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
  return law_info(law, law->root);
}

static void picture_is_what_looking_says_in_random_trees(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 200; seed++)
    play(seed);
}

static void abandoned_tasks_are_in_it_until_they_end(void **state) {
  struct law *law = *state;
  assert_int_equal(abandoned_in(law).abandoned, 1);
  compare(law, law->root);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.task_count, 1);
  assert_int_equal(view.tasks[0].state, PTG_TASK_ABANDONED);
  assert_int_equal(view.groups[0].state, PTG_GROUP_CLOSED);
  ptg_snapshot_destroy(snapshot);
  law_finish(law_actor(law, "stuck"), PTG_OK);
  compare(law, law->root);
}

static ptg_status look(struct law *law, enum event event, const char *name) {
  (void)name;
  /* A group that is being released is there no more. */
  if (event == RELEASE || event == GROUP_RELEASE) return PTG_OK;
  compare(law, law->root);
  ++*(int *)law->context;
  return PTG_OK;
}

static void picture_can_be_taken_in_every_callback(void **state) {
  struct law *law = *state;
  int looks = 0;
  law->context = &looks;
  law->react = look;
  ptg_group a = law_group(law, law->root, "a", SECOND, SECOND);
  law_spawn(law, a, "w", STUBBORN);
  law_spawn(law, a, "k", KILLS(0));
  law_spawn(law, law->root, "f", FAILS(SECOND));
  law_advance(law, SECOND);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
  assert_true(looks > 8);
}

static void picture_outlives_its_runtime(void **state) {
  (void)state;
  void *fresh;
  law_setup(&fresh);
  struct law *law = fresh;
  law_spawn(law, law->root, "t", STUBBORN);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  law_teardown(&fresh);
  ptg_snapshot_view view = view_of(snapshot);
  assert_string_equal(text_at(&view, view.tasks[0].name, 1), "t");
  ptg_snapshot_destroy(snapshot);
}

static ptg_status start_idle(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  (void)runtime;
  (void)task;
  (void)user_data;
  return PTG_OK;
}

static void end_idle(ptg_runtime *runtime, ptg_task task,
                     const ptg_cancel_info *info, void *user_data) {
  (void)info;
  (void)user_data;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

/* The picture of many runs of types without a name came out empty. */
static void types_without_a_name_have_room(void **state) {
  struct law *law = *state;
  static const ptg_task_type types[2] = {
      {.size = sizeof(types[0]),
       .name = "x",
       .start = start_idle,
       .cancel = end_idle},
      {.size = sizeof(types[0]), .start = start_idle, .cancel = end_idle}};
  for (int i = 0; i < 50000; i++)
    assert_int_equal(ptg_task_spawn(law->runtime, law->root, &types[i % 2],
                                    NULL, NULL, NULL),
                     PTG_OK);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.task_count, 50000);
  for (uint64_t i = 0; i < view.task_count; i++) {
    const char *name = i % 2 ? "" : "x";
    assert_string_equal(text_at(&view, view.tasks[i].type_name, strlen(name)),
                        name);
  }
  ptg_snapshot_destroy(snapshot);
}

/* ----------------------------------------------------------------- JSON -- */

static char *json_of(const ptg_snapshot *snapshot, size_t *length) {
  assert_int_equal(ptg_snapshot_write_json(snapshot, NULL, 0, length),
                   PTG_ERANGE);
  char *text = malloc(*length + 1);
  assert_non_null(text);
  size_t again;
  assert_int_equal(ptg_snapshot_write_json(snapshot, text, *length + 1, &again),
                   PTG_OK);
  assert_int_equal(again, *length);
  assert_int_equal(strlen(text), *length);
  return text;
}

static void number_is(const json_t *object, const char *key, uint64_t number) {
  const json_t *value = json_object_get(object, key);
  assert_true(json_is_integer(value));
  assert_int_equal(json_integer_value(value), number);
}

static void text_is(const json_t *object, const char *key, const char *text) {
  const json_t *value = json_object_get(object, key);
  assert_true(json_is_string(value));
  assert_string_equal(json_string_value(value), text);
}

static void compare_json_task(const json_t *json, const ptg_snapshot_view *view,
                              const ptg_snapshot_task *task) {
  static const char *const states[] = {"", "pending", "running", "abandoned"};
  assert_int_equal(json_object_size(json), 7);
  number_is(json, "task", task->task);
  text_is(json, "name", view->strings + task->name);
  text_is(json, "type", view->strings + task->type_name);
  text_is(json, "state", states[task->state]);
  number_is(json, "age_ns", (uint64_t)task->age_ns);
  number_is(json, "cancel_requested", task->is_cancel_requested);
  number_is(json, "spawner", task->spawner);
}

static void compare_json_group(const json_t *json,
                               const ptg_snapshot_view *view,
                               const ptg_snapshot_group *group) {
  static const char *const states[] = {"", "open", "draining", "cancelling",
                                       "closed"};
  assert_int_equal(json_object_size(json), 16);
  number_is(json, "group", group->group);
  number_is(json, "parent", group->parent);
  number_is(json, "owner", group->owner);
  number_is(json, "runtime", group->runtime);
  text_is(json, "name", view->strings + group->name);
  text_is(json, "state", states[group->state]);
  number_is(json, "ending", group->is_ending);
  number_is(json, "age_ns", (uint64_t)group->age_ns);
  number_is(json, "phase_left_ns", (uint64_t)group->phase_left_ns);
  number_is(json, "spawned", group->spawned);
  number_is(json, "succeeded", group->succeeded);
  number_is(json, "failed", group->failed);
  number_is(json, "cancelled", group->cancelled);
  number_is(json, "abandoned", group->abandoned);
  number_is(json, "refused", group->refused);
  const json_t *tasks = json_object_get(json, "tasks");
  assert_int_equal(json_array_size(tasks), group->tasks);
  for (uint64_t i = 0; i < group->tasks; i++)
    compare_json_task(json_array_get(tasks, i), view,
                      &view->tasks[group->first_task + i]);
}

static void compare_json(const struct law *law) {
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view = view_of(snapshot);
  size_t length;
  char *text = json_of(snapshot, &length);
  json_error_t error;
  json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL) fail_msg("%s at %d", error.text, error.position);
  assert_int_equal(json_object_size(json), 4);
  number_is(json, "version", 1);
  number_is(json, "runtimes", view.runtimes);
  number_is(json, "unanswered", view.unanswered);
  const json_t *groups = json_object_get(json, "groups");
  assert_int_equal(json_array_size(groups), view.group_count);
  for (uint64_t i = 0; i < view.group_count; i++)
    compare_json_group(json_array_get(groups, i), &view, &view.groups[i]);
  json_decref(json);
  free(text);
  ptg_snapshot_destroy(snapshot);
}

static void json_says_what_the_arrays_say(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, SECOND);
  law_group(law, a, "b", 0, 0);
  struct actor *t = law_spawn(law, a, "t", STUBBORN);
  ptg_group_options options = law_options(law, "owned");
  options.owner = t->task;
  law_make(law, a, &options);
  law_spawn(law, a, "f", FAILS(0));
  compare_json(law);
  law_advance(law, SECOND);
  law_spawn(law, a, "p", STUBBORN);
  compare_json(law);
  law_shutdown(law, law->root);
  for (int i = 0; i < 20; i++) {
    law_advance(law, SECOND);
    compare_json(law);
  }
  assert_int_equal(law_info(law, a).state, PTG_GROUP_CLOSED);
}

static void names_come_through_json_as_they_are(void **state) {
  struct law *law = *state;
  static const char *const names[] = {"\"",
                                      "\\",
                                      "a\"b\\c\"",
                                      "\\u0041",
                                      "/",
                                      "\n\r\t\b\f",
                                      "\x01\x1f\x7f",
                                      "\u00e9\u20ac\U0001f600\u2028",
                                      "</script>",
                                      "\x1b[31m",
                                      " "};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    law_group(law, law->root, names[i], 0, 0);
    law_spawn(law, law->root, names[i], STUBBORN);
  }
  char all[128];
  for (int i = 0; i < 127; i++)
    all[i] = (char)(i + 1);
  all[127] = '\0';
  law_spawn(law, law->root, all, STUBBORN);
  compare_json(law);
}

/* The names of types are not checked: they are there before any call is. */
static void name_of_a_type_that_is_not_utf8_does_not_spoil_json(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(type),
                                     .name = "a\xff\"b",
                                     .start = start_idle,
                                     .cancel = end_idle};
  assert_int_equal(
      ptg_task_spawn(law->runtime, law->root, &type, NULL, NULL, NULL), PTG_OK);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  size_t length;
  char *text = json_of(snapshot, &length);
  json_t *json = json_loadb(text, length, 0, NULL);
  assert_non_null(json);
  const json_t *group = json_array_get(json_object_get(json, "groups"), 0);
  const json_t *task = json_array_get(json_object_get(group, "tasks"), 0);
  text_is(task, "type", "a\ufffd\"b");
  json_decref(json);
  free(text);
  ptg_snapshot_destroy(snapshot);
}

static void json_is_cut_to_what_fits_and_the_need_is_told(void **state) {
  struct law *law = *state;
  law_spawn(law, law->root, "\u20ac", STUBBORN);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  size_t whole_length;
  char *whole = json_of(snapshot, &whole_length);
  size_t euro = (size_t)(strstr(whole, "\u20ac") - whole);
  char *text = malloc(whole_length + 2);
  assert_non_null(text);
  for (size_t capacity = 1; capacity <= whole_length; capacity++) {
    memset(text, '#', whole_length + 2);
    size_t length = 0;
    assert_int_equal(ptg_snapshot_write_json(snapshot, text, capacity, &length),
                     PTG_ERANGE);
    assert_int_equal(length, whole_length);
    assert_int_equal(text[capacity], '#');
    size_t kept = capacity - 1;
    if (kept == euro + 1 || kept == euro + 2) kept = euro;
    assert_int_equal(strlen(text), kept);
    assert_memory_equal(text, whole, kept);
  }
  free(text);
  free(whole);
  ptg_snapshot_destroy(snapshot);
}

/* ---------------------------------------------------------------- calls -- */

static void view_is_cut_to_what_the_caller_knows(void **state) {
  struct law *law = *state;
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view;
  memset(&view, 0xff, sizeof(view));
  view.size = offsetof(ptg_snapshot_view, unanswered);
  assert_int_equal(ptg_snapshot_get_view(snapshot, &view), PTG_OK);
  assert_int_equal(view.size, offsetof(ptg_snapshot_view, unanswered));
  assert_int_equal(view.runtimes, 1);
  assert_int_equal(view.unanswered, UINT64_MAX);
  view.size = 0;
  assert_int_equal(ptg_snapshot_get_view(snapshot, &view), PTG_EINVAL);
  assert_int_equal(ptg_snapshot_get_view(snapshot, NULL), PTG_EINVAL);
  assert_int_equal(ptg_snapshot_get_view(NULL, &view), PTG_EINVAL);
  ptg_snapshot_destroy(snapshot);
}

static void mistakes_are_refused(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  ptg_group gone = law_group(law, law->root, "gone", 0, 0);
  law_shutdown(law, gone);
  law_advance(law, 0);
  ptg_snapshot *const some = (ptg_snapshot *)law;
  ptg_snapshot *out = some;
  assert_int_equal(ptg_snapshot_take(law->runtime, gone, &out), PTG_ESTALE);
  assert_null(out);
  out = some;
  assert_int_equal(ptg_snapshot_take(law->runtime, t->task, &out), PTG_EKIND);
  assert_null(out);
  out = some;
  assert_int_equal(ptg_snapshot_take(NULL, law->root, &out), PTG_EINVAL);
  assert_null(out);
  assert_int_equal(ptg_snapshot_take(law->runtime, law->root, NULL),
                   PTG_EINVAL);
  out = some;
  assert_int_equal(ptg_snapshot_take_all(-1, &out), PTG_EINVAL);
  assert_null(out);
  assert_int_equal(ptg_snapshot_take_all(0, NULL), PTG_EINVAL);
  char text[8];
  size_t length = 77;
  assert_int_equal(ptg_snapshot_write_json(NULL, text, 8, &length), PTG_EINVAL);
  assert_int_equal(length, 0);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  assert_int_equal(ptg_snapshot_write_json(snapshot, text, 8, NULL),
                   PTG_EINVAL);
  assert_int_equal(ptg_snapshot_write_json(snapshot, NULL, 8, &length),
                   PTG_EINVAL);
  ptg_snapshot_destroy(snapshot);
  ptg_snapshot_destroy(NULL);
}

static void many_tasks_are_all_in_the_picture(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(type),
                                     .name = "x",
                                     .start = start_idle,
                                     .cancel = end_idle};
  for (int i = 0; i < 100000; i++)
    assert_int_equal(
        ptg_task_spawn(law->runtime, law->root, &type, NULL, NULL, NULL),
        PTG_OK);
  ptg_snapshot *snapshot = take(law, PTG_NONE);
  ptg_snapshot_view view = view_of(snapshot);
  assert_int_equal(view.task_count, 100000);
  assert_true(view.strings_size < 1000); /* the type's name is there once */
  ptg_snapshot_destroy(snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(picture_of_an_empty_runtime_is_its_root),
      LAW(picture_is_of_a_group_and_all_below),
      cmocka_unit_test(picture_is_what_looking_says_in_random_trees),
      LAW(abandoned_tasks_are_in_it_until_they_end),
      LAW(picture_can_be_taken_in_every_callback),
      cmocka_unit_test(picture_outlives_its_runtime),
      LAW(types_without_a_name_have_room),
      LAW(many_tasks_are_all_in_the_picture),
      LAW(json_says_what_the_arrays_say),
      LAW(names_come_through_json_as_they_are),
      LAW(name_of_a_type_that_is_not_utf8_does_not_spoil_json),
      LAW(json_is_cut_to_what_fits_and_the_need_is_told),
      LAW(view_is_cut_to_what_the_caller_knows),
      LAW(mistakes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
