/* test_threads_remote.c - many threads that send while a runtime runs, shuts
 * down and is destroyed: each hears PTG_ECLOSED in the end, what each sent
 * arrives in order, and all user data is released once.
 */
#include <ptg/ptg.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SENDERS 8
#define ROUNDS 60
#define MESSAGES 5000 /* arrived before the shutdown is asked for */

/* A sender's counters are its own thread's; the runtime's are atomic, for the
 * last of them may move while it is destroyed. */
struct sender {
  struct crowd *crowd;
  pthread_t thread;
  ptg_remote *remote;
  uint64_t random;
  uint32_t next; /* number of its next post */
  uint32_t heard;
  long sent;
  long spawned; /* with user data, accepted or not */
  long posted;
  long strange; /* answers that there should not be */
};

struct crowd {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  struct sender senders[SENDERS];
  long arrived;
  long started;
  long done;
  long disorder;
  atomic_long released;
  atomic_long posts_released;
  int is_forced;
};

/* A post with its number; one for each. */
struct post {
  struct sender *sender;
  uint32_t number;
};

/* --------------------------------------------------------- the runtime's -- */

static void see_arrival(struct crowd *crowd) {
  if (++crowd->arrived != MESSAGES) return;
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = crowd->is_forced ? PTG_SHUTDOWN_FORCE : 0;
  assert_int_equal(ptg_group_shutdown(crowd->runtime, crowd->root, &options),
                   PTG_OK);
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task, void *data) {
  struct crowd *crowd = data;
  crowd->started++;
  see_arrival(crowd);
  return PTG_OK;
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *data) {
  ptg_task_finish(runtime, task, NULL);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *data) {
  ptg_task_finish(runtime, task, NULL);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *data) {
  ((struct crowd *)data)->done++;
}

static void on_release(void *data) {
  atomic_fetch_add(&((struct crowd *)data)->released, 1);
}

static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                   .start = on_start,
                                   .drain = on_drain,
                                   .cancel = on_cancel,
                                   .done = on_done,
                                   .release = on_release};

static void on_post(ptg_runtime *runtime, void *data) {
  struct post *post = data;
  struct sender *sender = post->sender;
  sender->crowd->disorder += post->number != sender->heard;
  sender->heard = post->number + 1;
  see_arrival(sender->crowd);
}

static void on_post_release(void *data) {
  struct post *post = data;
  atomic_fetch_add(&post->sender->crowd->posts_released, 1);
  free(post);
}

/* ---------------------------------------------------------- the senders' -- */

static uint32_t pick(struct sender *sender, uint32_t below) {
  sender->random = sender->random * UINT64_C(6364136223846793005) +
                   UINT64_C(1442695040888963407);
  return (uint32_t)(sender->random >> 33) % below;
}

static ptg_status send_post(struct sender *sender) {
  struct post *post = malloc(sizeof(*post));
  if (post == NULL) return PTG_ENOMEM;
  *post = (struct post){sender, sender->next};
  sender->posted++;
  ptg_status status =
      ptg_remote_post(sender->remote, on_post, on_post_release, post);
  if (status == PTG_OK) sender->next++;
  return status;
}

static ptg_status send_spawn(struct sender *sender) {
  struct crowd *crowd = sender->crowd;
  ptg_task task;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "from afar";
  sender->spawned++;
  ptg_group group = pick(sender, 2) ? crowd->root : crowd->group;
  ptg_status status =
      ptg_remote_spawn(sender->remote, group, &type, &options, crowd, &task);
  if (status != PTG_OK) return status;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
  outcome.message = "well done";
  cancel.reason = "no more";
  switch (pick(sender, 3)) {
  case 0:
    return ptg_remote_finish(sender->remote, task, &outcome);
  case 1:
    return ptg_remote_cancel(sender->remote, task, &cancel);
  default:
    return PTG_OK; /* ends with its group */
  }
}

static void *hammer(void *data) {
  struct sender *sender = data;
  for (;;) {
    ptg_status status =
        pick(sender, 2) ? send_post(sender) : send_spawn(sender);
    if (status == PTG_ECLOSED) break;
    if (status == PTG_EFULL) {
      sched_yield();
    } else if (status == PTG_OK) {
      sender->sent++;
    } else {
      sender->strange++;
    }
  }
  /* Closed is closed: again and again, also while the runtime goes. */
  for (int i = 0; i < 1000; i++)
    if (send_post(sender) != PTG_ECLOSED) sender->strange++;
  ptg_remote_close(sender->remote);
  return NULL;
}

/* ---------------------------------------------------------------- rounds -- */

static void begin_round(struct crowd *crowd, uint64_t seed, int is_forced) {
  *crowd = (struct crowd){.is_forced = is_forced};
  assert_int_equal(ptg_runtime_create(NULL, &crowd->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(crowd->runtime, &crowd->root), PTG_OK);
  assert_int_equal(
      ptg_group_create(crowd->runtime, PTG_NONE, NULL, &crowd->group), PTG_OK);
  for (uint64_t i = 0; i < SENDERS; i++) {
    struct sender *sender = &crowd->senders[i];
    *sender = (struct sender){.crowd = crowd, .random = seed * SENDERS + i};
    assert_int_equal(ptg_remote_open(crowd->runtime, &sender->remote), PTG_OK);
  }
  for (int i = 0; i < SENDERS; i++)
    assert_int_equal(pthread_create(&crowd->senders[i].thread, NULL, hammer,
                                    &crowd->senders[i]),
                     0);
}

static void end_round(struct crowd *crowd) {
  assert_int_equal(ptg_runtime_run(crowd->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(crowd->runtime), PTG_OK);
  long spawned = 0, posted = 0;
  for (int i = 0; i < SENDERS; i++) {
    struct sender *sender = &crowd->senders[i];
    assert_int_equal(pthread_join(sender->thread, NULL), 0);
    assert_int_equal(sender->strange, 0);
    assert_int_equal(sender->heard, sender->next); /* all that was accepted */
    spawned += sender->spawned;
    posted += sender->posted;
  }
  assert_int_equal(crowd->disorder, 0);
  assert_int_equal(atomic_load(&crowd->released), spawned);
  assert_int_equal(atomic_load(&crowd->posts_released), posted);
  assert_true(crowd->done >= crowd->started);
}

static void senders_may_hammer_through_shutdown_and_destroy(void **state) {
  static struct crowd crowd;
  for (int round = 0; round < ROUNDS; round++) {
    begin_round(&crowd, (uint64_t)round, round % 2);
    end_round(&crowd);
  }
}

/* Nobody listens for long: the senders meet PTG_EFULL, and lose nothing. */
static void senders_wait_for_a_runtime_that_does_not_run(void **state) {
  static struct crowd crowd;
  begin_round(&crowd, 99, 0);
  ptg_status status = PTG_OK;
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(crowd.runtime, &remote), PTG_OK);
  while (status != PTG_EFULL) {
    status = ptg_remote_shutdown(remote, PTG_NONE, NULL); /* of nobody */
    assert_true(status == PTG_OK || status == PTG_EFULL);
    sched_yield();
  }
  ptg_remote_close(remote);
  end_round(&crowd);
}

static void *touch_everything(void *data) {
  struct crowd *crowd = data;
  ptg_runtime *runtime = crowd->runtime;
  ptg_event event;
  size_t count;
  int64_t value;
  int32_t descriptor;
  ptg_task task;
  ptg_watch watch = 77;
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  int64_t answers =
      (ptg_runtime_turn(runtime, 0) == PTG_ETHREAD) +
      (ptg_runtime_get_descriptor(runtime, &descriptor) == PTG_ETHREAD) +
      (ptg_runtime_get_timeout(runtime, &value) == PTG_ETHREAD) +
      (ptg_runtime_get_current(runtime, &task, NULL) == PTG_ETHREAD) +
      (ptg_task_extend_grace(runtime, 1, 1, &value) == PTG_ETHREAD) +
      (ptg_watch_add(runtime, crowd->root, &options, &watch) == PTG_ETHREAD) +
      (ptg_watch_remove(runtime, 1) == PTG_ETHREAD) +
      (ptg_events_take(runtime, &event, sizeof(event), 1, &count) ==
       PTG_ETHREAD) +
      (ptg_remote_open(runtime, &crowd->senders[0].remote) == PTG_ETHREAD);
  return (void *)(intptr_t)(watch == PTG_NONE ? answers : -1);
}

static void all_other_calls_are_for_the_runtimes_thread(void **state) {
  struct crowd crowd = {0};
  assert_int_equal(ptg_runtime_create(NULL, &crowd.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(crowd.runtime, &crowd.root), PTG_OK);
  pthread_t thread;
  void *answers;
  assert_int_equal(pthread_create(&thread, NULL, touch_everything, &crowd), 0);
  assert_int_equal(pthread_join(thread, &answers), 0);
  assert_int_equal((intptr_t)answers, 9);
  assert_int_equal(ptg_group_shutdown(crowd.runtime, crowd.root, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_run(crowd.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(crowd.runtime), PTG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(senders_may_hammer_through_shutdown_and_destroy),
      cmocka_unit_test(senders_wait_for_a_runtime_that_does_not_run),
      cmocka_unit_test(all_other_calls_are_for_the_runtimes_thread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
