/* scenario_enumerate.c - S5: the names and states of n live tasks of a group,
 * each with a name of its own, after so much has come and gone that they lie
 * about in memory.
 *
 * S5: through ptg_group_scan_tasks(). S5picture: through ptg_snapshot_take(),
 * read from end to end and given back, which keeps. S5list: in order, through
 * ptg_group_list_tasks() and ptg_task_get_info().
 * The first of eleven passes is not counted; the others are averaged.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>

#define PASSES 10

static volatile uint64_t seen; /* keeps the reading from being left out */

static ptg_task_row *rows; /* room for all */

static void read_scan(ptg_group group, ptg_task *unused, long n) {
  size_t count;
  must(ptg_group_scan_tasks(runtime, group, rows, sizeof(rows[0]), (size_t)n,
                            &count));
  EXPECT(count == (size_t)n);
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += (unsigned char)rows[i].name[0] + rows[i].state;
  seen += sum;
}

static void read_picture(ptg_group group, ptg_task *unused, long n) {
  ptg_snapshot *snapshot;
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  must(ptg_snapshot_take(runtime, group, &snapshot));
  must(ptg_snapshot_get_view(snapshot, &view));
  EXPECT(view.task_count == (uint64_t)n);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < view.task_count; i++)
    sum +=
        (unsigned char)view.strings[view.tasks[i].name] + view.tasks[i].state;
  seen += sum;
  ptg_snapshot_destroy(snapshot);
}

static void read_list(ptg_group group, ptg_task *tasks, long n) {
  size_t count;
  must(ptg_group_list_tasks(runtime, group, tasks, (size_t)n, &count));
  EXPECT(count == (size_t)n);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    must(ptg_task_get_info(runtime, tasks[i], &info));
    sum += (unsigned char)info.name[0] + info.state;
  }
  seen += sum;
}

static void fill(ptg_group group, ptg_task *tasks, long n) {
  char name[32];
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  for (long i = 0; i < n; i++) {
    snprintf(name, sizeof(name), "task-%ld", i);
    must(ptg_task_spawn(runtime, group, &PARKED, &options, NULL, &tasks[i]));
  }
}

/* Fills the group, ends all in random order, and fills it again. */
static void churn(ptg_group group, ptg_task *tasks, long n) {
  fill(group, tasks, n);
  bench_turn_until(&started, n);
  bench_shuffle(tasks, n);
  for (long i = 0; i < n; i++)
    must(ptg_task_finish(runtime, tasks[i], NULL));
  bench_turn_until(&ended, n);
  fill(group, tasks, n);
  bench_turn_until(&started, 2 * n);
}

static void run(const char *name, long n,
                void (*read)(ptg_group, ptg_task *, long)) {
  bench_open();
  ptg_group group = bench_group(root, 0);
  ptg_task *tasks = malloc((size_t)n * sizeof(*tasks));
  rows = malloc((size_t)n * sizeof(*rows));
  EXPECT(tasks && rows);
  churn(group, tasks, n);
  read(group, tasks, n);
  bench_span span;
  span_begin(&span);
  for (int i = 0; i < PASSES; i++)
    read(group, tasks, n);
  span_end(&span);
  bench_print_span(name, n, &span, (double)n * PASSES);
  free(rows);
  free(tasks);
  bench_close();
}

void scenario_s5(long n) {
  run("S5", n, read_scan);
}

void scenario_s5_picture(long n) {
  run("S5picture", n, read_picture);
}

void scenario_s5_list(long n) {
  run("S5list", n, read_list);
}
