/* events.c - what an event costs: a million of them, taken in batches of 256.
 *
 * Prints the median of seven passes. Taking is timed by itself, so what is
 * printed is what events cost on top of spawning, turning and finishing.
 */
#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define TASKS 500000
#define BATCH 256
#define PASSES 7

static const ptg_task_type TYPE = {
    .size = sizeof(TYPE), .flags = PTG_TASK_TYPE_EVENTS, .name = "event"};

static size_t finish_started(ptg_runtime *runtime, const ptg_event *events,
                             size_t count) {
  for (size_t i = 0; i < count; i++)
    if (events[i].kind == PTG_EVENT_START)
      ptg_task_finish(runtime, events[i].task, NULL);
  return count;
}

/* Returns nanoseconds an event: each task has a start and an end. */
static double pass(ptg_runtime *runtime, ptg_group root) {
  static ptg_event events[BATCH];
  for (int i = 0; i < TASKS; i++)
    ptg_task_spawn(runtime, root, &TYPE, NULL, NULL, NULL);

  uint64_t taking_ns = 0;
  size_t taken = 0;
  while (taken < 2 * TASKS) {
    ptg_runtime_turn(runtime, 0);
    size_t count;
    do {
      uint64_t begin_ns = uv_hrtime();
      ptg_events_take(runtime, events, sizeof(events[0]), BATCH, &count);
      taking_ns += uv_hrtime() - begin_ns;
      taken += finish_started(runtime, events, count);
    } while (count > 0);
  }
  return (double)taking_ns / (double)taken;
}

static int compare(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return one < other ? -1 : one > other;
}

int main(void) {
  ptg_runtime *runtime;
  ptg_group root;
  if (ptg_runtime_create(NULL, &runtime) != PTG_OK) return 1;
  ptg_runtime_get_root(runtime, &root);
  double event_ns[PASSES];
  for (int i = 0; i < PASSES; i++)
    event_ns[i] = pass(runtime, root);
  qsort(event_ns, PASSES, sizeof(event_ns[0]), compare);
  printf("events\t%d\tns\t%.2f\n", 2 * TASKS, event_ns[PASSES / 2]);

  ptg_group_shutdown(runtime, root, NULL);
  ptg_runtime_run(runtime);
  return ptg_runtime_destroy(runtime) != PTG_OK;
}
