/* scenario_events.c - what an event costs: the start and end of n tasks, taken
 * in batches of 256.
 *
 * Taking is timed by itself, so what is printed is what events cost on top of
 * spawning, turning and finishing. Instructions are counted of all of it.
 */
#include "bench.h"

#define BATCH 256

static const ptg_task_type EVENT = {.size = sizeof(ptg_task_type),
                                    .flags = PTG_TASK_TYPE_EVENTS,
                                    .name = "event"};

static void finish_started(const ptg_event *events, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (events[i].kind == PTG_EVENT_START)
      must(ptg_task_finish(runtime, events[i].task, NULL));
}

/* Returns nanoseconds an event. */
static double pass(ptg_group group, long n) {
  static ptg_event events[BATCH];
  bench_spawn(group, &EVENT, n);
  double taking_ns = 0;
  long taken = 0;
  while (taken < 2 * n) {
    bench_turn();
    size_t count;
    do {
      double begin_ns = bench_now_ns();
      must(ptg_events_take(runtime, events, sizeof(events[0]), BATCH, &count));
      taking_ns += bench_now_ns() - begin_ns;
      finish_started(events, count);
      taken += (long)count;
    } while (count > 0);
  }
  return taking_ns / (double)taken;
}

void scenario_events(long n) {
  bench_open();
  ptg_group group = bench_group(root, 0);
  bench_span span;
  pass(group, n);
  span_begin(&span);
  double event_ns = pass(group, n);
  span_end(&span);
  bench_print("events", n, "ns", event_ns);
  bench_close();
}
