/* scenario_latency.c - how long it takes from asking a task to end until the
 * task is told, while n others are runnable all the time.
 *
 * The n others sleep for no time at all, again and again. The asking is done
 * from another thread, at moments that have nothing to do with the loop's.
 */
#include "bench.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define VICTIMS 200

static ptg_task victims[VICTIMS];
static double asked_ns[VICTIMS], latency_ns[VICTIMS];
static atomic_long told;
static ptg_remote *remote;

static ptg_status spin_first(ptg_runtime *r, ptg_task task, void *user_data) {
  started++;
  return ptg_task_sleep(r, task, 0);
}

static void spin_on(ptg_runtime *r, ptg_task task, void *user_data) {
  ptg_task_sleep(r, task, 0);
}

static void stop_spinning(ptg_runtime *r, ptg_task task, void *user_data) {
  ptg_task_finish(r, task, NULL);
}

static const ptg_task_type SPINNING = {.size = sizeof(ptg_task_type),
                                       .start = spin_first,
                                       .wake = spin_on,
                                       .drain = stop_spinning};

static ptg_status wait_for_it(ptg_runtime *r, ptg_task task, void *user_data) {
  return PTG_OK;
}

static void be_told(ptg_runtime *r, ptg_task task, const ptg_cancel_info *info,
                    void *user_data) {
  long index = (double *)user_data - asked_ns;
  latency_ns[index] = bench_now_ns() - asked_ns[index];
  ptg_task_finish(r, task, NULL);
  atomic_fetch_add(&told, 1);
}

static const ptg_task_type VICTIM = {
    .size = sizeof(ptg_task_type), .start = wait_for_it, .cancel = be_told};

static void *ask_all(void *unused) {
  for (long i = 0; i < VICTIMS; i++) {
    struct timespec pause = {0, (long)(bench_random() % 3000000)};
    nanosleep(&pause, NULL);
    asked_ns[i] = bench_now_ns();
    must(ptg_remote_cancel(remote, victims[i], NULL));
    while (atomic_load(&told) <= i) {
      struct timespec moment = {0, 100000};
      nanosleep(&moment, NULL);
    }
  }
  return NULL;
}

void scenario_latency(long n) {
  bench_open();
  must(ptg_remote_open(runtime, &remote));
  ptg_group group = bench_group(root, 0);
  for (long i = 0; i < VICTIMS; i++)
    must(ptg_task_spawn(runtime, group, &VICTIM, NULL, &asked_ns[i],
                        &victims[i]));
  bench_spawn(group, &SPINNING, n);
  bench_turn_until(&started, n);
  pthread_t thread;
  EXPECT(pthread_create(&thread, NULL, ask_all, NULL) == 0);
  while (atomic_load(&told) < VICTIMS)
    must(ptg_runtime_turn(runtime, 0));
  EXPECT(pthread_join(thread, NULL) == 0);
  qsort(latency_ns, VICTIMS, sizeof(latency_ns[0]), bench_compare);
  bench_print("latency", n, "p50_us", latency_ns[VICTIMS / 2] / 1e3);
  bench_print("latency", n, "p99_us", latency_ns[VICTIMS * 99 / 100] / 1e3);
  ptg_remote_close(remote);
  bench_close();
}
