/* test_names.c - which types and names of tasks are the most frequent. */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ROOM 16
#define MANY 100000

/* What is asked for costs some thousandths of this; looking at all the tasks
 * for each of them, hundreds of times as much. */
#define LIMIT_S 5

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

#define TYPE(label) \
  { \
    .size = sizeof(ptg_task_type), .name = (label), .start = start_idle, \
    .cancel = end_idle \
  }
static const ptg_task_type red = TYPE("red");
static const ptg_task_type blue = TYPE("blue");
static const ptg_task_type nameless = TYPE(NULL);
static const ptg_task_type stubborn = {
    .size = sizeof(stubborn), .name = "stubborn", .start = start_idle};

static ptg_task spawn(struct law *law, ptg_group group,
                      const ptg_task_type *type, const char *name) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  ptg_task task;
  assert_int_equal(
      ptg_task_spawn(law->runtime, group, type, &options, NULL, &task), PTG_OK);
  return task;
}

static void spawn_some(struct law *law, ptg_group group,
                       const ptg_task_type *type, const char *name, int count) {
  while (count-- > 0)
    spawn(law, group, type, name);
}

/* "type/name*count " each. */
static void most_are(const struct law *law, ptg_group group, size_t capacity,
                     const char *expected) {
  ptg_name_row rows[ROOM];
  size_t count = 77;
  char seen[ROOM * 32] = "";
  assert_int_equal(ptg_group_count_names(law->runtime, group, rows,
                                         sizeof(rows[0]), capacity, &count),
                   PTG_OK);
  for (size_t i = 0, used = 0; i < count; i++) {
    assert_int_equal(rows[i].size, sizeof(rows[i]));
    assert_int_equal(rows[i].name_length, strlen(rows[i].name));
    used +=
        (size_t)snprintf(seen + used, sizeof(seen) - used, "%s/%s*%d ",
                         rows[i].type_name != NULL ? rows[i].type_name : "-",
                         rows[i].name, (int)rows[i].count);
  }
  assert_string_equal(seen, expected);
}

static void most_frequent_come_first(void **state) {
  struct law *law = *state;
  most_are(law, law->root, ROOM, "");
  spawn_some(law, law->root, &red, "a", 2);
  spawn_some(law, law->root, &red, "b", 5);
  spawn_some(law, law->root, &red, "c", 3);
  most_are(law, law->root, ROOM, "red/b*5 red/c*3 red/a*2 ");
  most_are(law, law->root, 2, "red/b*5 red/c*3 ");
  most_are(law, law->root, 0, "");
}

static void equals_are_in_the_order_of_their_names(void **state) {
  struct law *law = *state;
  ptg_group one = law_group(law, law->root, "one", 0, 0);
  ptg_group other = law_group(law, law->root, "other", 0, 0);
  static const char *const names[] = {"f", "b", "e", "a", "d", "c"};
  for (int i = 0; i < 6; i++) {
    spawn(law, one, &blue, names[i]);
    spawn(law, other, &blue, names[5 - i]);
  }
  static const char *const expected =
      "blue/a*1 blue/b*1 blue/c*1 blue/d*1 blue/e*1 blue/f*1 ";
  most_are(law, one, ROOM, expected);
  most_are(law, other, ROOM, expected);
  most_are(law, one, 2, "blue/a*1 blue/b*1 ");
}

static void types_of_the_same_name_are_counted_apart(void **state) {
  struct law *law = *state;
  for (int i = 0; i < 3; i++) {
    ptg_group group = law_group(law, law->root, "g", 0, 0);
    const ptg_task_type *const types[] = {&red, &blue, &nameless};
    for (int j = 0; j < 3; j++)
      spawn_some(law, group, types[(i + j) % 3], "a", 2);
    most_are(law, group, ROOM, "-/a*2 blue/a*2 red/a*2 ");
  }
}

static void task_without_a_name_is_counted_as_its_type(void **state) {
  struct law *law = *state;
  spawn_some(law, law->root, &red, NULL, 2);
  spawn_some(law, law->root, &red, "red", 1);
  spawn_some(law, law->root, &nameless, NULL, 2);
  most_are(law, law->root, ROOM, "red/red*3 -/task*2 ");
}

static void subtree_is_counted_and_nothing_else(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, a, "b", 0, 0);
  ptg_group c = law_group(law, law->root, "c", 0, 0);
  spawn_some(law, law->root, &red, "x", 1);
  spawn_some(law, a, &red, "x", 2);
  spawn_some(law, b, &red, "x", 4);
  spawn_some(law, c, &red, "x", 8);
  most_are(law, law->root, ROOM, "red/x*15 ");
  most_are(law, a, ROOM, "red/x*6 ");
  most_are(law, b, ROOM, "red/x*4 ");
}

static void ended_ones_are_not_counted(void **state) {
  struct law *law = *state;
  ptg_group above = law_group(law, law->root, "above", SECOND, SECOND);
  ptg_group group = law_group(law, above, "g", SECOND, SECOND);
  spawn(law, above, &stubborn, "keeps the report");
  ptg_task ended = spawn(law, group, &stubborn, "a");
  ptg_task late = spawn(law, group, &stubborn, "b");
  spawn(law, group, &stubborn, "c"); /* never ends */
  most_are(law, group, ROOM,
           "stubborn/a*1 stubborn/b*1 stubborn/c*1 "); /* pending ones */
  law_advance(law, 0);
  assert_int_equal(ptg_task_finish(law->runtime, ended, NULL), PTG_OK);
  most_are(law, group, ROOM,
           "stubborn/b*1 stubborn/c*1 "); /* its done is not told yet */
  law_shutdown(law, above);
  law_advance(law, 2 * SECOND);
  assert_int_equal(law_info(law, group).abandoned, 2);
  most_are(law, group, ROOM, "stubborn/b*1 stubborn/c*1 ");
  assert_int_equal(ptg_task_finish(law->runtime, late, NULL), PTG_OK);
  most_are(law, group, ROOM, "stubborn/c*1 ");
}

/* ----------------------------------------------------------------- many -- */

static void ten_of_many_are_those_that_are_the_most(void **state) {
  struct law *law = *state;
  static char names[64][16];
  int counts[64] = {0};
  uint64_t seed = 1;
  for (int i = 0; i < 64; i++)
    snprintf(names[i], sizeof(names[i]), "n%02d", i);
  for (int i = 0; i < MANY; i++) {
    uint32_t a = law_pick(&seed, 64), b = law_pick(&seed, 64);
    uint32_t which = a < b ? a : b; /* the low ones come more often */
    counts[which]++;
    spawn(law, law->root, &red, names[which]);
  }
  ptg_name_row rows[10];
  size_t count = 0;
  size_t takings = law->takings;
  clock_t begun = clock();
  assert_int_equal(ptg_group_count_names(law->runtime, law->root, rows,
                                         sizeof(rows[0]), 10, &count),
                   PTG_OK);
  assert_true(clock() - begun < LIMIT_S * CLOCKS_PER_SEC);
  assert_true(law->takings - takings <= 8); /* for the names, not for tasks */
  assert_int_equal(count, 10);
  for (size_t i = 0; i < 10; i++) {
    int best = 0;
    for (int j = 1; j < 64; j++)
      if (counts[j] > counts[best]) best = j;
    assert_string_equal(rows[i].name, names[best]);
    assert_int_equal(rows[i].count, counts[best]);
    counts[best] = 0;
  }
}

static void as_many_names_as_tasks_cost_one_pass_too(void **state) {
  struct law *law = *state;
  for (int i = 0; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof(name), "n%d", i);
    spawn(law, law->root, &red, name);
  }
  spawn(law, law->root, &red, "n777");
  clock_t begun = clock();
  most_are(law, law->root, 3, "red/n777*2 red/n0*1 red/n1*1 ");
  assert_true(clock() - begun < LIMIT_S * CLOCKS_PER_SEC);
}

/* ---------------------------------------------------------------- calls -- */

static void without_memory_nothing_is_counted(void **state) {
  struct law *law = *state;
  static char names[200][8];
  for (int i = 0; i < 200; i++) {
    snprintf(names[i], sizeof(names[i]), "n%d", i);
    spawn(law, law->root, &red, names[i]);
  }
  ptg_name_row row;
  size_t count;
  size_t balance = law->balance;
  for (size_t n = 1;; n++) {
    count = 77;
    law->memory_left = n;
    ptg_status status = ptg_group_count_names(law->runtime, law->root, &row,
                                              sizeof(row), 1, &count);
    size_t left = law->memory_left;
    law->memory_left = 0;
    assert_int_equal(law->balance, balance);
    if (status == PTG_OK && left > 0) break;
    assert_int_equal(status, PTG_ENOMEM);
    assert_int_equal(count, 0);
  }
  assert_int_equal(count, 1);
}

static void mistakes_are_refused(void **state) {
  struct law *law = *state;
  ptg_task task = spawn(law, law->root, &red, "a");
  ptg_name_row row;
  size_t count = 77;
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(
      ptg_group_count_names(runtime, law->root, NULL, sizeof(row), 1, &count),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_count_names(runtime, law->root, &row, 4, 1, &count),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_count_names(runtime, law->root, &row, sizeof(row), 1, NULL),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_count_names(runtime, task, &row, sizeof(row), 1, &count),
      PTG_EKIND);
  assert_int_equal(count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(most_frequent_come_first),
      LAW(equals_are_in_the_order_of_their_names),
      LAW(types_of_the_same_name_are_counted_apart),
      LAW(task_without_a_name_is_counted_as_its_type),
      LAW(subtree_is_counted_and_nothing_else),
      LAW(ended_ones_are_not_counted),
      LAW(ten_of_many_are_those_that_are_the_most),
      LAW(as_many_names_as_tasks_cost_one_pass_too),
      LAW(without_memory_nothing_is_counted),
      LAW(mistakes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
