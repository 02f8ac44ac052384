/* test_blame.c - who held a shutdown up: the chain of groups that decided how
 * long it took, and the task that each of them waited for.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 64

struct blame {
  ptg_blame_row rows[ROOM];
  size_t count;
};

static struct blame blame_of(const struct law *law, ptg_group group) {
  struct blame blame = {.count = 77};
  assert_int_equal(ptg_group_get_blame(law->runtime, group, blame.rows,
                                       sizeof(blame.rows[0]), ROOM,
                                       &blame.count),
                   PTG_OK);
  for (size_t i = 0; i < blame.count; i++) {
    const ptg_blame_row *row = &blame.rows[i];
    assert_int_equal(row->size, sizeof(*row));
    assert_int_equal(strlen(row->name), row->name_length);
    assert_int_equal(strlen(row->task_name), row->task_name_length);
    assert_true(row->held_ns >= 0);
    assert_int_equal(row->task == PTG_NONE, row->task_name_length == 0);
  }
  return blame;
}

/* "group+seconds(task seconds abandoned) " each. */
static void blamed(const struct law *law, ptg_group group,
                   const char *expected) {
  struct blame blame = blame_of(law, group);
  char seen[1024] = "";
  for (size_t i = 0, used = 0; i < blame.count; i++) {
    const ptg_blame_row *row = &blame.rows[i];
    used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%s+%g",
                             row->name, (double)row->held_ns / SECOND);
    if (row->task != PTG_NONE)
      used += (size_t)snprintf(
          seen + used, sizeof(seen) - used, "(%s %g %d)", row->task_name,
          (double)row->task_held_ns / SECOND, (int)row->abandoned);
    used += (size_t)snprintf(seen + used, sizeof(seen) - used, " ");
  }
  assert_string_equal(seen, expected);
}

static ptg_group parallel(struct law *law, ptg_group parent, const char *name) {
  ptg_group_options options = law_options(law, name);
  options.flags = PTG_GROUP_PARALLEL;
  options.grace_ns = options.cancel_wait_ns = 10 * SECOND;
  return law_make(law, parent, &options);
}

static ptg_group group_of(struct law *law, ptg_group parent, const char *name) {
  return law_group(law, parent, name, 10 * SECOND, 10 * SECOND);
}

/* The root's report can be read until the end. */
static void end_all(struct law *law) {
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 100 * SECOND);
}

/* ---------------------------------------------------------------- chain -- */

static void group_without_tasks_held_nothing_up(void **state) {
  struct law *law = *state;
  end_all(law);
  blamed(law, law->root, "root+0 ");
}

static void last_task_of_a_group_is_named(void **state) {
  struct law *law = *state;
  law_spawn(law, law->root, "a", DRAINS(SECOND));
  struct actor *b = law_spawn(law, law->root, "b", DRAINS(3 * SECOND));
  law_spawn(law, law->root, "c", DRAINS(2 * SECOND));
  end_all(law);
  blamed(law, law->root, "root+3(b 3 0) ");
  assert_int_equal(blame_of(law, law->root).rows[0].task, b->task);
  assert_int_equal(blame_of(law, law->root).rows[0].group, law->root);
}

static void task_that_ended_before_its_groups_phase_is_not_named(void **state) {
  struct law *law = *state;
  ptg_group a = group_of(law, law->root, "a");
  law_spawn(law, law->root, "early", WORKS(SECOND));
  law_spawn(law, a, "t", DRAINS(2 * SECOND));
  end_all(law);
  blamed(law, law->root, "a+2(t 2 0) root+0 ");
}

static void siblings_that_close_in_turn_are_a_chain(void **state) {
  struct law *law = *state;
  ptg_group a = group_of(law, law->root, "a");
  ptg_group b = group_of(law, law->root, "b");
  ptg_group c = group_of(law, b, "c");
  law_spawn(law, a, "x", DRAINS(SECOND));
  law_spawn(law, b, "y", DRAINS(2 * SECOND));
  law_spawn(law, c, "z", DRAINS(4 * SECOND));
  law_spawn(law, law->root, "r", DRAINS(8 * SECOND));
  end_all(law);
  blamed(law, law->root, "c+4(z 4 0) b+2(y 2 0) a+1(x 1 0) root+8(r 8 0) ");
  blamed(law, b, "c+4(z 4 0) b+2(y 2 0) ");
  blamed(law, c, "c+4(z 4 0) ");
  blamed(law, a, "a+7(x 1 0) "); /* since its end was asked for, too */
}

static void slowest_of_those_that_close_together_is_to_blame(void **state) {
  struct law *law = *state;
  ptg_group p = parallel(law, law->root, "p");
  ptg_group a = group_of(law, p, "a");
  ptg_group b = group_of(law, p, "b");
  ptg_group c = group_of(law, p, "c");
  law_spawn(law, a, "x", DRAINS(SECOND));
  law_spawn(law, b, "y", DRAINS(5 * SECOND));
  law_spawn(law, c, "z", DRAINS(2 * SECOND));
  law_spawn(law, p, "t", DRAINS(SECOND));
  end_all(law);
  blamed(law, law->root, "b+5(y 5 0) p+1(t 1 0) root+0 ");
}

static void chain_follows_order_edges(void **state) {
  struct law *law = *state;
  ptg_group p = parallel(law, law->root, "p");
  ptg_group a = group_of(law, p, "a");
  ptg_group b = group_of(law, p, "b");
  ptg_group c = group_of(law, p, "c");
  ptg_group d = group_of(law, p, "d");
  assert_int_equal(ptg_group_stops_before(law->runtime, a, c), PTG_OK);
  assert_int_equal(ptg_group_stops_before(law->runtime, b, c), PTG_OK);
  law_spawn(law, a, "w", DRAINS(2 * SECOND));
  law_spawn(law, b, "x", DRAINS(3 * SECOND));
  law_spawn(law, c, "y", DRAINS(4 * SECOND));
  law_spawn(law, d, "z", DRAINS(6 * SECOND));
  end_all(law);
  blamed(law, law->root, "b+3(x 3 0) c+4(y 4 0) p+0 root+0 ");
}

static void abandoned_task_is_named(void **state) {
  struct law *law = *state;
  ptg_group a = group_of(law, law->root, "a");
  law_spawn(law, a, "well", DRAINS(SECOND));
  law_spawn(law, a, "stuck", STUBBORN);
  law_spawn(law, law->root, "r", DRAINS(SECOND));
  end_all(law);
  blamed(law, law->root, "a+20(stuck 20 1) root+1(r 1 0) ");
}

static void late_end_does_not_change_the_blame(void **state) {
  struct law *law = *state;
  struct actor *stuck = law_spawn(law, law->root, "stuck", STUBBORN);
  ptg_group a = group_of(law, law->root, "a");
  law_spawn(law, a, "t", DRAINS(SECOND));
  end_all(law);
  law_finish(stuck, PTG_OK);
  blamed(law, law->root, "a+1(t 1 0) root+15(stuck 15 1) ");
}

static void long_name_of_a_task_is_cut_between_characters(void **state) {
  struct law *law = *state;
  char name[128];
  memset(name, 'x', 61);
  memcpy(name + 61, "\u20ac", sizeof("\u20ac"));
  law_spawn(law, law->root, name, DRAINS(SECOND));
  end_all(law);
  assert_int_equal(blame_of(law, law->root).rows[0].task_name_length, 61);
}

/* Its parts of the time were over when the rest began. */
static void child_that_was_ending_before_is_blamed_from_then_on(void **s) {
  struct law *law = *s;
  ptg_group a = group_of(law, law->root, "a");
  ptg_group b = group_of(law, a, "b");
  law_spawn(law, a, "x", DRAINS(5 * SECOND));
  law_spawn(law, b, "y", DRAINS(2 * SECOND));
  law_advance(law, 0);
  law_shutdown(law, a);
  law_advance(law, 4 * SECOND); /* b is closed, a has 3 to go */
  end_all(law);
  blamed(law, law->root, "a+3(x 5 0) root+0 ");
  blamed(law, a, "b+2(y 2 0) a+5(x 5 0) ");
}

static ptg_status ask_when_closed(struct law *law, enum event event,
                                  const char *name) {
  if (event != ON_CLOSED || strcmp(name, "a") != 0) return PTG_OK;
  ptg_group *group = law->context;
  blamed(law, *group, "a+2(t 2 0) ");
  *group = PTG_NONE;
  return PTG_OK;
}

static void blame_can_be_read_when_closing_is_told(void **state) {
  struct law *law = *state;
  ptg_group a = group_of(law, law->root, "a");
  law_spawn(law, a, "t", DRAINS(2 * SECOND));
  law_advance(law, 0);
  ptg_group context = a;
  law->context = &context;
  law->react = ask_when_closed;
  law_shutdown(law, a);
  law_advance(law, 2 * SECOND);
  assert_int_equal(context, PTG_NONE);
}

/* --------------------------------------------------------- random trees -- */

static int64_t draw_ns(uint64_t *seed) {
  return law_pick(seed, 4) == 0 ? 0 : law_pick(seed, 3000000) * INT64_C(1001);
}

static struct script draw_script(uint64_t *seed) {
  switch (law_pick(seed, 6)) {
  case 0:
    return STUBBORN;
  case 1:
    return WORKS(draw_ns(seed));
  case 2:
    return CANCELS(draw_ns(seed));
  case 3:
    return KILLS(draw_ns(seed));
  default:
    return DRAINS(draw_ns(seed));
  }
}

static int plant(struct law *law, uint64_t *seed, ptg_group *groups) {
  int count = 1 + (int)law_pick(seed, 12);
  groups[0] = law->root;
  for (int i = 1; i <= count; i++) {
    ptg_group_options options = law_options(law, "g");
    options.flags = law_pick(seed, 2) ? PTG_GROUP_PARALLEL : 0;
    options.grace_ns = 1 + draw_ns(seed);
    options.cancel_wait_ns = 1 + draw_ns(seed);
    groups[i] = law_make(law, groups[law_pick(seed, (uint32_t)i)], &options);
  }
  for (int i = 0; i < count; i++) /* most are no siblings: refused */
    ptg_group_stops_before(law->runtime,
                           groups[law_pick(seed, (uint32_t)count)],
                           groups[law_pick(seed, (uint32_t)count)]);
  for (int i = 0; i < 3 * count; i++)
    law_spawn(law, groups[law_pick(seed, (uint32_t)count + 1)], "t",
              draw_script(seed));
  return count;
}

/* The parts add up to the whole, of the root and of each group below. */
static void check_sums(const struct law *law, uint64_t seed) {
  ptg_report_row rows[ROOM];
  size_t count;
  assert_int_equal(ptg_group_get_report(law->runtime, law->root, rows,
                                        sizeof(rows[0]), ROOM, &count),
                   PTG_OK);
  for (size_t i = 0; i < count; i++) {
    struct blame blame = blame_of(law, rows[i].group);
    int64_t sum_ns = 0;
    for (size_t j = 0; j < blame.count; j++) {
      sum_ns += blame.rows[j].held_ns;
      assert_true(blame.rows[j].task_held_ns >= 0);
    }
    if (sum_ns != rows[i].closed_ns - rows[i].begun_ns)
      fail_msg("seed %llu: the parts are %lld, the whole is %lld",
               (unsigned long long)seed, (long long)sum_ns,
               (long long)(rows[i].closed_ns - rows[i].begun_ns));
    assert_int_equal(blame.rows[blame.count - 1].group, rows[i].group);
  }
}

static void parts_add_up_to_the_whole_in_random_trees(void **state) {
  (void)state;
  size_t long_chains = 0;
  for (uint64_t number = 1; number <= 500; number++) {
    void *fresh;
    law_setup(&fresh);
    struct law *law = fresh;
    uint64_t seed = number;
    ptg_group groups[16];
    int count = plant(law, &seed, groups);
    law_advance(law, draw_ns(&seed));
    for (uint32_t early = law_pick(&seed, 3); early > 0; early--) {
      ptg_group group = groups[1 + law_pick(&seed, (uint32_t)count)];
      ptg_group_shutdown(law->runtime, group, NULL); /* or it is gone */
      law_advance(law, draw_ns(&seed));
    }
    law_shutdown(law, law->root);
    law_advance(law, 1000 * SECOND);
    check_sums(law, number);
    long_chains += blame_of(law, law->root).count > 3;
    law_teardown(&fresh);
  }
  assert_true(long_chains > 100); /* else this has shown nothing */
}

/* ----------------------------------------------------------------- text -- */

static const char whole[] =
    "     2.500 s  a\u20ac: t was the last, and was given up\n"
    "     0.000 s  two lines\n"
    "     1.000 s  root: r was the last\n";

static void set_stage(struct law *law) {
  ptg_group c = law_group(law, law->root, "two\nlines", SECOND, SECOND);
  (void)c;
  ptg_group a = law_group(law, law->root, "a\u20ac", 2 * SECOND, SECOND / 2);
  law_spawn(law, a, "t", STUBBORN);
  law_spawn(law, law->root, "r", DRAINS(SECOND));
  end_all(law);
}

static void text_has_a_line_for_each_row(void **state) {
  struct law *law = *state;
  set_stage(law);
  char text[sizeof(whole)];
  size_t length = 0;
  assert_int_equal(ptg_group_write_blame(law->runtime, law->root, text,
                                         sizeof(text), &length),
                   PTG_OK);
  assert_string_equal(text, whole);
  assert_int_equal(length, sizeof(whole) - 1);
}

static void text_is_cut_to_what_fits_and_the_need_is_told(void **state) {
  struct law *law = *state;
  set_stage(law);
  for (size_t capacity = 0; capacity < sizeof(whole); capacity++) {
    char text[sizeof(whole) + 1];
    memset(text, '#', sizeof(text));
    size_t length = 0;
    assert_int_equal(ptg_group_write_blame(law->runtime, law->root,
                                           capacity > 0 ? text : NULL, capacity,
                                           &length),
                     PTG_ERANGE);
    assert_int_equal(length, sizeof(whole) - 1);
    assert_int_equal(text[capacity], '#');
    if (capacity == 0) continue;
    size_t kept = capacity - 1; /* "EUR" takes the bytes 15 to 17 */
    if (kept == 16 || kept == 17) kept = 15;
    assert_int_equal(strlen(text), kept);
    assert_memory_equal(text, whole, kept);
  }
}

static void longest_names_fit_into_a_line(void **state) {
  struct law *law = *state;
  char name[PTG_NAME_MAX + 1];
  memset(name, 'x', PTG_NAME_MAX);
  name[PTG_NAME_MAX] = '\0';
  ptg_group a = law_group(law, law->root, name, SECOND, SECOND);
  law_spawn(law, a, name, STUBBORN);
  end_all(law);
  char text[1024];
  size_t length;
  assert_int_equal(ptg_group_write_blame(law->runtime, law->root, text,
                                         sizeof(text), &length),
                   PTG_OK);
  assert_non_null(strstr(text, "x was the last, and was given up\n"));
}

/* ---------------------------------------------------------------- calls -- */

static void group_that_is_not_closed_is_busy(void **state) {
  struct law *law = *state;
  ptg_blame_row row;
  char text[8];
  size_t count = 77;
  law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(ptg_group_get_blame(law->runtime, law->root, &row,
                                         sizeof(row), 1, &count),
                     PTG_EBUSY);
    assert_int_equal(count, 0);
    count = 77;
    assert_int_equal(
        ptg_group_write_blame(law->runtime, law->root, text, 8, &count),
        PTG_EBUSY);
    assert_int_equal(count, 0);
    law_shutdown(law, law->root);
    law_advance(law, SECOND);
  }
}

static void rows_that_do_not_fit_are_not_copied(void **state) {
  struct law *law = *state;
  group_of(law, law->root, "a");
  end_all(law);
  ptg_blame_row row = {.size = 77};
  size_t count = 0;
  assert_int_equal(ptg_group_get_blame(law->runtime, law->root, &row,
                                       sizeof(row), 1, &count),
                   PTG_ERANGE);
  assert_int_equal(count, 2);
  assert_int_equal(row.size, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(group_without_tasks_held_nothing_up),
      LAW(last_task_of_a_group_is_named),
      LAW(task_that_ended_before_its_groups_phase_is_not_named),
      LAW(siblings_that_close_in_turn_are_a_chain),
      LAW(slowest_of_those_that_close_together_is_to_blame),
      LAW(chain_follows_order_edges),
      LAW(abandoned_task_is_named),
      LAW(late_end_does_not_change_the_blame),
      LAW(long_name_of_a_task_is_cut_between_characters),
      LAW(child_that_was_ending_before_is_blamed_from_then_on),
      LAW(blame_can_be_read_when_closing_is_told),
      cmocka_unit_test(parts_add_up_to_the_whole_in_random_trees),
      LAW(text_has_a_line_for_each_row),
      LAW(text_is_cut_to_what_fits_and_the_need_is_told),
      LAW(longest_names_fit_into_a_line),
      LAW(group_that_is_not_closed_is_busy),
      LAW(rows_that_do_not_fit_are_not_copied),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
