/* test_depth.c - trees that are very deep, very wide, or very full.
 *
 * Nothing here may recurse over the tree, and no step may cost more the larger
 * the rest of the tree is: each case takes seconds, or for ever.
 */
#include <ptg/ptg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MANY 100000
#define VERY_MANY 1000000
#define MS INT64_C(1000000)

static struct counts {
  uint64_t drained, closed, released;
  uint64_t started, cancelled, ended, errors, tasks_released;
  ptg_group last_closed;
} counts;

static ptg_runtime *runtime;
static ptg_group root;
static ptg_group *groups; /* MANY of them */

/* ------------------------------------------------------------- callbacks -- */

static ptg_status on_drain(ptg_runtime *of, ptg_group group, void *user_data) {
  counts.drained++;
  return PTG_OK;
}

static ptg_status on_closed(ptg_runtime *of, ptg_group group, void *user_data) {
  counts.closed++;
  counts.last_closed = group;
  return PTG_OK;
}

static ptg_status on_error(ptg_runtime *of, const ptg_error *error,
                           void *user_data) {
  counts.errors++;
  return PTG_OK;
}

static void release_group(void *user_data) {
  counts.released++;
}

static ptg_status start(ptg_runtime *of, ptg_task task, void *user_data) {
  counts.started++;
  return PTG_OK;
}

static ptg_status start_and_end(ptg_runtime *of, ptg_task task,
                                void *user_data) {
  counts.started++;
  return ptg_task_finish(of, task, NULL);
}

static ptg_status start_and_fail(ptg_runtime *of, ptg_task task,
                                 void *user_data) {
  return PTG_EFAILED;
}

static void cancel(ptg_runtime *of, ptg_task task, const ptg_cancel_info *info,
                   void *user_data) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  counts.cancelled++;
  ptg_task_finish(of, task, &outcome);
}

static void done(ptg_runtime *of, ptg_task task, const ptg_outcome *outcome,
                 void *user_data) {
  counts.ended++;
}

static void release_task(void *user_data) {
  counts.tasks_released++;
}

static const ptg_task_type WAITS = {.size = sizeof(ptg_task_type),
                                    .start = start,
                                    .cancel = cancel,
                                    .done = done,
                                    .release = release_task};
static const ptg_task_type STAYS = {
    .size = sizeof(ptg_task_type), .start = start, .done = done};
static const ptg_task_type ENDS = {.size = sizeof(ptg_task_type),
                                   .start = start_and_end,
                                   .done = done,
                                   .release = release_task};
static const ptg_task_type FAILS = {
    .size = sizeof(ptg_task_type), .start = start_and_fail, .done = done};

/* ----------------------------------------------------------------- bench -- */

static ptg_group make(ptg_group parent) {
  ptg_group group;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.on_drain = on_drain;
  options.on_closed = on_closed;
  options.release = release_group;
  assert_int_equal(ptg_group_create(runtime, parent, &options, &group), PTG_OK);
  return group;
}

static void spawn(ptg_group group, const ptg_task_type *type) {
  assert_int_equal(ptg_task_spawn(runtime, group, type, NULL, NULL, NULL),
                   PTG_OK);
}

static void advance(int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(runtime, duration_ns), PTG_OK);
}

static void create_with(uint32_t flags) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options of_root = PTG_GROUP_OPTIONS_INIT;
  of_root.flags = flags;
  of_root.on_error = on_error;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.root = &of_root;
  memset(&counts, 0, sizeof(counts));
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
}

/* Each the only child of the one before. */
static void make_chain(void) {
  ptg_group parent = root;
  for (size_t i = 0; i < MANY; i++)
    parent = groups[i] = make(parent);
}

static void make_siblings(void) {
  for (size_t i = 0; i < MANY; i++)
    groups[i] = make(root);
}

static void shut_down(uint32_t flags, int64_t deadline_ns) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = flags;
  options.deadline_ns = deadline_ns;
  assert_int_equal(ptg_group_shutdown(runtime, root, &options), PTG_OK);
}

static void end(void) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(runtime, root, &info), PTG_OK);
  assert_int_equal(info.state, PTG_GROUP_CLOSED);
  assert_int_equal(info.children, 0);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void check_report(void) {
  size_t count;
  ptg_report_row *rows = calloc(MANY + 1, sizeof(rows[0]));
  assert_non_null(rows);
  assert_int_equal(ptg_group_get_report(runtime, root, rows, sizeof(rows[0]),
                                        MANY + 1, &count),
                   PTG_OK);
  assert_int_equal(count, MANY + 1);
  assert_int_equal(rows[MANY].group, root);
  free(rows);
}

/* In a chain everyone waited for the one below. */
static void check_blame(void) {
  size_t count;
  ptg_blame_row *rows = calloc(MANY + 1, sizeof(rows[0]));
  assert_non_null(rows);
  assert_int_equal(ptg_group_get_blame(runtime, root, rows, sizeof(rows[0]),
                                       MANY + 1, &count),
                   PTG_OK);
  assert_int_equal(count, MANY + 1);
  assert_int_equal(rows[0].group, groups[MANY - 1]);
  assert_int_equal(rows[MANY].group, root);
  free(rows);
}

static void check_plan(ptg_group first) {
  size_t count;
  ptg_plan_step *steps = calloc(MANY + 1, sizeof(steps[0]));
  assert_non_null(steps);
  assert_int_equal(ptg_group_get_plan(runtime, root, steps, sizeof(steps[0]),
                                      MANY + 1, &count),
                   PTG_OK);
  assert_int_equal(count, MANY + 1);
  assert_int_equal(steps[0].group, first);
  assert_int_equal(steps[MANY].group, root);
  free(steps);
}

static int set_up(void **state) {
  groups = calloc(MANY, sizeof(groups[0]));
  return groups == NULL;
}

static int tear_down(void **state) {
  free(groups);
  return 0;
}

/* ----------------------------------------------------------------- cases -- */

static void a_hundred_thousand_nested_groups_drain(void **state) {
  create_with(0);
  make_chain();
  check_plan(groups[MANY - 1]);
  ptg_group child;
  size_t count;
  for (size_t i = 0; i + 1 < MANY; i++) {
    assert_int_equal(
        ptg_group_list_groups(runtime, groups[i], &child, 1, &count), PTG_OK);
    assert_true(count == 1 && child == groups[i + 1]);
  }
  shut_down(0, 0);
  advance(0);
  check_report();
  check_blame();
  assert_int_equal(counts.drained, MANY);
  assert_int_equal(counts.closed, MANY);
  assert_int_equal(counts.last_closed, groups[0]);
  end();
  assert_int_equal(counts.released, MANY);
}

static void a_hundred_thousand_nested_groups_are_forced(void **state) {
  create_with(0);
  make_chain();
  spawn(groups[MANY - 1], &WAITS);
  spawn(groups[0], &WAITS);
  spawn(root, &WAITS);
  advance(0);
  shut_down(PTG_SHUTDOWN_FORCE, 1000 * MS);
  advance(1000 * MS);
  assert_int_equal(counts.drained, 0);
  assert_int_equal(counts.closed, MANY);
  assert_int_equal(counts.cancelled, 3);
  end();
}

static void the_deepest_error_reaches_the_root(void **state) {
  create_with(0);
  make_chain();
  spawn(groups[MANY - 1], &FAILS);
  advance(0);
  assert_int_equal(counts.errors, 1);
  assert_int_equal(counts.ended, 1);
  shut_down(0, 0);
  advance(0);
  end();
}

static void a_hundred_thousand_siblings_close_one_by_one(void **state) {
  create_with(0);
  make_siblings();
  check_plan(groups[MANY - 1]);
  size_t count;
  ptg_group *listed = calloc(MANY, sizeof(listed[0]));
  assert_int_equal(ptg_group_list_groups(runtime, root, listed, MANY, &count),
                   PTG_OK);
  assert_int_equal(count, MANY);
  assert_memory_equal(listed, groups, MANY * sizeof(groups[0]));
  free(listed);
  shut_down(0, 0);
  advance(0);
  check_report();
  assert_int_equal(counts.drained, MANY);
  assert_int_equal(counts.last_closed, groups[0]);
  end();
}

static void a_hundred_thousand_siblings_close_together(void **state) {
  create_with(PTG_GROUP_PARALLEL);
  make_siblings();
  for (size_t i = 0; i < MANY; i++)
    spawn(groups[i], &WAITS);
  advance(0);
  shut_down(PTG_SHUTDOWN_FORCE, 0);
  advance(0);
  assert_int_equal(counts.cancelled, MANY);
  assert_int_equal(counts.closed, MANY);
  end();
}

static void a_hundred_thousand_siblings_close_along_their_edges(void **state) {
  create_with(0);
  make_siblings();
  for (size_t i = 1; i < MANY; i++)
    assert_int_equal(ptg_group_stops_before(runtime, groups[i - 1], groups[i]),
                     PTG_OK);
  check_plan(groups[0]);
  shut_down(0, 0);
  advance(0);
  assert_int_equal(counts.last_closed, groups[MANY - 1]);
  end();
}

static void a_hundred_thousand_groups_come_and_go(void **state) {
  create_with(0);
  for (size_t i = 0; i < MANY; i++) {
    ptg_group group = make(root);
    spawn(group, &ENDS);
    assert_int_equal(ptg_group_shutdown(runtime, group, NULL), PTG_OK);
    advance(0);
    assert_int_equal(counts.released, i + 1);
  }
  shut_down(0, 0);
  advance(0);
  end();
}

static void a_million_tasks_run_and_are_cancelled(void **state) {
  create_with(0);
  for (size_t i = 0; i < VERY_MANY; i++)
    spawn(root, i % 2 ? &WAITS : &ENDS);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(runtime, root, &info), PTG_OK);
  assert_int_equal(info.pending, VERY_MANY);
  advance(0);
  assert_int_equal(counts.started, VERY_MANY);
  assert_int_equal(counts.ended, VERY_MANY / 2);

  size_t count;
  ptg_task *tasks = calloc(VERY_MANY / 2, sizeof(tasks[0]));
  assert_int_equal(
      ptg_group_list_tasks(runtime, root, tasks, VERY_MANY / 2, &count),
      PTG_OK);
  assert_int_equal(count, VERY_MANY / 2);
  free(tasks);

  shut_down(0, 100 * MS);
  advance(100 * MS);
  assert_int_equal(counts.cancelled, VERY_MANY / 2);
  assert_int_equal(counts.ended, VERY_MANY);
  assert_int_equal(counts.tasks_released, VERY_MANY);
  end();
}

/* An ended tree is kept for each of them, and gone with the last. */
static void a_hundred_thousand_nested_groups_end_late(void **state) {
  create_with(0);
  make_chain();
  ptg_task *tasks = calloc(MANY, sizeof(tasks[0]));
  assert_non_null(tasks);
  for (size_t i = 0; i < MANY; i++)
    assert_int_equal(
        ptg_task_spawn(runtime, groups[i], &STAYS, NULL, NULL, &tasks[i]),
        PTG_OK);
  advance(0);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  options.cancel_wait_ns = PTG_AT_ONCE;
  assert_int_equal(ptg_group_shutdown(runtime, groups[0], &options), PTG_OK);
  advance(0);
  assert_int_equal(counts.closed, MANY);
  for (size_t i = 0; i < MANY; i++) {
    assert_int_equal(counts.released, 0);
    assert_int_equal(ptg_task_finish(runtime, tasks[i], NULL), PTG_OK);
  }
  free(tasks);
  advance(0);
  assert_int_equal(counts.ended, MANY);
  assert_int_equal(counts.released, MANY);
  shut_down(0, 0);
  advance(0);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hundred_thousand_nested_groups_drain),
      cmocka_unit_test(a_hundred_thousand_nested_groups_are_forced),
      cmocka_unit_test(a_hundred_thousand_nested_groups_end_late),
      cmocka_unit_test(the_deepest_error_reaches_the_root),
      cmocka_unit_test(a_hundred_thousand_siblings_close_one_by_one),
      cmocka_unit_test(a_hundred_thousand_siblings_close_together),
      cmocka_unit_test(a_hundred_thousand_siblings_close_along_their_edges),
      cmocka_unit_test(a_hundred_thousand_groups_come_and_go),
      cmocka_unit_test(a_million_tasks_run_and_are_cancelled),
  };
  return cmocka_run_group_tests_name("depth", tests, set_up, tear_down);
}
