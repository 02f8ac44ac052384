/* limit_sleep.c - S7 of the least that a task group in C can do: a hashed wheel
 * of milliseconds, and one timer of libuv's for all of it.
 *
 *   limit_sleep S7 N
 */
#include "limit.h"
#include <uv.h>

#define WHEEL 4096

static system_t sys;
static uint32_t wheel[WHEEL];
static uint64_t tick;
static long left;
static uv_timer_t timer;

static void sleep_once(system_t *s, handle h, void *arg, int event) {
  if (event != EVENT_START) {
    complete(s, h, 0);
    left--;
    return;
  }
  task *task = at(s, (uint32_t)h);
  task->deadline = uv_now(timer.loop) + (uintptr_t)arg;
  task->link = wheel[task->deadline % WHEEL];
  wheel[task->deadline % WHEEL] = (uint32_t)h;
}

static void wake_bucket(uint32_t *bucket, uint64_t now) {
  uint32_t slot = *bucket, kept = NIL;
  while (slot) {
    task *task = at(&sys, slot);
    uint32_t next = task->link;
    if (task->deadline <= now) {
      task->event = EVENT_TIMER;
      make_ready(&sys, slot, task);
    } else {
      task->link = kept;
      kept = slot;
    }
    slot = next;
  }
  *bucket = kept;
}

static void on_tick(uv_timer_t *handle) {
  uint64_t now = uv_now(handle->loop);
  for (; tick <= now; tick++)
    wake_bucket(&wheel[tick % WHEEL], now);
  run_ready(&sys);
  if (left == 0) uv_close((uv_handle_t *)handle, NULL);
}

int main(int argc, char **argv) {
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  system_init(&sys);
  uint32_t into = group_new(&sys, 0);
  uv_loop_t *loop = uv_default_loop();
  uv_timer_init(loop, &timer);
  left = n;
  double cpu = cpu_ns(), begin = wall_ns();
  uv_update_time(loop);
  tick = uv_now(loop);
  for (long i = 0; i < n; i++)
    spawn(&sys, into, sleep_once, (void *)(uintptr_t)(1 + next_random() % 1000),
          "s");
  run_ready(&sys);
  uv_timer_start(&timer, on_tick, 1, 1);
  uv_run(loop, UV_RUN_DEFAULT);
  print("S7", n, "cpu_ns", (cpu_ns() - cpu) / (double)n);
  print("S7", n, "wall_ms", (wall_ns() - begin) / 1e6);
  return argc < 2;
}
