/* snapshot.c - what a snapshot of 100,000 tasks costs, and for how long it
 * holds the loop.
 *
 * An idle handle keeps the loop turning without a pause, so the longest time
 * between two of its calls while a snapshot is taken is how long that held the
 * loop. Medians of seven; the machine's own pauses are in them.
 */
#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define TASKS 100000
#define PASSES 7

static ptg_status park(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)runtime, (void)task, (void)user_data;
  return PTG_OK;
}

static void leave(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)user_data;
  ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type PARKED = {
    .size = sizeof(PARKED), .name = "parked", .start = park, .drain = leave};

static _Atomic uint64_t longest_ns;

static void on_idle(uv_idle_t *idle) {
  static uint64_t last_ns;
  (void)idle;
  uint64_t now_ns = uv_hrtime();
  if (last_ns != 0 && now_ns - last_ns > longest_ns)
    longest_ns = now_ns - last_ns;
  last_ns = now_ns;
}

static int compare(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return one < other ? -1 : one > other;
}

static void take_from_afar(void *data) {
  double took_ms[PASSES], held_ms[PASSES], json_ms = 0;
  for (int i = 0; i < PASSES; i++) {
    ptg_snapshot *snapshot;
    longest_ns = 0;
    uint64_t begin_ns = uv_hrtime();
    ptg_snapshot_take_all(INT64_C(1000000000), &snapshot);
    took_ms[i] = (double)(uv_hrtime() - begin_ns) / 1e6;
    held_ms[i] = (double)longest_ns / 1e6;
    size_t length;
    ptg_snapshot_write_json(snapshot, NULL, 0, &length);
    char *text = malloc(length + 1);
    begin_ns = uv_hrtime();
    ptg_snapshot_write_json(snapshot, text, length + 1, &length);
    json_ms = (double)(uv_hrtime() - begin_ns) / 1e6;
    free(text);
    ptg_snapshot_destroy(snapshot);
  }
  qsort(took_ms, PASSES, sizeof(took_ms[0]), compare);
  qsort(held_ms, PASSES, sizeof(held_ms[0]), compare);
  printf("snapshot\t%d\tms\t%.2f\n", TASKS, took_ms[PASSES / 2]);
  printf("snapshot\t%d\theld_ms\t%.2f\n", TASKS, held_ms[PASSES / 2]);
  printf("snapshot\t%d\tjson_ms\t%.2f\n", TASKS, json_ms);
  ptg_runtime_request_shutdown(data, 1);
}

int main(void) {
  ptg_runtime *runtime;
  ptg_group root;
  if (ptg_runtime_create(NULL, &runtime) != PTG_OK) return 1;
  ptg_runtime_get_root(runtime, &root);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  for (int i = 0; i < TASKS; i++) {
    char name[32];
    snprintf(name, sizeof(name), "connection-%d", i);
    options.name = i % 2 != 0 ? name : NULL;
    ptg_task_spawn(runtime, root, &PARKED, &options, NULL, NULL);
  }
  for (int i = 0; i < 100; i++)
    ptg_runtime_turn(runtime, 0);

  uv_loop_t *loop;
  uv_idle_t idle;
  ptg_runtime_get_loop(runtime, &loop);
  uv_idle_init(loop, &idle);
  uv_idle_start(&idle, on_idle);

  uv_thread_t thread;
  uv_thread_create(&thread, take_from_afar, runtime);
  ptg_runtime_run(runtime);
  uv_thread_join(&thread);
  uv_close((uv_handle_t *)&idle, NULL);
  return ptg_runtime_destroy(runtime) != PTG_OK;
}
