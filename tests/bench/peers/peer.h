/* peer.h - clocks and the form of the results, for the peers in C and C++. */
#ifndef PTG_BENCH_PEER_H
#define PTG_BENCH_PEER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline double wall_ns(void) {
  return clock_ns(CLOCK_MONOTONIC);
}

static inline double cpu_ns(void) {
  return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double rss(void) {
  long total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2) abort();
  fclose(file);
  return (double)resident * 4096;
}

static inline void print(const char *scenario, long n, const char *metric,
                         double value) {
  printf("%s\t%ld\t%s\t%.2f\n", scenario, n, metric, value);
  fflush(stdout);
}

/* Always the same sequence. */
static inline uint64_t next_random(void) {
  static uint64_t state = UINT64_C(88172645463325252);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static inline void shuffle(uint64_t *values, long count) {
  for (long i = count - 1; i > 0; i--) {
    long other = (long)(next_random() % (uint64_t)(i + 1));
    uint64_t value = values[i];
    values[i] = values[other];
    values[other] = value;
  }
}

#endif /* PTG_BENCH_PEER_H */
