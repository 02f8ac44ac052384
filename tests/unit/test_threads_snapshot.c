/* test_threads_snapshot.c - pictures of all runtimes of the process, each on a
 * thread of its own.
 */
#include <ptg/ptg.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

#define WATCHDOG_S 240
#define MS INT64_C(1000000)
#define LONG (200 * 1000 * MS) /* nobody needs so long */
#define TASKS 20

/* A runtime on a thread. What may go wrong there ends the program: cmocka's
 * assertions are for its own thread. */
struct host {
  pthread_t thread;
  ptg_runtime *runtime; /* from ready on */
  sem_t ready;
  sem_t go;
  uint32_t flags;
  int is_stuck; /* it waits for go instead of turning */
  int rounds;
  void (*inside)(struct host *host); /* called in a callback */
  pthread_barrier_t *together;
};

#define MUST(condition) ((condition) ? (void)0 : abort())

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  struct host *host = user_data;
  (void)runtime;
  (void)task;
  if (host != NULL && host->inside != NULL) host->inside(host);
  return PTG_OK;
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)user_data;
  MUST(ptg_task_finish(runtime, task, NULL) == PTG_OK);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  (void)info;
  on_drain(runtime, task, user_data);
}

static const ptg_task_type idler = {.size = sizeof(idler),
                                    .name = "idler",
                                    .start = on_start,
                                    .drain = on_drain,
                                    .cancel = on_cancel};

static void populate(struct host *host) {
  ptg_group group;
  MUST(ptg_group_create(host->runtime, PTG_NONE, NULL, &group) == PTG_OK);
  for (int i = 0; i < TASKS; i++)
    MUST(ptg_task_spawn(host->runtime, group, &idler, NULL,
                        i == 0 ? host : NULL, NULL) == PTG_OK);
}

static void create(struct host *host) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = host->flags;
  MUST(ptg_runtime_create(&options, &host->runtime) == PTG_OK);
  populate(host);
}

static void end(struct host *host) {
  if (host->flags & PTG_RUNTIME_MANUAL_CLOCK) {
    ptg_group root;
    MUST(ptg_runtime_get_root(host->runtime, &root) == PTG_OK);
    MUST(ptg_group_shutdown(host->runtime, root, NULL) == PTG_OK);
    MUST(ptg_runtime_advance(host->runtime, LONG) == PTG_OK);
  } else {
    MUST(ptg_runtime_run(host->runtime) == PTG_OK);
  }
  MUST(ptg_runtime_destroy(host->runtime) == PTG_OK);
}

static void *host_main(void *data) {
  struct host *host = data;
  create(host);
  sem_post(&host->ready);
  if (host->is_stuck) sem_wait(&host->go);
  end(host);
  return NULL;
}

static void launch(struct host *host, void *(*body)(void *)) {
  assert_int_equal(sem_init(&host->ready, 0, 0), 0);
  assert_int_equal(sem_init(&host->go, 0, 0), 0);
  assert_int_equal(pthread_create(&host->thread, NULL, body, host), 0);
}

static void begin(struct host *host) {
  launch(host, host_main);
  sem_wait(&host->ready);
}

static void finish(struct host *host) {
  if ((host->flags & PTG_RUNTIME_MANUAL_CLOCK) == 0)
    assert_int_equal(ptg_runtime_request_shutdown(host->runtime, 0), PTG_OK);
  if (host->is_stuck) sem_post(&host->go);
  assert_int_equal(pthread_join(host->thread, NULL), 0);
}

/* -------------------------------------------------------------- look at -- */

/* What holds of every picture, also when runtimes come and go. */
static void check(const ptg_snapshot_view *view) {
  uint64_t tasks = 0;
  for (uint64_t i = 0; i < view->group_count; i++) {
    const ptg_snapshot_group *group = &view->groups[i];
    uint64_t parent = 0;
    while (parent < i && view->groups[parent].group != group->parent)
      parent++;
    MUST((parent < i) == (group->parent != PTG_NONE));
    if (parent < i) MUST(view->groups[parent].runtime == group->runtime);
    if (i > 0) MUST(group->runtime >= view->groups[i - 1].runtime);
    MUST(group->first_task == tasks);
    MUST(group->tasks <= TASKS);
    MUST(strlen(view->strings + group->name) == group->name_length);
    tasks += group->tasks;
    for (uint64_t j = group->first_task; j < tasks; j++) {
      MUST(view->tasks[j].group == i);
      MUST(strcmp(view->strings + view->tasks[j].name, "idler") == 0);
      MUST(strcmp(view->strings + view->tasks[j].type_name, "idler") == 0);
      MUST(view->tasks[j].age_ns >= 0);
    }
  }
  MUST(tasks == view->task_count);
}

static ptg_snapshot_view take_all(int64_t timeout_ns) {
  ptg_snapshot *snapshot;
  MUST(ptg_snapshot_take_all(timeout_ns, &snapshot) == PTG_OK);
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  MUST(ptg_snapshot_get_view(snapshot, &view) == PTG_OK);
  check(&view);
  size_t length;
  MUST(ptg_snapshot_write_json(snapshot, NULL, 0, &length) == PTG_ERANGE);
  ptg_snapshot_destroy(snapshot);
  return view; /* its numbers only */
}

/* ---------------------------------------------------------------- cases -- */

static void process_without_a_runtime_is_an_empty_picture(void **state) {
  (void)state;
  ptg_snapshot_view view = take_all(LONG);
  assert_int_equal(view.runtimes + view.unanswered, 0);
  assert_int_equal(view.group_count + view.task_count, 0);
}

static void foreign_thread_sees_the_runtimes_of_three_threads(void **state) {
  (void)state;
  struct host hosts[3] = {0};
  for (int i = 0; i < 3; i++)
    begin(&hosts[i]);
  for (int i = 0; i < 100; i++) {
    ptg_snapshot_view view = take_all(LONG);
    assert_int_equal(view.runtimes, 3);
    assert_int_equal(view.unanswered, 0);
    assert_int_equal(view.group_count, 6);
    assert_int_equal(view.task_count, 3 * TASKS);
  }
  for (int i = 0; i < 3; i++)
    finish(&hosts[i]);
  assert_int_equal(take_all(LONG).runtimes, 0);
}

static void look_once(struct host *host) {
  ptg_snapshot_view view = take_all(LONG);
  MUST(view.runtimes == 3 && view.unanswered == 0);
  host->rounds++;
}

static void picture_can_be_taken_inside_a_callback(void **state) {
  (void)state;
  struct host others[2] = {0};
  begin(&others[0]);
  begin(&others[1]);
  struct host host = {.inside = look_once};
  begin(&host);
  finish(&host);
  assert_int_equal(host.rounds, 1);
  finish(&others[0]);
  finish(&others[1]);
}

static void look_together(struct host *host) {
  pthread_barrier_wait(host->together);
  for (int i = 0; i < 200; i++) {
    ptg_snapshot_view view = take_all(LONG);
    MUST(view.runtimes >= 1 && view.unanswered == 0);
    host->rounds++;
  }
}

static void runtimes_that_picture_each_other_do_not_wait_for_ever(void **s) {
  (void)s;
  pthread_barrier_t together;
  assert_int_equal(pthread_barrier_init(&together, NULL, 3), 0);
  struct host hosts[3];
  for (int i = 0; i < 3; i++) {
    hosts[i] = (struct host){.inside = look_together, .together = &together};
    begin(&hosts[i]);
  }
  for (int i = 0; i < 3; i++)
    finish(&hosts[i]);
  for (int i = 0; i < 3; i++)
    assert_int_equal(hosts[i].rounds, 200);
  pthread_barrier_destroy(&together);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void runtime_that_does_not_turn_is_counted(void **state) {
  (void)state;
  struct host stuck = {.is_stuck = 1};
  begin(&stuck);
  for (int64_t timeout_ns = 0; timeout_ns <= 20 * MS; timeout_ns += 10 * MS) {
    int64_t begun_ns = now_ns();
    ptg_snapshot_view view = take_all(timeout_ns);
    assert_true(now_ns() - begun_ns >= timeout_ns);
    assert_true(now_ns() - begun_ns < LONG);
    assert_int_equal(view.runtimes, 0);
    assert_int_equal(view.unanswered, 1);
    assert_int_equal(view.group_count, 0);
  }
  finish(&stuck);
}

static void manual_clock_that_is_not_moved_is_counted(void **state) {
  (void)state;
  struct host stuck = {.is_stuck = 1, .flags = PTG_RUNTIME_MANUAL_CLOCK};
  begin(&stuck);
  assert_int_equal(take_all(10 * MS).unanswered, 1);
  finish(&stuck);
  assert_int_equal(take_all(LONG).unanswered, 0);
}

/* The ones that were made later got no time. */
static void runtime_that_does_not_turn_takes_nothing_from_others(void **s) {
  (void)s;
  struct host stuck[2] = {{.is_stuck = 1}, {.is_stuck = 1}};
  struct host others[2] = {0};
  begin(&stuck[0]);
  begin(&others[0]);
  begin(&stuck[1]);
  begin(&others[1]);
  /* However slow this machine is, they answer some time. */
  ptg_snapshot_view view = take_all(20 * MS);
  for (int64_t wait_ns = 40 * MS; view.runtimes < 2; wait_ns *= 2) {
    assert_true(wait_ns < 30 * 1000 * MS);
    view = take_all(wait_ns);
  }
  assert_int_equal(view.unanswered, 2);
  assert_int_equal(view.task_count, 2 * TASKS);
  finish(&stuck[0]);
  finish(&stuck[1]);
  assert_int_equal(take_all(LONG).runtimes, 2);
  finish(&others[0]);
  finish(&others[1]);
}

static void look_until_all_answer(struct host *host) {
  MUST(take_all(LONG).unanswered == 0);
  host->rounds++;
}

static void runtime_that_waits_for_a_picture_answers_others(void **state) {
  (void)state;
  struct host stuck = {.is_stuck = 1};
  struct host waiting = {.inside = look_until_all_answer};
  begin(&stuck);
  begin(&waiting);
  /* A first answer may come before it waits, later ones do not. */
  int64_t wait_ns = 20 * MS;
  for (int answers = 0; answers < 5; wait_ns *= 2) {
    assert_true(wait_ns < 30 * 1000 * MS);
    while (answers < 5 && take_all(wait_ns).runtimes == 1)
      answers++;
  }
  finish(&stuck);
  finish(&waiting);
  assert_int_equal(waiting.rounds, 1);
}

static void runtimes_of_the_own_thread_answer_at_once(void **state) {
  (void)state;
  struct host own[2] = {{.flags = PTG_RUNTIME_MANUAL_CLOCK},
                        {.flags = PTG_RUNTIME_MANUAL_CLOCK}};
  create(&own[0]);
  create(&own[1]);
  ptg_snapshot_view view = take_all(0);
  assert_int_equal(view.runtimes, 2);
  assert_int_equal(view.unanswered, 0);
  assert_int_equal(view.task_count, 2 * TASKS);
  end(&own[0]);
  assert_int_equal(take_all(0).runtimes, 1);
  end(&own[1]);
}

/* ---------------------------------------------------------- come and go -- */

#define SEEN 300
#define LOOKS 1000
static atomic_int is_enough;

static void *live_and_die(void *data) {
  struct host *host = data;
  for (int i = 0; !atomic_load(&is_enough); i++) {
    create(host);
    MUST(ptg_runtime_request_shutdown(host->runtime, i % 2) == PTG_OK);
    end(host);
  }
  return NULL;
}

#ifdef __SANITIZE_THREAD__
/* libuv closes descriptors by a system call that ThreadSanitizer does not see,
 * and so it takes a number that is given out again, to another thread, for a
 * race about it. */
__attribute__((visibility("default"))) const char *
__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "race:epoll_create1\nrace:pipe2\nrace:eventfd\n";
}
#endif

/* Whoever is destroyed meanwhile is gone, not silent. */
static void runtimes_come_and_go_while_pictures_are_taken(void **state) {
  (void)state;
  struct host hosts[3] = {0};
  atomic_store(&is_enough, 0);
  for (int i = 0; i < 3; i++)
    launch(&hosts[i], live_and_die);
  uint64_t seen = 0;
  for (int looks = 0; looks < LOOKS || seen < SEEN; looks++) {
    ptg_snapshot_view view = take_all(LONG);
    assert_int_equal(view.unanswered, 0);
    seen += view.runtimes;
  }
  atomic_store(&is_enough, 1);
  for (int i = 0; i < 3; i++)
    assert_int_equal(pthread_join(hosts[i].thread, NULL), 0);
}

int main(void) {
  alarm(WATCHDOG_S);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(process_without_a_runtime_is_an_empty_picture),
      cmocka_unit_test(foreign_thread_sees_the_runtimes_of_three_threads),
      cmocka_unit_test(picture_can_be_taken_inside_a_callback),
      cmocka_unit_test(runtimes_that_picture_each_other_do_not_wait_for_ever),
      cmocka_unit_test(runtime_that_does_not_turn_is_counted),
      cmocka_unit_test(manual_clock_that_is_not_moved_is_counted),
      cmocka_unit_test(runtime_that_does_not_turn_takes_nothing_from_others),
      cmocka_unit_test(runtime_that_waits_for_a_picture_answers_others),
      cmocka_unit_test(runtimes_of_the_own_thread_answer_at_once),
      cmocka_unit_test(runtimes_come_and_go_while_pictures_are_taken),
  };
  return cmocka_run_group_tests_name("snapshots from threads", tests, NULL,
                                     NULL);
}
