/* test_order.c - who closes before whom: children, siblings, edges; and that
 * the order is the same however a tree is shut down.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static ptg_group parallel_group(struct law *law, ptg_group parent,
                                const char *name) {
  ptg_group_options options = law_options(law, name);
  options.flags = PTG_GROUP_PARALLEL;
  return law_make(law, parent, &options);
}

static void before(struct law *law, ptg_group first, ptg_group later) {
  assert_int_equal(ptg_group_stops_before(law->runtime, first, later), PTG_OK);
}

static ptg_group with_task(struct law *law, ptg_group parent, const char *name,
                           int64_t drain_ns) {
  ptg_group group = law_group(law, parent, name, 0, 0);
  law_spawn(law, group, name, DRAINS(drain_ns));
  return group;
}

/* -------------------------------------------------------- parent, child -- */

static void children_close_before_the_parents_tasks_are_told(void **state) {
  struct law *law = *state;
  ptg_group a = with_task(law, law->root, "a", 0);
  ptg_group b = with_task(law, a, "b", SECOND);
  with_task(law, b, "c", SECOND);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED) | TRACE(ON_DRAIN);
  law_shutdown(law, a);
  assert_int_equal(law_info(law, a).state, PTG_GROUP_DRAINING);
  law_advance(law, 5 * SECOND);
  law_traced(law, "c.drain@0 c.drain@0 c.closed@1 b.drain@1 b.drain@1 "
                  "b.closed@2 a.drain@2 a.drain@2 a.closed@2");
}

static void graces_begin_when_a_groups_own_turn_comes(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 2 * SECOND, SECOND);
  ptg_group b = law_group(law, a, "b", 3 * SECOND, SECOND);
  law_spawn(law, a, "a", CANCELS(0));
  law_spawn(law, b, "b", CANCELS(0));
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, a);
  law_advance(law, 10 * SECOND);
  law_traced(law, "b.drain@0 b.cancel@3 b.closed@3 a.drain@3 a.cancel@5 "
                  "a.closed@5");
}

/* ------------------------------------------------------------- siblings -- */

static void siblings_close_one_by_one_newest_first(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  with_task(law, parent, "a", SECOND);
  with_task(law, parent, "b", SECOND);
  with_task(law, parent, "c", SECOND);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 5 * SECOND);
  law_traced(law, "c.drain@0 c.closed@1 b.drain@1 b.closed@2 a.drain@2 "
                  "a.closed@3 p.closed@3");
}

static void siblings_of_a_parallel_parent_close_together(void **state) {
  struct law *law = *state;
  ptg_group parent = parallel_group(law, law->root, "p");
  with_task(law, parent, "a", SECOND);
  with_task(law, parent, "b", 3 * SECOND);
  with_task(law, parent, "c", 2 * SECOND);
  law_spawn(law, parent, "p", DRAINS(0));
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 5 * SECOND);
  law_traced(law, "c.drain@0 b.drain@0 a.drain@0 a.closed@1 c.closed@2 "
                  "b.closed@3 p.drain@3 p.closed@3");
}

static void shutdown_of_one_group_leaves_its_siblings_alone(void **state) {
  struct law *law = *state;
  ptg_group a = with_task(law, law->root, "a", SECOND);
  ptg_group b = with_task(law, law->root, "b", SECOND);
  ptg_group c = with_task(law, law->root, "c", SECOND);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, b);
  law_advance(law, 5 * SECOND);
  law_traced(law, "b.drain@0 b.closed@1");
  assert_int_equal(law_info(law, a).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, c).state, PTG_GROUP_OPEN);
}

/* ---------------------------------------------------------------- edges -- */

static void edge_overrides_the_order_of_creation(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  ptg_group a = with_task(law, parent, "a", SECOND);
  with_task(law, parent, "b", SECOND);
  ptg_group c = with_task(law, parent, "c", SECOND);
  with_task(law, parent, "d", SECOND);
  before(law, a, c);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 5 * SECOND);
  law_traced(law, "d.drain@0 d.closed@1 b.drain@1 b.closed@2 a.drain@2 "
                  "a.closed@3 c.drain@3 c.closed@4 p.closed@4");
}

/* Each time the newest of those that no edge holds back: c is freed by a and
 * then goes before b, although b was free all the time. */
static void newest_of_those_not_held_back_is_next(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  ptg_group b = law_group(law, parent, "b", 0, 0);
  ptg_group a = law_group(law, parent, "a", 0, 0);
  ptg_group c = law_group(law, parent, "c", 0, 0);
  ptg_group d = law_group(law, parent, "d", 0, 0);
  before(law, a, c);
  before(law, b, d);
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, SECOND);
  law_traced(law, "a.closed@0 c.closed@0 b.closed@0 d.closed@0 p.closed@0");
}

static void parallel_siblings_wait_only_for_their_edges(void **state) {
  struct law *law = *state;
  ptg_group parent = parallel_group(law, law->root, "p");
  ptg_group a = with_task(law, parent, "a", SECOND);
  ptg_group b = with_task(law, parent, "b", 3 * SECOND);
  ptg_group c = with_task(law, parent, "c", SECOND);
  ptg_group d = with_task(law, parent, "d", SECOND);
  with_task(law, parent, "e", 5 * SECOND);
  before(law, a, c);
  before(law, b, d);
  before(law, c, d);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 10 * SECOND);
  law_traced(law, "e.drain@0 b.drain@0 a.drain@0 a.closed@1 c.drain@1 "
                  "c.closed@2 b.closed@3 d.drain@3 d.closed@4 e.closed@5 "
                  "p.closed@5");
}

static void edge_holds_when_both_are_shut_down_one_by_one(void **state) {
  struct law *law = *state;
  ptg_group first = with_task(law, law->root, "first", 2 * SECOND);
  ptg_group later = with_task(law, law->root, "later", SECOND);
  before(law, first, later);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, first);
  law_advance(law, SECOND);
  law_shutdown(law, later);
  law_force(law, later);
  law_advance(law, SECOND / 2);
  assert_int_equal(law_info(law, later).state, PTG_GROUP_OPEN);
  law_advance(law, 5 * SECOND);
  law_traced(law, "first.drain@0 first.closed@2 later.closed@2");
}

static void edge_to_an_open_sibling_holds_nobody_back(void **state) {
  struct law *law = *state;
  ptg_group first = with_task(law, law->root, "first", SECOND);
  ptg_group later = with_task(law, law->root, "later", SECOND);
  before(law, first, later);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, later);
  law_advance(law, SECOND);
  law_traced(law, "later.drain@0 later.closed@1");
}

static void edge_of_a_group_that_is_gone_holds_nobody_back(void **state) {
  struct law *law = *state;
  ptg_group parent = parallel_group(law, law->root, "p");
  ptg_group first = with_task(law, parent, "first", 0);
  ptg_group later = with_task(law, parent, "later", 0);
  before(law, first, later);
  law_advance(law, 0);
  law_shutdown(law, first);
  law_advance(law, SECOND);
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, SECOND);
  law_traced(law, "later.closed@1 p.closed@1");
}

/* -------------------------------------------------------------- circles -- */

static void error_says(struct law *law, const char *part) {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(law->runtime, &info), PTG_OK);
  assert_non_null(strstr(info.message, part));
}

static void circle_is_refused_and_named(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "anna", 0, 0);
  ptg_group b = law_group(law, law->root, "bert", 0, 0);
  ptg_group c = law_group(law, law->root, "carl", 0, 0);
  ptg_group d = law_group(law, law->root, "dora", 0, 0);
  before(law, a, b);
  before(law, b, c);
  before(law, a, d);
  size_t balance = law->balance;
  assert_int_equal(ptg_group_stops_before(law->runtime, c, a), PTG_ECYCLE);
  error_says(law, "carl -> anna -> bert -> carl");
  assert_int_equal(ptg_group_stops_before(law->runtime, b, a), PTG_ECYCLE);
  error_says(law, "bert -> anna -> bert");
  assert_int_equal(ptg_group_stops_before(law->runtime, a, a), PTG_ECYCLE);
  error_says(law, "anna -> anna");
  assert_int_equal(law->balance, balance);
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, law->root);
  law_advance(law, 0);
  law_traced(law, "anna.closed@0 dora.closed@0 bert.closed@0 carl.closed@0 "
                  "root.closed@0");
}

static void edge_that_is_there_already_is_fine(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, law->root, "b", 0, 0);
  before(law, a, b);
  size_t balance = law->balance;
  before(law, a, b);
  assert_int_equal(law->balance, balance);
}

static void edge_between_others_than_siblings_is_refused(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = law_group(law, a, "b", 0, 0);
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(ptg_group_stops_before(runtime, a, b), PTG_EINVAL);
  assert_int_equal(ptg_group_stops_before(runtime, b, a), PTG_EINVAL);
  assert_int_equal(ptg_group_stops_before(runtime, law->root, a), PTG_EINVAL);
  assert_int_equal(ptg_group_stops_before(runtime, law->root, law->root),
                   PTG_EINVAL);
}

static void edge_of_a_group_that_is_ending_is_refused(void **state) {
  struct law *law = *state;
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = with_task(law, law->root, "b", SECOND);
  law_advance(law, 0);
  law_shutdown(law, law->root);
  law_advance(law, 0);
  assert_int_equal(law_info(law, a).state, PTG_GROUP_OPEN);
  assert_int_equal(ptg_group_stops_before(law->runtime, a, b), PTG_ECLOSED);
  assert_int_equal(ptg_group_stops_before(law->runtime, b, a), PTG_ECLOSED);
}

/* ----------------------------------------------------------- same order -- */

static void group_that_waits_its_turn_is_not_moved_forward(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  ptg_group a = with_task(law, parent, "a", SECOND);
  ptg_group b = with_task(law, a, "b", SECOND);
  with_task(law, parent, "c", SECOND);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED) | TRACE(CANCEL);
  law_shutdown(law, parent);
  law_shutdown(law, a);
  law_force(law, b);
  law_advance(law, 5 * SECOND);
  law_traced(law, "c.drain@0 c.closed@1 b.cancel@1 b.closed@1 a.drain@1 "
                  "a.closed@2 p.closed@2");
}

static void child_already_ending_is_waited_for_by_its_siblings(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  ptg_group a = with_task(law, parent, "a", 2 * SECOND);
  with_task(law, parent, "b", SECOND);
  with_task(law, parent, "c", SECOND);
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(ON_CLOSED);
  law_shutdown(law, a);
  law_advance(law, SECOND);
  law_shutdown(law, parent);
  law_advance(law, 5 * SECOND);
  law_traced(law, "a.drain@0 a.closed@2 c.drain@2 c.closed@3 b.drain@3 "
                  "b.closed@4 p.closed@4");
}

static void force_in_the_middle_keeps_the_order(void **state) {
  struct law *law = *state;
  ptg_group parent = law_group(law, law->root, "p", 0, 0);
  ptg_group a = law_group(law, parent, "a", 0, 0);
  law_spawn(law, a, "a", CANCELS(SECOND));
  ptg_group b = law_group(law, a, "b", 0, 0);
  law_spawn(law, b, "b", CANCELS(SECOND));
  ptg_group c = law_group(law, parent, "c", 0, 0);
  law_spawn(law, c, "c", CANCELS(SECOND));
  law_spawn(law, parent, "p", CANCELS(SECOND));
  law_advance(law, 0);
  law->traced = TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_shutdown(law, parent);
  law_advance(law, 2 * SECOND);
  law_force(law, parent);
  law_advance(law, 9 * SECOND);
  law_traced(law, "c.drain@0 c.cancel@2 c.closed@3 b.cancel@3 b.closed@4 "
                  "a.cancel@4 a.closed@5 p.cancel@5 p.closed@6");
}

#define FOREST 14
static const char *const names[FOREST] = {"a", "b", "c", "d", "e", "f", "g",
                                          "h", "i", "j", "k", "l", "m", "n"};

/* Plays a random tree that depends on the seed alone, and copies the order in
 * which groups begin their own phase and close. */
static void order_of(uint64_t seed, int way, char *trace, size_t size) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  ptg_group groups[FOREST];
  for (uint32_t i = 0; i < FOREST; i++) {
    ptg_group parent = i == 0 ? law->root : groups[law_pick(&seed, i)];
    groups[i] = law_group(law, parent, names[i], 0, 0);
    law_spawn(law, groups[i], names[i],
              way == 0 ? DRAINS(0) : CANCELS(way == 1 ? 0 : SECOND / 8));
  }
  for (int i = 0; i < 3 * FOREST; i++) /* some are refused: no matter */
    ptg_group_stops_before(law->runtime, groups[law_pick(&seed, FOREST)],
                           groups[law_pick(&seed, FOREST)]);
  law_advance(law, 0);
  if (way == 0) law_shutdown(law, groups[0]);
  if (way != 0) law_force(law, groups[0]);
  law->traced = TRACE(ON_CLOSED) | TRACE(way == 0 ? DRAIN : CANCEL);
  law_advance(law, 100 * SECOND);
  /* Without the instants and the word for the phase. */
  size_t used = 0;
  for (const char *at = law->trace; at < law->trace + law->trace_used; at++) {
    char event = at[2] == 'c' && at[3] == 'l' ? '-' : '+';
    assert_true(used + 2 < size);
    trace[used++] = at[0];
    trace[used++] = event;
    at = strchr(at, ' ');
  }
  trace[used] = '\0';
  law_teardown(&state);
}

static void order_is_the_same_graceful_forced_and_slow(void **state) {
  char graceful[4 * FOREST + 2], again[4 * FOREST + 2];
  for (uint64_t seed = 1; seed <= 300; seed++) {
    order_of(seed, 0, graceful, sizeof(graceful));
    assert_int_equal(strlen(graceful), 4 * FOREST);
    for (int way = 0; way < 3; way++) {
      order_of(seed, way, again, sizeof(again));
      assert_string_equal(again, graceful);
    }
  }
}

/* --------------------------------------------------------------- random -- */

#define SIBLINGS 24

/* What is before what, all that follows included. */
struct closure {
  int is_before[SIBLINGS][SIBLINGS];
};

static void close_over(struct closure *closure, uint32_t first,
                       uint32_t later) {
  for (int a = 0; a < SIBLINGS; a++)
    for (int b = 0; b < SIBLINGS; b++) {
      int from = a == (int)first || closure->is_before[a][first];
      int to = b == (int)later || closure->is_before[later][b];
      if (from && to) closure->is_before[a][b] = 1;
    }
}

static void closed_in_an_order_of(const struct law *law, ptg_group top,
                                  const ptg_group *siblings,
                                  const struct closure *closure) {
  ptg_report_row rows[SIBLINGS + 1];
  size_t count, place[SIBLINGS] = {0};
  assert_int_equal(ptg_group_get_report(law->runtime, top, rows,
                                        sizeof(rows[0]), SIBLINGS + 1, &count),
                   PTG_OK);
  assert_int_equal(count, SIBLINGS + 1);
  for (size_t i = 0; i < count; i++)
    for (int a = 0; a < SIBLINGS; a++)
      if (rows[i].group == siblings[a]) place[a] = i;
  for (int a = 0; a < SIBLINGS; a++)
    for (int b = 0; b < SIBLINGS; b++)
      if (closure->is_before[a][b]) assert_true(place[a] < place[b]);
}

/* The message tells a way round along the edges that are there. The siblings'
 * names are "s" and a letter. */
static void error_tells_a_circle(const struct law *law,
                                 int has_edge[SIBLINGS][SIBLINGS],
                                 uint32_t first, uint32_t later) {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(law->runtime, &info), PTG_OK);
  const char *at = strchr(info.message, ':') + 2;
  uint32_t here = (uint32_t)(at[1] - 'a'), steps = 0;
  assert_int_equal(here, first);
  for (; at[2] != '\0'; steps++) {
    at += strlen("sa -> ");
    uint32_t next = (uint32_t)(at[1] - 'a');
    assert_true(steps == 0 ? next == later : has_edge[here][next]);
    here = next;
  }
  assert_true(steps > 0);
  assert_int_equal(here, first);
}

/* Each edge is accepted exactly if it closes no circle, however many there are
 * and in whatever order they come. */
static void edges_close_no_circle_whatever_came_before(void **state) {
  struct law *law = *state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    uint64_t at = seed;
    struct closure closure = {{{0}}};
    int has_edge[SIBLINGS][SIBLINGS] = {{0}};
    ptg_group siblings[SIBLINGS];
    ptg_group top = law_group(law, law->root, "top", 0, 0);
    for (int i = 0; i < SIBLINGS; i++) {
      char name[] = {'s', (char)('a' + i), '\0'};
      siblings[i] = law_group(law, top, name, 0, 0);
    }
    for (int i = 0; i < 200; i++) {
      uint32_t first = law_pick(&at, SIBLINGS), later = law_pick(&at, SIBLINGS);
      int is_circle = first == later || closure.is_before[later][first];
      assert_int_equal(ptg_group_stops_before(law->runtime, siblings[first],
                                              siblings[later]),
                       is_circle ? PTG_ECYCLE : PTG_OK);
      if (is_circle) {
        error_tells_a_circle(law, has_edge, first, later);
      } else {
        has_edge[first][later] = 1;
        close_over(&closure, first, later);
      }
    }
    law_spawn(law, top, "t", STUBBORN);
    law_shutdown(law, top);
    law_advance(law, SECOND);
    closed_in_an_order_of(law, top, siblings, &closure);
    law_advance(law, 60 * SECOND);
  }
}

#define CHAIN 200

/* Each edge is the one for which there is the least room. */
static void circles_are_seen_however_close_the_siblings_lie(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", PTG_GROUP_PARALLEL, 0);
  ptg_group chain[CHAIN], first = law_group(law, top, "first", 0, 0);
  ptg_group last = law_group(law, top, "last", 0, 0);
  before(law, first, last);
  for (int i = 0; i < CHAIN; i++) {
    chain[i] = law_group(law, top, "s", 0, 0);
    before(law, chain[i], last);
    before(law, first, chain[i]);
  }
  for (int i = 1; i < CHAIN; i++)
    before(law, chain[i - 1], chain[i]);
  ptg_runtime *runtime = law->runtime;
  for (int i = 1; i < CHAIN; i++) {
    for (int j = 0; j < i; j++)
      assert_int_equal(ptg_group_stops_before(runtime, chain[i], chain[j]),
                       PTG_ECYCLE);
    assert_int_equal(ptg_group_stops_before(runtime, chain[i], first),
                     PTG_ECYCLE);
  }
  assert_int_equal(ptg_group_stops_before(runtime, last, first), PTG_ECYCLE);
}

/* Likewise, as each one comes before all the others. */
static void circles_are_seen_however_many_come_first(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", PTG_GROUP_PARALLEL, 0);
  ptg_group chain[CHAIN];
  for (int i = 0; i < CHAIN; i++) {
    chain[i] = law_group(law, top, "s", 0, 0);
    if (i > 0) before(law, chain[i], chain[i - 1]);
  }
  for (int i = 1; i < CHAIN; i++)
    for (int j = 0; j < i; j++)
      assert_int_equal(ptg_group_stops_before(law->runtime, chain[j], chain[i]),
                       PTG_ECYCLE);
}

/* Those that lay beside it are still told apart. */
static void group_that_is_gone_leaves_the_order(void **state) {
  struct law *law = *state;
  ptg_group top = law_group(law, law->root, "top", PTG_GROUP_PARALLEL, 0);
  ptg_group siblings[SIBLINGS];
  for (int i = 0; i < SIBLINGS; i++) {
    siblings[i] = law_group(law, top, "s", 0, 0);
    if (i > 0) before(law, siblings[i - 1], siblings[i]);
  }
  for (int i = 0; i < SIBLINGS; i += 3)
    law_shutdown(law, siblings[i]);
  law_advance(law, SECOND);
  for (int i = 1; i < SIBLINGS; i += 3) {
    ptg_group other = law_group(law, top, "new", 0, 0);
    before(law, siblings[i + 1], other);
    if (i + 3 < SIBLINGS) before(law, other, siblings[i + 3]);
    assert_int_equal(ptg_group_stops_before(law->runtime, other, siblings[i]),
                     PTG_ECYCLE);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(edges_close_no_circle_whatever_came_before),
      LAW(circles_are_seen_however_close_the_siblings_lie),
      LAW(circles_are_seen_however_many_come_first),
      LAW(group_that_is_gone_leaves_the_order),
      LAW(children_close_before_the_parents_tasks_are_told),
      LAW(graces_begin_when_a_groups_own_turn_comes),
      LAW(siblings_close_one_by_one_newest_first),
      LAW(siblings_of_a_parallel_parent_close_together),
      LAW(shutdown_of_one_group_leaves_its_siblings_alone),
      LAW(edge_overrides_the_order_of_creation),
      LAW(newest_of_those_not_held_back_is_next),
      LAW(parallel_siblings_wait_only_for_their_edges),
      LAW(edge_holds_when_both_are_shut_down_one_by_one),
      LAW(edge_to_an_open_sibling_holds_nobody_back),
      LAW(edge_of_a_group_that_is_gone_holds_nobody_back),
      LAW(circle_is_refused_and_named),
      LAW(edge_that_is_there_already_is_fine),
      LAW(edge_between_others_than_siblings_is_refused),
      LAW(edge_of_a_group_that_is_ending_is_refused),
      LAW(group_that_waits_its_turn_is_not_moved_forward),
      LAW(child_already_ending_is_waited_for_by_its_siblings),
      LAW(force_in_the_middle_keeps_the_order),
      cmocka_unit_test(order_is_the_same_graceful_forced_and_slow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
