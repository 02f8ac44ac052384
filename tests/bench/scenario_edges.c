/* scenario_edges.c - n random order edges among 10,000 siblings: how long they
 * take to declare, and the siblings to shut down.
 *
 * edges: each agrees with one order of the siblings that nobody has told the
 * library, so that all are accepted. edges_random: they are as they come, and
 * those that would close a circle are refused.
 */
#include "bench.h"
#include <stdlib.h>

#define SIBLINGS 10000

static void declare(const ptg_group *siblings, long n, int is_ordered,
                    long *refused) {
  for (long i = 0; i < n; i++) {
    uint64_t a = bench_random() % SIBLINGS, b = bench_random() % SIBLINGS;
    if (a == b) b = (b + 1) % SIBLINGS;
    int is_turned = is_ordered && a > b;
    ptg_status status = ptg_group_stops_before(
        runtime, siblings[is_turned ? b : a], siblings[is_turned ? a : b]);
    if (status == PTG_ECYCLE)
      (*refused)++;
    else
      must(status);
  }
}

static void run(const char *name, long n, int is_ordered) {
  bench_open();
  ptg_group top = bench_group(root, PTG_GROUP_PARALLEL);
  ptg_group *siblings = malloc(SIBLINGS * sizeof(*siblings));
  EXPECT(siblings);
  for (long i = 0; i < SIBLINGS; i++)
    siblings[i] = bench_group(top, 0);
  bench_shuffle(siblings, SIBLINGS);

  bench_span span;
  long refused = 0;
  span_begin(&span);
  declare(siblings, n, is_ordered, &refused);
  span_end(&span);
  EXPECT(!is_ordered || refused == 0);
  bench_print(name, n, "declare_ms", span.wall_ns / 1e6);
  bench_print(name, n, "refused", (double)refused);

  span_begin(&span);
  must(ptg_group_shutdown(runtime, top, NULL));
  bench_turn_until(&closed, SIBLINGS + 1);
  span_end(&span);
  bench_print(name, n, "ms", span.wall_ns / 1e6);
  free(siblings);
  bench_close();
}

void scenario_edges(long n) {
  run("edges", n, 1);
}

void scenario_edges_random(long n) {
  run("edges_random", n, 0);
}
