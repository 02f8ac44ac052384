/* scenario_spawn.c - S1: from spawning a no-op task to its end.
 *
 * Each has two passes, of which the second is measured: memory and caches are
 * warm then.
 */
#include "bench.h"

/* A name each, made cheaply: the making is not what is measured. */
static void spawn_named(ptg_group group, long count) {
  static const char digits[] = "0123456789abcdef";
  char name[] = "worker-000";
  ptg_task task;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  options.name_length = sizeof(name) - 1;
  for (long i = 0; i < count; i++) {
    name[7] = digits[i >> 8 & 15];
    name[8] = digits[i >> 4 & 15];
    name[9] = digits[i & 15];
    must(ptg_task_spawn(runtime, group, &NOOP, &options, NULL, &task));
  }
}

static void spawn_plain(ptg_group group, long count) {
  bench_spawn(group, &NOOP, count);
}

/* n tasks, alive of them at a time. */
static void pass(ptg_group group, long n, long alive,
                 void (*spawn)(ptg_group, long)) {
  long aim = ended;
  for (long i = 0; i < n; i += alive) {
    spawn(group, alive);
    aim += alive;
    bench_turn_until(&ended, aim);
  }
}

static void measure(const char *name, long n, ptg_group group, long alive,
                    void (*spawn)(ptg_group, long)) {
  bench_span span;
  alive = alive < n ? alive : n;
  n -= n % alive;
  pass(group, n, alive, spawn);
  span_begin(&span);
  pass(group, n, alive, spawn);
  span_end(&span);
  bench_print_span(name, n, &span, (double)n);
}

static void run(const char *name, long n, long alive,
                void (*spawn)(ptg_group, long)) {
  bench_open();
  measure(name, n, bench_group(root, 0), alive, spawn);
  bench_close();
}

/* At most 1,000 alive. */
void scenario_s1(long n) {
  run("S1", n, 1000, spawn_plain);
}

/* One alive, a turn of the loop each. */
void scenario_s1_one(long n) {
  run("S1one", n, 1, spawn_plain);
}

/* As S1, each with a name of its own. */
void scenario_s1_named(long n) {
  run("S1named", n, 1000, spawn_named);
}

/* All n alive at once. */
void scenario_s1_all(long n) {
  run("S1all", n, n, spawn_plain);
}

/* 1,000,000 of S1 while n others are alive. */
void scenario_s1_beside(long n) {
  bench_open();
  bench_spawn(bench_group(root, 0), &PARKED, n);
  bench_turn_until(&started, n);
  bench_span span;
  ptg_group group = bench_group(root, 0);
  long tasks = 1000000;
  pass(group, tasks, 1000, spawn_plain);
  span_begin(&span);
  pass(group, tasks, 1000, spawn_plain);
  span_end(&span);
  bench_print_span("S1beside", n, &span, (double)tasks);
  bench_close();
}
