/* dill_bench.c - libdill's bundles: coroutines, each with a C stack of its own.
 *
 *   dill_bench SCENARIO N     S1 S1one S2 S4 S7
 */
#include "peer.h"
#include <libdill.h>

static long parked;

static coroutine void noop(void) {
}

static coroutine void park(void) {
  parked++;
  msleep(-1);
}

static coroutine void sleep_once(int ms) {
  msleep(now() + ms);
}

static void must(int result) {
  if (result >= 0) return;
  perror("dill_bench");
  exit(1);
}

static void s1(const char *name, long n, long alive) {
  for (int pass = 0; pass < 2; pass++) {
    double cpu = cpu_ns(), begin = wall_ns();
    int group = bundle();
    for (long i = 0; i < n; i += alive) {
      for (long j = 0; j < alive; j++)
        must(bundle_go(group, noop()));
      bundle_wait(group, -1);
    }
    hclose(group);
    if (pass == 0) continue;
    print(name, n, "ns", (wall_ns() - begin) / (double)n);
    print(name, n, "cpu_ns", (cpu_ns() - cpu) / (double)n);
  }
}

static void s2_s3(long n) {
  int group = bundle();
  double before = rss(), begin = wall_ns();
  for (long i = 0; i < n; i++)
    must(bundle_go(group, park()));
  while (parked < n)
    yield();
  print("S2", n, "spawn_park_ns", (wall_ns() - begin) / (double)n);
  print("S2", n, "bytes", (rss() - before) / (double)n);
  begin = wall_ns();
  hclose(group);
  print("S3", n, "ns", (wall_ns() - begin) / (double)n);
}

/* Bundles do not nest: only the leaves are there. */
static void s4(void) {
  static int groups[1000];
  for (int i = 0; i < 1000; i++) {
    groups[i] = bundle();
    for (int j = 0; j < 100; j++)
      must(bundle_go(groups[i], park()));
  }
  yield();
  double begin = wall_ns();
  for (int i = 0; i < 1000; i++)
    hclose(groups[i]);
  print("S4", 100000, "ms", (wall_ns() - begin) / 1e6);
}

static void s7(long n) {
  double cpu = cpu_ns(), begin = wall_ns();
  int group = bundle();
  for (long i = 0; i < n; i++)
    must(bundle_go(group, sleep_once(1 + (int)(next_random() % 1000))));
  bundle_wait(group, -1);
  print("S7", n, "cpu_ns", (cpu_ns() - cpu) / (double)n);
  print("S7", n, "wall_ms", (wall_ns() - begin) / 1e6);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "S1";
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  if (strcmp(name, "S1") == 0)
    s1(name, n, 1000);
  else if (strcmp(name, "S1one") == 0)
    s1(name, n, 1);
  else if (strcmp(name, "S2") == 0)
    s2_s3(n);
  else if (strcmp(name, "S4") == 0)
    s4();
  else if (strcmp(name, "S7") == 0)
    s7(n);
  else
    return 2;
  return 0;
}
