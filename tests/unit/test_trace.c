/* test_trace.c - the lines of a trace: what each kind says, and in which order
 * they come.
 *
 * Expected lines stand without their quotes; a handle is the name that a case
 * gave to it, in angle brackets, and <?> if it gave none.
 */
#include "event_bench.h"

#include <ctype.h>
#include <jansson.h>
#include <pthread.h>

#define NAMES 32
#define HANDLES_FROM \
  UINT64_C(1000000000000) /* instants here are below that \
                           */

struct reader {
  char text[65536]; /* the lines since the last look */
  size_t used;
  size_t lines; /* ever */
  size_t longest;
  uint64_t handles[NAMES];
  const char *names[NAMES];
  size_t name_count;
};

static struct reader reader;

static void name(uint64_t handle, const char *text) {
  assert_true(reader.name_count < NAMES);
  reader.handles[reader.name_count] = handle;
  reader.names[reader.name_count++] = text;
}

static const char *name_of(uint64_t handle) {
  for (size_t i = 0; i < reader.name_count; i++)
    if (reader.handles[i] == handle) return reader.names[i];
  return "?";
}

static void put(const char *text, size_t length) {
  assert_true(reader.used + length < sizeof(reader.text));
  memcpy(reader.text + reader.used, text, length);
  reader.used += length;
  reader.text[reader.used] = '\0';
}

static void check_json(const char *line, size_t length) {
  json_error_t error;
  json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL) fail_msg("%s: %.*s", error.text, (int)length, line);
  assert_true(json_is_object(json));
  assert_true(json_is_integer(json_object_get(json, "at")));
  json_decref(json);
  assert_null(memchr(line, '\n', length));
}

/* Keeps a line as the cases write it: names are known only when it is read. */
static void read_line(ptg_runtime *runtime, const char *line, size_t length,
                      void *user_data) {
  (void)runtime;
  assert_ptr_equal(user_data, &reader);
  check_json(line, length);
  reader.lines++;
  if (length > reader.longest) reader.longest = length;
  put(line, length);
  put("\n", 1);
}

static void put_named(char *out, size_t size, const char *text) {
  size_t used = 0;
  for (const char *at = text; *at != '\0';) {
    assert_true(used + 64 < size);
    char *end = NULL;
    uint64_t number = isdigit((unsigned char)*at) ? strtoull(at, &end, 10) : 0;
    if (number >= HANDLES_FROM && number < UINT64_C(1) << 53) {
      used +=
          (size_t)snprintf(out + used, size - used, "<%s>", name_of(number));
    } else if (end != NULL) {
      used += (size_t)snprintf(out + used, size - used, "%.*s", (int)(end - at),
                               at);
    } else if (*at != '"') {
      out[used++] = *at;
    }
    at = end != NULL ? end : at + 1;
  }
  out[used] = '\0';
}

/* Compares the lines since the last look. */
static void reads(const char *expected) {
  static char named[sizeof(reader.text)];
  put_named(named, sizeof(named), reader.text);
  assert_string_equal(named, expected);
  reader.used = 0;
  reader.text[0] = '\0';
}

static void pass_over(void) {
  reader.used = 0;
  reader.text[0] = '\0';
}

static void begin(struct law *law) {
  memset(&reader, 0, sizeof(reader));
  name(law->root, "root");
  assert_int_equal(ptg_runtime_set_trace(law->runtime, read_line, &reader),
                   PTG_OK);
}

static struct actor *actor(struct law *law, ptg_group group, const char *text,
                           struct script script) {
  struct actor *made = law_spawn(law, group, text, script);
  name(made->task, text);
  return made;
}

static ptg_group group(struct law *law, ptg_group parent, const char *text) {
  ptg_group made = law_group(law, parent, text, 2 * SECOND, SECOND);
  name(made, text);
  return made;
}

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
      LAW(life_of_a_task),
      LAW(shutdown_phase_by_phase),
      LAW(group_without_hooks_has_its_closing_written),
      LAW(abandoned_task_is_done_when_the_runtime_is_destroyed),
      LAW(errors_say_whose_handler_and_where_from),
      LAW(failure_of_a_hook_is_no_tasks),
      cmocka_unit_test(error_that_no_group_handles_is_nobodys),
      LAW(watch_says_what_is_over),
      LAW(what_a_callback_does_says_by_whom),
      LAW(trace_may_begin_and_end_inside_a_callback),
      LAW(events_are_written_as_they_are_taken),
      LAW(events_of_another_size_are_written_too),
      LAW(what_is_sent_is_written_on_arrival),
      LAW(what_a_posted_function_does_is_not_from_afar),
      LAW(texts_are_cut_to_what_fits),
      LAW(text_is_cut_between_two_characters),
  };
  return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
