/* test_report.c - what a shutdown tells of itself: rows, instants, counts, who
 * waited for whom, and how long it can be read.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 16

static size_t report_of(const struct law *law, ptg_group group,
                        ptg_report_row *rows) {
  size_t count;
  assert_int_equal(ptg_group_get_report(law->runtime, group, rows,
                                        sizeof(rows[0]), ROWS_MAX, &count),
                   PTG_OK);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(rows[i].size, sizeof(rows[i]));
  return count;
}

static void times_are(const ptg_report_row *row, const char *name, double begun,
                      double drain, double cancel, double closed) {
  assert_string_equal(row->name, name);
  assert_int_equal(row->name_length, strlen(name));
  assert_int_equal(row->begun_ns, (int64_t)(begun * 1e9) + 1);
  assert_int_equal(row->drain_ns, drain < 0 ? 0 : (int64_t)(drain * 1e9) + 1);
  assert_int_equal(row->cancel_ns,
                   cancel < 0 ? 0 : (int64_t)(cancel * 1e9) + 1);
  assert_int_equal(row->closed_ns,
                   closed < 0 ? 0 : (int64_t)(closed * 1e9) + 1);
}

/* ----------------------------------------------------------------- rows -- */

static void rows_tell_instants_and_stand_in_the_order_of_closing(void **s) {
  struct law *law = *s;
  ptg_group a = law_group(law, law->root, "a", 2 * SECOND, 3 * SECOND);
  ptg_group b = law_group(law, law->root, "b", 2 * SECOND, 3 * SECOND);
  law_spawn(law, a, "ta", DRAINS(SECOND));
  law_spawn(law, b, "tb", CANCELS(SECOND));
  law_advance(law, 10 * SECOND);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, law->root, rows), 3);
  times_are(&rows[0], "b", 10, 10, 12, 13);
  times_are(&rows[1], "a", 10, 13, -1, 14);
  times_are(&rows[2], "root", 10, 14, -1, 14);
  assert_int_equal(rows[0].group, b);
  assert_int_equal(rows[0].parent, law->root);
  assert_int_equal(rows[1].group, a);
  assert_int_equal(rows[2].parent, PTG_NONE);
  for (int i = 0; i < 3; i++)
    assert_int_equal(rows[i].state, PTG_GROUP_CLOSED);
}

static void report_can_be_read_while_it_grows(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 2 * SECOND, 3 * SECOND);
  ptg_group b = law_group(law, law->root, "b", 2 * SECOND, 3 * SECOND);
  ptg_group c = law_group(law, law->root, "c", 2 * SECOND, 3 * SECOND);
  law_spawn(law, b, "tb", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 3 * SECOND);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, law->root, rows), 4);
  times_are(&rows[0], "c", 0, 0, -1, 0);
  assert_int_equal(rows[0].group, c);
  for (int i = 1; i < 4; i++) { /* these in no certain order */
    assert_int_equal(rows[i].closed_ns, 0);
    if (rows[i].group == b) times_are(&rows[i], "b", 0, 0, 2, -1);
    if (rows[i].group == b)
      assert_int_equal(rows[i].state, PTG_GROUP_CANCELLING);
    if (rows[i].group == a) times_are(&rows[i], "a", 0, -1, -1, -1);
    if (rows[i].group == a) assert_int_equal(rows[i].state, PTG_GROUP_OPEN);
  }
}

static void counts_are_of_what_happened_after_the_request(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 2 * SECOND, 3 * SECOND);
  law_spawn(law, group, "before", WORKS(0));
  law_spawn(law, group, "broken before", FAILS(0));
  law_advance(law, 0);
  law_spawn(law, group, "drains", DRAINS(SECOND));
  law_spawn(law, group, "drains too", DRAINS(0));
  law_spawn(law, group, "cancels", CANCELS(0));
  law_spawn(law, group, "fails", FAILS(SECOND));
  struct script swallows = CANCELS(0);
  swallows.yields = PTG_OK;
  law_spawn(law, group, "swallows", swallows);
  law_spawn(law, group, "stubborn", STUBBORN);
  law_spawn(law, group, "killed", KILLS(0));
  law_advance(law, 0);
  law_shutdown(law, law->root);
  assert_int_equal(law_spawn(law, group, "early", WORKS(0))->spawned, PTG_OK);
  law_advance(law, 0);
  assert_int_equal(law_spawn(law, group, "late", WORKS(0))->spawned,
                   PTG_ECLOSED);
  law_advance(law, 100 * SECOND);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, law->root, rows), 2);
  assert_int_equal(rows[0].group, group);
  assert_int_equal(rows[0].drained, 4); /* swallows and early among them */
  assert_int_equal(rows[0].cancelled, 2);
  assert_int_equal(rows[0].failed, 1);
  assert_int_equal(rows[0].refused, 1);
  assert_int_equal(rows[0].abandoned, 1);
  assert_int_equal(rows[0].killed, 1);
}

/* ------------------------------------------------------------ abandoned -- */

static void abandoned_are_named_in_the_order_they_were_given_up(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", PTG_AT_ONCE, SECOND);
  struct actor *a = law_spawn(law, group, "a", STUBBORN);
  law_spawn(law, group, "b", CANCELS(0));
  struct actor *c = law_spawn(law, group, "c", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 2 * SECOND);
  law_finish(c, PTG_OK);
  law_advance(law, 0);
  ptg_task tasks[4];
  size_t count;
  assert_int_equal(
      ptg_group_list_abandoned(law->runtime, group, tasks, 4, &count), PTG_OK);
  assert_int_equal(count, 2);
  assert_int_equal(tasks[0], c->task); /* newest first; ended since */
  assert_int_equal(tasks[1], a->task);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, c->task, &info), PTG_OK);
  assert_string_equal(info.name, "c");
  assert_int_equal(info.state, PTG_TASK_ABANDONED);
  assert_int_equal(
      ptg_group_list_abandoned(law->runtime, group, tasks, 1, &count),
      PTG_ERANGE);
  assert_int_equal(count, 2);
  law_finish(a, PTG_OK);
}

/* ----------------------------------------------------------- waited for -- */

static void row_says_whose_closing_let_its_drain_begin(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "p");
  options.flags = PTG_GROUP_PARALLEL;
  ptg_group p = law_make(law, law->root, &options);
  ptg_group a = law_group(law, p, "a", 0, 0);
  ptg_group b = law_group(law, p, "b", 0, 0);
  ptg_group c = law_group(law, p, "c", 0, 0);
  ptg_group q = law_group(law, law->root, "q", 0, 0);
  assert_int_equal(ptg_group_stops_before(law->runtime, a, c), PTG_OK);
  law_spawn(law, a, "ta", DRAINS(SECOND));
  law_spawn(law, b, "tb", DRAINS(2 * SECOND));
  law_spawn(law, c, "tc", DRAINS(3 * SECOND));
  law_spawn(law, q, "tq", DRAINS(SECOND));
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, law->root, rows), 6);
  const struct {
    ptg_group group, waited_for;
  } expected[] = {{q, PTG_NONE}, {a, q}, {b, q},
                  {c, a},        {p, c}, {law->root, p}};
  for (int i = 0; i < 6; i++) {
    assert_int_equal(rows[i].group, expected[i].group);
    assert_int_equal(rows[i].waited_for, expected[i].waited_for);
  }
}

/* Follows waited_for from the root down: the chain that held it up. */
static void critical_chain_is_one_look(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "p");
  options.flags = PTG_GROUP_PARALLEL;
  ptg_group p = law_make(law, law->root, &options);
  static const char *const names[] = {"a", "slow", "c"};
  for (int i = 0; i < 3; i++) {
    ptg_group group = law_group(law, p, names[i], 0, 0);
    law_spawn(law, group, names[i], DRAINS((i == 1 ? 3 : 1) * SECOND));
  }
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
  ptg_report_row rows[ROWS_MAX];
  size_t count = report_of(law, law->root, rows);
  const ptg_report_row *at = &rows[count - 1];
  static const char *const chain[] = {"root", "p", "slow"};
  for (int i = 0; i < 3; i++) {
    assert_string_equal(at->name, chain[i]);
    ptg_group next = at->waited_for;
    for (size_t row = 0; row < count; row++)
      if (rows[row].group == next) at = &rows[row];
  }
  assert_int_equal(at->waited_for, PTG_NONE);
}

/* ------------------------------------------------------------ life time -- */

static void report_of_a_group_that_is_not_ending_is_refused(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", 0, 0);
  size_t count = 77;
  assert_int_equal(ptg_group_get_report(law->runtime, group, NULL,
                                        sizeof(ptg_report_row), 0, &count),
                   PTG_EBUSY);
  assert_int_equal(count, 0);
}

static ptg_status read_in_closing(struct law *law, enum event event,
                                  const char *name) {
  if (event != ON_CLOSED || strcmp(name, "top") != 0) return PTG_OK;
  ptg_group *top = law->context;
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, *top, rows), 3);
  assert_string_equal(rows[0].name, "b");
  assert_string_equal(rows[1].name, "a");
  assert_int_equal(rows[1].abandoned, 1);
  assert_string_equal(rows[2].name, "top");
  assert_int_equal(rows[2].state, PTG_GROUP_CLOSED);
  assert_true(rows[2].closed_ns > 0);
  *top = PTG_NONE;
  return PTG_OK;
}

static void report_can_be_read_to_the_end_of_on_closed(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", PTG_AT_ONCE, SECOND);
  ptg_group kept = top;
  ptg_group a = law_group(law, top, "a", 0, 0);
  struct actor *task = law_spawn(law, a, "t", STUBBORN);
  ptg_group b = law_group(law, top, "b", 0, 0);
  law_advance(law, 0);
  law->context = &top;
  law->react = read_in_closing;
  law_shutdown(law, top);
  law_advance(law, 0);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, b, rows), 1); /* closed and still there */
  law_advance(law, 2 * SECOND);
  assert_int_equal(top, PTG_NONE);
  law_finish(task, PTG_OK);
  law_advance(law, 0);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, kept, &info), PTG_ESTALE);
  assert_int_equal(ptg_group_get_info(law->runtime, b, &info), PTG_ESTALE);
}

static void group_closed_before_the_request_is_in_no_report(void **state) {
  struct law *law = *state;
  ptg_group gone = law_group(law, law->root, "gone", 0, 0);
  law_shutdown(law, gone);
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 0);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, law->root, rows), 1);
}

static void
report_that_does_not_fit_says_its_size_and_copies_nothing(void **s) {
  struct law *law = *s;
  law_group(law, law->root, "g", 0, 0);
  law_shutdown(law, law->root);
  law_advance(law, 0);
  ptg_report_row rows[2] = {{0}};
  size_t count;
  assert_int_equal(ptg_group_get_report(law->runtime, law->root, rows,
                                        sizeof(rows[0]), 1, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(rows[0].size, 0);
}

static void row_of_an_older_caller_is_cut_to_its_size(void **state) {
  struct law *law = *state;
  law_shutdown(law, law->root);
  law_advance(law, 0);
  struct {
    uint32_t size;
    uint32_t state;
    ptg_group group;
    uint64_t guard;
  } row = {0, 0, 0, 77};
  size_t count;
  assert_int_equal(
      ptg_group_get_report(law->runtime, law->root, (ptg_report_row *)&row,
                           offsetof(ptg_report_row, parent), 1, &count),
      PTG_OK);
  assert_int_equal(row.size, offsetof(ptg_report_row, parent));
  assert_int_equal(row.group, law->root);
  assert_int_equal(row.guard, 77);
}

/* ----------------------------------------------------------- originator -- */

static ptg_status ask_for_shutdown(ptg_runtime *runtime, ptg_task task,
                                   void *group) {
  (void)task;
  return ptg_group_shutdown(runtime, *(ptg_group *)group, NULL);
}

static void rows_name_the_task_that_asked_for_the_shutdown(void **s) {
  static const ptg_task_type TYPE = {
      .size = sizeof(TYPE), .name = "asker", .start = ask_for_shutdown};
  struct law *law = *s;
  ptg_group above = law_group(law, law->root, "above", SECOND, SECOND);
  ptg_group below = law_group(law, above, "below", SECOND, SECOND);
  ptg_group apart = law_group(law, law->root, "apart", SECOND, SECOND);
  ptg_task asker;
  assert_int_equal(
      ptg_task_spawn(law->runtime, apart, &TYPE, NULL, &above, &asker), PTG_OK);
  law_spawn(law, below, "slow", DRAINS(SECOND));
  law_advance(law, 0);
  ptg_report_row rows[ROWS_MAX];
  assert_int_equal(report_of(law, above, rows), 2);
  assert_int_equal(rows[0].originator, asker);
  assert_int_equal(rows[1].originator, asker);

  assert_int_equal(ptg_task_finish(law->runtime, asker, NULL), PTG_OK);
  law_shutdown(law, law->root);
  law_advance(law, 10 * SECOND);
  assert_int_equal(report_of(law, law->root, rows), 4);
  for (int i = 0; i < 4; i++)
    assert_int_equal(
        rows[i].originator,
        rows[i].group == above || rows[i].group == below ? asker : PTG_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(rows_tell_instants_and_stand_in_the_order_of_closing),
      LAW(report_can_be_read_while_it_grows),
      LAW(counts_are_of_what_happened_after_the_request),
      LAW(abandoned_are_named_in_the_order_they_were_given_up),
      LAW(row_says_whose_closing_let_its_drain_begin),
      LAW(critical_chain_is_one_look),
      LAW(report_of_a_group_that_is_not_ending_is_refused),
      LAW(report_can_be_read_to_the_end_of_on_closed),
      LAW(group_closed_before_the_request_is_in_no_report),
      LAW(report_that_does_not_fit_says_its_size_and_copies_nothing),
      LAW(row_of_an_older_caller_is_cut_to_its_size),
      LAW(rows_name_the_task_that_asked_for_the_shutdown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
