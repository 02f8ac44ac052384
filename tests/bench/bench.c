/* bench.c - see bench.h. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Without valgrind's header nothing can be counted, and all else works. */
#ifdef __has_include
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#define CALLGRIND_DUMP_STATS ((void)0)
#endif

ptg_runtime *runtime;
ptg_group root;
long started, ended, closed;
int is_counting;

static ptg_status start_noop(ptg_runtime *r, ptg_task task, void *user_data) {
  return ptg_task_finish(r, task, NULL);
}

static ptg_status start_parked(ptg_runtime *r, ptg_task task, void *user_data) {
  started++;
  return PTG_OK;
}

static void drain_parked(ptg_runtime *r, ptg_task task, void *user_data) {
  ptg_task_finish(r, task, NULL);
}

static void cancel_parked(ptg_runtime *r, ptg_task task,
                          const ptg_cancel_info *info, void *user_data) {
  ptg_task_finish(r, task, NULL);
}

static void count_end(ptg_runtime *r, ptg_task task, const ptg_outcome *outcome,
                      void *user_data) {
  ended++;
}

const ptg_task_type NOOP = {.size = sizeof(ptg_task_type),
                            .name = "noop",
                            .start = start_noop,
                            .done = count_end};
const ptg_task_type PARKED = {.size = sizeof(ptg_task_type),
                              .name = "parked",
                              .start = start_parked,
                              .drain = drain_parked,
                              .cancel = cancel_parked,
                              .done = count_end};

void must(ptg_status status) {
  if (status == PTG_OK) return;
  fprintf(stderr, "bench: %s\n", ptg_status_name(status));
  exit(1);
}

void bench_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  exit(1);
}

void bench_open(void) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  if (is_counting) options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  must(ptg_runtime_create(&options, &runtime));
  must(ptg_runtime_get_root(runtime, &root));
  started = ended = closed = 0;
}

void bench_close(void) {
  must(ptg_group_shutdown(runtime, root, NULL));
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  do {
    bench_turn();
    must(ptg_group_get_info(runtime, root, &info));
  } while (info.state != PTG_GROUP_CLOSED);
  bench_turn();
  must(ptg_runtime_destroy(runtime));
}

void bench_turn(void) {
  must(is_counting ? ptg_runtime_advance(runtime, 0)
                   : ptg_runtime_turn(runtime, 0));
}

void bench_turn_until(const long *counter, long value) {
  while (*counter < value)
    bench_turn();
  EXPECT(*counter == value);
}

static ptg_status count_closed(ptg_runtime *r, ptg_group group,
                               void *user_data) {
  closed++;
  return PTG_OK;
}

ptg_group bench_group(ptg_group parent, uint32_t flags) {
  ptg_group group;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.flags = flags;
  options.on_closed = count_closed;
  must(ptg_group_create(runtime, parent, &options, &group));
  return group;
}

void bench_spawn(ptg_group group, const ptg_task_type *type, long count) {
  ptg_task task;
  for (long i = 0; i < count; i++)
    must(ptg_task_spawn(runtime, group, type, NULL, NULL, &task));
}

double bench_now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double bench_cpu_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void span_begin(bench_span *span) {
  span->cpu_ns = bench_cpu_ns();
  span->wall_ns = bench_now_ns();
  CALLGRIND_TOGGLE_COLLECT;
}

void span_end(bench_span *span) {
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS;
  span->wall_ns = bench_now_ns() - span->wall_ns;
  span->cpu_ns = bench_cpu_ns() - span->cpu_ns;
}

double bench_rss(void) {
  long total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  EXPECT(file && fscanf(file, "%ld %ld", &total, &resident) == 2);
  fclose(file);
  return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Always the same sequence. */
uint64_t bench_random(void) {
  static uint64_t state = UINT64_C(88172645463325252);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void bench_shuffle(uint64_t *values, long count) {
  for (long i = count - 1; i > 0; i--) {
    long other = (long)(bench_random() % (uint64_t)(i + 1));
    uint64_t value = values[i];
    values[i] = values[other];
    values[other] = value;
  }
}

int bench_compare(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return one < other ? -1 : one > other;
}

void bench_print(const char *scenario, long n, const char *metric,
                 double value) {
  printf("%s\t%ld\t%s\t%.2f\n", scenario, n, metric, value);
  fflush(stdout);
}

void bench_print_span(const char *scenario, long n, const bench_span *span,
                      double count) {
  bench_print(scenario, n, "ns", span->wall_ns / count);
  bench_print(scenario, n, "cpu_ns", span->cpu_ns / count);
}
