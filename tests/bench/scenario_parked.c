/* scenario_parked.c - S2: what a parked task occupies; S3: the shutdown of all
 * of them; and what they cost while nothing happens.
 */
#include "bench.h"

#define IDLE_NS (2000 * MS)

static ptg_group park(const char *name, long n) {
  bench_open();
  ptg_group group = bench_group(root, 0);
  bench_span span;
  double before = bench_rss();
  span_begin(&span);
  bench_spawn(group, &PARKED, n);
  bench_turn_until(&started, n);
  span_end(&span);
  double bytes = bench_rss() - before;
  bench_print(name, n, "spawn_park_ns", span.wall_ns / (double)n);
  bench_print(name, n, "bytes", bytes / (double)n);
  return group;
}

static void shut_down(const char *name, long n, ptg_group group,
                      uint32_t flags) {
  bench_span span;
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = flags;
  span_begin(&span);
  must(ptg_group_shutdown(runtime, group, &options));
  bench_turn_until(&closed, 1);
  span_end(&span);
  EXPECT(ended == n);
  bench_print_span(name, n, &span, (double)n);
  bench_close();
}

/* Tasks that end when they are told to drain: S2 and S3. */
void scenario_s2(long n) {
  shut_down("S3", n, park("S2", n), 0);
}

/* Tasks that end when they are cancelled: S3force. */
void scenario_s2_force(long n) {
  shut_down("S3force", n, park("S2force", n), PTG_SHUTDOWN_FORCE);
}

/* The CPU time of two seconds in which nothing happens. */
void scenario_idle(long n) {
  bench_open();
  bench_spawn(bench_group(root, 0), &PARKED, n);
  bench_turn_until(&started, n);
  double end_ns = bench_now_ns() + (double)IDLE_NS, left_ns;
  double begin_ns = bench_cpu_ns();
  while ((left_ns = end_ns - bench_now_ns()) > 0)
    must(ptg_runtime_turn(runtime, (int64_t)left_ns));
  bench_print("idle", n, "cpu_ms", (bench_cpu_ns() - begin_ns) / 1e6);
  bench_close();
}
