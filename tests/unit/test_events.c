/* test_events.c - tasks and groups that are told of by events: nothing is lost,
 * the order is kept, and what is not taken costs nothing.
 */
#include "event_bench.h"

/* ------------------------------------------------------------------ life -- */

static void life_of_a_task_comes_as_events(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  takes(law, "");
  law_advance(law, 0);
  takes(law, "t.start");
  takes(law, "");
  finish_as(law, t, PTG_OK, NULL);
  takes(law, "");
  law_advance(law, 0);
  takes(law, "t.done");
  law_advance(law, 0);
  takes(law, "");
  assert_int_equal(law_info(law, law->root).succeeded, 1);
}

static void task_is_pending_until_its_start_is_taken(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, SECOND);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, t, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_PENDING);
  assert_int_equal(law_info(law, law->root).pending, 1);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_START);
  assert_int_equal(event.task, t);
  assert_int_equal(event.group, law->root);
  assert_int_equal(ptg_task_get_info(law->runtime, t, &info), PTG_OK);
  assert_int_equal(info.state, PTG_TASK_RUNNING);
  assert_int_equal(law_info(law, law->root).pending, 0);
}

static void task_cancelled_before_its_start_is_taken_never_starts(void **s) {
  struct law *law = *s;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  cancel_task(law, t, "too late");
  law_advance(law, 0);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_DONE);
  assert_int_equal(event.status, PTG_ECANCELED);
  assert_int_equal(event.flags,
                   PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
  takes(law, "");
}

static void end_is_told_with_all_that_was_said_of_it(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  char message[] = "it broke";
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EEXIT;
  outcome.code = 3;
  outcome.value = UINT64_MAX;
  outcome.message = message;
  assert_int_equal(ptg_task_finish(law->runtime, t, &outcome), PTG_OK);
  message[0] = 'X';
  law_advance(law, 0);
  ptg_event event = take_one(law);
  law_advance(law, SECOND); /* the task's record is gone: its text is not */
  assert_int_equal(event.kind, PTG_EVENT_DONE);
  assert_int_equal(event.status, PTG_EEXIT);
  assert_int_equal(event.code, 3);
  assert_int_equal(event.value, UINT64_MAX);
  assert_string_equal(event.text, "it broke");
  assert_int_equal(event.text_length, 8);
}

static void request_is_told_with_reason_and_originator(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  ptg_task asker = spawn_as(law, law->root, &evented, "asker");
  law_advance(law, 0);
  takes(law, "t.start asker.start");
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = "disk is full";
  options.originator = asker;
  assert_int_equal(ptg_task_cancel(law->runtime, t, &options), PTG_OK);
  law_advance(law, 0);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_CANCEL);
  assert_int_equal(event.originator, asker);
  finish_as(law, t, PTG_ECANCELED, NULL);
  law_advance(law, SECOND);
  assert_string_equal(event.text, "disk is full");
  assert_int_equal(event.text_length, 12);
  takes(law, "t.done:ECANCELED");
}

static void shutdown_is_told_phase_by_phase(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  spawn_as(law, g, &evented, "t");
  ptg_task m = spawn_as(law, g, &mortal, "m");
  law_advance(law, 0);
  takes(law, "t.start m.start");
  law_shutdown(law, g);
  law_advance(law, 0);
  takes(law, "g.drain m.drain t.drain");
  law_advance(law, SECOND);
  takes(law, "m.cancel t.cancel");
  law_advance(law, SECOND);
  takes(law, "m.kill");
  finish_as(law, m, PTG_ECANCELED, NULL);
  law_advance(law, 0);
  ptg_event event = take_one(law);
  assert_int_equal(event.task, m);
  assert_int_equal(event.flags,
                   PTG_OUTCOME_KILLED | PTG_OUTCOME_CANCEL_REQUESTED);
  law_advance(law, 0);
  takes(law, "g.closed");
}

static void forced_group_tells_no_drain(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_task t = spawn_as(law, g, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  law_force(law, g);
  law_advance(law, 0);
  takes(law, "t.cancel");
  finish_as(law, t, PTG_ECANCELED, NULL);
  law_advance(law, 0);
  takes(law, "t.done:ECANCELED");
  law_advance(law, 0);
  takes(law, "g.closed");
}

static void abandoned_task_ends_late_and_is_told(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_task t = spawn_as(law, g, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  law_force(law, g);
  law_advance(law, SECOND);
  takes(law, "t.cancel g.closed");
  finish_as(law, t, PTG_OK, "late");
  law_advance(law, 0);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_DONE);
  assert_true(event.flags & PTG_OUTCOME_ABANDONED);
  assert_int_equal(event.group, g);
  law_advance(law, 0);
  assert_string_equal(event.text, "late");
}

/* ---------------------------------------------------------------- sleeps -- */

static void doze(struct law *law, ptg_task task, int64_t duration_ns) {
  assert_int_equal(ptg_task_sleep(law->runtime, task, duration_ns), PTG_OK);
}

static void end_of_a_sleep_is_an_event(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  doze(law, t, SECOND);
  law_advance(law, SECOND - 1);
  takes(law, "");
  law_advance(law, 1);
  takes(law, "t.wake");
  law_advance(law, SECOND);
  takes(law, "");
}

static void new_sleep_takes_the_place_of_a_wake_not_taken(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  doze(law, t, SECOND);
  law_advance(law, SECOND);
  doze(law, t, SECOND);
  takes(law, "");
  law_advance(law, SECOND);
  doze(law, t, PTG_FOREVER);
  law_advance(law, SECOND);
  takes(law, "");
}

static void task_that_has_ended_is_told_nothing_but_that(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  doze(law, t, 0);
  cancel_task(law, t, NULL);
  law_advance(law, 0);
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "t.done");
}

/* ----------------------------------------------------- not taken in time -- */

static void closing_that_is_not_taken_holds_up_only_its_group(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group inner = event_group(law, outer, "inner");
  ptg_group other = law_group(law, law->root, "other", SECOND, SECOND);
  law->traced = TRACE(ON_CLOSED);
  law_shutdown(law, outer);
  law_advance(law, 60 * SECOND);
  law_traced(law, "");
  assert_int_equal(law_info(law, inner).state, PTG_GROUP_CLOSED);
  law_shutdown(law, other);
  law_advance(law, 0);
  law_traced(law, "other.closed@60");
  takes(law, "inner.drain inner.closed");
  law_advance(law, 0);
  law_traced(law, "outer.closed@60");
}

static void closing_is_told_after_the_ends_are_taken(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_task a = spawn_as(law, g, &evented, "a");
  ptg_task b = spawn_as(law, g, &evented, "b");
  law_advance(law, 0);
  takes(law, "a.start b.start");
  law_shutdown(law, g);
  law_advance(law, 0);
  takes(law, "g.drain b.drain a.drain");
  finish_as(law, a, PTG_OK, NULL);
  finish_as(law, b, PTG_OK, NULL);
  law_advance(law, 5 * SECOND);
  assert_int_equal(take_one(law).task, a);
  law_advance(law, 5 * SECOND);
  assert_int_equal(take_one(law).task, b);
  takes(law, "");
  law_advance(law, 0);
  takes(law, "g.closed");
}

#define MANY 10000

/* Who falls behind with all kinds of event costs not a byte. */
static void events_that_are_not_taken_cost_no_memory(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  for (int i = 0; i < MANY; i++)
    spawn_as(law, g, i % 2 ? &evented : &mortal, "");
  size_t balance = law->balance, takings = law->takings;
  law_advance(law, 0);
  assert_int_equal(law->takings, takings);
  struct taken starts = {.used = 0};
  ptg_event events[256];
  for (size_t count = 256; count == 256; starts.count += count)
    assert_int_equal(
        ptg_events_take(law->runtime, events, sizeof(events[0]), 256, &count),
        PTG_OK);
  assert_int_equal(starts.count, MANY);
  law_shutdown(law, g);
  law_advance(law, SECOND); /* drain and cancel of each */
  law_advance(law, SECOND); /* kill of half of them */
  assert_int_equal(law->takings, takings);
  assert_int_equal(law->balance, balance);
  size_t kinds[PTG_EVENT_GROUP_CLOSED + 1] = {0};
  for (size_t count = 256; count == 256;) {
    assert_int_equal(
        ptg_events_take(law->runtime, events, sizeof(events[0]), 256, &count),
        PTG_OK);
    for (size_t i = 0; i < count; i++)
      kinds[events[i].kind]++;
  }
  assert_int_equal(kinds[PTG_EVENT_DRAIN], MANY);
  assert_int_equal(kinds[PTG_EVENT_CANCEL], MANY);
  assert_int_equal(kinds[PTG_EVENT_KILL], MANY / 2);
  assert_int_equal(kinds[PTG_EVENT_GROUP_DRAIN], 1);
}

/* ---------------------------------------------------------- small arrays -- */

/* A run of many tasks and two groups, taken so many at a time. */
static struct taken play(size_t capacity) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  struct taken all = {.used = 0};
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
  ptg_group outer = event_group(law, law->root, "outer");
  ptg_group inner = event_group(law, outer, "inner");
  ptg_task tasks[7];
  for (int i = 0; i < 7; i++)
    tasks[i] = spawn_as(law, i % 2 ? inner : outer, &evented, names[i]);
  for (int step = 0; step < 12; step++) {
    law_advance(law, SECOND / 4);
    struct taken taken = take_by(law, capacity);
    memcpy(all.text + all.used, taken.text, taken.used);
    all.used += taken.used;
    if (taken.used > 0) all.text[all.used - 1] = ' ';
    if (step == 1) law_shutdown(law, outer);
    if (step == 2) finish_as(law, tasks[1], PTG_OK, "well");
    if (step == 6)
      for (int i = 0; i < 7; i++)
        if (i != 1) finish_as(law, tasks[i], PTG_ECANCELED, "asked");
  }
  all.text[all.used] = '\0';
  law_teardown(&state);
  return all;
}

static void small_arrays_lose_nothing(void **state) {
  struct taken expected = play(256);
  assert_non_null(strstr(expected.text, "a.start"));
  assert_non_null(strstr(expected.text, "d.done:ECANCELED"));
  assert_non_null(strstr(expected.text, "outer.closed"));
  for (size_t capacity = 1; capacity < 20; capacity++)
    assert_string_equal(play(capacity).text, expected.text);
}

static void elements_may_be_shorter_or_longer(void **state) {
  struct law *law = *state;
  spawn_as(law, law->root, &evented, "a");
  spawn_as(law, law->root, &evented, "b");
  law_advance(law, 0);
  struct {
    ptg_event event;
    uint64_t newer;
  } longer;
  memset(&longer, 0xAA, sizeof(longer));
  size_t count;
  assert_int_equal(
      ptg_events_take(law->runtime, &longer.event, sizeof(longer), 1, &count),
      PTG_OK);
  assert_int_equal(longer.event.size, sizeof(ptg_event));
  assert_int_equal(longer.newer, 0);
  unsigned char shorter[24];
  memset(shorter, 0xAA, sizeof(shorter));
  assert_int_equal(ptg_events_take(law->runtime, (ptg_event *)(void *)shorter,
                                   16, 1, &count),
                   PTG_OK);
  uint32_t size;
  memcpy(&size, shorter, sizeof(size));
  assert_int_equal(size, 16);
  assert_int_equal(shorter[16], 0xAA);
}

static void malformed_takes_are_refused(void **state) {
  struct law *law = *state;
  ptg_event event;
  size_t count = 77;
  ptg_runtime *runtime = law->runtime;
  assert_int_equal(ptg_events_take(runtime, NULL, sizeof(event), 1, &count),
                   PTG_EINVAL);
  assert_int_equal(count, 0);
  assert_int_equal(ptg_events_take(runtime, &event, 4, 1, &count), PTG_EINVAL);
  assert_int_equal(ptg_events_take(runtime, &event, sizeof(event), 1, NULL),
                   PTG_EINVAL);
  assert_int_equal(ptg_events_take(NULL, &event, sizeof(event), 1, &count),
                   PTG_EINVAL);
  spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  assert_int_equal(ptg_events_take(runtime, &event, sizeof(event), 0, &count),
                   PTG_OK);
  assert_int_equal(count, 0);
  takes(law, "t.start");
}

static ptg_status never(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return PTG_EFAILED;
}

static void events_and_callbacks_exclude_each_other(void **state) {
  struct law *law = *state;
  ptg_task_type types[] = {evented, evented, evented, evented};
  types[0].start = never;
  types[1].flags = PTG_TASK_TYPE_KILLABLE;
  types[2].flags = 4;
  types[3].flags = PTG_TASK_TYPE_KILLABLE;
  types[3].start = never;
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    assert_int_equal(
        ptg_task_spawn(law->runtime, law->root, &types[i], NULL, NULL, NULL),
        PTG_EINVAL);
  ptg_group out;
  for (int i = 0; i < 3; i++) {
    ptg_group_options given = law_options(law, "g");
    given.flags = PTG_GROUP_EVENTS;
    if (i != 0) given.on_drain = NULL;
    if (i != 1) given.on_closed = NULL;
    if (i == 2) given.on_error = law_on_error;
    assert_int_equal(ptg_group_create(law->runtime, law->root, &given, &out),
                     PTG_EINVAL);
  }
}

/* ---------------------------------------------------------------- random -- */

#define CROWD 64

struct one {
  ptg_task task;
  ptg_group group;
  uint32_t last; /* the kind told last */
};

static int is_abandoned(const struct law *law, ptg_task task) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  return ptg_task_get_info(law->runtime, task, &info) == PTG_OK &&
         info.state == PTG_TASK_ABANDONED;
}

static void check_closing(const struct law *law, const struct one *crowd,
                          const ptg_event *event) {
  ((struct place *)(uintptr_t)event->user_data)->told[ON_CLOSED]++;
  for (int i = 0; i < CROWD; i++)
    if (crowd[i].group == event->group && crowd[i].last != PTG_EVENT_DONE)
      assert_true(is_abandoned(law, crowd[i].task));
}

/* The kinds are numbered in the order in which they can come, but that a wake
 * may come again and again. */
static void check_order(const struct law *law, struct one *crowd,
                        const ptg_event *event, int *closed) {
  if (event->task == PTG_NONE) {
    if (event->kind != PTG_EVENT_GROUP_CLOSED) return;
    check_closing(law, crowd, event);
    ++*closed;
    return;
  }
  struct one *one = &crowd[event->user_data];
  assert_int_equal(one->task, event->task);
  assert_int_not_equal(one->last, PTG_EVENT_DONE);
  if (one->last == 0)
    assert_true(event->kind == PTG_EVENT_START ||
                (event->kind == PTG_EVENT_DONE &&
                 event->flags & PTG_OUTCOME_NEVER_RAN));
  if (event->kind != PTG_EVENT_WAKE)
    assert_true(event->kind > one->last || one->last == PTG_EVENT_WAKE);
  one->last = event->kind;
}

static void do_something(struct law *law, struct one *one, uint64_t *seed) {
  switch (law_pick(seed, 4)) {
  case 0:
    ptg_task_sleep(law->runtime, one->task, law_pick(seed, 3) * SECOND);
    break;
  case 1:
    ptg_task_cancel(law->runtime, one->task, NULL);
    break;
  case 2:
    ptg_task_finish(law->runtime, one->task, NULL);
    break;
  default:
    break;
  }
}

static void play_random(uint64_t seed) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  struct one crowd[CROWD] = {{0}};
  ptg_group groups[2];
  groups[0] = event_group(law, law->root, "outer");
  groups[1] = event_group(law, groups[0], "inner");
  for (uint64_t i = 0; i < CROWD; i++) {
    crowd[i].group = groups[law_pick(&seed, 2)];
    assert_int_equal(ptg_task_spawn(law->runtime, crowd[i].group,
                                    i % 2 ? &evented : &mortal, NULL,
                                    (void *)(uintptr_t)i, &crowd[i].task),
                     PTG_OK);
  }
  int closed = 0;
  for (int step = 0; closed < 2; step++) {
    if (step == 20) law_shutdown(law, groups[0]);
    if (law_pick(&seed, 3) == 0)
      law_advance(law, law_pick(&seed, 5) * SECOND / 4);
    for (int i = 0; i < 3; i++)
      do_something(law, &crowd[law_pick(&seed, CROWD)], &seed);
    if (step > 60) /* the rest, which would be abandoned */
      for (int i = 0; i < CROWD; i++)
        ptg_task_finish(law->runtime, crowd[i].task, NULL);
    ptg_event events[5];
    size_t count, capacity = 1 + law_pick(&seed, 5);
    assert_int_equal(ptg_events_take(law->runtime, events, sizeof(events[0]),
                                     capacity, &count),
                     PTG_OK);
    for (size_t i = 0; i < count; i++)
      check_order(law, crowd, &events[i], &closed);
    assert_true(step < 10000);
  }
  law_teardown(&state);
}

static void order_of_each_task_and_group_is_kept(void **state) {
  for (uint64_t seed = 1; seed <= 300; seed++)
    play_random(seed);
}

/* Its record is that of a task which events have told of. */
static void refused_spawn_keeps_nothing_for_a_take(void **state) {
  struct law *law = *state;
  ptg_group closed = law_group(law, law->root, "closed", 0, 0);
  law_spawn(law, closed, "holds it", STUBBORN);
  law_shutdown(law, closed);
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "t.done");
  takes(law, "");
  assert_int_equal(law_spawn(law, closed, "a", STUBBORN)->spawned, PTG_ECLOSED);
  size_t balance = law->balance;
  for (int i = 0; i < 3; i++)
    law_spawn(law, closed, "b", STUBBORN);
  assert_int_equal(law->balance, balance);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(life_of_a_task_comes_as_events),
      LAW(task_is_pending_until_its_start_is_taken),
      LAW(task_cancelled_before_its_start_is_taken_never_starts),
      LAW(end_is_told_with_all_that_was_said_of_it),
      LAW(request_is_told_with_reason_and_originator),
      LAW(shutdown_is_told_phase_by_phase),
      LAW(forced_group_tells_no_drain),
      LAW(abandoned_task_ends_late_and_is_told),
      LAW(end_of_a_sleep_is_an_event),
      LAW(new_sleep_takes_the_place_of_a_wake_not_taken),
      LAW(task_that_has_ended_is_told_nothing_but_that),
      LAW(closing_that_is_not_taken_holds_up_only_its_group),
      LAW(closing_is_told_after_the_ends_are_taken),
      LAW(events_that_are_not_taken_cost_no_memory),
      cmocka_unit_test(small_arrays_lose_nothing),
      LAW(refused_spawn_keeps_nothing_for_a_take),
      LAW(elements_may_be_shorter_or_longer),
      LAW(malformed_takes_are_refused),
      LAW(events_and_callbacks_exclude_each_other),
      cmocka_unit_test(order_of_each_task_and_group_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
