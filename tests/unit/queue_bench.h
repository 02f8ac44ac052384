/* queue_bench.h - what the tests of the sort "queue" share: a runtime on the
 * manual clock with a group, a queue in it, and a record of what became of its
 * messages, which are numbers.
 */
#ifndef PTG_TESTS_QUEUE_BENCH_H
#define PTG_TESTS_QUEUE_BENCH_H

#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define MESSAGES 4096

struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  ptg_task queue;
  int64_t begun_ns;
  size_t balance; /* bytes taken and not given back */
  int64_t to_go;  /* takings until one fails; -1: none does */

  int handled; /* messages that handle was given */
  intptr_t order[MESSAGES];
  int told[MESSAGES]; /* how often a message was given to handle */
  int dropped;
  int drops[MESSAGES];
  intptr_t last_dropped;
  int rooms;
  int done;
  ptg_outcome outcome;
  char message[128];
  int64_t done_at_ns;
  int released;
  int errors;

  /* What a handler does. */
  int64_t work_ns;   /* spawns a task that lasts so long; 0: none */
  ptg_group work_in; /* PTG_NONE: the queue's group */
  int is_stubborn;
  ptg_status work_status;
  ptg_status answer;
  void (*in_handle)(struct bench *bench, intptr_t number);
  void (*in_drop)(struct bench *bench, intptr_t number);
  void (*in_room)(struct bench *bench);

  int works_running;
  int works_peak;
  int works_cancelled;
};

static inline int64_t now(const struct bench *bench) {
  int64_t now_ns;
  assert_int_equal(ptg_runtime_get_time(bench->runtime, &now_ns), PTG_OK);
  return now_ns;
}

/* ----------------------------------------------------- tasks of messages -- */

static inline ptg_status work_start(ptg_runtime *runtime, ptg_task task,
                                    void *user_data) {
  struct bench *bench = user_data;
  if (++bench->works_running > bench->works_peak)
    bench->works_peak = bench->works_running;
  return ptg_task_sleep(runtime, task, bench->work_ns);
}

static inline void work_wake(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  const struct bench *bench = user_data;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = bench->work_status;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
}

static inline void work_cancel(ptg_runtime *runtime, ptg_task task,
                               const ptg_cancel_info *info, void *user_data) {
  struct bench *bench = user_data;
  (void)info;
  bench->works_cancelled++;
  if (bench->is_stubborn) return;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
}

static inline void work_done(ptg_runtime *runtime, ptg_task task,
                             const ptg_outcome *outcome, void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)task;
  if ((outcome->flags & PTG_OUTCOME_NEVER_RAN) == 0) bench->works_running--;
}

static const ptg_task_type WORK = {.size = sizeof(ptg_task_type),
                                   .name = "work",
                                   .start = work_start,
                                   .wake = work_wake,
                                   .cancel = work_cancel,
                                   .done = work_done};

/* ------------------------------------------------------------- the queue -- */

static inline ptg_status handle(ptg_runtime *runtime, ptg_task queue,
                                void *message, void *user_data,
                                ptg_task *started) {
  struct bench *bench = user_data;
  intptr_t number = (intptr_t)message;
  ptg_task current;
  assert_int_equal(queue, bench->queue);
  assert_int_equal(*started, PTG_NONE);
  assert_int_equal(ptg_runtime_get_current(runtime, &current, NULL), PTG_OK);
  assert_int_equal(current, queue);
  assert_in_range(number, 0, MESSAGES - 1);
  assert_in_range(bench->handled, 0, MESSAGES - 1);
  bench->order[bench->handled++] = number;
  bench->told[number]++;
  if (bench->in_handle != NULL) bench->in_handle(bench, number);
  if (bench->answer != PTG_OK || bench->work_ns == 0) return bench->answer;
  ptg_group group = bench->work_in != PTG_NONE ? bench->work_in : bench->group;
  return ptg_task_spawn(runtime, group, &WORK, NULL, bench, started);
}

static inline void drop(ptg_runtime *runtime, ptg_task queue, void *message,
                        void *user_data) {
  struct bench *bench = user_data;
  intptr_t number = (intptr_t)message;
  (void)runtime;
  assert_int_equal(queue, bench->queue);
  assert_int_equal(bench->done, 0);
  assert_in_range(number, 0, MESSAGES - 1);
  if (bench->dropped > 0) assert_true(number > bench->last_dropped);
  bench->last_dropped = number;
  bench->dropped++;
  bench->drops[number]++;
  if (bench->in_drop != NULL) bench->in_drop(bench, number);
}

static inline void has_room(ptg_runtime *runtime, ptg_task queue,
                            void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  assert_int_equal(queue, bench->queue);
  bench->rooms++;
  if (bench->in_room != NULL) bench->in_room(bench);
}

static inline void on_done(ptg_runtime *runtime, ptg_task queue,
                           const ptg_outcome *outcome, void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  assert_int_equal(queue, bench->queue);
  assert_int_equal(bench->released, 0);
  bench->done++;
  bench->outcome = *outcome;
  bench->done_at_ns = now(bench) - bench->begun_ns;
  if (outcome->message != NULL)
    snprintf(bench->message, sizeof(bench->message), "%.*s",
             (int)outcome->message_length, outcome->message);
}

static inline void on_release(void *user_data) {
  struct bench *bench = user_data;
  bench->released++;
}

static inline ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                                  void *user_data) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)error;
  bench->errors++;
  return PTG_OK;
}

static inline void *allocate(void *alloc_data, void *block, size_t old_size,
                             size_t new_size) {
  struct bench *bench = alloc_data;
  if (new_size == 0) {
    bench->balance -= old_size;
    free(block);
    return NULL;
  }
  if (bench->to_go >= 0 && bench->to_go-- == 0) return NULL;
  void *moved = realloc(block, new_size);
  if (moved != NULL) bench->balance += new_size - old_size;
  return moved;
}

static inline ptg_group make_group(struct bench *bench, ptg_group parent,
                                   const char *name) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  ptg_group group;
  options.name = name;
  options.on_error = on_error;
  options.user_data = bench;
  options.grace_ns = 10 * SECOND;
  options.cancel_wait_ns = 5 * SECOND;
  assert_int_equal(ptg_group_create(bench->runtime, parent, &options, &group),
                   PTG_OK);
  return group;
}

static inline void set_up_on(struct bench *bench, uint32_t flags) {
  memset(bench, 0, sizeof(*bench));
  bench->to_go = -1;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = flags;
  options.alloc = allocate;
  options.alloc_data = bench;
  assert_int_equal(ptg_runtime_create(&options, &bench->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(bench->runtime, &bench->root), PTG_OK);
  bench->group = make_group(bench, PTG_NONE, "group");
  bench->begun_ns = now(bench);
}

static inline void set_up(struct bench *bench) {
  set_up_on(bench, PTG_RUNTIME_MANUAL_CLOCK);
}

static inline ptg_queue_options
options_of(struct bench *bench, uint64_t capacity, uint64_t at_once) {
  ptg_queue_options options = PTG_QUEUE_OPTIONS_INIT;
  options.capacity = capacity;
  options.at_once = at_once;
  options.handle = handle;
  options.drop = drop;
  options.has_room = has_room;
  options.done = on_done;
  options.release = on_release;
  options.user_data = bench;
  return options;
}

static inline void spawn(struct bench *bench, uint64_t capacity,
                         uint64_t at_once) {
  ptg_queue_options options = options_of(bench, capacity, at_once);
  assert_int_equal(
      ptg_queue_spawn(bench->runtime, bench->group, &options, &bench->queue),
      PTG_OK);
}

static inline ptg_status push(struct bench *bench, intptr_t number) {
  int handled = bench->handled;
  ptg_status status =
      ptg_queue_push(bench->runtime, bench->queue, PTG_NONE, (void *)number);
  assert_int_equal(bench->handled, handled);
  return status;
}

/* The numbers from first on, all accepted. */
static inline void push_all(struct bench *bench, intptr_t first, int count) {
  for (intptr_t i = 0; i < count; i++)
    assert_int_equal(push(bench, first + i), PTG_OK);
}

static inline void close_queue(struct bench *bench) {
  assert_int_equal(ptg_queue_close(bench->runtime, bench->queue), PTG_OK);
}

static inline void advance(struct bench *bench, int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(bench->runtime, duration_ns), PTG_OK);
}

static inline void shut_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->group, NULL),
                   PTG_OK);
}

static inline ptg_queue_info info_of(struct bench *bench) {
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  assert_int_equal(ptg_queue_get_info(bench->runtime, bench->queue, &info),
                   PTG_OK);
  assert_int_equal(info.accepted, info.length + info.running + info.handled);
  return info;
}

/* Ends all, and checks what always holds: each message was handled or dropped
 * once, or not at all if it was refused; nothing is left. */
static inline void tear_down(struct bench *bench) {
  assert_int_equal(ptg_group_shutdown(bench->runtime, bench->root, NULL),
                   PTG_OK);
  advance(bench, 100 * SECOND);
  assert_int_equal(ptg_runtime_destroy(bench->runtime), PTG_OK);
  assert_int_equal(bench->done, 1);
  assert_int_equal(bench->released, 1);
  assert_int_equal(bench->works_running, 0);
  assert_int_equal(bench->balance, 0);
  int is_failed = bench->answer != PTG_OK;
  for (int i = 0; i < MESSAGES; i++)
    if (!is_failed) assert_true(bench->told[i] + bench->drops[i] <= 1);
}

static inline void assert_order(const struct bench *bench, int count) {
  assert_int_equal(bench->handled, count);
  for (int i = 0; i < count; i++)
    assert_int_equal(bench->order[i], i);
}

static inline void assert_ended(const struct bench *bench, ptg_status status,
                                uint32_t flags, uint64_t left) {
  assert_int_equal(bench->done, 1);
  assert_int_equal(bench->outcome.status, status);
  assert_int_equal(bench->outcome.flags, flags);
  assert_int_equal(bench->outcome.value, left);
  assert_int_equal(bench->dropped, left);
}

#endif
