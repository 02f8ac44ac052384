/* test_events_mixed.c - events beside callbacks, watches, owners and the sorts
 * of task that come with the runtime.
 */
#include "event_bench.h"

/* ---------------------------------------------------------------- errors -- */

static void failure_of_a_task_with_callbacks_is_an_event(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_group below = law_group(law, g, "below", 0, 0);
  struct actor *t = law_spawn(law, below, "t", FAILS(0));
  law_advance(law, 0);
  assert_int_equal(t->told[DONE], 0); /* its error is to be taken first */
  ptg_event event = take_one(law);
  law_advance(law, 0);
  assert_int_equal(t->told[DONE], 1);
  assert_int_equal(event.kind, PTG_EVENT_ERROR);
  assert_int_equal(event.task, t->task);
  assert_int_equal(event.group, g);
  assert_int_equal(event.originator, below);
  assert_ptr_equal((void *)(uintptr_t)event.user_data, t);
  assert_int_equal(event.status, PTG_EFAILED);
  assert_string_equal(event.text, "it broke"); /* though the task is gone */
  takes(law, "");
}

static void failure_of_an_evented_task_comes_before_its_end(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_task t = spawn_as(law, g, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  finish_as(law, t, PTG_EFAILED, "broken");
  law_advance(law, 0);
  takes(law, "t.error:EFAILED t.done:EFAILED");
}

static void failure_of_an_evented_task_may_go_to_a_handler(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  law_advance(law, 0);
  takes(law, "t.start");
  finish_as(law, t, PTG_EFAILED, NULL);
  law->traced = TRACE(ERROR);
  law_advance(law, 0);
  law_traced(law, "root.error:t@0");
  takes(law, "t.done:EFAILED");
}

static ptg_status fail_handler(struct law *law, enum event event,
                               const char *name) {
  return event == ERROR && strcmp(name, "strict") == 0 ? PTG_EBUSY : PTG_OK;
}

static void error_that_a_handler_fails_at_goes_up_as_an_event(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_group_options options = law_options(law, "strict");
  options.on_error = law_on_error;
  ptg_group strict = law_make(law, g, &options);
  law->react = fail_handler;
  law->traced = TRACE(ERROR) | TRACE(DONE);
  struct actor *t = law_spawn(law, strict, "t", FAILS(0));
  law_advance(law, 0);
  law_traced(law, "strict.error:t@0");
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_ERROR);
  assert_int_equal(event.task, t->task);
  assert_int_equal(event.group, g);
  law_advance(law, 0);
  law_traced(law, "t.done:EFAILED@0");
  takes(law, "");
}

static ptg_status fail_hooks(struct law *law, enum event event,
                             const char *name) {
  if (strcmp(name, "below") != 0) return PTG_OK;
  if (event == ON_DRAIN) return PTG_EBUSY;
  return event == ON_CLOSED ? PTG_EFAILED : PTG_OK;
}

/* Both, though the first one was not taken before the second could come. */
static void failures_of_hooks_are_events_and_none_is_lost(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  ptg_group below = law_group(law, g, "below", 0, 0);
  law->react = fail_hooks;
  law_shutdown(law, below);
  law_advance(law, 5 * SECOND);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_ERROR);
  assert_int_equal(event.task, PTG_NONE);
  assert_int_equal(event.group, g);
  assert_int_equal(event.originator, below);
  assert_int_equal(event.status, PTG_EBUSY);
  takes(law, "");
  law_advance(law, 0);
  assert_int_equal(law_info(law, below).state, PTG_GROUP_CLOSED);
  takes(law, "below.error:EFAILED");
  law_advance(law, 0);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, below, &info), PTG_ESTALE);
  assert_int_equal(law_info(law, g).children, 0);
}

/* Errors pile up, their tasks go only as they are taken. */
static void errors_not_taken_keep_their_tasks_apart(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  for (int i = 0; i < 20; i++)
    law_spawn(law, g, "t", FAILS(0));
  law_advance(law, 0);
  for (int i = 0; i < 20; i++)
    law_spawn(law, g, "u", WORKS(0)); /* no record is used twice */
  law_advance(law, 0);
  ptg_task last = PTG_NONE;
  for (int i = 0; i < 20; i++) {
    ptg_event event = take_one(law);
    assert_int_equal(event.kind, PTG_EVENT_ERROR);
    assert_int_not_equal(event.task, last);
    last = event.task;
    law_advance(law, 0);
  }
  takes(law, "");
  assert_int_equal(law_info(law, g).failed, 20);
  assert_int_equal(law_info(law, g).succeeded, 20);
}

/* ------------------------------------------------------- watches, owners -- */

static void watcher_hears_when_the_end_has_been_taken(void **state) {
  struct law *law = *state;
  ptg_task t = spawn_as(law, law->root, &evented, "t");
  struct watcher *w = law_watch(law, t, PTG_NONE, "w");
  law_advance(law, 0);
  takes(law, "t.start");
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, SECOND);
  assert_int_equal(w->over, 0);
  takes(law, "t.done");
  law_advance(law, 0);
  assert_int_equal(w->over, 1);
}

/* Between the take and the next turn. */
static void watch_removed_after_the_end_was_taken_holds_up_nothing(void **s) {
  struct law *law = *s;
  ptg_group g = event_group(law, law->root, "g");
  ptg_task t = spawn_as(law, g, &evented, "t");
  struct watcher *w = law_watch(law, t, PTG_NONE, "w");
  law_advance(law, 0);
  takes(law, "t.start");
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "t.done");
  assert_int_equal(ptg_watch_remove(law->runtime, w->watch), PTG_OK);
  law_shutdown(law, g);
  law_advance(law, 0);
  takes(law, "g.drain g.closed");
  assert_int_equal(w->over, 0);
}

static void watcher_of_a_group_hears_when_its_closing_was_taken(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  struct watcher *w = law_watch(law, g, PTG_NONE, "w");
  law_shutdown(law, g);
  law_advance(law, SECOND);
  assert_int_equal(w->over, 0);
  takes(law, "g.drain g.closed");
  law_advance(law, 0);
  assert_int_equal(w->over, 1);
}

static void end_of_an_owner_comes_after_the_closing_of_its_group(void **s) {
  struct law *law = *s;
  ptg_task owner = spawn_as(law, law->root, &evented, "owner");
  ptg_group_options options = event_options(law, "scope");
  options.owner = owner;
  ptg_group scope = law_make(law, law->root, &options);
  ptg_task t = spawn_as(law, scope, &evented, "t");
  law_advance(law, 0);
  takes(law, "owner.start t.start");
  finish_as(law, owner, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "scope.drain t.drain");
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "t.done");
  law_advance(law, 0);
  takes(law, "scope.closed");
  law_advance(law, 0);
  takes(law, "owner.done");
}

static void freed_place_starts_one_by_an_event(void **state) {
  struct law *law = *state;
  ptg_group_options options = event_options(law, "g");
  options.max_tasks = 1;
  options.when_full = PTG_FULL_QUEUE;
  ptg_group g = law_make(law, law->root, &options);
  ptg_task a = spawn_as(law, g, &evented, "a");
  spawn_as(law, g, &evented, "b");
  spawn_as(law, g, &evented, "c");
  law_advance(law, 0);
  takes(law, "a.start");
  finish_as(law, a, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "a.done b.start");
}

/* ------------------------------------------------------------- callbacks -- */

static ptg_status take_inside(struct law *law, enum event event,
                              const char *name) {
  struct taken *all = law->context;
  if (event != START && event != DONE && event != ON_CLOSED) return PTG_OK;
  struct taken taken = take_by(law, 1);
  all->count += taken.count;
  return PTG_OK;
}

static void events_may_be_taken_inside_callbacks(void **state) {
  struct law *law = *state;
  struct taken all = {.used = 0};
  ptg_group outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group g = event_group(law, outer, "g");
  law->context = &all;
  law->react = take_inside;
  ptg_task tasks[10];
  for (int i = 0; i < 10; i++) {
    tasks[i] = spawn_as(law, g, &evented, "t");
    law_spawn(law, outer, "callback", DRAINS(0));
  }
  law_advance(law, 0);
  for (int i = 0; i < 10; i++)
    finish_as(law, tasks[i], PTG_OK, "well");
  law_spawn(law, outer, "more", WORKS(0));
  law_advance(law, 0);
  law_spawn(law, outer, "more", WORKS(0));
  law_advance(law, 0);
  law_shutdown(law, outer);
  law_advance(law, 0);
  all.count += take_by(law, 1).count;
  law_advance(law, 0);
  all.count += take_by(law, 1).count;
  law_advance(law, 0);
  assert_int_equal(all.count, 10 + 10 + 2);
  assert_int_equal(law_info(law, law->root).children, 0);
}

/* ------------------------------------------------------------------- the end
 * -- */

static ptg_runtime *create(uint32_t flags) {
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.flags = PTG_GROUP_EVENTS;
  root.grace_ns = root.cancel_wait_ns = PTG_AT_ONCE;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = flags;
  options.root = &root;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  return runtime;
}

/* An abandoned task's end cannot be told as an event by destroy itself. */
static void ends_of_abandoned_tasks_are_taken_before_destroy(void **state) {
  struct law *law = *state;
  ptg_runtime *ours = law->runtime;
  law->runtime = create(PTG_RUNTIME_MANUAL_CLOCK);
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(law->runtime, &root), PTG_OK);
  spawn_as(law, root, &evented, "named t");
  spawn_as(law, root, &evented, "named u");
  assert_int_equal(ptg_runtime_advance(law->runtime, 0), PTG_OK);
  takes(law, "named t.start named u.start");
  law_shutdown(law, root);
  assert_int_equal(ptg_runtime_advance(law->runtime, SECOND), PTG_OK);
  ptg_event events[8];
  size_t count;
  assert_int_equal(
      ptg_events_take(law->runtime, events, sizeof(events[0]), 8, &count),
      PTG_OK);
  assert_int_equal(count, 3);
  assert_int_equal(events[2].kind, PTG_EVENT_GROUP_CLOSED);
  assert_int_equal(ptg_runtime_advance(law->runtime, 0), PTG_OK);

  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EBUSY);
  assert_int_equal(
      ptg_events_take(law->runtime, events, sizeof(events[0]), 8, &count),
      PTG_OK);
  assert_int_equal(count, 2);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(events[i].kind, PTG_EVENT_DONE);
    assert_int_equal(events[i].status, PTG_ETIMEDOUT);
    assert_true(events[i].flags & PTG_OUTCOME_ABANDONED);
  }
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = ours;
}

static void root_is_not_closed_before_that_is_taken(void **state) {
  struct law *law = *state;
  ptg_runtime *ours = law->runtime;
  law->runtime = create(PTG_RUNTIME_MANUAL_CLOCK);
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(law->runtime, &root), PTG_OK);
  law_shutdown(law, root);
  assert_int_equal(ptg_runtime_advance(law->runtime, SECOND), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EBUSY);
  assert_int_equal(take_one(law).kind, PTG_EVENT_GROUP_CLOSED);
  assert_int_equal(ptg_runtime_advance(law->runtime, 0), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = ours;
}

/* ----------------------------------------------- sorts that come with it -- */

struct sorts {
  int fired;
  ptg_status ended;
  int done;
};

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  struct sorts *sorts = user_data;
  sorts->fired++;
  return PTG_OK;
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  struct sorts *sorts = user_data;
  sorts->ended = outcome->status;
  sorts->done++;
}

static void timers_work_among_events(void **state) {
  struct law *law = *state;
  ptg_group g = event_group(law, law->root, "g");
  struct sorts sorts = {0};
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.every_ns = SECOND;
  options.fire = fire;
  options.done = on_done;
  options.user_data = &sorts;
  assert_int_equal(ptg_timer_spawn(law->runtime, g, &options, NULL), PTG_OK);
  ptg_task t = spawn_as(law, g, &evented, "t");
  law_advance(law, 3 * SECOND);
  takes(law, "t.start");
  assert_int_equal(sorts.fired, 3);
  law_shutdown(law, g);
  law_advance(law, 0);
  assert_int_equal(sorts.done, 1);
  takes(law, "g.drain t.drain");
  finish_as(law, t, PTG_OK, NULL);
  law_advance(law, 0);
  takes(law, "t.done");
}

/* A real child: its failure is an event of the root, its end a callback. */
static void processes_work_among_events(void **state) {
  struct sorts sorts = {0};
  ptg_runtime *runtime = create(0);
  static const char *const argv[] = {"sh", "-c", "exit 3", NULL};
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.done = on_done;
  options.user_data = &sorts;
  ptg_task task;
  assert_int_equal(ptg_process_spawn(runtime, PTG_NONE, &options, &task),
                   PTG_EINVAL);
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  assert_int_equal(ptg_process_spawn(runtime, root, &options, &task), PTG_OK);
  int errors = 0, is_closed = 0;
  while (!is_closed) {
    assert_int_equal(ptg_runtime_turn(runtime, 60 * SECOND), PTG_OK);
    ptg_event event;
    size_t count = 1;
    while (count == 1) {
      assert_int_equal(
          ptg_events_take(runtime, &event, sizeof(event), 1, &count), PTG_OK);
      if (count == 0) break;
      is_closed |= event.kind == PTG_EVENT_GROUP_CLOSED;
      if (event.kind != PTG_EVENT_ERROR) continue;
      errors++;
      assert_int_equal(event.task, task);
      assert_int_equal(event.status, PTG_EEXIT);
      assert_int_equal(event.code, 3);
    }
    if (sorts.done == 1 && errors == 1)
      assert_int_equal(ptg_group_shutdown(runtime, root, NULL), PTG_OK);
  }
  assert_int_equal(sorts.ended, PTG_EEXIT);
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(failure_of_a_task_with_callbacks_is_an_event),
      LAW(failure_of_an_evented_task_comes_before_its_end),
      LAW(failure_of_an_evented_task_may_go_to_a_handler),
      LAW(error_that_a_handler_fails_at_goes_up_as_an_event),
      LAW(failures_of_hooks_are_events_and_none_is_lost),
      LAW(errors_not_taken_keep_their_tasks_apart),
      LAW(watcher_hears_when_the_end_has_been_taken),
      LAW(watch_removed_after_the_end_was_taken_holds_up_nothing),
      LAW(watcher_of_a_group_hears_when_its_closing_was_taken),
      LAW(end_of_an_owner_comes_after_the_closing_of_its_group),
      LAW(freed_place_starts_one_by_an_event),
      LAW(events_may_be_taken_inside_callbacks),
      LAW(ends_of_abandoned_tasks_are_taken_before_destroy),
      LAW(root_is_not_closed_before_that_is_taken),
      LAW(timers_work_among_events),
      cmocka_unit_test(processes_work_among_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
