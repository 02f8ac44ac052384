/* test_failures.c - what a group remembers of its failures: the last eight
 * that are not alike, the latest first.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REMEMBERED 8
#define ROOM 16

struct list {
  ptg_failure_row rows[ROOM];
  size_t count;
};

static struct list list(const struct law *law, ptg_group group) {
  struct list list = {.count = 77};
  assert_int_equal(ptg_group_list_failures(law->runtime, group, list.rows,
                                           sizeof(list.rows[0]), ROOM,
                                           &list.count),
                   PTG_OK);
  for (size_t i = 0; i < list.count; i++) {
    const ptg_failure_row *row = &list.rows[i];
    assert_int_equal(row->size, sizeof(*row));
    assert_int_equal(row->reserved0, 0);
    assert_int_equal(strlen(row->name), row->name_length);
    assert_int_equal(strlen(row->message), row->message_length);
  }
  return list;
}

static void end_as(struct law *law, ptg_group group, const char *name,
                   ptg_outcome outcome) {
  struct actor *actor = law_spawn(law, group, name, STUBBORN);
  law_advance(law, 0);
  assert_int_equal(ptg_task_finish(law->runtime, actor->task, &outcome),
                   PTG_OK);
  law_advance(law, 0);
}

static void fail_as(struct law *law, const char *name, const char *message) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = message;
  end_as(law, law->root, name, outcome);
}

/* The names, a character each. */
static void names_are(const struct law *law, const char *expected) {
  struct list seen = list(law, law->root);
  char names[ROOM + 1] = "";
  for (size_t i = 0; i < seen.count; i++)
    names[i] = seen.rows[i].name[0];
  assert_string_equal(names, expected);
}

/* ---------------------------------------------------------------- alike -- */

static void failures_that_are_alike_are_one_row(void **state) {
  struct law *law = *state;
  law_advance(law, SECOND);
  int64_t first_ns = law_now(law) + 1;
  for (int i = 0; i < 3; i++) {
    fail_as(law, "a", "lost");
    if (i < 2) law_advance(law, SECOND);
  }
  struct list seen = list(law, law->root);
  assert_int_equal(seen.count, 1);
  assert_int_equal(seen.rows[0].count, 3);
  assert_int_equal(seen.rows[0].first_ns, first_ns);
  assert_int_equal(seen.rows[0].last_ns, first_ns + 2 * SECOND);
  assert_int_equal(seen.rows[0].status, PTG_EFAILED);
  assert_string_equal(seen.rows[0].name, "a");
  assert_string_equal(seen.rows[0].message, "lost");
}

static void status_code_name_and_message_tell_failures_apart(void **state) {
  struct law *law = *state;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = "m";
  end_as(law, law->root, "a", outcome);
  end_as(law, law->root, "b", outcome);
  outcome.code = 7;
  end_as(law, law->root, "a", outcome);
  outcome.status = PTG_EEXIT;
  end_as(law, law->root, "a", outcome);
  outcome.message = "n";
  end_as(law, law->root, "a", outcome);
  outcome.message = NULL;
  end_as(law, law->root, "a", outcome);
  struct list seen = list(law, law->root);
  assert_int_equal(seen.count, 6);
  assert_string_equal(seen.rows[0].message, "");
  assert_string_equal(seen.rows[1].message, "n");
  assert_int_equal(seen.rows[2].status, PTG_EEXIT);
  assert_int_equal(seen.rows[3].code, 7);
  assert_string_equal(seen.rows[4].name, "b");
  for (size_t i = 0; i < seen.count; i++)
    assert_int_equal(seen.rows[i].count, 1);
}

static void latest_comes_first_and_a_repeat_is_the_latest(void **state) {
  struct law *law = *state;
  fail_as(law, "a", NULL);
  fail_as(law, "b", NULL);
  fail_as(law, "c", NULL);
  names_are(law, "cba");
  fail_as(law, "a", NULL);
  names_are(law, "acb");
}

static void ninth_takes_the_place_of_the_oldest(void **state) {
  struct law *law = *state;
  static const char *const names[] = {"a", "b", "c", "d", "e",
                                      "f", "g", "h", "i"};
  for (int i = 0; i < REMEMBERED; i++)
    fail_as(law, names[i], NULL);
  names_are(law, "hgfedcba");
  fail_as(law, "a", NULL); /* the oldest is now b */
  fail_as(law, names[8], NULL);
  names_are(law, "iahgfedc");
  assert_int_equal(list(law, law->root).rows[1].count, 2);
  fail_as(law, "b", NULL); /* all over again */
  names_are(law, "biahgfed");
  assert_int_equal(list(law, law->root).rows[0].count, 1);
}

/* ---------------------------------------------------------- what counts -- */

static void failures_are_the_groups_own(void **state) {
  struct law *law = *state;
  ptg_group below = law_group(law, law->root, "below", 0, 0);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  end_as(law, below, "a", outcome);
  assert_int_equal(list(law, law->root).count, 0);
  assert_int_equal(list(law, below).count, 1);
}

static void ends_that_are_no_failures_are_not_among_them(void **state) {
  struct law *law = *state;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  end_as(law, law->root, "a", outcome);
  outcome.status = PTG_ECANCELED;
  end_as(law, law->root, "b", outcome);
  assert_int_equal(list(law, law->root).count, 0);
}

static ptg_status refuse_start(struct law *law, enum event event,
                               const char *name) {
  (void)law;
  return event == START && strcmp(name, "a") == 0 ? PTG_EUV : PTG_OK;
}

static void start_that_fails_is_among_them(void **state) {
  struct law *law = *state;
  law->react = refuse_start;
  law_spawn(law, law->root, "a", STUBBORN);
  law_advance(law, 0);
  struct list seen = list(law, law->root);
  assert_int_equal(seen.count, 1);
  assert_int_equal(seen.rows[0].status, PTG_EUV);
  assert_string_equal(seen.rows[0].name, "a");
}

static void late_failure_of_an_abandoned_task_is_among_them(void **state) {
  struct law *law = *state;
  ptg_group above = law_group(law, law->root, "above", SECOND, SECOND);
  ptg_group group = law_group(law, above, "g", SECOND, SECOND);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, above, "keeps the report", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, above);
  law_advance(law, 2 * SECOND);
  assert_int_equal(law_info(law, group).abandoned, 1);
  assert_int_equal(list(law, group).count, 0);
  law_finish(a, PTG_EFAILED);
  struct list seen = list(law, group);
  assert_int_equal(seen.count, 1);
  assert_string_equal(seen.rows[0].message, "it broke");
}

static ptg_status fail_in_hooks(struct law *law, enum event event,
                                const char *name) {
  (void)law;
  (void)name;
  if (event == ON_DRAIN) return PTG_EUV;
  return event == ON_CLOSED ? PTG_EFULL : PTG_OK;
}

static void hooks_failures_have_no_name(void **state) {
  struct law *law = *state;
  law->react = fail_in_hooks;
  law_shutdown(law, law->root);
  law_advance(law, SECOND);
  struct list seen = list(law, law->root);
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.rows[0].status, PTG_EFULL);
  assert_int_equal(seen.rows[1].status, PTG_EUV);
  for (int i = 0; i < 2; i++) {
    assert_string_equal(seen.rows[i].name, "");
    assert_string_equal(seen.rows[i].message, "");
    assert_int_equal(seen.rows[i].count, 1);
  }
}

/* ---------------------------------------------------------------- texts -- */

/* A text of length bytes that ends with a character. */
static const char *text(char *room, size_t length, const char *character) {
  size_t size = strlen(character);
  memset(room, 'x', length);
  memcpy(room + length - size, character, size);
  room[length] = '\0';
  return room;
}

static void long_texts_are_cut_between_characters(void **state) {
  struct law *law = *state;
  static const struct {
    size_t length;
    const char *character;
    size_t kept;
  } cases[] = {{63, "x", 63},          {64, "x", 63},
               {63, "\u00e9", 63},     {64, "\u00e9", 62},
               {63, "\u20ac", 63},     {64, "\u20ac", 61},
               {65, "\u20ac", 62},     {63, "\U0001f600", 63},
               {64, "\U0001f600", 60}, {66, "\U0001f600", 62}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    char name[128], message[128];
    fail_as(law, text(name, cases[i].length, cases[i].character),
            text(message, cases[i].length, cases[i].character));
    const ptg_failure_row row = list(law, law->root).rows[0];
    assert_int_equal(row.name_length, cases[i].kept);
    assert_int_equal(row.message_length, cases[i].kept);
    assert_memory_equal(row.name, name, cases[i].kept);
    assert_memory_equal(row.message, message, cases[i].kept);
  }
}

static void texts_alike_in_their_first_bytes_are_alike(void **state) {
  struct law *law = *state;
  char one[128], other[128];
  fail_as(law, text(one, 80, "a"), text(one, 80, "a"));
  fail_as(law, text(other, 81, "b"), text(other, 81, "b"));
  struct list seen = list(law, law->root);
  assert_int_equal(seen.count, 1);
  assert_int_equal(seen.rows[0].count, 2);
}

/* --------------------------------------------------------------- memory -- */

static void without_memory_only_the_row_is_lost(void **state) {
  struct law *law = *state;
  struct actor *a = law_spawn(law, law->root, "a", STUBBORN);
  law_advance(law, 0);
  law->has_no_memory = 1;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  assert_int_equal(ptg_task_finish(law->runtime, a->task, &outcome), PTG_OK);
  law->has_no_memory = 0;
  law_advance(law, 0);
  assert_int_equal(a->told[DONE], 1);
  assert_int_equal(a->outcome.status, PTG_EFAILED);
  assert_int_equal(law_info(law, law->root).failed, 1);
  assert_int_equal(list(law, law->root).count, 0);
  fail_as(law, "b", NULL);
  names_are(law, "b");
}

/* ---------------------------------------------------------------- calls -- */

static void list_that_does_not_fit_copies_nothing(void **state) {
  struct law *law = *state;
  fail_as(law, "a", NULL);
  fail_as(law, "b", NULL);
  ptg_failure_row row = {.size = 77};
  size_t count = 0;
  assert_int_equal(ptg_group_list_failures(law->runtime, law->root, &row,
                                           sizeof(row), 1, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(row.size, 77);
  assert_int_equal(ptg_group_list_failures(law->runtime, law->root, NULL,
                                           sizeof(row), 0, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
}

static void rows_are_as_large_as_the_caller_says(void **state) {
  struct law *law = *state;
  fail_as(law, "a", NULL);
  fail_as(law, "b", NULL);
  size_t count;
  uint32_t small[2][4]; /* up to code, and what follows it */
  assert_int_equal(ptg_group_list_failures(law->runtime, law->root,
                                           (void *)small, sizeof(small[0]), 2,
                                           &count),
                   PTG_OK);
  assert_int_equal(small[0][0], sizeof(small[0]));
  assert_int_equal((ptg_status)small[1][1], PTG_EFAILED);
  struct {
    ptg_failure_row row;
    uint64_t more;
  } large[2];
  memset(large, 0xff, sizeof(large));
  assert_int_equal(ptg_group_list_failures(law->runtime, law->root,
                                           (void *)large, sizeof(large[0]), 2,
                                           &count),
                   PTG_OK);
  assert_int_equal(large[1].row.size, sizeof(ptg_failure_row));
  assert_string_equal(large[1].row.name, "a");
  assert_int_equal(large[1].more, 0);
}

static void mistakes_are_refused(void **state) {
  struct law *law = *state;
  struct actor *a = law_spawn(law, law->root, "a", STUBBORN);
  ptg_failure_row row;
  size_t count = 77;
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(
      ptg_group_list_failures(NULL, law->root, &row, sizeof(row), 1, &count),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_list_failures(runtime, law->root, NULL, sizeof(row), 1, &count),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_list_failures(runtime, law->root, &row, 4, 1, &count),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_list_failures(runtime, law->root, &row, sizeof(row), 1, NULL),
      PTG_EINVAL);
  assert_int_equal(
      ptg_group_list_failures(runtime, a->task, &row, sizeof(row), 1, &count),
      PTG_EKIND);
  assert_int_equal(count, 0);
  ptg_group gone = law_group(law, law->root, "gone", 0, 0);
  law_shutdown(law, gone);
  law_advance(law, 0);
  assert_int_equal(
      ptg_group_list_failures(runtime, gone, &row, sizeof(row), 1, &count),
      PTG_ESTALE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(failures_that_are_alike_are_one_row),
      LAW(status_code_name_and_message_tell_failures_apart),
      LAW(latest_comes_first_and_a_repeat_is_the_latest),
      LAW(ninth_takes_the_place_of_the_oldest),
      LAW(failures_are_the_groups_own),
      LAW(ends_that_are_no_failures_are_not_among_them),
      LAW(start_that_fails_is_among_them),
      LAW(late_failure_of_an_abandoned_task_is_among_them),
      LAW(hooks_failures_have_no_name),
      LAW(long_texts_are_cut_between_characters),
      LAW(texts_alike_in_their_first_bytes_are_alike),
      LAW(without_memory_only_the_row_is_lost),
      LAW(list_that_does_not_fit_copies_nothing),
      LAW(rows_are_as_large_as_the_caller_says),
      LAW(mistakes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
