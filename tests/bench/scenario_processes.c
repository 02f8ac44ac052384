/* scenario_processes.c - n child processes in ten groups: started, and shut
 * down group after group.
 *
 * What it is compared with is peers/fork_bench.c.
 */
#include "bench.h"

#define GROUPS 10

static void count_start(ptg_runtime *r, ptg_task task, void *user_data) {
  started++;
}

static void count_end(ptg_runtime *r, ptg_task task, const ptg_outcome *outcome,
                      void *user_data) {
  ended++;
}

static void spawn_children(ptg_group group, long count) {
  static const char *const argv[] = {"sleep", "1000", NULL};
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.started = count_start;
  options.done = count_end;
  for (long i = 0; i < count; i++)
    must(ptg_process_spawn(runtime, group, &options, NULL));
}

static void wait_until(const long *counter, long value) {
  while (*counter < value)
    must(ptg_runtime_turn(runtime, PTG_FOREVER));
}

void scenario_processes(long n) {
  bench_open();
  ptg_group top = bench_group(root, 0);
  double begin_ns = bench_now_ns();
  for (int i = 0; i < GROUPS; i++)
    spawn_children(bench_group(top, 0), n / GROUPS);
  wait_until(&started, n - n % GROUPS);
  double up_ns = bench_now_ns();
  must(ptg_group_shutdown(runtime, top, NULL));
  wait_until(&closed, GROUPS + 1);
  double down_ns = bench_now_ns();
  EXPECT(ended == n - n % GROUPS);
  bench_print("processes", n, "up_ms", (up_ns - begin_ns) / 1e6);
  bench_print("processes", n, "down_ms", (down_ns - up_ns) / 1e6);
  bench_print("processes", n, "ms", (down_ns - begin_ns) / 1e6);
  bench_close();
}
