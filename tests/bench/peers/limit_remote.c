/* limit_remote.c - S6 of the least that a task group in C can do: tasks from a
 * second thread, through a bounded ring without locks (S6), or through a vector
 * under a mutex that is swapped whole (S6mutex). Nobody is given a handle.
 *
 *   limit_remote SCENARIO N
 */
#include "limit.h"
#include <sched.h>
#include <stdatomic.h>
#include <uv.h>

#define RING 65536
#define BATCH 4096

typedef struct message {
  _Atomic uint64_t turn; /* whose: the writer's or the reader's */
  task_fn fn;
  void *arg;
} message;

static system_t sys;
static uint32_t into;
static long to_send, received, wakes;
static uv_async_t async;
static int is_mutex;

static message ring[RING];
static uint64_t ring_put, ring_get;
static _Atomic int is_asleep;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct vector {
  task_fn *fns;
  size_t length, capacity;
} filling, emptying;

static void put_in_ring(void) {
  uint64_t position = ring_put++;
  message *to = &ring[position % RING];
  while (atomic_load_explicit(&to->turn, memory_order_acquire) != position) {
    uv_async_send(&async);
    sched_yield();
  }
  to->fn = noop;
  to->arg = NULL;
  atomic_store_explicit(&to->turn, position + 1, memory_order_release);
  atomic_thread_fence(memory_order_seq_cst);
  if (atomic_load_explicit(&is_asleep, memory_order_relaxed) &&
      atomic_exchange(&is_asleep, 0)) {
    wakes++;
    uv_async_send(&async);
  }
}

static void put_in_vector(void) {
  pthread_mutex_lock(&mutex);
  int was_empty = filling.length == 0;
  if (filling.length == filling.capacity) {
    filling.capacity = filling.capacity ? 2 * filling.capacity : 1024;
    filling.fns = realloc(filling.fns, filling.capacity * sizeof *filling.fns);
  }
  filling.fns[filling.length++] = noop;
  pthread_mutex_unlock(&mutex);
  if (!was_empty) return;
  wakes++;
  uv_async_send(&async);
}

static void *produce(void *unused) {
  (void)unused;
  for (long i = 0; i < to_send; i++)
    is_mutex ? put_in_vector() : put_in_ring();
  return NULL;
}

static int is_filled(void) {
  return atomic_load(&ring[ring_get % RING].turn) == ring_get + 1;
}

static long take_ring(void) {
  long count = 0;
  for (; count < BATCH && is_filled(); count++, ring_get++) {
    message *from = &ring[ring_get % RING];
    spawn(&sys, into, from->fn, from->arg, "x");
    atomic_store_explicit(&from->turn, ring_get + RING, memory_order_release);
  }
  return count;
}

static long take_vector(void) {
  pthread_mutex_lock(&mutex);
  struct vector taken = filling;
  filling = emptying;
  emptying = taken;
  pthread_mutex_unlock(&mutex);
  for (size_t i = 0; i < taken.length; i++)
    spawn(&sys, into, taken.fns[i], NULL, "x");
  emptying.length = 0;
  return (long)taken.length;
}

static void take_all(void) {
  long count;
  while ((count = is_mutex ? take_vector() : take_ring()) > 0) {
    run_ready(&sys);
    received += count;
  }
}

static void on_async(uv_async_t *handle) {
  take_all();
  while (!is_mutex) { /* to sleep, unless something came just now */
    atomic_store(&is_asleep, 1);
    if (!is_filled()) break;
    atomic_store(&is_asleep, 0);
    take_all();
  }
  if (received == to_send) uv_close((uv_handle_t *)handle, NULL);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "S6";
  to_send = argc > 2 ? atol(argv[2]) : 1000000;
  is_mutex = strcmp(name, "S6mutex") == 0;
  system_init(&sys);
  into = group_new(&sys, 0);
  for (uint64_t i = 0; i < RING; i++)
    atomic_init(&ring[i].turn, i);
  uv_loop_t *loop = uv_default_loop();
  for (int pass = 0; pass < 2; pass++) {
    received = wakes = 0;
    atomic_store(&is_asleep, 1);
    uv_async_init(loop, &async, on_async);
    double cpu = cpu_ns(), begin = wall_ns();
    pthread_t thread;
    pthread_create(&thread, NULL, produce, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    double wall = wall_ns() - begin;
    cpu = cpu_ns() - cpu;
    pthread_join(thread, NULL);
    if (pass == 0) continue;
    print(name, to_send, "ns", wall / (double)to_send);
    print(name, to_send, "cpu_ns", cpu / (double)to_send);
    print(name, to_send, "wakes", (double)wakes);
  }
  return sys.groups[into].completed != (uint64_t)(2 * to_send);
}
