/* scenario_tree.c - S4: a tree of groups, shut down in order; and how the cost
 * of a task grows with the number of groups and with their depth.
 */
#include "bench.h"
#include <stdlib.h>

#define FAN 10
#define TASKS_IN_LEAF 100

/* 1,110 groups in three levels below top, 100 tasks in each of 1,000 leaves. */
static void build(ptg_group top) {
  for (int i = 0; i < FAN; i++) {
    ptg_group upper = bench_group(top, 0);
    for (int j = 0; j < FAN; j++) {
      ptg_group middle = bench_group(upper, 0);
      for (int k = 0; k < FAN; k++)
        bench_spawn(bench_group(middle, 0), &PARKED, TASKS_IN_LEAF);
    }
  }
}

static void tree_pass(int is_printed) {
  long groups = FAN + FAN * FAN + FAN * FAN * FAN;
  long tasks = FAN * FAN * FAN * TASKS_IN_LEAF;
  started = ended = closed = 0;
  bench_span built, shut;
  built.wall_ns = bench_now_ns();
  ptg_group top = bench_group(root, 0);
  build(top);
  bench_turn_until(&started, tasks);
  built.wall_ns = bench_now_ns() - built.wall_ns;
  if (is_printed) span_begin(&shut);
  must(ptg_group_shutdown(runtime, top, NULL));
  bench_turn_until(&closed, groups + 1);
  if (!is_printed) return;
  span_end(&shut);
  EXPECT(ended == tasks);
  bench_print("S4", tasks, "build_ms", built.wall_ns / 1e6);
  bench_print("S4", tasks, "ms", shut.wall_ns / 1e6);
  bench_print("S4", tasks, "cpu_ms", shut.cpu_ns / 1e6);
}

/* The size is fixed. */
void scenario_s4(long n) {
  bench_open();
  tree_pass(0);
  tree_pass(1);
  bench_close();
}

static ptg_group *build_siblings(ptg_group top, long count) {
  ptg_group *leaves = malloc((size_t)count * sizeof(*leaves));
  EXPECT(leaves);
  for (long i = 0; i < count; i++)
    leaves[i] = bench_group(top, 0);
  return leaves;
}

static ptg_group *build_chain(ptg_group top, long count) {
  ptg_group *leaf = malloc(sizeof(*leaf));
  EXPECT(leaf);
  *leaf = top;
  for (long i = 0; i < count; i++)
    *leaf = bench_group(*leaf, 0);
  return leaf;
}

static void spread(const ptg_group *leaves, long count, long tasks,
                   const ptg_task_type *type) {
  for (long i = 0; i < tasks; i++)
    bench_spawn(leaves[i % count], type, 1);
}

static void look(ptg_group top, long tasks) {
  ptg_snapshot *snapshot;
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  must(ptg_snapshot_take(runtime, top, &snapshot));
  must(ptg_snapshot_get_view(snapshot, &view));
  EXPECT(view.task_count == (uint64_t)tasks);
  ptg_snapshot_destroy(snapshot);
}

/* The same tasks in many groups or few: S1 (all alive), S5 (one picture of
 * all), S3. CPU time: nothing here waits. */
static void grow(const char *name, long n, long tasks, ptg_group top,
                 ptg_group *leaves, long leaf_count) {
  bench_span span;
  for (int i = 0; i < 2; i++) { /* the second pass counts */
    ended = 0;
    span_begin(&span);
    spread(leaves, leaf_count, tasks, &NOOP);
    bench_turn_until(&ended, tasks);
    span_end(&span);
  }
  bench_print(name, n, "S1_ns", span.cpu_ns / (double)tasks);
  spread(leaves, leaf_count, tasks, &PARKED);
  bench_turn_until(&started, tasks);
  look(top, tasks);
  span_begin(&span);
  look(top, tasks);
  span_end(&span);
  bench_print(name, n, "S5_ns", span.cpu_ns / (double)tasks);
  span_begin(&span);
  must(ptg_group_shutdown(runtime, top, NULL));
  bench_turn_until(&closed, n + 1);
  span_end(&span);
  bench_print(name, n, "S3_ns", span.cpu_ns / (double)tasks);
  free(leaves);
  bench_close();
}

static long growth_tasks(void) {
  return is_counting ? 10000 : 1000000;
}

/* n siblings. */
void scenario_groups(long n) {
  bench_open();
  ptg_group top = bench_group(root, 0);
  double begin_ns = bench_now_ns();
  ptg_group *leaves = build_siblings(top, n);
  bench_print("groups", n, "create_ns",
              (bench_now_ns() - begin_ns) / (double)n);
  grow("groups", n, growth_tasks(), top, leaves, n);
}

/* One below the other, n deep; the tasks are in the deepest. */
void scenario_depth(long n) {
  bench_open();
  ptg_group top = bench_group(root, 0);
  double begin_ns = bench_now_ns();
  ptg_group *leaf = build_chain(top, n);
  bench_print("depth", n, "create_ns", (bench_now_ns() - begin_ns) / (double)n);
  grow("depth", n, growth_tasks(), top, leaf, 1);
}
