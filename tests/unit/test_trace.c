/* test_trace.c - the lines of a trace about what is asked of a runtime: what
 * each kind says, and in which order they come; and its texts.
 */
#include "trace_bench.h"

/* ------------------------------------------------------------------ head -- */

static void first_line_says_what_the_root_is(void **state) {
  struct law *law = *state;
  begin(law);
  reads("{at:1,trace:1,clock:virtual,root:<root>,name:root,grace:10000000000,"
        "cancel_wait:5000000000}\n");
}

static void trace_that_begins_later_says_so(void **state) {
  struct law *law = *state;
  law_spawn(law, law->root, "t", WORKS(0));
  begin(law);
  reads("{at:1,trace:1,clock:virtual,late:true,root:<root>,name:root,"
        "grace:10000000000,cancel_wait:5000000000}\n");
}

static void nothing_is_written_when_nobody_reads(void **state) {
  struct law *law = *state;
  begin(law);
  assert_int_equal(ptg_runtime_set_trace(law->runtime, NULL, NULL), PTG_OK);
  size_t lines = reader.lines;
  law_spawn(law, law->root, "t", WORKS(0));
  law_advance(law, SECOND);
  assert_int_equal(reader.lines, lines);
}

static void *set_elsewhere(void *runtime) {
  return (void *)(intptr_t)ptg_runtime_set_trace(runtime, read_line, NULL);
}

static void set_is_refused_elsewhere(void **state) {
  struct law *law = *state;
  assert_int_equal(ptg_runtime_set_trace(NULL, read_line, NULL), PTG_EINVAL);
  pthread_t thread;
  void *answer;
  memset(&reader, 0, sizeof(reader));
  assert_int_equal(pthread_create(&thread, NULL, set_elsewhere, law->runtime),
                   0);
  pthread_join(thread, &answer);
  assert_int_equal((intptr_t)answer, PTG_ETHREAD);
  law_advance(law, 0);
  assert_int_equal(reader.lines, 0);
}

/* ------------------------------------------------------------ operations -- */

static void group_says_how_it_was_made(void **state) {
  struct law *law = *state;
  begin(law);
  pass_over();
  struct actor *owner = actor(law, law->root, "owner", WORKS(NEVER));
  pass_over();
  ptg_group_options options = law_options(law, "g");
  options.flags = PTG_GROUP_PARALLEL | PTG_GROUP_ADMITS_ANYONE;
  options.grace_ns = PTG_FOREVER;
  options.cancel_wait_ns = PTG_AT_ONCE;
  options.deadline_ns = 7;
  options.max_tasks = 3;
  options.when_full = PTG_FULL_QUEUE;
  options.max_queued = 4;
  options.on_failure = PTG_POLICY_SHUTDOWN_GROUP;
  options.owner = owner->task;
  name(law_make(law, PTG_NONE, &options), "g");
  options = law_options(law, "h");
  options.when_full = PTG_FULL_REPLACE_OLDEST;
  options.on_failure = PTG_POLICY_SHUTDOWN_ROOT;
  name(law_make(law, law->root, &options), "h");
  reads("{at:1,op:group,status:ok,group:<g>,in:<root>,name:g,grace:forever,"
        "cancel_wait:at_once,deadline:7,parallel:true,admits_anyone:true,"
        "max_tasks:3,when_full:queue,max_queued:4,on_failure:shutdown_group,"
        "owner:<owner>}\n"
        "{at:1,op:group,status:ok,group:<h>,in:<root>,name:h,"
        "grace:10000000000,cancel_wait:5000000000,when_full:replace_oldest,"
        "on_failure:shutdown_root}\n");
}

static void operations_say_what_was_asked(void **state) {
  struct law *law = *state;
  begin(law);
  ptg_group a = group(law, law->root, "a"), b = group(law, law->root, "b");
  pass_over();
  assert_int_equal(ptg_group_stops_before(law->runtime, a, b), PTG_OK);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = "t \"1\"\n";
  options.flags = PTG_SPAWN_CLEANUP | PTG_SPAWN_OBSERVED;
  struct actor *t = law_spawn_with(law, a, &options, WORKS(NEVER));
  name(t->task, "t");
  options = (ptg_task_options)PTG_TASK_OPTIONS_INIT;
  options.name = "u";
  options.spawner = t->task;
  struct actor *u = law_spawn_with(law, a, &options, WORKS(NEVER));
  name(u->task, "u");
  ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
  cancel.reason = "too late";
  cancel.originator = t->task;
  assert_int_equal(ptg_task_cancel(law->runtime, u->task, &cancel), PTG_OK);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = -1000;
  outcome.code = -3;
  outcome.value = UINT64_MAX;
  outcome.message = "it broke";
  assert_int_equal(ptg_task_finish(law->runtime, t->task, &outcome), PTG_OK);
  ptg_shutdown_options shutdown = PTG_SHUTDOWN_OPTIONS_INIT;
  shutdown.flags = PTG_SHUTDOWN_FORCE;
  shutdown.grace_ns = PTG_AT_ONCE;
  shutdown.cancel_wait_ns = 5;
  shutdown.deadline_ns = PTG_FOREVER;
  assert_int_equal(ptg_group_shutdown(law->runtime, b, &shutdown), PTG_OK);
  reads("{at:1,op:edge,status:ok,first:<a>,later:<b>}\n"
        "{at:1,op:spawn,status:ok,task:<t>,in:<a>,name:t \\u00221\\u0022"
        "\\u000a,cleanup:true,observed:true}\n"
        "{at:1,op:spawn,status:ok,task:<u>,in:<a>,name:u,spawner:<t>}\n"
        "{at:1,op:cancel,status:ok,task:<u>,reason:too late,originator:<t>}\n"
        "{at:1,op:finish,status:ok,task:<t>,outcome:{status:-1000,code:-3,"
        "value:-1,message:it broke}}\n"
        "{at:1,op:shutdown,status:ok,group:<b>,force:true,grace:at_once,"
        "cancel_wait:5,deadline:forever}\n");
}

static void refused_operations_say_whom_they_were_about(void **state) {
  struct law *law = *state;
  begin(law);
  struct actor *t = actor(law, law->root, "t", WORKS(0));
  ptg_group g = group(law, law->root, "g");
  law_shutdown(law, g);
  law_advance(law, 0);
  pass_over();
  ptg_group out;
  ptg_group_options bad = PTG_GROUP_OPTIONS_INIT;
  bad.grace_ns = -7;
  ptg_outcome positive = PTG_OUTCOME_INIT;
  positive.status = 1;
  ptg_group_create(law->runtime, law->root, &bad, &out);
  ptg_group_create(law->runtime, law->root, NULL, NULL);
  ptg_group_stops_before(law->runtime, g, law->root);
  law_spawn(law, g, "late", WORKS(0));
  ptg_task_spawn(law->runtime, law->root, NULL, NULL, NULL, NULL);
  ptg_task_finish(law->runtime, t->task, &positive);
  ptg_task_cancel(law->runtime, law->root, NULL);
  ptg_group_shutdown(law->runtime, t->task, NULL);
  reads("{at:1,op:group,status:invalid,in:<root>}\n"
        "{at:1,op:group,status:invalid,in:<root>}\n"
        "{at:1,op:edge,status:stale,first:<g>,later:<root>}\n"
        "{at:1,op:spawn,status:stale,in:<g>}\n"
        "{at:1,op:spawn,status:invalid,in:<root>}\n"
        "{at:1,op:finish,status:stale,task:<t>}\n"
        "{at:1,op:cancel,status:kind,task:<root>}\n"
        "{at:1,op:shutdown,status:kind,group:<t>}\n");
}

/* ------------------------------------------------------------- callbacks -- */

static ptg_status act_inside(struct law *law, enum event event,
                             const char *text) {
  if (event == START && strcmp(text, "t") == 0) {
    actor(law, law->root, "u", WORKS(NEVER));
    law_group(law, law->root, "g", SECOND, SECOND);
  }
  if (event == ERROR)
    assert_int_equal(ptg_task_cancel(law->runtime, law->error->task, NULL),
                     PTG_ESTALE);
  return event == START && strcmp(text, "t") == 0 ? PTG_EFAILED : PTG_OK;
}

static void what_a_callback_does_says_by_whom(void **state) {
  struct law *law = *state;
  begin(law);
  law->react = act_inside;
  actor(law, law->root, "t", WORKS(NEVER));
  pass_over();
  law_advance(law, 0);
  reads("{at:1,call:start,task:<t>}\n"
        "{at:1,op:spawn,status:ok,by:<t>,task:<u>,in:<root>,name:u}\n"
        "{at:1,op:group,status:ok,by:<t>,group:<?>,in:<root>,name:g,"
        "grace:1000000000,cancel_wait:1000000000}\n"
        "{at:1,call:error,group:<root>,from:<root>,task:<t>,"
        "outcome:{status:failed}}\n"
        "{at:1,op:cancel,status:stale,by:<root>,task:<t>}\n"
        "{at:1,call:done,task:<t>,outcome:{status:failed}}\n"
        "{at:1,call:start,task:<u>}\n");
}

static ptg_status set_inside(struct law *law, enum event event,
                             const char *text) {
  (void)text;
  if (event == START) begin(law);
  if (event == DONE) ptg_runtime_set_trace(law->runtime, NULL, NULL);
  return PTG_OK;
}

static void trace_may_begin_and_end_inside_a_callback(void **state) {
  struct law *law = *state;
  struct actor *t = law_spawn(law, law->root, "t", WORKS(0));
  law->react = set_inside;
  law_advance(law, 0);
  name(t->task, "t");
  reads("{at:1,trace:1,clock:virtual,late:true,root:<root>,name:root,"
        "grace:10000000000,cancel_wait:5000000000}\n"
        "{at:1,op:finish,status:ok,by:<t>,task:<t>,outcome:{status:ok}}\n"
        "{at:1,call:done,task:<t>,outcome:{status:ok}}\n");
}

/* ---------------------------------------------------------------- remote -- */

static void what_is_sent_is_written_on_arrival(void **state) {
  struct law *law = *state;
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(law->runtime, &remote), PTG_OK);
  begin(law);
  ptg_group g = group(law, law->root, "g");
  pass_over();
  ptg_task t, u;
  ptg_remote_spawn(remote, law->root, &evented, NULL, NULL, &t);
  name(t, "t");
  ptg_remote_cancel(remote, t, NULL);
  ptg_remote_finish(remote, t, NULL);
  ptg_remote_shutdown(remote, g, NULL);
  reads("");
  law_advance(law, 0);
  ptg_remote_spawn(remote, g, &evented, NULL, NULL, &u);
  name(u, "u");
  law_advance(law, 0);
  takes(law, "(null).done:ECANCELED (null).done:ESTALE");
  assert_int_equal(ptg_runtime_request_shutdown(law->runtime, 1), PTG_OK);
  law_advance(law, 0);
  reads("{at:1,op:spawn,status:ok,remote:true,task:<t>,in:<root>,"
        "name:evented,events:true}\n"
        "{at:1,op:cancel,status:ok,remote:true,task:<t>,reason:cancelled}\n"
        "{at:1,op:finish,status:stale,remote:true,task:<t>}\n"
        "{at:1,op:shutdown,status:ok,remote:true,group:<g>}\n"
        "{at:1,call:group_drain,group:<g>}\n"
        "{at:1,call:group_closed,group:<g>,begun_at:1,drain_at:1,closed_at:1,"
        "spawned:0,succeeded:0,failed:0,cancelled:0,abandoned:0}\n"
        "{at:1,op:spawn,status:stale,remote:true,task:<u>,in:<g>}\n"
        "{at:1,call:done,task:<t>,outcome:{status:canceled,"
        "flags:[cancel_requested,never_ran]}}\n"
        "{at:1,call:done,task:<u>,outcome:{status:stale,flags:[never_ran]}}\n"
        "{at:1,op:shutdown,status:ok,remote:true,group:<root>,force:true}\n"
        "{at:1,call:group_closed,group:<root>,begun_at:1,drain_at:1,"
        "cancel_at:1,closed_at:1,spawned:1,succeeded:0,failed:0,cancelled:1,"
        "abandoned:0}\n");
  ptg_remote_close(remote);
}

static void act_from_afar(ptg_runtime *runtime, void *user_data) {
  (void)runtime;
  actor(user_data, ((struct law *)user_data)->root, "t", WORKS(NEVER));
}

static void what_a_posted_function_does_is_not_from_afar(void **state) {
  struct law *law = *state;
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(law->runtime, &remote), PTG_OK);
  begin(law);
  pass_over();
  assert_int_equal(ptg_remote_post(remote, act_from_afar, NULL, law), PTG_OK);
  law_advance(law, 0);
  reads("{at:1,op:spawn,status:ok,task:<t>,in:<root>,name:t}\n"
        "{at:1,call:start,task:<t>}\n");
  ptg_remote_close(remote);
}

/* ----------------------------------------------------------------- texts -- */

static void texts_are_cut_to_what_fits(void **state) {
  struct law *law = *state;
  begin(law);
  char wide[PTG_NAME_MAX + 1], message[100000];
  memset(wide, 1, sizeof(wide) - 1); /* each is \u0001 in JSON */
  memset(message, 2, sizeof(message));
  wide[sizeof(wide) - 1] = '\0';
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = wide;
  ptg_task task;
  assert_int_equal(ptg_task_spawn(law->runtime, law->root, &evented, &options,
                                  (void *)(uintptr_t) "t", &task),
                   PTG_OK);
  law_advance(law, 0);
  takes(law, "t.start");
  cancel_task(law, task, wide);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = message;
  outcome.message_length = sizeof(message);
  assert_int_equal(ptg_task_finish(law->runtime, task, &outcome), PTG_OK);
  law_advance(law, 0);
  takes(law, "t.done:EFAILED");
  assert_true(reader.longest > 512 * 6 && reader.longest < 8192);
}

static void text_is_cut_between_two_characters(void **state) {
  struct law *law = *state;
  begin(law);
  struct actor *t = actor(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  pass_over();
  char message[600];
  for (size_t i = 0; i + 1 < sizeof(message); i += 3)
    memcpy(message + i, "\xE2\x82\xAC", 3);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.message = message;
  outcome.message_length = sizeof(message);
  assert_int_equal(ptg_task_finish(law->runtime, t->task, &outcome), PTG_OK);
  assert_non_null(
      strstr(reader.text, "\xE2\x82\xAC\"}}")); /* not half of one */
  size_t characters = 0;
  for (const char *at = reader.text; (at = strstr(at, "\xE2\x82\xAC")); at += 3)
    characters++;
  assert_int_equal(characters, 512 / 3);
  law_advance(law, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(first_line_says_what_the_root_is),
      LAW(trace_that_begins_later_says_so),
      LAW(nothing_is_written_when_nobody_reads),
      LAW(set_is_refused_elsewhere),
      LAW(group_says_how_it_was_made),
      LAW(operations_say_what_was_asked),
      LAW(refused_operations_say_whom_they_were_about),
      LAW(what_a_callback_does_says_by_whom),
      LAW(trace_may_begin_and_end_inside_a_callback),
      LAW(what_is_sent_is_written_on_arrival),
      LAW(what_a_posted_function_does_is_not_from_afar),
      LAW(texts_are_cut_to_what_fits),
      LAW(text_is_cut_between_two_characters),
  };
  return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
