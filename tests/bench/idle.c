/* idle.c - what an idle guest of poll(2) costs: the process's own CPU
 * time and the turns of five seconds with 1,000 tasks that wait, and nothing to
 * do.
 *
 *   idle   prints both; exits with 1 when it is 10 ms or more
 */
#include <poll.h>
#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS INT64_C(1000000)
#define TASKS 1000
#define SECONDS 5

static void must(ptg_status status) {
  if (status == PTG_OK) return;
  fprintf(stderr, "idle: %s\n", ptg_status_name(status));
  exit(2);
}

static double now_ms(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void poll_and_turn(ptg_runtime *runtime, int wait_ms) {
  int64_t timeout_ns;
  int32_t descriptor;
  must(ptg_runtime_get_timeout(runtime, &timeout_ns));
  must(ptg_runtime_get_descriptor(runtime, &descriptor));
  if (timeout_ns != PTG_FOREVER && timeout_ns < wait_ms * MS)
    wait_ms = (int)((timeout_ns + MS - 1) / MS);
  struct pollfd pollfd = {.fd = descriptor, .events = POLLIN};
  poll(&pollfd, 1, wait_ms);
  must(ptg_runtime_turn(runtime, 0));
  ptg_event events[64];
  for (size_t count = 64; count == 64;)
    must(ptg_events_take(runtime, events, sizeof(events[0]), 64, &count));
}

int main(void) {
  static const ptg_task_type type = {.size = sizeof(type),
                                     .flags = PTG_TASK_TYPE_EVENTS};
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.flags = PTG_GROUP_EVENTS;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.root = &root;
  ptg_runtime *runtime;
  ptg_group group;
  must(ptg_runtime_create(&options, &runtime));
  must(ptg_runtime_get_root(runtime, &group));
  for (int i = 0; i < TASKS; i++) {
    ptg_task task;
    must(ptg_task_spawn(runtime, group, &type, NULL, NULL, &task));
    must(ptg_task_sleep(runtime, task, 3600 * 1000 * MS));
  }
  for (int i = 0; i < 8; i++)
    poll_and_turn(runtime, 0);

  double end_ms = now_ms(CLOCK_MONOTONIC) + SECONDS * 1e3;
  double begun_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID);
  long turns = 0;
  for (double left; (left = end_ms - now_ms(CLOCK_MONOTONIC)) > 0; turns++)
    poll_and_turn(runtime, (int)left + 1);
  double used_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID) - begun_ms;
  printf("idle_guest\t%d\tcpu_ms\t%.3f\n", TASKS, used_ms);
  printf("idle_guest\t%d\tturns\t%ld\n", TASKS, turns);
  return used_ms < 10 ? 0 : 1;
}
