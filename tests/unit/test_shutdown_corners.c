/* test_shutdown_corners.c - what once went wrong where two rules of a shutdown
 * meet. Random trees found most of it; here each stands by itself.
 */
#include <limits.h>
#include <ptg/ptg.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* A task that writes down what it is told, a letter each. */
struct actor {
  ptg_task task;
  char told[16];
  ptg_status end_on_kill; /* PTG_OK: it does not end */
  void (*in_drain)(void);
  ptg_outcome outcome;
  int64_t cancelled_ns;
};

static ptg_runtime *runtime;
static ptg_group root;
static char closed_order[2048]; /* a letter for each group, its name's first */

static int64_t now(void) {
  int64_t now_ns;
  assert_int_equal(ptg_runtime_get_time(runtime, &now_ns), PTG_OK);
  return now_ns;
}

static void told(struct actor *actor, char what) {
  size_t length = strlen(actor->told);
  assert_true(length + 1 < sizeof(actor->told));
  actor->told[length] = what;
}

static ptg_status start(ptg_runtime *of, ptg_task task, void *user_data) {
  told(user_data, 's');
  return PTG_OK;
}

static void drain(ptg_runtime *of, ptg_task task, void *user_data) {
  struct actor *actor = user_data;
  told(actor, 'd');
  if (actor->in_drain != NULL) actor->in_drain();
}

static void cancel(ptg_runtime *of, ptg_task task, const ptg_cancel_info *info,
                   void *user_data) {
  struct actor *actor = user_data;
  told(actor, 'c');
  actor->cancelled_ns = now();
}

static void end_by_force(ptg_runtime *of, ptg_task task, void *user_data) {
  struct actor *actor = user_data;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  told(actor, 'k');
  outcome.status = actor->end_on_kill;
  if (outcome.status != PTG_OK) ptg_task_finish(of, task, &outcome);
}

static void done(ptg_runtime *of, ptg_task task, const ptg_outcome *outcome,
                 void *user_data) {
  struct actor *actor = user_data;
  told(actor, 'e');
  actor->outcome = *outcome;
}

static const ptg_task_type STUBBORN = {.size = sizeof(ptg_task_type),
                                       .start = start,
                                       .drain = drain,
                                       .cancel = cancel,
                                       .done = done};
static const ptg_task_type KILLABLE = {.size = sizeof(ptg_task_type),
                                       .start = start,
                                       .drain = drain,
                                       .cancel = cancel,
                                       .kill = end_by_force,
                                       .done = done};

static void spawn(ptg_group group, const ptg_task_type *type,
                  struct actor *actor) {
  assert_int_equal(
      ptg_task_spawn(runtime, group, type, NULL, actor, &actor->task), PTG_OK);
}

static ptg_status on_closed(ptg_runtime *of, ptg_group group, void *user_data) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(of, group, &info), PTG_OK);
  size_t length = strlen(closed_order);
  assert_true(length + 1 < sizeof(closed_order));
  closed_order[length] = info.name[0];
  return PTG_OK;
}

static ptg_group make(ptg_group parent, const char *name, int64_t grace_ns,
                      int64_t cancel_wait_ns, uint32_t flags) {
  ptg_group group;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = name;
  options.grace_ns = grace_ns;
  options.cancel_wait_ns = cancel_wait_ns;
  options.flags = flags;
  options.on_closed = on_closed;
  assert_int_equal(ptg_group_create(runtime, parent, &options, &group), PTG_OK);
  return group;
}

static void create_root(uint32_t flags) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options of_root = PTG_GROUP_OPTIONS_INIT;
  of_root.flags = flags;
  of_root.cancel_wait_ns = 50 * MS;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.root = &of_root;
  memset(closed_order, 0, sizeof(closed_order));
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
}

static void advance(int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(runtime, duration_ns), PTG_OK);
}

static void shut_down(ptg_group group, uint32_t flags, int64_t deadline_ns) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = flags;
  options.deadline_ns = deadline_ns;
  assert_int_equal(ptg_group_shutdown(runtime, group, &options), PTG_OK);
}

static void end(void) {
  shut_down(root, PTG_SHUTDOWN_FORCE, 0);
  advance(INT64_C(3600000) * MS);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void stop_before(ptg_group first, ptg_group later) {
  assert_int_equal(ptg_group_stops_before(runtime, first, later), PTG_OK);
}

/* ----------------------------------------------------------------- cases -- */

/* Both limits rang in the same breath, and the cancel was never told. */
static void a_cancel_wait_of_no_time_is_still_told(void **state) {
  struct actor actor = {.end_on_kill = PTG_ECANCELED};
  create_root(0);
  ptg_group group = make(root, "a", 10 * MS, PTG_AT_ONCE, 0);
  spawn(group, &KILLABLE, &actor);
  advance(0);
  shut_down(group, 0, 0);
  advance(10 * MS);
  assert_string_equal(actor.told, "sdcke");
  end();
}

/* Likewise the kill: a process would have been abandoned alive. */
static void a_deadline_of_no_time_still_kills(void **state) {
  struct actor actor = {.end_on_kill = PTG_ECANCELED};
  create_root(0);
  spawn(root, &KILLABLE, &actor);
  advance(0);
  shut_down(root, 0, PTG_AT_ONCE);
  advance(0);
  assert_string_equal(actor.told, "scke");
  assert_int_equal(actor.outcome.flags,
                   PTG_OUTCOME_CANCEL_REQUESTED | PTG_OUTCOME_KILLED);
  end();
}

static struct actor spawned_late;
static ptg_group spawned_into;

static void spawn_another(void) {
  spawn(spawned_into, &STUBBORN, &spawned_late);
}

static void force(void) {
  shut_down(spawned_into, PTG_SHUTDOWN_FORCE, 0);
}

/* A task that waited in the queue was told to start, and to drain, when the
 * grace was over. */
static void nobody_drains_after_the_grace(void **state) {
  struct actor maker = {.in_drain = spawn_another}, other = {.in_drain = force};
  create_root(PTG_GROUP_PARALLEL);
  memset(&spawned_late, 0, sizeof(spawned_late));
  ptg_group next = make(root, "b", 10 * MS, 10 * MS, 0);
  spawned_into = make(root, "a", 10 * MS, 10 * MS, 0);
  spawn(spawned_into, &STUBBORN, &maker);
  spawn(next, &STUBBORN, &other);
  advance(0);
  shut_down(root, 0, 0);
  advance(0);
  assert_string_equal(maker.told, "sdc");
  assert_string_equal(other.told, "sd");
  assert_string_equal(spawned_late.told, "e");
  end();
}

static ptg_status start_in_silence(ptg_runtime *of, ptg_task task,
                                   void *user_data) {
  return PTG_OK;
}

static void finish(ptg_runtime *of, ptg_task task, void *user_data) {
  ptg_task_finish(of, task, NULL);
}

static void shut_down_root(ptg_runtime *of, ptg_task task,
                           const ptg_outcome *outcome, void *user_data) {
  shut_down(root, 0, 0);
}

/* A group that was closed, but not told to be, was counted off twice. */
static void a_closing_releases_its_own_edge_only(void **state) {
  static const ptg_task_type LAST = {.size = sizeof(ptg_task_type),
                                     .start = start_in_silence,
                                     .drain = finish,
                                     .done = shut_down_root};
  struct actor stubborn = {0}, last = {0};
  create_root(PTG_GROUP_PARALLEL);
  ptg_group a = make(root, "a", 0, 0, 0);
  ptg_group b = make(root, "b", 100 * MS, 100 * MS, 0);
  ptg_group later = make(root, "later", 0, 0, 0);
  stop_before(a, later);
  stop_before(b, later);
  spawn(b, &STUBBORN, &stubborn);
  spawn(a, &LAST, &last);
  advance(0);
  shut_down(a, 0, 0);
  advance(199 * MS);
  assert_string_equal(closed_order, "a");
  advance(1 * MS);
  assert_string_equal(closed_order, "abl");
  end();
}

/* A closed sibling that was kept for its abandoned task had a turn again, and
 * let go of what others still held back. */
static void a_closed_group_has_no_turn(void **state) {
  struct actor stubborn = {0}, other = {0};
  create_root(0);
  ptg_group p = make(root, "p", MS, MS, 0);
  ptg_group d = make(root, "d", MS, MS, 0);
  ptg_group q = make(root, "q", MS, MS, 0);
  ptg_group r = make(root, "r", MS, MS, 0);
  stop_before(q, d);
  stop_before(p, r);
  stop_before(d, r);
  spawn(d, &STUBBORN, &stubborn);
  spawn(p, &STUBBORN, &other);
  shut_down(d, 0, 0);
  advance(2 * MS);
  assert_string_equal(closed_order, "d");

  ptg_plan_step steps[5];
  size_t count;
  assert_int_equal(
      ptg_group_get_plan(runtime, root, steps, sizeof(steps[0]), 5, &count),
      PTG_OK);
  assert_int_equal(count, 4);
  assert_int_equal(steps[0].group, q);
  assert_int_equal(steps[1].group, p);
  assert_int_equal(steps[2].group, r);
  assert_int_equal(steps[3].group, root);
  shut_down(root, 0, 0);
  advance(100 * MS);
  assert_string_equal(closed_order, "dqpr");
  end();
}

static void make_another(void) {
  ptg_group late = make(spawned_into, "late", PTG_FOREVER, 0, 0);
  spawn(late, &STUBBORN, &spawned_late);
}

/* It had the whole of its parent's time, and the parent's tasks none. */
static void a_group_made_late_leaves_its_parent_time(void **state) {
  struct actor maker = {.in_drain = make_another}, starved = {0};
  create_root(0);
  memset(&spawned_late, 0, sizeof(spawned_late));
  spawned_into = make(root, "parent", 50 * MS, 50 * MS, 0);
  ptg_group newer = make(root, "newer", 50 * MS, 50 * MS, 0);
  spawn(spawned_into, &STUBBORN, &starved);
  spawn(newer, &STUBBORN, &maker);
  advance(0);
  shut_down(root, 0, 1000 * MS);
  advance(1000 * MS);
  assert_string_equal(closed_order, "nlp");
  assert_string_equal(spawned_late.told, "sdc");

  ptg_report_row rows[4];
  size_t count;
  assert_int_equal(
      ptg_group_get_report(runtime, root, rows, sizeof(rows[0]), 4, &count),
      PTG_OK);
  assert_int_equal(count, 4);
  const ptg_report_row *parent = &rows[2];
  assert_int_equal(parent->group, spawned_into);
  assert_true(parent->closed_ns - starved.cancelled_ns >= 50 * MS);
  end();
}

/* A busy loop rang limits of phases that nobody had been told of. */
#define CHAINS 8
#define LINKS 20
static int left_to_spawn;

static ptg_status start_next(ptg_runtime *of, ptg_task task, void *user_data) {
  static const ptg_task_type BUSY = {.size = sizeof(ptg_task_type),
                                     .start = start_next};
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_task_get_info(of, task, &info);
  if (left_to_spawn-- > 0)
    ptg_task_spawn(of, info.group, &BUSY, NULL, NULL, NULL);
  return ptg_task_finish(of, task, NULL);
}

static void a_busy_loop_kills_nobody_before_the_cancel(void **state) {
  static const ptg_task_type BUSY = {.size = sizeof(ptg_task_type),
                                     .start = start_next};
  static struct actor actors[CHAINS][LINKS];
  memset(actors, 0, sizeof(actors));
  create_root(PTG_GROUP_PARALLEL);
  /* Their turns come at all sorts of moments: below each a different number of
   * empty groups closes first. */
  for (int i = 0; i < CHAINS; i++) {
    ptg_group chain = make(root, "x", 0, 0, 0);
    for (int j = 0; j < LINKS; j++) {
      ptg_group link = make(chain, "y", PTG_AT_ONCE, PTG_AT_ONCE, 0);
      actors[i][j].end_on_kill = PTG_ECANCELED;
      spawn(link, &KILLABLE, &actors[i][j]);
      for (int k = 0; k < (i * 7 + j * 5) % 13; k++)
        link = make(link, "z", 0, 0, 0);
    }
  }
  ptg_group busy = make(root, "z", 1000 * MS, 0, 0);
  advance(0);
  left_to_spawn = 20000;
  assert_int_equal(ptg_task_spawn(runtime, busy, &BUSY, NULL, NULL, NULL),
                   PTG_OK);
  shut_down(root, 0, 0);
  advance(0);
  assert_true(left_to_spawn < 0);
  for (int i = 0; i < CHAINS; i++)
    for (int j = 0; j < LINKS; j++)
      assert_string_equal(actors[i][j].told, "scke");
  end();
}

/* Virtual time stood still for who did: the advance never came back. */
static void endless_work_cannot_hold_back_time(void **state) {
  static const ptg_task_type BUSY = {.size = sizeof(ptg_task_type),
                                     .start = start_next};
  struct actor actor = {0};
  create_root(0);
  ptg_group group = make(root, "a", 1000 * MS, 10 * MS, 0);
  left_to_spawn = INT_MAX;
  assert_int_equal(ptg_task_spawn(runtime, group, &BUSY, NULL, NULL, NULL),
                   PTG_OK);
  spawn(group, &STUBBORN, &actor);
  int64_t begun_ns = now();
  shut_down(root, 0, 0);
  advance(1000 * MS);
  assert_string_equal(actor.told, "sdc");
  assert_int_equal(actor.cancelled_ns - begun_ns, 1000 * MS);
  advance(10 * MS);
  assert_string_equal(closed_order, "a");
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cancel_wait_of_no_time_is_still_told),
      cmocka_unit_test(a_deadline_of_no_time_still_kills),
      cmocka_unit_test(nobody_drains_after_the_grace),
      cmocka_unit_test(a_closing_releases_its_own_edge_only),
      cmocka_unit_test(a_closed_group_has_no_turn),
      cmocka_unit_test(a_group_made_late_leaves_its_parent_time),
      cmocka_unit_test(a_busy_loop_kills_nobody_before_the_cancel),
      cmocka_unit_test(endless_work_cannot_hold_back_time),
  };
  return cmocka_run_group_tests_name("shutdown, corners", tests, NULL, NULL);
}
