/* test_threads_queue.c - a queue that many threads push to: what is accepted is
 * handled or dropped once and in each sender's order, what is not is told, and
 * no message is lost on the way.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "queue_bench.h"

#define THREADS 4
#define EACH 20000
#define WATCHDOG_S 240

struct sender {
  struct crowd *crowd;
  pthread_t thread;
  int number;
  int sent;    /* by calls that answered PTG_OK; the thread's own */
  int refused; /* by the queue; the rest is the runtime's thread's */
  int handled;
  int dropped;
  int last; /* the last that was handled or dropped */
  int told;
  int accepted;
};

/* A message is a place in the array of its sender. */
struct letter {
  struct sender *sender;
  int number;
};

struct crowd {
  struct bench *bench;
  ptg_remote *remote;
  struct sender senders[THREADS];
  struct letter letters[THREADS][EACH];
};

static struct crowd crowd;

static void note(struct letter *letter) {
  assert_true(letter->number > letter->sender->last);
  letter->sender->last = letter->number;
}

static ptg_status handle_letter(ptg_runtime *runtime, ptg_task queue,
                                void *message, void *user_data,
                                ptg_task *started) {
  struct letter *letter = message;
  (void)runtime;
  (void)queue;
  (void)user_data;
  (void)started;
  note(letter);
  letter->sender->handled++;
  return PTG_OK;
}

static void drop_letter(ptg_runtime *runtime, ptg_task queue, void *message,
                        void *user_data) {
  struct letter *letter = message;
  (void)runtime;
  (void)queue;
  (void)user_data;
  note(letter);
  letter->sender->dropped++;
}

/* On the runtime's thread. */
static void on_pushed(ptg_status status, void *message, void *user_data) {
  struct letter *letter = message;
  assert_ptr_equal(letter->sender, user_data);
  letter->sender->told++;
  if (status == PTG_OK) {
    letter->sender->accepted++;
    return;
  }
  assert_true(status == PTG_EFULL || status == PTG_ECLOSED ||
              status == PTG_ESTALE);
  letter->sender->refused++;
}

static void *send_all(void *data) {
  struct sender *sender = data;
  for (int i = 0; i < EACH; i++) {
    struct letter *letter = &crowd.letters[sender->number][i];
    *letter = (struct letter){sender, i};
    ptg_status status;
    /* As long as too much is on its way. */
    while ((status = ptg_queue_push_remote(crowd.remote, crowd.bench->queue,
                                           PTG_NONE, letter, on_pushed,
                                           sender)) == PTG_EFULL)
      sched_yield();
    if (status == PTG_ECLOSED) break;
    if (status != PTG_OK) abort();
    sender->sent++;
  }
  return NULL;
}

static void begin(struct bench *bench, uint64_t capacity) {
  memset(&crowd, 0, sizeof(crowd));
  crowd.bench = bench;
  set_up(bench);
  ptg_queue_options options = options_of(bench, capacity, 1);
  options.handle = handle_letter;
  options.drop = drop_letter;
  assert_int_equal(
      ptg_queue_spawn(bench->runtime, bench->group, &options, &bench->queue),
      PTG_OK);
  assert_int_equal(ptg_remote_open(bench->runtime, &crowd.remote), PTG_OK);
  for (int i = 0; i < THREADS; i++) {
    struct sender *sender = &crowd.senders[i];
    sender->number = i;
    sender->last = -1;
    assert_int_equal(pthread_create(&sender->thread, NULL, send_all, sender),
                     0);
  }
}

static void join(void) {
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(crowd.senders[i].thread, NULL), 0);
  ptg_remote_close(crowd.remote);
}

static int count_told(void) {
  int told = 0;
  for (int i = 0; i < THREADS; i++)
    told += crowd.senders[i].told;
  return told;
}

static void expect_nothing_lost(void) {
  for (int i = 0; i < THREADS; i++) {
    const struct sender *sender = &crowd.senders[i];
    int accepted = sender->accepted;
    assert_int_equal(sender->told, sender->sent);
    assert_int_equal(accepted + sender->refused, sender->sent);
    assert_int_equal(sender->handled + sender->dropped, accepted);
  }
}

static void each_sender_keeps_its_order(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, THREADS * EACH);
  while (count_told() < THREADS * EACH)
    advance(&bench, 0);
  join();
  close_queue(&bench);
  advance(&bench, 0);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
  expect_nothing_lost();
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(crowd.senders[i].handled, EACH);
}

static void full_queue_tells_the_senders(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 3);
  while (count_told() < THREADS * EACH)
    advance(&bench, 0);
  join();
  uint64_t refused = info_of(&bench).refused;
  close_queue(&bench);
  advance(&bench, 0);
  tear_down(&bench);
  expect_nothing_lost();
  for (int i = 0; i < THREADS; i++)
    refused -= (uint64_t)crowd.senders[i].refused;
  assert_int_equal(refused, 0);
}

/* In the middle of it the queue is closed, then the runtime ends. */
static void end_under_fire(struct bench *bench, void (*end)(struct bench *)) {
  while (count_told() < 1000)
    advance(bench, 0);
  end(bench);
  while (count_told() < 3000)
    advance(bench, 0);
  tear_down(bench);
  join();
  expect_nothing_lost();
}

static void close_under_fire_loses_nothing(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 64);
  end_under_fire(&bench, close_queue);
  assert_int_equal(bench.outcome.status, PTG_OK);
  assert_int_equal(bench.outcome.value, 0);
}

static void cancel_queue(struct bench *bench) {
  assert_int_equal(ptg_task_cancel(bench->runtime, bench->queue, NULL), PTG_OK);
}

static void cancel_under_fire_drops_each_once(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 64);
  end_under_fire(&bench, cancel_queue);
  assert_int_equal(bench.outcome.status, PTG_ECANCELED);
  uint64_t left = bench.outcome.value;
  for (int i = 0; i < THREADS; i++)
    left -= (uint64_t)crowd.senders[i].dropped;
  assert_int_equal(left, 0);
}

static void push_to_no_runtime_is_refused(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 4, 1);
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(bench.runtime, &remote), PTG_OK);
  assert_int_equal(
      ptg_queue_push_remote(NULL, bench.queue, PTG_NONE, NULL, on_pushed, NULL),
      PTG_EINVAL);
  /* Nobody needs to be told. */
  assert_int_equal(
      ptg_queue_push_remote(remote, bench.queue, PTG_NONE, NULL, NULL, NULL),
      PTG_OK);
  advance(&bench, 0);
  assert_int_equal(bench.handled, 1);
  tear_down(&bench);
  /* on_pushed would not stand a message that is NULL. */
  assert_int_equal(ptg_queue_push_remote(remote, bench.queue, PTG_NONE, NULL,
                                         on_pushed, NULL),
                   PTG_ECLOSED);
  ptg_remote_close(remote);
}

int main(void) {
  alarm(WATCHDOG_S);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_sender_keeps_its_order),
      cmocka_unit_test(full_queue_tells_the_senders),
      cmocka_unit_test(close_under_fire_loses_nothing),
      cmocka_unit_test(cancel_under_fire_drops_each_once),
      cmocka_unit_test(push_to_no_runtime_is_refused),
  };
  return cmocka_run_group_tests_name("kinds/queue from threads", tests, NULL,
                                     NULL);
}
