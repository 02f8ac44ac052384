// c_groups.cpp - other groups of tasks in C and C++.
//
//   c_groups PEER-SCENARIO N
//
// tbb-S1: task_group in an arena of one thread; it has no loop that S1one could
// turn. glib-S1: idle sources. tevent-S1: requests with an immediate event,
// below one talloc context. tevent-S2 and S3: requests that wait, ended one by
// one through their callbacks. omp-S1: OpenMP's taskgroup with two threads
// (with one it only calls a function).
#include "peer.h"
#include <glib.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
extern "C" {
#include <stdbool.h>
#include <sys/time.h>
#include <talloc.h>
#include <tevent.h>
}

static volatile long count;
static long left;

static void run_tbb(long n, long alive) {
  tbb::task_arena arena(1);
  arena.execute([&] {
    tbb::task_group group;
    for (long i = 0; i < n; i += alive) {
      for (long j = 0; j < alive; j++)
        group.run([] { count = count + 1; });
      group.wait();
    }
  });
}

static void run_omp(long n, long alive) {
#pragma omp parallel num_threads(2)
#pragma omp single
  for (long i = 0; i < n; i += alive) {
#pragma omp taskgroup
    for (long j = 0; j < alive; j++) {
#pragma omp task
      count = 1;
    }
  }
}

static gboolean end_source(gpointer) {
  left--;
  return G_SOURCE_REMOVE;
}

static void run_glib(long n, long alive) {
  for (long i = 0; i < n; i += alive) {
    for (long j = 0; j < alive; j++)
      g_idle_add(end_source, NULL);
    for (left = alive; left > 0;)
      g_main_context_iteration(NULL, FALSE);
  }
}

struct state {
  int unused;
};

static void finish(struct tevent_context *, struct tevent_immediate *,
                   void *request) {
  tevent_req_done(static_cast<struct tevent_req *>(request));
}

static void end_request(struct tevent_req *request) {
  left--;
  talloc_free(request);
}

static struct tevent_req *make_request(void *group) {
  struct state *state;
  struct tevent_req *request = tevent_req_create(group, &state, struct state);
  tevent_req_set_callback(request, end_request, NULL);
  return request;
}

static void run_tevent(long n, long alive) {
  struct tevent_context *loop = tevent_context_init(NULL);
  void *group = talloc_new(loop);
  for (long i = 0; i < n; i += alive) {
    for (long j = 0; j < alive; j++) {
      struct tevent_req *request = make_request(group);
      tevent_schedule_immediate(tevent_create_immediate(request), loop, finish,
                                request);
    }
    for (left = alive; left > 0;)
      tevent_loop_once(loop);
  }
  talloc_free(loop);
}

static void park_tevent(long n) {
  struct tevent_context *loop = tevent_context_init(NULL);
  void *group = talloc_new(loop);
  auto requests = static_cast<struct tevent_req **>(calloc(n, sizeof(void *)));
  memset(requests, 1, n * sizeof(void *)); // not part of what is measured
  double before = rss(), begin = wall_ns();
  for (long i = 0; i < n; i++)
    requests[i] = make_request(group);
  print("S2", n, "spawn_park_ns", (wall_ns() - begin) / n);
  print("S2", n, "bytes", (rss() - before) / n);
  left = n;
  begin = wall_ns();
  for (long i = 0; i < n; i++)
    tevent_req_done(requests[i]);
  while (left > 0)
    tevent_loop_once(loop);
  print("S3", n, "ns", (wall_ns() - begin) / n);
  free(requests);
  talloc_free(loop);
}

static void measure(const char *name, long n, long alive,
                    void (*run)(long, long)) {
  run(n, alive);
  double cpu = cpu_ns(), begin = wall_ns();
  run(n, alive);
  print(name, n, "ns", (wall_ns() - begin) / n);
  print(name, n, "cpu_ns", (cpu_ns() - cpu) / n);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "tbb-S1";
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  if (strcmp(what, "tbb-S1") == 0)
    measure("S1", n, 1000, run_tbb);
  else if (strcmp(what, "omp-S1") == 0)
    measure("S1", n, 1000, run_omp);
  else if (strcmp(what, "glib-S1") == 0)
    measure("S1", n, 1000, run_glib);
  else if (strcmp(what, "glib-S1one") == 0)
    measure("S1one", n, 1, run_glib);
  else if (strcmp(what, "tevent-S1") == 0)
    measure("S1", n, 1000, run_tevent);
  else if (strcmp(what, "tevent-S1one") == 0)
    measure("S1one", n, 1, run_tevent);
  else if (strcmp(what, "tevent-S2") == 0)
    park_tevent(n);
  else
    return 2;
  return 0;
}
