/* scenario_remote.c - S6: n no-op tasks, spawned from a second thread, each
 * with its handle; the runtime's thread waits in its loop for them.
 *
 * Memory is bounded: what is on its way is, and a sender who meets PTG_EFULL
 * lets others run and tries again.
 */
#include "bench.h"
#include <pthread.h>
#include <sched.h>

static ptg_remote *remote;
static ptg_group group;
static long to_send, full;
static uint64_t handles; /* keeps them from being left out */

static void send_one(void) {
  ptg_task task;
  ptg_status status;
  while ((status = ptg_remote_spawn(remote, group, &NOOP, NULL, NULL, &task)) ==
         PTG_EFULL) {
    full++;
    sched_yield();
  }
  must(status);
  handles ^= task;
}

static void *send_all(void *unused) {
  for (long i = 0; i < to_send; i++)
    send_one();
  return NULL;
}

static void send_from_thread(long n) {
  to_send = n;
  pthread_t thread;
  EXPECT(pthread_create(&thread, NULL, send_all, NULL) == 0);
  long aim = ended + n;
  while (ended < aim)
    must(ptg_runtime_turn(runtime, PTG_FOREVER));
  EXPECT(pthread_join(thread, NULL) == 0);
}

void scenario_s6(long n) {
  bench_open();
  group = bench_group(root, 0);
  must(ptg_remote_open(runtime, &remote));
  double before = bench_rss();
  send_from_thread(n);
  full = 0;
  bench_span span;
  span_begin(&span);
  send_from_thread(n);
  span_end(&span);
  bench_print_span("S6", n, &span, (double)n);
  bench_print("S6", n, "rss_kb", (bench_rss() - before) / 1024);
  bench_print("S6", n, "full", (double)full);
  ptg_remote_close(remote);
  bench_close();
}

/* The same from the runtime's own thread, for counting instructions: what two
 * threads do is never the same twice. */
void scenario_s6_same(long n) {
  bench_open();
  group = bench_group(root, 0);
  must(ptg_remote_open(runtime, &remote));
  bench_span span;
  long batch = n < 100 ? n : 100;
  for (int pass = 0; pass < 2; pass++) {
    if (pass == 1) span_begin(&span);
    for (long i = 0; i < n; i += batch) {
      to_send = batch;
      long aim = ended + batch;
      send_all(NULL);
      bench_turn_until(&ended, aim);
    }
  }
  span_end(&span);
  bench_print_span("S6same", n, &span, (double)n);
  ptg_remote_close(remote);
  bench_close();
}
