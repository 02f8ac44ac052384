/* scenario_sleep.c - S7: n tasks that sleep 1 to 1,000 ms at random and end:
 * CPU time from the first spawn to the last end.
 */
#include "bench.h"

static ptg_status sleep_first(ptg_runtime *r, ptg_task task, void *user_data) {
  int64_t duration_ns = (int64_t)(1 + bench_random() % 1000) * MS;
  return ptg_task_sleep(r, task, duration_ns);
}

static void leave(ptg_runtime *r, ptg_task task, void *user_data) {
  ptg_task_finish(r, task, NULL);
}

static void count_end(ptg_runtime *r, ptg_task task, const ptg_outcome *outcome,
                      void *user_data) {
  ended++;
}

static const ptg_task_type SLEEPER = {.size = sizeof(ptg_task_type),
                                      .name = "sleeper",
                                      .start = sleep_first,
                                      .wake = leave,
                                      .done = count_end};

void scenario_s7(long n) {
  bench_open();
  ptg_group group = bench_group(root, 0);
  bench_span span;
  span_begin(&span);
  bench_spawn(group, &SLEEPER, n);
  while (ended < n)
    must(is_counting ? ptg_runtime_advance(runtime, 1 * MS)
                     : ptg_runtime_turn(runtime, PTG_FOREVER));
  span_end(&span);
  bench_print("S7", n, "cpu_ns", span.cpu_ns / (double)n);
  bench_print("S7", n, "wall_ms", span.wall_ns / 1e6);
  bench_close();
}
