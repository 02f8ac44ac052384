/* test_threads.c - one runtime and many threads: who may call what, and what
 * runtimes on different threads share.
 */
#include <ptg/ptg.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define THREADS 8
#define RUNTIME_THREADS 4
#define WATCHDOG_SECONDS 240
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state) {
  alarm(WATCHDOG_SECONDS);
  return 0;
}

static int tear_down(void **state) {
  alarm(0);
  return 0;
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return PTG_OK;
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  ptg_task_finish(runtime, task, NULL);
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
}

static void release(void *user_data) {
  if (user_data != NULL) ++*(int *)user_data;
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_OK;
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start,
                                   .cancel = cancel,
                                   .wake = wake,
                                   .release = release};

/* --------------------------------------------------- off the own thread -- */

static struct {
  ptg_runtime *runtime;
  ptg_group root, group;
  ptg_task task;
  const char *failed; /* the first call that did not answer as it should */
  int released;
} off;

static void expect(const char *call, ptg_status status, int is_clear) {
  if ((status != PTG_ETHREAD || !is_clear) && off.failed == NULL)
    off.failed = call;
}
#define EXPECT(call, is_clear) \
  do { \
    ptg_status status = call; \
    expect(#call, status, is_clear); \
  } while (0)

static void call_of_runtime(void) {
  ptg_runtime *runtime = off.runtime;
  ptg_group root = 7;
  struct uv_loop_s *loop = (struct uv_loop_s *)&off;
  int64_t now_ns = 7;
  ptg_error_info error = {.size = sizeof(error), .status = 7};
  EXPECT(ptg_runtime_run(runtime), 1);
  EXPECT(ptg_runtime_advance(runtime, 0), 1);
  EXPECT(ptg_runtime_destroy(runtime), 1);
  EXPECT(ptg_runtime_get_root(runtime, &root), root == PTG_NONE);
  EXPECT(ptg_runtime_get_loop(runtime, &loop), loop == NULL);
  EXPECT(ptg_runtime_get_time(runtime, &now_ns), now_ns == 0);
  EXPECT(ptg_runtime_get_error(runtime, &error), error.status == 0);
  EXPECT(ptg_runtime_set_error(runtime, PTG_EFAILED, 0, "not mine"), 1);
}

static void call_of_group(void) {
  ptg_runtime *runtime = off.runtime;
  ptg_group group = 7;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  ptg_group_info info = {.size = sizeof(info), .state = 7};
  ptg_plan_step step;
  ptg_report_row row;
  uint64_t handles[2];
  size_t count = 7;
  options.release = release;
  options.user_data = &off.released;
  EXPECT(ptg_group_create(runtime, PTG_NONE, &options, &group),
         group == PTG_NONE && off.released == 1);
  EXPECT(ptg_group_stops_before(runtime, off.group, off.group), 1);
  EXPECT(ptg_group_shutdown(runtime, off.group, NULL), 1);
  EXPECT(ptg_group_get_info(runtime, off.group, &info), info.state == 0);
  EXPECT(ptg_group_list_groups(runtime, off.root, handles, 2, &count),
         count == 0);
  count = 7;
  EXPECT(ptg_group_list_tasks(runtime, off.root, handles, 2, &count),
         count == 0);
  count = 7;
  EXPECT(ptg_group_list_abandoned(runtime, off.root, handles, 2, &count),
         count == 0);
  count = 7;
  EXPECT(ptg_group_get_plan(runtime, off.root, &step, sizeof(step), 1, &count),
         count == 0);
  count = 7;
  EXPECT(ptg_group_get_report(runtime, off.root, &row, sizeof(row), 1, &count),
         count == 0);
}

static void call_of_task(void) {
  ptg_runtime *runtime = off.runtime;
  ptg_task task = 7;
  ptg_task_info info = {.size = sizeof(info), .state = 7};
  void *user_data = &off;
  EXPECT(ptg_task_spawn(runtime, off.group, &TYPE, NULL, &off.released, &task),
         task == PTG_NONE && off.released == 2);
  EXPECT(ptg_task_finish(runtime, off.task, NULL), 1);
  EXPECT(ptg_task_cancel(runtime, off.task, NULL), 1);
  EXPECT(ptg_task_sleep(runtime, off.task, 1), 1);
  EXPECT(ptg_task_get_info(runtime, off.task, &info), info.state == 0);
  EXPECT(ptg_task_get_user_data(runtime, off.task, &TYPE, &user_data),
         user_data == NULL);
}

static void call_of_sorts(void) {
  static const char *const argv[] = {"/bin/true", NULL};
  ptg_runtime *runtime = off.runtime;
  ptg_task task = 7;
  int64_t pid = 7;
  ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  ptg_process_options process = PTG_PROCESS_OPTIONS_INIT;
  timer.after_ns = 1;
  timer.fire = fire;
  process.argv = argv;
  timer.release = process.release = release;
  timer.user_data = process.user_data = &off.released;
  EXPECT(ptg_timer_spawn(runtime, off.group, &timer, &task),
         task == PTG_NONE && off.released == 3);
  EXPECT(ptg_timer_get_info(runtime, off.task, &info), 1);
  task = 7;
  EXPECT(ptg_process_spawn(runtime, off.group, &process, &task),
         task == PTG_NONE && off.released == 4);
  EXPECT(ptg_process_signal(runtime, off.task, 15), 1);
  EXPECT(ptg_process_get_pid(runtime, off.task, &pid), pid == 0);
}

static void *call_everything(void *unused) {
  call_of_runtime();
  call_of_group();
  call_of_task();
  call_of_sorts();
  return unused;
}

static void a_call_off_the_thread_is_refused(void **state) {
  pthread_t thread;
  ptg_group_info before = PTG_GROUP_INFO_INIT, after = PTG_GROUP_INFO_INIT;
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  memset(&off, 0, sizeof(off));
  assert_int_equal(ptg_runtime_create(NULL, &off.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(off.runtime, &off.root), PTG_OK);
  ptg_group_create(off.runtime, PTG_NONE, NULL, &off.group);
  ptg_task_spawn(off.runtime, off.group, &TYPE, NULL, NULL, &off.task);
  ptg_group_get_info(off.runtime, off.group, &before);

  assert_int_equal(pthread_create(&thread, NULL, call_everything, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  if (off.failed != NULL) fail_msg("%s", off.failed);
  assert_int_equal(off.released, 4);
  ptg_group_get_info(off.runtime, off.group, &after);
  before.oldest_age_ns = after.oldest_age_ns = 0; /* time goes on */
  assert_memory_equal(&before, &after, sizeof(before));
  assert_int_equal(ptg_task_get_info(off.runtime, off.task, &info), PTG_OK);
  assert_int_equal(info.is_cancel_requested, 0);
  /* Nor is the record of the last error another thread's to write. */
  assert_int_equal(ptg_runtime_get_error(off.runtime, &error), PTG_OK);
  assert_int_equal(error.status, PTG_OK);

  assert_int_equal(ptg_runtime_request_shutdown(off.runtime, 1), PTG_OK);
  assert_int_equal(ptg_runtime_run(off.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(off.runtime), PTG_OK);
}

/* ---------------------------------------------------- asking for an end -- */

struct ender {
  ptg_runtime *runtime;
  pthread_barrier_t *barrier;
  int is_forced;
  atomic_int failed;
};

static void *ask_for_the_end(void *data) {
  struct ender *ender = data;
  pthread_barrier_wait(ender->barrier);
  for (int i = 0; i < 1000; i++)
    if (ptg_runtime_request_shutdown(ender->runtime, ender->is_forced) !=
        PTG_OK)
      atomic_fetch_add(&ender->failed, 1);
  return NULL;
}

static int closed, drained, cancelled;

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  closed++;
  return PTG_OK;
}

static void count_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  drained++;
}

static void count_cancel(ptg_runtime *runtime, ptg_task task,
                         const ptg_cancel_info *info, void *user_data) {
  cancelled++;
  ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type WAITS = {.size = sizeof(ptg_task_type),
                                    .start = start,
                                    .drain = count_drain,
                                    .cancel = count_cancel};

static void end_from_many_threads(int forcing) {
  pthread_t threads[THREADS];
  pthread_barrier_t barrier;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options root_options = PTG_GROUP_OPTIONS_INIT;
  struct ender enders[THREADS];
  ptg_group root;
  closed = drained = cancelled = 0;
  root_options.on_closed = on_closed;
  root_options.grace_ns = forcing ? PTG_FOREVER : INT64_C(20000000);
  options.root = &root_options;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  assert_int_equal(ptg_task_spawn(runtime, root, &WAITS, NULL, NULL, NULL),
                   PTG_OK);
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  for (int i = 0; i < THREADS; i++) {
    enders[i].runtime = runtime;
    enders[i].barrier = &barrier;
    enders[i].is_forced = i < forcing;
    atomic_init(&enders[i].failed, 0);
    assert_int_equal(
        pthread_create(&threads[i], NULL, ask_for_the_end, &enders[i]), 0);
  }
  pthread_barrier_wait(&barrier);
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  /* Not destroyed while somebody may still ask. */
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&enders[i].failed), 0);
  }
  assert_int_equal(closed, 1);
  assert_int_equal(cancelled, 1);
  assert_true(drained <= 1);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
  pthread_barrier_destroy(&barrier);
}

static void any_thread_may_ask_for_the_end(void **state) {
  for (int i = 0; i < 20; i++)
    end_from_many_threads(0);
}

/* With a grace for ever only the forced request ends it: it must not be lost
 * among the others. */
static void one_forced_request_among_many_is_not_lost(void **state) {
  for (int i = 0; i < 20; i++)
    end_from_many_threads(1);
  end_from_many_threads(THREADS);
}

/* A thread that asks while the loop sleeps wakes it. */
static void *ask_late(void *data) {
  struct ender *ender = data;
  pthread_barrier_wait(ender->barrier);
  ptg_runtime_request_shutdown(ender->runtime, 0);
  return NULL;
}

static void say_it_sleeps(uv_prepare_t *prepare) {
  pthread_barrier_wait(prepare->data);
  uv_close((uv_handle_t *)prepare, NULL);
}

static void a_sleeping_loop_is_woken(void **state) {
  for (int i = 0; i < 50; i++) {
    pthread_t thread;
    pthread_barrier_t barrier;
    ptg_runtime *runtime;
    struct uv_loop_s *loop;
    uv_prepare_t prepare;
    struct ender ender = {.barrier = &barrier};
    pthread_barrier_init(&barrier, NULL, 2);
    assert_int_equal(ptg_runtime_create(NULL, &runtime), PTG_OK);
    assert_int_equal(ptg_runtime_get_loop(runtime, &loop), PTG_OK);
    ender.runtime = runtime;
    uv_prepare_init(loop, &prepare);
    prepare.data = &barrier;
    uv_prepare_start(&prepare, say_it_sleeps);
    assert_int_equal(pthread_create(&thread, NULL, ask_late, &ender), 0);
    assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
    pthread_barrier_destroy(&barrier);
  }
}

/* ------------------------------------------------- runtimes side by side -- */

#define ROUNDS 40
#define HANDLES_A_ROUND 300

struct owner {
  pthread_barrier_t *barrier;
  uint64_t *handles;
  size_t count;
  int failed;
};

static void live_a_life(struct owner *owner) {
  ptg_runtime *runtime;
  ptg_group root, group;
  if (ptg_runtime_create(NULL, &runtime) != PTG_OK) owner->failed = __LINE__;
  if (owner->failed) return;
  ptg_runtime_get_root(runtime, &root);
  owner->handles[owner->count++] = root;
  for (size_t i = 1; i < HANDLES_A_ROUND; i += 2) {
    ptg_task task;
    if (ptg_group_create(runtime, root, NULL, &group) != PTG_OK ||
        ptg_task_spawn(runtime, group, &TYPE, NULL, NULL, &task) != PTG_OK) {
      owner->failed = __LINE__;
      return;
    }
    owner->handles[owner->count++] = group;
    owner->handles[owner->count++] = task;
  }
  ptg_runtime_request_shutdown(runtime, 1);
  if (ptg_runtime_run(runtime) != PTG_OK) owner->failed = __LINE__;
  if (ptg_runtime_destroy(runtime) != PTG_OK) owner->failed = __LINE__;
}

static void *live(void *data) {
  struct owner *owner = data;
  pthread_barrier_wait(owner->barrier);
  for (int i = 0; i < ROUNDS && !owner->failed; i++)
    live_a_life(owner);
  return NULL;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static void runtimes_on_many_threads_share_no_handle(void **state) {
  enum { EACH = ROUNDS * (HANDLES_A_ROUND + 1) };
  pthread_t threads[RUNTIME_THREADS];
  struct owner owners[RUNTIME_THREADS];
  pthread_barrier_t barrier;
  uint64_t *handles = calloc(RUNTIME_THREADS * EACH, sizeof(handles[0]));
  assert_non_null(handles);
  pthread_barrier_init(&barrier, NULL, RUNTIME_THREADS);
  for (int i = 0; i < RUNTIME_THREADS; i++) {
    owners[i] = (struct owner){&barrier, handles + i * EACH, 0, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, live, &owners[i]), 0);
  }
  size_t count = 0;
  for (int i = 0; i < RUNTIME_THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(owners[i].failed, 0);
    memmove(handles + count, owners[i].handles,
            owners[i].count * sizeof(handles[0]));
    count += owners[i].count;
  }
  assert_true(count >= (size_t)RUNTIME_THREADS * ROUNDS * HANDLES_A_ROUND);
  qsort(handles, count, sizeof(handles[0]), compare);
  for (size_t i = 1; i < count; i++)
    assert_true(handles[i - 1] < handles[i]);
  free(handles);
  pthread_barrier_destroy(&barrier);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_call_off_the_thread_is_refused),
      CASE(any_thread_may_ask_for_the_end),
      CASE(one_forced_request_among_many_is_not_lost),
      CASE(a_sleeping_loop_is_woken),
      CASE(runtimes_on_many_threads_share_no_handle),
  };
  return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
