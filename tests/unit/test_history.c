/* test_history.c - the tasks that a group remembers when they have ended: off
 * unless it is asked for, bounded, the latest first.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 16

struct list {
  ptg_history_row rows[ROOM];
  size_t count;
};

static struct list list(const struct law *law, ptg_group group) {
  struct list list = {.count = 77};
  assert_int_equal(ptg_group_list_history(law->runtime, group, list.rows,
                                          sizeof(list.rows[0]), ROOM,
                                          &list.count),
                   PTG_OK);
  for (size_t i = 0; i < list.count; i++) {
    assert_int_equal(list.rows[i].size, sizeof(list.rows[i]));
    assert_int_equal(strlen(list.rows[i].name), list.rows[i].name_length);
  }
  return list;
}

static ptg_group remembering(struct law *law, ptg_group parent,
                             uint64_t history) {
  ptg_group_options options = law_options(law, "g");
  options.history = history;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  return law_make(law, parent, &options);
}

static void end_some(struct law *law, ptg_group group, const char *names) {
  static const char letters[26][2] = {"a", "b", "c", "d", "e", "f", "g"};
  for (; *names != '\0'; names++) {
    struct actor *actor =
        law_spawn(law, group, letters[*names - 'a'], STUBBORN);
    law_advance(law, 0);
    law_finish(actor, PTG_OK);
  }
  law_advance(law, 0);
}

static void names_are(const struct law *law, ptg_group group,
                      const char *expected) {
  struct list seen = list(law, group);
  char names[ROOM + 1] = "";
  for (size_t i = 0; i < seen.count; i++)
    names[i] = seen.rows[i].name[0];
  assert_string_equal(names, expected);
}

static void nothing_is_remembered_unless_asked_for(void **state) {
  struct law *law = *state;
  end_some(law, law->root, "abc");
  assert_int_equal(list(law, law->root).count, 0);
  ptg_group below = remembering(law, law->root, 4);
  end_some(law, law->root, "d");
  end_some(law, below, "e");
  assert_int_equal(list(law, law->root).count, 0);
  names_are(law, below, "e");
}

static void history_is_bounded_and_the_latest_comes_first(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 3);
  names_are(law, group, "");
  end_some(law, group, "ab");
  names_are(law, group, "ba");
  end_some(law, group, "c");
  names_are(law, group, "cba");
  end_some(law, group, "d");
  names_are(law, group, "dcb");
  end_some(law, group, "efga");
  names_are(law, group, "agf");
  ptg_group one = remembering(law, law->root, 1);
  end_some(law, one, "ab");
  names_are(law, one, "b");
}

static void history_takes_no_memory_as_it_goes(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 2);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  law->has_no_memory = 1;
  law_finish(a, PTG_OK);
  law->has_no_memory = 0;
  names_are(law, group, "a");
}

static void row_tells_who_when_and_how(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 4);
  struct actor *spawner = law_spawn(law, law->root, "spawner", STUBBORN);
  struct actor *killer = law_spawn(law, law->root, "killer", STUBBORN);
  law_advance(law, 2 * SECOND);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "child";
  options.spawner = spawner->task;
  struct actor *child =
      law_spawn_with(law, group, &options, CANCELS(3 * SECOND));
  law_advance(law, SECOND);
  ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
  cancel.originator = killer->task;
  assert_int_equal(ptg_task_cancel(law->runtime, child->task, &cancel), PTG_OK);
  law_advance(law, 10 * SECOND);
  const ptg_history_row row = list(law, group).rows[0];
  assert_int_equal(row.task, child->task);
  assert_int_equal(row.spawner, spawner->task);
  assert_int_equal(row.originator, killer->task);
  assert_int_equal(row.spawned_ns, 2 * SECOND + 1);
  assert_int_equal(row.ended_ns, 6 * SECOND + 1);
  assert_int_equal(row.status, PTG_ECANCELED);
  assert_int_equal(row.code, 0);
  assert_int_equal(row.flags, PTG_OUTCOME_CANCEL_REQUESTED);
  assert_string_equal(row.name, "child");
}

static void row_of_a_failure_has_its_code(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 4);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_advance(law, 0);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EEXIT;
  outcome.code = 42;
  assert_int_equal(ptg_task_finish(law->runtime, a->task, &outcome), PTG_OK);
  const ptg_history_row row = list(law, group).rows[0];
  assert_int_equal(row.status, PTG_EEXIT);
  assert_int_equal(row.code, 42);
  assert_int_equal(row.flags, 0);
  assert_int_equal(row.spawner, PTG_NONE);
  assert_int_equal(row.originator, PTG_NONE);
}

static void one_that_never_ran_is_remembered_so(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 4);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  assert_int_equal(ptg_task_cancel(law->runtime, a->task, NULL), PTG_OK);
  law_advance(law, 0);
  const ptg_history_row row = list(law, group).rows[0];
  assert_int_equal(row.status, PTG_ECANCELED);
  assert_int_equal(row.flags,
                   PTG_OUTCOME_CANCEL_REQUESTED | PTG_OUTCOME_NEVER_RAN);
}

static void shutdown_is_the_originator_of_what_it_ends(void **state) {
  struct law *law = *state;
  ptg_group above = law_group(law, law->root, "above", SECOND, SECOND);
  ptg_group group = remembering(law, above, 4);
  law_spawn(law, above, "keeps the report", STUBBORN);
  law_spawn(law, group, "c", CANCELS(0));
  law_spawn(law, group, "k", KILLS(0));
  struct actor *late = law_spawn(law, group, "l", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, above);
  law_advance(law, 2 * SECOND);
  names_are(law, group, "kc");
  law_advance(law, SECOND);
  law_finish(late, PTG_OK);
  struct list seen = list(law, group);
  names_are(law, group, "lkc");
  assert_int_equal(seen.rows[0].flags & PTG_OUTCOME_ABANDONED,
                   PTG_OUTCOME_ABANDONED);
  assert_int_equal(seen.rows[1].flags & PTG_OUTCOME_KILLED, PTG_OUTCOME_KILLED);
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(seen.rows[i].originator, group);
}

static void long_name_is_cut_between_characters(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 4);
  char name[128];
  memset(name, 'x', 62);
  memcpy(name + 62, "\u00e9", sizeof("\u00e9"));
  struct actor *a = law_spawn(law, group, name, STUBBORN);
  law_advance(law, 0);
  law_finish(a, PTG_OK);
  const ptg_history_row row = list(law, group).rows[0];
  assert_int_equal(row.name_length, 62);
  assert_memory_equal(row.name, name, 62);
}

static void *modest_alloc(void *data, void *block, size_t old_size,
                          size_t new_size) {
  (void)data;
  (void)old_size;
  if (new_size > 0) return new_size < 1000000 ? realloc(block, new_size) : NULL;
  free(block);
  return NULL;
}

/* Among them sizes whose product with that of a row is small again. */
static void history_that_is_too_large_is_refused(void **state) {
  (void)state;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.alloc = modest_alloc;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  for (uint64_t row_size = 1; row_size <= 1024; row_size++) {
    ptg_group_options wish = PTG_GROUP_OPTIONS_INIT;
    wish.history = UINT64_MAX / row_size + (row_size > 1);
    ptg_group group = 77;
    assert_int_equal(ptg_group_create(runtime, PTG_NONE, &wish, &group),
                     PTG_ENOMEM);
    assert_int_equal(group, PTG_NONE);
  }
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  assert_int_equal(ptg_group_shutdown(runtime, root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void history_that_no_memory_is_for_is_refused(void **state) {
  struct law *law = *state;
  /* Each allocation in turn, that of the history among them. */
  for (size_t n = 1;; n++) {
    ptg_group_options options = law_options(law, "g");
    options.history = 10;
    struct place *place = options.user_data;
    law->memory_left = n;
    ptg_status status =
        ptg_group_create(law->runtime, law->root, &options, &place->group);
    size_t left = law->memory_left;
    law->memory_left = 0;
    if (status == PTG_OK && left > 0) break;
    assert_int_equal(status, PTG_ENOMEM);
  }
}

static void list_that_does_not_fit_copies_nothing(void **state) {
  struct law *law = *state;
  ptg_group group = remembering(law, law->root, 3);
  end_some(law, group, "abcd");
  ptg_history_row rows[2] = {{.size = 77}};
  size_t count = 0;
  assert_int_equal(ptg_group_list_history(law->runtime, group, rows,
                                          sizeof(rows[0]), 2, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 3);
  assert_int_equal(rows[0].size, 77);
  assert_int_equal(
      ptg_group_list_history(law->runtime, group, rows, 2, 2, &count),
      PTG_EINVAL);
  assert_int_equal(count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(nothing_is_remembered_unless_asked_for),
      LAW(history_is_bounded_and_the_latest_comes_first),
      LAW(history_takes_no_memory_as_it_goes),
      LAW(row_tells_who_when_and_how),
      LAW(row_of_a_failure_has_its_code),
      LAW(one_that_never_ran_is_remembered_so),
      LAW(shutdown_is_the_originator_of_what_it_ends),
      LAW(long_name_is_cut_between_characters),
      cmocka_unit_test(history_that_is_too_large_is_refused),
      LAW(history_that_no_memory_is_for_is_refused),
      LAW(list_that_does_not_fit_copies_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
