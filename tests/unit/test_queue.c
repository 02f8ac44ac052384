/* test_queue.c - the sort of task "queue": how messages are handled, and what
 * becomes of them in the end.
 */
#include "queue_bench.h"

#define ASKED PTG_OUTCOME_CANCEL_REQUESTED

/* -------------------------------------------------------------- handling -- */

static void messages_are_handled_in_order_on_a_later_turn(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 8, 0);
  push_all(&bench, 0, 3);
  assert_int_equal(info_of(&bench).length, 3);
  assert_int_equal(info_of(&bench).at_once, 1);
  advance(&bench, 0);
  assert_order(&bench, 3);
  push_all(&bench, 3, 8);
  advance(&bench, 0);
  assert_order(&bench, 11);
  assert_int_equal(info_of(&bench).handled, 11);
  assert_int_equal(bench.done, 0);
  tear_down(&bench);
  assert_ended(&bench, PTG_OK, 0, 0);
}

static void tasks_of_messages_are_bounded_and_in_order(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  spawn(&bench, 8, 3);
  push_all(&bench, 0, 8);
  advance(&bench, 0);
  assert_order(&bench, 3);
  assert_int_equal(info_of(&bench).running, 3);
  assert_int_equal(info_of(&bench).length, 5);
  advance(&bench, SECOND);
  assert_order(&bench, 6);
  advance(&bench, 2 * SECOND);
  assert_order(&bench, 8);
  assert_int_equal(bench.works_peak, 3);
  assert_int_equal(info_of(&bench).handled, 8);
  assert_int_equal(info_of(&bench).running, 0);
  tear_down(&bench);
}

static void task_that_fails_harms_no_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  bench.work_status = PTG_EFAILED;
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 4);
  close_queue(&bench);
  advance(&bench, 4 * SECOND);
  assert_order(&bench, 4);
  assert_int_equal(bench.errors, 4);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
}

static int handled_at_start;

static ptg_status note_handled(ptg_runtime *runtime, ptg_task task,
                               void *user_data) {
  const struct bench *bench = user_data;
  handled_at_start = bench->handled;
  return ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type NOTE = {.size = sizeof(ptg_task_type),
                                   .start = note_handled};

static void spawn_note(struct bench *bench, intptr_t number) {
  if (number == 0)
    assert_int_equal(
        ptg_task_spawn(bench->runtime, bench->group, &NOTE, NULL, bench, NULL),
        PTG_OK);
}

static void many_messages_leave_others_their_turns(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, MESSAGES, 1);
  bench.in_handle = spawn_note;
  push_all(&bench, 0, MESSAGES);
  handled_at_start = 0;
  advance(&bench, 0);
  assert_order(&bench, MESSAGES);
  assert_in_range(handled_at_start, 1, MESSAGES / 2);
  tear_down(&bench);
}

static void push_again(struct bench *bench, intptr_t number) {
  ptg_status status = ptg_queue_push(bench->runtime, bench->queue, PTG_NONE,
                                     (void *)(number + 1));
  assert_int_equal(status, number + 1 < 5 ? PTG_OK : PTG_ECLOSED);
  if (number + 1 == 4) close_queue(bench);
}

static void handler_may_push_and_close(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_handle = push_again;
  spawn(&bench, 2, 1);
  push_all(&bench, 0, 1);
  advance(&bench, 0);
  assert_order(&bench, 5);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
}

/* ----------------------------------------------------------------- bound -- */

static void full_queue_refuses_and_tells_room_once(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  spawn(&bench, 2, 1);
  push_all(&bench, 0, 2);
  assert_int_equal(push(&bench, 2), PTG_EFULL);
  assert_int_equal(push(&bench, 2), PTG_EFULL);
  assert_int_equal(info_of(&bench).refused, 2);
  assert_int_equal(bench.rooms, 0);
  advance(&bench, 0);
  assert_int_equal(bench.rooms, 1);
  push_all(&bench, 2, 1);
  advance(&bench, 2 * SECOND);
  assert_int_equal(bench.rooms, 1); /* nobody asked again */
  advance(&bench, SECOND);
  assert_order(&bench, 3);
  tear_down(&bench);
}

static void push_up_to_twenty(struct bench *bench) {
  intptr_t next = (intptr_t)info_of(bench).accepted;
  while (next < 20 && push(bench, next) == PTG_OK)
    next++;
  if (next == 20) close_queue(bench);
}

static void pushing_when_there_is_room_loses_nothing(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  bench.in_room = push_up_to_twenty;
  spawn(&bench, 4, 2);
  push_up_to_twenty(&bench);
  advance(&bench, 10 * SECOND);
  assert_order(&bench, 20);
  assert_int_equal(bench.works_peak, 2);
  assert_ended(&bench, PTG_OK, 0, 0);
  assert_int_equal(bench.done_at_ns, 10 * SECOND);
  tear_down(&bench);
}

static void who_wants_room_hears_of_the_close(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 100 * SECOND;
  spawn(&bench, 1, 1);
  push_all(&bench, 0, 1);
  advance(&bench, 0);
  push_all(&bench, 1, 1);
  assert_int_equal(push(&bench, 2), PTG_EFULL);
  advance(&bench, SECOND);
  assert_int_equal(bench.rooms, 0);
  close_queue(&bench);
  advance(&bench, 0);
  assert_int_equal(bench.rooms, 1);
  assert_int_equal(push(&bench, 2), PTG_ECLOSED);
  advance(&bench, SECOND);
  assert_int_equal(bench.rooms, 1);
  tear_down(&bench);
}

static void who_wants_room_hears_of_the_drain(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 5 * SECOND;
  spawn(&bench, 1, 1);
  push_all(&bench, 0, 1);
  advance(&bench, 0);
  push_all(&bench, 1, 1);
  assert_int_equal(push(&bench, 2), PTG_EFULL);
  shut_down(&bench);
  advance(&bench, 0);
  assert_int_equal(bench.rooms, 1);
  assert_int_equal(push(&bench, 2), PTG_ECLOSED);
  advance(&bench, 20 * SECOND);
  assert_int_equal(bench.rooms, 1);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
}

/* ---------------------------------------------------------- the sentinel -- */

/* SD22: the other group stops after the queue's. */
static ptg_task other;
static int others_told;

static void expect_all_handled(ptg_runtime *runtime, ptg_task task,
                               void *user_data) {
  struct bench *bench = user_data;
  others_told++;
  assert_int_equal(bench->handled, 100);
  assert_int_equal(bench->done, 1);
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static ptg_status just_run(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  (void)runtime;
  (void)task;
  (void)user_data;
  return PTG_OK;
}

static const ptg_task_type OTHER = {.size = sizeof(ptg_task_type),
                                    .name = "other",
                                    .start = just_run,
                                    .drain = expect_all_handled};

static void
all_before_the_sentinel_is_handled_before_the_next_group(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  others_told = 0;
  ptg_group later = make_group(&bench, PTG_NONE, "later");
  assert_int_equal(ptg_group_stops_before(bench.runtime, bench.group, later),
                   PTG_OK);
  assert_int_equal(
      ptg_task_spawn(bench.runtime, later, &OTHER, NULL, &bench, &other),
      PTG_OK);
  bench.work_ns = SECOND / 20;
  spawn(&bench, 100, 1);
  push_all(&bench, 0, 100);
  close_queue(&bench);
  assert_int_equal(push(&bench, 100), PTG_ECLOSED);
  close_queue(&bench); /* again is nothing */
  assert_int_equal(ptg_group_shutdown(bench.runtime, bench.root, NULL), PTG_OK);
  advance(&bench, 20 * SECOND);
  assert_int_equal(others_told, 1);
  assert_order(&bench, 100);
  assert_ended(&bench, PTG_OK, 0, 0);
  assert_int_equal(bench.done_at_ns, 5 * SECOND);
  tear_down(&bench);
}

static void closed_and_empty_queue_ends_at_once(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 1, 1);
  close_queue(&bench);
  assert_int_equal(info_of(&bench).is_closed, 1);
  advance(&bench, 0);
  assert_ended(&bench, PTG_OK, 0, 0);
  assert_int_equal(push(&bench, 0), PTG_ESTALE);
  tear_down(&bench);
}

/* ------------------------------------------------------ drain and cancel -- */

static void drain_runs_it_to_its_end_and_refuses_outsiders(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  spawn(&bench, 8, 2);
  push_all(&bench, 0, 8);
  advance(&bench, 0);
  shut_down(&bench);
  advance(&bench, SECOND);
  assert_int_equal(info_of(&bench).is_closed, 1);
  assert_int_equal(push(&bench, 8), PTG_ECLOSED);
  assert_int_equal(info_of(&bench).refused, 1);
  advance(&bench, 20 * SECOND);
  assert_order(&bench, 8);
  assert_ended(&bench, PTG_OK, 0, 0);
  assert_int_equal(bench.done_at_ns, 4 * SECOND);
  tear_down(&bench);
}

static void push_until_eight(struct bench *bench, intptr_t number) {
  ptg_status status;
  if (number == 7) return;
  /* On behalf of the queue itself, and of a task in another group. */
  status = ptg_queue_push(bench->runtime, bench->queue, bench->queue,
                          (void *)(number + 1));
  assert_int_equal(status, PTG_OK);
  if (other != PTG_NONE)
    assert_int_equal(ptg_queue_push(bench->runtime, bench->queue, other, NULL),
                     PTG_ECLOSED);
}

static void draining_queue_accepts_from_inside(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  others_told = 0;
  ptg_group outside = make_group(&bench, PTG_NONE, "outside");
  ptg_task_type idle = OTHER;
  idle.drain = NULL;
  assert_int_equal(
      ptg_task_spawn(bench.runtime, outside, &idle, NULL, &bench, &other),
      PTG_OK);
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 1);
  advance(&bench, 0);
  bench.handled = bench.told[0] = 0;
  push_all(&bench, 0, 1);
  shut_down(&bench);
  bench.in_handle = push_until_eight;
  advance(&bench, 0);
  assert_order(&bench, 8);
  assert_ended(&bench, PTG_OK, 0, 0);
  other = PTG_NONE;
  tear_down(&bench);
}

static void note_watched(ptg_runtime *runtime, ptg_watch watch,
                         uint64_t watched, const ptg_outcome *outcome,
                         void *user_data) {
  (void)runtime;
  (void)watch;
  (void)watched;
  *(uint64_t *)user_data = outcome->value;
}

/* SD23 */
static void
end_of_the_grace_cuts_it_and_tells_how_many_were_left(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = SECOND;
  spawn(&bench, 100, 3);
  push_all(&bench, 0, 100);
  uint64_t watched = 0;
  ptg_watch_options watch = PTG_WATCH_OPTIONS_INIT;
  watch.over = note_watched;
  watch.user_data = &watched;
  assert_int_equal(ptg_watch_add(bench.runtime, bench.queue, &watch, NULL),
                   PTG_OK);
  advance(&bench, 0);
  shut_down(&bench);
  advance(&bench, 20 * SECOND);
  assert_int_equal(watched, bench.dropped);
  /* Three each at 0 to 9 s, and at 10 s perhaps what was due then. */
  assert_int_equal(bench.done_at_ns, 10 * SECOND);
  assert_order(&bench, bench.handled);
  assert_in_range(bench.handled, 30, 33);
  assert_ended(&bench, PTG_ECANCELED, ASKED, 100 - (uint64_t)bench.handled);
  for (int i = 0; i < 100; i++)
    assert_int_equal(bench.told[i] + bench.drops[i], 1);
  assert_int_equal(strncmp(bench.message, "messages left: ", 15), 0);
  assert_int_equal(atoi(bench.message + 15), bench.dropped);
  tear_down(&bench);
}

static void cancelled_queue_leaves_its_tasks_alone(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 3 * SECOND;
  spawn(&bench, 8, 2);
  push_all(&bench, 0, 8);
  advance(&bench, SECOND);
  assert_int_equal(ptg_task_cancel(bench.runtime, bench.queue, NULL), PTG_OK);
  advance(&bench, 0);
  assert_ended(&bench, PTG_ECANCELED, ASKED, 6);
  assert_int_equal(bench.works_running, 2);
  assert_int_equal(bench.released, 1);
  advance(&bench, 5 * SECOND);
  assert_int_equal(bench.works_running, 0);
  assert_int_equal(bench.works_cancelled, 0);
  assert_int_equal(bench.errors, 0);
  tear_down(&bench);
}

static void queue_that_never_ran_drops_all(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  spawn(&bench, 8, 2);
  push_all(&bench, 0, 5);
  assert_int_equal(ptg_task_cancel(bench.runtime, bench.queue, NULL), PTG_OK);
  advance(&bench, 0);
  assert_int_equal(bench.outcome.status, PTG_ECANCELED);
  assert_int_equal(bench.outcome.flags, ASKED | PTG_OUTCOME_NEVER_RAN);
  assert_int_equal(bench.outcome.value, 0);
  assert_int_equal(bench.dropped, 5);
  assert_int_equal(bench.handled, 0);
  tear_down(&bench);
}

static void cancel_in_the_third(struct bench *bench, intptr_t number) {
  if (number == 2)
    assert_int_equal(ptg_task_cancel(bench->runtime, bench->queue, NULL),
                     PTG_OK);
}

static void handler_may_cancel_its_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_handle = cancel_in_the_third;
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 8);
  advance(&bench, 0);
  assert_order(&bench, 3);
  assert_ended(&bench, PTG_ECANCELED, ASKED, 5);
  tear_down(&bench);
}

static void finish_in_the_third(struct bench *bench, intptr_t number) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.code = 42;
  if (number != 2) return;
  assert_int_equal(ptg_task_finish(bench->runtime, bench->queue, &outcome),
                   PTG_OK);
}

static void handler_may_finish_its_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.in_handle = finish_in_the_third;
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 8);
  advance(&bench, 0);
  assert_order(&bench, 3);
  assert_int_equal(bench.outcome.status, PTG_OK);
  assert_int_equal(bench.outcome.code, 42);
  assert_int_equal(bench.outcome.value, 0);
  assert_int_equal(bench.dropped, 5);
  tear_down(&bench);
}

static void forget(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                   const ptg_outcome *outcome, void *user_data) {
  (void)runtime, (void)watch, (void)watched, (void)outcome, (void)user_data;
}

static void failure_that_is_awaited_is_not_for_the_handler(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.answer = PTG_EFULL;
  ptg_queue_options options = options_of(&bench, 8, 2);
  options.flags = PTG_SPAWN_OBSERVED;
  assert_int_equal(
      ptg_queue_spawn(bench.runtime, bench.group, &options, &bench.queue),
      PTG_OK);
  ptg_watch_options watching = PTG_WATCH_OPTIONS_INIT;
  watching.over = forget;
  assert_int_equal(ptg_watch_add(bench.runtime, bench.queue, &watching, NULL),
                   PTG_OK);
  assert_int_equal(push(&bench, 0), PTG_OK);
  advance(&bench, 10 * SECOND);
  assert_int_equal(bench.outcome.status, PTG_EFULL);
  assert_int_equal(bench.errors, 0);
  tear_down(&bench);
}

static void push_in_drop(struct bench *bench, intptr_t number) {
  assert_int_equal(
      ptg_queue_push(bench->runtime, bench->queue, PTG_NONE, (void *)number),
      PTG_ESTALE);
}

static void failing_handler_ends_the_queue(void **state) {
  (void)state;
  static const struct {
    ptg_status answer;
    ptg_status status;
    const char *message;
  } rows[] = {{PTG_EFULL, PTG_EFULL, "its handler answered PTG_EFULL"},
              {7, PTG_EFAILED, "its handler answered PTG_E?"}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct bench bench;
    set_up(&bench);
    bench.answer = rows[i].answer;
    bench.in_drop = push_in_drop;
    spawn(&bench, 8, 2);
    push_all(&bench, 0, 4);
    advance(&bench, SECOND);
    assert_order(&bench, 1);
    assert_ended(&bench, rows[i].status, 0, 4);
    assert_int_equal(bench.drops[0], 1);
    assert_string_equal(bench.message, rows[i].message);
    assert_int_equal(bench.errors, 1);
    tear_down(&bench);
  }
}

/* ---------------------------------------------------- what is waited for -- */

/* A group counts as over when it is closed, and a handle that was never good
 * holds nothing up. */
static ptg_task odd_handles[2];

static ptg_status start_oddly(ptg_runtime *runtime, ptg_task queue,
                              void *message, void *user_data,
                              ptg_task *started) {
  struct bench *bench = user_data;
  (void)runtime;
  (void)queue;
  bench->order[bench->handled++] = (intptr_t)message;
  *started = odd_handles[(intptr_t)message];
  return PTG_OK;
}

static void group_can_be_what_is_waited_for(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  ptg_queue_options options = options_of(&bench, 8, 1);
  options.handle = start_oddly;
  odd_handles[0] = make_group(&bench, PTG_NONE, "odd");
  odd_handles[1] = 12345;
  assert_int_equal(
      ptg_queue_spawn(bench.runtime, bench.group, &options, &bench.queue),
      PTG_OK);
  push_all(&bench, 0, 2);
  close_queue(&bench);
  advance(&bench, SECOND);
  assert_order(&bench, 1);
  assert_int_equal(ptg_group_shutdown(bench.runtime, odd_handles[0], NULL),
                   PTG_OK);
  advance(&bench, 0);
  assert_order(&bench, 2);
  assert_ended(&bench, PTG_OK, 0, 0);
  tear_down(&bench);
}

static void abandoned_task_holds_its_place_until_its_late_end(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_in = make_group(&bench, PTG_NONE, "elsewhere");
  bench.work_ns = 40 * SECOND;
  bench.is_stubborn = 1;
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 2);
  advance(&bench, 0);
  ptg_shutdown_options force = PTG_SHUTDOWN_OPTIONS_INIT;
  force.flags = PTG_SHUTDOWN_FORCE;
  assert_int_equal(ptg_group_shutdown(bench.runtime, bench.work_in, &force),
                   PTG_OK);
  bench.work_in = PTG_NONE;
  advance(&bench, 39 * SECOND);
  assert_int_equal(bench.works_cancelled, 1);
  assert_int_equal(info_of(&bench).running, 1);
  assert_order(&bench, 1);
  advance(&bench, SECOND);
  assert_int_equal(info_of(&bench).handled, 1);
  assert_order(&bench, 2);
  advance(&bench, 40 * SECOND);
  assert_int_equal(info_of(&bench).handled, 2);
  tear_down(&bench);
}

/* The runtime is destroyed while a place is still taken. */
static void abandoned_task_may_outlive_its_queue(void **state) {
  (void)state;
  struct bench bench;
  set_up(&bench);
  bench.work_ns = 1000 * SECOND;
  bench.is_stubborn = 1;
  spawn(&bench, 8, 1);
  push_all(&bench, 0, 2);
  advance(&bench, 0);
  shut_down(&bench);
  advance(&bench, 20 * SECOND);
  assert_ended(&bench, PTG_ECANCELED, ASKED, 1);
  assert_int_equal(bench.released, 1);
  assert_int_equal(bench.works_running, 1);
  tear_down(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_are_handled_in_order_on_a_later_turn),
      cmocka_unit_test(tasks_of_messages_are_bounded_and_in_order),
      cmocka_unit_test(task_that_fails_harms_no_queue),
      cmocka_unit_test(many_messages_leave_others_their_turns),
      cmocka_unit_test(handler_may_push_and_close),
      cmocka_unit_test(full_queue_refuses_and_tells_room_once),
      cmocka_unit_test(pushing_when_there_is_room_loses_nothing),
      cmocka_unit_test(who_wants_room_hears_of_the_close),
      cmocka_unit_test(who_wants_room_hears_of_the_drain),
      cmocka_unit_test(
          all_before_the_sentinel_is_handled_before_the_next_group),
      cmocka_unit_test(closed_and_empty_queue_ends_at_once),
      cmocka_unit_test(drain_runs_it_to_its_end_and_refuses_outsiders),
      cmocka_unit_test(draining_queue_accepts_from_inside),
      cmocka_unit_test(end_of_the_grace_cuts_it_and_tells_how_many_were_left),
      cmocka_unit_test(cancelled_queue_leaves_its_tasks_alone),
      cmocka_unit_test(queue_that_never_ran_drops_all),
      cmocka_unit_test(handler_may_cancel_its_queue),
      cmocka_unit_test(handler_may_finish_its_queue),
      cmocka_unit_test(failing_handler_ends_the_queue),
      cmocka_unit_test(failure_that_is_awaited_is_not_for_the_handler),
      cmocka_unit_test(group_can_be_what_is_waited_for),
      cmocka_unit_test(abandoned_task_holds_its_place_until_its_late_end),
      cmocka_unit_test(abandoned_task_may_outlive_its_queue),
  };
  return cmocka_run_group_tests_name("kinds/queue", tests, NULL, NULL);
}
