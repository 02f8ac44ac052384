/* uv_bench.c - what libuv alone costs, with an object of its own a task.
 *
 *   uv_bench SCENARIO N
 *
 * S1 with an idle, timer or async handle or a work request each (S1idle,
 * S1timer, S1async, S1work), 1,000 at a time; turn: a turn of the loop with
 * nothing to do; S7: a timer each.
 */
#include "peer.h"
#include <uv.h>

#define ALIVE 1000

static uv_loop_t *loop;
static long left;

static void on_closed(uv_handle_t *handle) {
  free(handle);
  left--;
}

static void end_idle(uv_idle_t *handle) {
  uv_close((uv_handle_t *)handle, on_closed);
}

static void end_timer(uv_timer_t *handle) {
  uv_close((uv_handle_t *)handle, on_closed);
}

static void end_async(uv_async_t *handle) {
  uv_close((uv_handle_t *)handle, on_closed);
}

static void work(uv_work_t *request) {
  (void)request;
}

static void end_work(uv_work_t *request, int status) {
  (void)status;
  free(request);
  left--;
}

static void spawn_idle(void) {
  uv_idle_t *handle = malloc(sizeof *handle);
  uv_idle_init(loop, handle);
  uv_idle_start(handle, end_idle);
}

static void spawn_timer(uint64_t ms) {
  uv_timer_t *handle = malloc(sizeof *handle);
  uv_timer_init(loop, handle);
  uv_timer_start(handle, end_timer, ms, 0);
}

static void spawn_timer_now(void) {
  spawn_timer(0);
}

static void spawn_async(void) {
  uv_async_t *handle = malloc(sizeof *handle);
  uv_async_init(loop, handle, end_async);
  uv_async_send(handle);
}

static void spawn_work(void) {
  uv_queue_work(loop, malloc(sizeof(uv_work_t)), work, end_work);
}

static void s1(const char *name, long n, void (*spawn)(void)) {
  for (int pass = 0; pass < 2; pass++) {
    double cpu = cpu_ns(), begin = wall_ns();
    for (long i = 0; i < n; i += ALIVE) {
      for (long j = 0; j < ALIVE; j++)
        spawn();
      left = ALIVE;
      while (left > 0)
        uv_run(loop, UV_RUN_ONCE);
    }
    if (pass == 0) continue;
    print(name, n, "ns", (wall_ns() - begin) / (double)n);
    print(name, n, "cpu_ns", (cpu_ns() - cpu) / (double)n);
  }
}

static void keep_turning(uv_idle_t *handle) {
  (void)handle;
}

static void turn(const char *name, long n) {
  uv_idle_t idle;
  uv_idle_init(loop, &idle);
  uv_idle_start(&idle, keep_turning);
  double begin = wall_ns();
  for (long i = 0; i < n; i++)
    uv_run(loop, UV_RUN_NOWAIT);
  print(name, n, "ns", (wall_ns() - begin) / (double)n);
}

static void s7(const char *name, long n) {
  left = n;
  double cpu = cpu_ns(), begin = wall_ns();
  uv_update_time(loop);
  for (long i = 0; i < n; i++)
    spawn_timer(1 + next_random() % 1000);
  uv_run(loop, UV_RUN_DEFAULT);
  if (left != 0) abort();
  print(name, n, "cpu_ns", (cpu_ns() - cpu) / (double)n);
  print(name, n, "wall_ms", (wall_ns() - begin) / 1e6);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "S1idle";
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  loop = uv_default_loop();
  if (strcmp(name, "S1idle") == 0)
    s1(name, n, spawn_idle);
  else if (strcmp(name, "S1timer") == 0)
    s1(name, n, spawn_timer_now);
  else if (strcmp(name, "S1async") == 0)
    s1(name, n, spawn_async);
  else if (strcmp(name, "S1work") == 0)
    s1(name, n, spawn_work);
  else if (strcmp(name, "turn") == 0)
    turn(name, n);
  else if (strcmp(name, "S7") == 0)
    s7(name, n);
  else
    return 2;
  return 0;
}
