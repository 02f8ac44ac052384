/* test_trace_calls.c - the lines of a trace about what a runtime tells:
 * callbacks and events.
 */
#include "trace_bench.h"

/* ----------------------------------------------------------------- calls -- */

static void life_of_a_task(void **state) {
  struct law *law = *state;
  begin(law);
  pass_over();
  actor(law, law->root, "t", WORKS(SECOND));
  law_advance(law, SECOND);
  reads("{at:1,op:spawn,status:ok,task:<t>,in:<root>,name:t}\n"
        "{at:1,call:start,task:<t>}\n"
        "{at:1000000001,call:wake,task:<t>}\n"
        "{at:1000000001,op:finish,status:ok,by:<t>,task:<t>,"
        "outcome:{status:ok}}\n"
        "{at:1000000001,call:done,task:<t>,outcome:{status:ok}}\n");
}

static void shutdown_phase_by_phase(void **state) {
  struct law *law = *state;
  begin(law);
  ptg_group g = group(law, law->root, "g");
  actor(law, g, "old", KILLS(0));
  actor(law, g, "new", STUBBORN);
  law_advance(law, 0);
  pass_over();
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.deadline_ns = 5 * SECOND;
  ptg_group_shutdown(law->runtime, g, &options);
  law_advance(law, 4 * SECOND);
  reads("{at:1,op:shutdown,status:ok,group:<g>,deadline:5000000000}\n"
        "{at:1,call:group_drain,group:<g>}\n"
        "{at:1,call:drain,task:<new>}\n"
        "{at:1,call:drain,task:<old>}\n"
        "{at:2000000001,call:cancel,task:<new>,reason:shutdown,"
        "originator:<g>}\n"
        "{at:2000000001,call:cancel,task:<old>,reason:shutdown,"
        "originator:<g>}\n"
        "{at:3000000001,call:kill,task:<old>}\n"
        "{at:3000000001,op:finish,status:ok,by:<old>,task:<old>,"
        "outcome:{status:canceled}}\n"
        "{at:3000000001,call:done,task:<old>,outcome:{status:canceled,"
        "flags:[cancel_requested,killed],reason:shutdown,originator:<g>}}\n"
        "{at:3000000001,call:group_closed,group:<g>,begun_at:1,drain_at:1,"
        "cancel_at:2000000001,closed_at:3000000001,by_at:5000000001,"
        "spawned:2,succeeded:0,failed:0,cancelled:1,abandoned:1}\n");
}

static void group_without_hooks_has_its_closing_written(void **state) {
  struct law *law = *state;
  begin(law);
  pass_over();
  ptg_group g;
  assert_int_equal(ptg_group_create(law->runtime, law->root, NULL, &g), PTG_OK);
  name(g, "g");
  law_shutdown(law, g);
  law_advance(law, 0);
  reads("{at:1,op:group,status:ok,group:<g>,in:<root>,name:group-1,"
        "grace:10000000000,cancel_wait:5000000000}\n"
        "{at:1,op:shutdown,status:ok,group:<g>}\n"
        "{at:1,call:group_closed,group:<g>,begun_at:1,drain_at:1,closed_at:1,"
        "spawned:0,succeeded:0,failed:0,cancelled:0,abandoned:0}\n");
}

static void abandoned_task_is_done_when_the_runtime_is_destroyed(void **state) {
  struct law *law = *state;
  begin(law);
  actor(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_force(law, law->root);
  law_advance(law, 5 * SECOND);
  pass_over();
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = NULL;
  reads("{at:5000000001,call:done,task:<t>,outcome:{status:timeout,"
        "flags:[cancel_requested,abandoned],reason:shutdown,"
        "originator:<root>}}\n");
}

static ptg_status fail_in_g(struct law *law, enum event event,
                            const char *text) {
  (void)law;
  return event == ERROR && strcmp(text, "g") == 0 ? PTG_EBUSY : PTG_OK;
}

static void errors_say_whose_handler_and_where_from(void **state) {
  struct law *law = *state;
  begin(law);
  ptg_group_options options = law_options(law, "g");
  options.on_error = law_on_error;
  ptg_group g = law_make(law, law->root, &options);
  name(g, "g");
  ptg_group h = group(law, g, "h");
  law->react = fail_in_g;
  actor(law, h, "t", FAILS(0));
  pass_over();
  law_advance(law, 0);
  reads("{at:1,call:start,task:<t>}\n"
        "{at:1,op:finish,status:ok,by:<t>,task:<t>,outcome:{status:failed,"
        "message:it broke}}\n"
        "{at:1,call:error,group:<g>,from:<h>,task:<t>,outcome:{status:failed,"
        "message:it broke}}\n"
        "{at:1,call:error,group:<root>,from:<h>,task:<t>,outcome:{"
        "status:failed,message:it broke},failed_handler:<g>,"
        "handler_status:busy}\n"
        "{at:1,call:done,task:<t>,outcome:{status:failed,message:it broke}}"
        "\n");
}

static ptg_status fail_drain(struct law *law, enum event event,
                             const char *text) {
  (void)law;
  (void)text;
  return event == ON_DRAIN ? PTG_EFAILED : PTG_OK;
}

static void failure_of_a_hook_is_no_tasks(void **state) {
  struct law *law = *state;
  begin(law);
  ptg_group g = group(law, law->root, "g");
  law->react = fail_drain;
  law_shutdown(law, g);
  pass_over();
  law_advance(law, 0);
  reads("{at:1,call:group_drain,group:<g>}\n"
        "{at:1,call:error,group:<root>,from:<g>,outcome:{status:failed}}\n"
        "{at:1,call:group_closed,group:<g>,begun_at:1,drain_at:1,closed_at:1,"
        "spawned:0,succeeded:0,failed:0,cancelled:0,abandoned:0}\n");
}

static void error_that_no_group_handles_is_nobodys(void **state) {
  (void)state;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  struct law law = {0};
  assert_int_equal(ptg_runtime_create(&options, &law.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(law.runtime, &law.root), PTG_OK);
  begin(&law);
  name(spawn_as(&law, law.root, &evented, "t"), "t");
  assert_int_equal(ptg_runtime_advance(law.runtime, 0), PTG_OK);
  ptg_event event = take_one(&law);
  pass_over();
  finish_as(&law, event.task, PTG_EFAILED, NULL);
  assert_int_equal(ptg_runtime_advance(law.runtime, 0), PTG_OK);
  takes(&law, "t.done:EFAILED");
  law_shutdown(&law, law.root);
  assert_int_equal(ptg_runtime_advance(law.runtime, 0), PTG_OK);
  reads("{at:1,op:finish,status:ok,task:<t>,outcome:{status:failed}}\n"
        "{at:1,call:error,from:<root>,task:<t>,outcome:{status:failed}}\n"
        "{at:1,call:done,task:<t>,outcome:{status:failed}}\n"
        "{at:1,op:shutdown,status:ok,group:<root>}\n"
        "{at:1,call:group_closed,group:<root>,begun_at:1,drain_at:1,"
        "closed_at:1,spawned:1,succeeded:0,failed:1,cancelled:0,"
        "abandoned:0}\n");
  assert_int_equal(ptg_runtime_destroy(law.runtime), PTG_OK);
}

static void watch_says_what_is_over(void **state) {
  struct law *law = *state;
  begin(law);
  struct actor *t = actor(law, law->root, "t", WORKS(0));
  struct watcher *watcher = law_watch(law, t->task, PTG_NONE, "w");
  name(watcher->watch, "w");
  law_advance(law, 0);
  pass_over();
  ptg_group g = group(law, law->root, "g");
  watcher = law_watch(law, g, PTG_NONE, "x");
  name(watcher->watch, "x");
  struct actor *u = actor(law, law->root, "u", STUBBORN);
  watcher = law_watch(law, u->task, PTG_NONE, "y");
  name(watcher->watch, "y");
  law_advance(law, 0);
  law_finish(u, PTG_OK);
  law_shutdown(law, g);
  pass_over();
  law_advance(law, 0);
  reads("{at:1,call:done,task:<u>,outcome:{status:ok}}\n"
        "{at:1,call:over,watch:<y>,on:<u>,outcome:{status:ok}}\n"
        "{at:1,call:group_drain,group:<g>}\n"
        "{at:1,call:group_closed,group:<g>,begun_at:1,drain_at:1,closed_at:1,"
        "spawned:0,succeeded:0,failed:0,cancelled:0,abandoned:0}\n"
        "{at:1,call:over,watch:<x>,on:<g>,outcome:{status:ok}}\n");
}

/* ---------------------------------------------------------------- events -- */

static void events_are_written_as_they_are_taken(void **state) {
  struct law *law = *state;
  begin(law);
  ptg_group g = event_group(law, law->root, "g");
  name(g, "g");
  ptg_task t = spawn_as(law, g, &evented, "t");
  ptg_task u = spawn_as(law, g, &evented, "u");
  name(t, "t");
  name(u, "u");
  reads("{at:1,trace:1,clock:virtual,root:<root>,name:root,"
        "grace:10000000000,cancel_wait:5000000000}\n"
        "{at:1,op:group,status:ok,group:<g>,in:<root>,name:g,"
        "grace:1000000000,cancel_wait:1000000000,events:true}\n"
        "{at:1,op:spawn,status:ok,task:<t>,in:<g>,name:t,events:true}\n"
        "{at:1,op:spawn,status:ok,task:<u>,in:<g>,name:u,events:true}\n");
  law_advance(law, SECOND);
  reads("");
  takes(law, "t.start u.start");
  finish_as(law, t, PTG_EFAILED, "it broke");
  law_shutdown(law, g);
  law_advance(law, SECOND);
  pass_over();
  takes(law, "t.error:EFAILED t.done:EFAILED g.drain u.drain u.cancel");
  reads("{at:2000000001,call:error,group:<g>,from:<g>,task:<t>,"
        "outcome:{status:failed,message:it broke}}\n"
        "{at:2000000001,call:done,task:<t>,outcome:{status:failed,"
        "message:it broke}}\n"
        "{at:2000000001,call:group_drain,group:<g>}\n"
        "{at:2000000001,call:drain,task:<u>}\n"
        "{at:2000000001,call:cancel,task:<u>,reason:shutdown,"
        "originator:<g>}\n");
  finish_as(law, u, PTG_ECANCELED, NULL);
  law_advance(law, 0);
  pass_over();
  takes(law, "u.done:ECANCELED");
  law_advance(law, SECOND);
  takes(law, "g.closed");
  reads("{at:2000000001,call:done,task:<u>,outcome:{status:canceled,"
        "flags:[cancel_requested]}}\n"
        "{at:3000000001,call:group_closed,group:<g>,begun_at:1000000001,"
        "drain_at:1000000001,cancel_at:2000000001,closed_at:2000000001,"
        "spawned:2,succeeded:0,failed:1,cancelled:1,abandoned:0}\n");
}

static void events_of_another_size_are_written_too(void **state) {
  struct law *law = *state;
  begin(law);
  name(spawn_as(law, law->root, &mortal, "t"), "t");
  law_advance(law, 0);
  pass_over();
  unsigned char bytes[2 * sizeof(ptg_event)];
  size_t count;
  assert_int_equal(
      ptg_events_take(law->runtime, (void *)bytes, sizeof(bytes), 1, &count),
      PTG_OK);
  reads("{at:1,call:start,task:<t>}\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(life_of_a_task),
      LAW(shutdown_phase_by_phase),
      LAW(group_without_hooks_has_its_closing_written),
      LAW(abandoned_task_is_done_when_the_runtime_is_destroyed),
      LAW(errors_say_whose_handler_and_where_from),
      LAW(failure_of_a_hook_is_no_tasks),
      cmocka_unit_test(error_that_no_group_handles_is_nobodys),
      LAW(watch_says_what_is_over),
      LAW(events_are_written_as_they_are_taken),
      LAW(events_of_another_size_are_written_too),
  };
  return cmocka_run_group_tests_name("traces: calls", tests, NULL, NULL);
}
