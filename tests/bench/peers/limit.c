/* limit.c - S1 to S5 of the least that a task group in C can do; see limit.h.
 *
 *   limit SCENARIO N
 *
 * S1 runs the ready queue by hand; S1uv and S1one, as a library over libuv has
 * to, from an idle handle of its loop.
 */
#include "limit.h"
#include <uv.h>

static void park(system_t *s, handle h, void *arg, int event) {
  (void)arg;
  if (event == EVENT_CANCEL) complete(s, h, 1);
}

static void count_hook(system_t *s, handle h, int status) {
  (void)h, (void)status;
  s->hooked++;
}

static void shut_down(system_t *s, uint32_t index) {
  group *group = &s->groups[index];
  group->is_closing = 1;
  for (uint32_t child = group->first_child; child;
       child = s->groups[child].sibling)
    shut_down(s, child);
  if (group->children) return;
  cancel_tasks(s, group);
  if (!group->live) close_if_done(s, group);
}

static void on_idle(uv_idle_t *idle) {
  system_t *s = idle->data;
  run_ready(s);
  if (!s->ready_head) uv_idle_stop(idle);
}

static void s1(system_t *s, long n, long alive, const char *name, int is_uv) {
  uint32_t into = group_new(s, 0);
#ifdef REAL
  into = group_new(s, group_new(s, into));
  s->groups[into].hook = count_hook;
#else
  (void)count_hook;
#endif
  uv_loop_t *loop = uv_default_loop();
  uv_idle_t idle = {.data = s};
  uv_idle_init(loop, &idle);
  idle.data = s;
  double wall = 0, cpu = 0;
  for (int pass = 0; pass < 2; pass++) {
    cpu = cpu_ns();
    wall = wall_ns();
    for (long i = 0; i < n; i += alive) {
      for (long j = 0; j < alive; j++)
        spawn(s, into, noop, NULL, "worker-task");
      if (is_uv) {
        uv_idle_start(&idle, on_idle);
        uv_run(loop, UV_RUN_NOWAIT);
      } else {
        run_ready(s);
      }
    }
    wall = wall_ns() - wall;
    cpu = cpu_ns() - cpu;
  }
  print(name, n, "ns", wall / (double)n);
  print(name, n, "cpu_ns", cpu / (double)n);
  if (s->groups[into].completed != (uint64_t)(2 * n)) abort();
}

static void s2_s3(system_t *s, long n) {
  uint32_t into = group_new(s, 0);
  double before = rss(), begin = wall_ns();
  for (long i = 0; i < n; i++)
    spawn(s, into, park, NULL, "t");
  run_ready(s);
  print("S2", n, "spawn_park_ns", (wall_ns() - begin) / (double)n);
  print("S2", n, "bytes", (rss() - before) / (double)n);
  begin = wall_ns();
  double begin_cpu = cpu_ns();
  shut_down(s, into);
  run_ready(s);
  print("S3", n, "ns", (wall_ns() - begin) / (double)n);
  print("S3", n, "cpu_ns", (cpu_ns() - begin_cpu) / (double)n);
  if (s->groups[into].live) abort();
}

static void build(system_t *s, uint32_t into, int depth) {
  for (int i = 0; depth > 0 && i < 10; i++)
    build(s, group_new(s, into), depth - 1);
  for (int i = 0; depth == 0 && i < 100; i++)
    spawn(s, into, park, NULL, "t");
}

static void s4(system_t *s) {
  double begin = 0, built = 0, shut = 0, cpu = 0;
  for (int pass = 0; pass < 2; pass++) {
    s->group_count = 0;
    s->groups_done = 0;
    begin = wall_ns();
    uint32_t top = group_new(s, 0);
    build(s, top, 3);
    run_ready(s);
    built = wall_ns();
    cpu = cpu_ns();
    shut_down(s, top);
    run_ready(s);
    shut = wall_ns();
    cpu = cpu_ns() - cpu;
    if (s->groups_done != 1111) abort();
  }
  print("S4", 100000, "build_ms", (built - begin) / 1e6);
  print("S4", 100000, "ms", (shut - built) / 1e6);
  print("S4", 100000, "cpu_ms", cpu / 1e6);
}

typedef struct seen {
  handle handle;
  const char *name;
  uint32_t group;
  int state;
} seen;

static long walk_list(system_t *s, uint32_t group, seen *all) {
  long count = 0;
  for (uint32_t slot = s->groups[group].head; slot;) {
    task *task = at(s, slot);
    all[count++] =
        (seen){handle_of(task, slot), task->name, group, task->state};
    slot = task->next;
  }
  return count;
}

/* In the order of memory, and whatever is of another group left out. */
static long scan_slab(system_t *s, uint32_t group, seen *all) {
  long count = 0;
  for (uint32_t slot = 1; slot < s->chunk_count * CHUNK; slot++) {
    task *task = at(s, slot);
    if (task->state == TASK_FREE || task->group != group) continue;
    all[count++] =
        (seen){handle_of(task, slot), task->name, group, task->state};
  }
  return count;
}

static void enumerate(system_t *s, uint32_t group, long n, const char *name,
                      long (*list)(system_t *, uint32_t, seen *)) {
  seen *all = malloc(sizeof *all * (size_t)n);
  memset(all, 1, sizeof *all * (size_t)n);
  double begin = 0, cpu = 0;
  for (int pass = 0; pass < 11; pass++) { /* the first is not counted */
    if (pass == 1) begin = wall_ns(), cpu = cpu_ns();
    if (list(s, group, all) != n) abort();
  }
  print(name, n, "ns", (wall_ns() - begin) / (10.0 * (double)n));
  print(name, n, "cpu_ns", (cpu_ns() - cpu) / (10.0 * (double)n));
  free(all);
}

/* After churn: what is free lies in random order. */
static void s5(system_t *s, long n) {
  uint32_t into = group_new(s, 0);
  handle *handles = malloc(sizeof *handles * (size_t)n);
  for (long i = 0; i < n; i++)
    handles[i] = spawn(s, into, park, NULL, "t");
  run_ready(s);
  shuffle(handles, n);
  for (long i = 0; i < n; i++)
    complete(s, handles[i], 0);
  free(handles);
  for (long i = 0; i < n; i++)
    spawn(s, into, park, NULL, "t");
  run_ready(s);
  enumerate(s, into, n, "S5", scan_slab);
  enumerate(s, into, n, "S5list", walk_list);
}

int main(int argc, char **argv) {
  static system_t s;
  system_init(&s);
  const char *name = argc > 1 ? argv[1] : "S1";
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  if (strcmp(name, "S1") == 0)
    s1(&s, n, 1000, name, 0);
  else if (strcmp(name, "S1one") == 0)
    s1(&s, n, 1, name, 1);
  else if (strcmp(name, "S1uv") == 0)
    s1(&s, n, 1000, name, 1);
  else if (strcmp(name, "S2") == 0)
    s2_s3(&s, n);
  else if (strcmp(name, "S4") == 0)
    s4(&s);
  else if (strcmp(name, "S5") == 0)
    s5(&s, n);
  else
    return 2;
  return 0;
}
