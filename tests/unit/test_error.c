/* test_error.c - failures: whom they harm (nobody), who is told, how often,
 * what becomes of an error that nobody handles. */
#include "support/law.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGE_SIZE 65536

static ptg_group handling_group(struct law *law, ptg_group parent,
                                const char *name) {
  ptg_group_options options = law_options(law, name);
  options.on_error = law_on_error;
  options.grace_ns = 10 * SECOND;
  options.cancel_wait_ns = 5 * SECOND;
  return law_make(law, parent, &options);
}

/* ----------------------------------------------------------- the subject -- */

struct subject {
  const ptg_task_type *type;
  void *user_data;
};

static ptg_status keep_subject(ptg_runtime *runtime, const ptg_error *error,
                               void *user_data) {
  *(struct subject *)user_data =
      (struct subject){error->task_type, error->task_user_data};
  return PTG_OK;
}

static ptg_status fail_at_once(ptg_runtime *runtime, ptg_task task,
                               void *user_data) {
  return PTG_EFAILED;
}

static ptg_status fail_to_drain(ptg_runtime *runtime, ptg_group group,
                                void *user_data) {
  return PTG_EFAILED;
}

static void handler_is_given_what_the_task_was_spawned_with(void **state) {
  struct law *law = *state;
  static const ptg_task_type type = {.size = sizeof(ptg_task_type),
                                     .start = fail_at_once};
  struct subject subject = {NULL, NULL};
  int own;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.on_error = keep_subject;
  options.on_drain = fail_to_drain;
  options.user_data = &subject;
  ptg_group group;
  assert_int_equal(ptg_group_create(law->runtime, law->root, &options, &group),
                   PTG_OK);
  assert_int_equal(ptg_task_spawn(law->runtime, group, &type, NULL, &own, NULL),
                   PTG_OK);
  law_advance(law, 0);
  assert_ptr_equal(subject.type, &type);
  assert_ptr_equal(subject.user_data, &own);
  assert_int_equal(ptg_group_shutdown(law->runtime, group, NULL), PTG_OK);
  law_advance(law, 0);
  assert_null(subject.type);
  assert_null(subject.user_data);
}

/* ------------------------------------------------------------- isolation -- */

static void failed_task_cancels_nobody_and_closes_nothing(void **state) {
  struct law *law = *state;
  ptg_group outer = law_group(law, law->root, "outer", 0, 0);
  ptg_group inner = law_group(law, outer, "inner", 0, 0);
  struct actor *uncle = law_spawn(law, outer, "uncle", WORKS(2 * SECOND));
  struct actor *sibling = law_spawn(law, inner, "sibling", WORKS(2 * SECOND));
  law_spawn(law, inner, "broken", FAILS(SECOND));
  law_advance(law, 2 * SECOND);
  assert_int_equal(sibling->outcome.status, PTG_OK);
  assert_int_equal(sibling->outcome.flags, 0);
  assert_int_equal(uncle->outcome.status, PTG_OK);
  assert_int_equal(sibling->told[CANCEL] + sibling->told[DRAIN], 0);
  assert_int_equal(uncle->told[CANCEL] + uncle->told[DRAIN], 0);
  assert_int_equal(law_info(law, inner).state, PTG_GROUP_OPEN);
  assert_int_equal(law_info(law, outer).state, PTG_GROUP_OPEN);
  assert_int_equal(law_spawn(law, inner, "next", WORKS(0))->spawned, PTG_OK);
}

static void ten_failures_are_told_ten_times_each_at_its_time(void **state) {
  struct law *law = *state;
  ptg_group group = handling_group(law, law->root, "g");
  law->traced = TRACE(ERROR);
  static const char *const names[] = {"a", "b", "c", "d", "e",
                                      "f", "g", "h", "i", "j"};
  for (int i = 0; i < 10; i++)
    law_spawn(law, group, names[i], FAILS((10 - i) * SECOND));
  law_advance(law, 20 * SECOND);
  law_traced(law, "g.error:j@1 g.error:i@2 g.error:h@3 g.error:g@4 g.error:f@5 "
                  "g.error:e@6 g.error:d@7 g.error:c@8 g.error:b@9 "
                  "g.error:a@10");
  assert_int_equal(law_info(law, group).failed, 10);
}

static void error_is_told_before_the_end(void **state) {
  struct law *law = *state;
  law->traced = TRACE(ERROR) | TRACE(DONE) | TRACE(RELEASE);
  law_spawn(law, law->root, "t", FAILS(SECOND));
  law_advance(law, SECOND);
  law_traced(law, "root.error:t@1 t.done:EFAILED@1 t.release@1");
}

static void ending_cancelled_is_no_error(void **state) {
  struct law *law = *state;
  law->traced = TRACE(ERROR) | TRACE(DONE);
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_finish(task, PTG_ECANCELED);
  law_advance(law, 0);
  law_traced(law, "t.done:ECANCELED@0");
  assert_int_equal(law_info(law, law->root).cancelled, 1);
}

/* ---------------------------------------------------------------- record -- */

static ptg_status check_record(struct law *law, enum event event,
                               const char *name) {
  if (event != ERROR) return PTG_OK;
  const ptg_error *error = law->error;
  assert_int_equal(error->group, *(ptg_group *)law->context);
  assert_int_equal(error->task, law_actor(law, "broken")->task);
  assert_int_equal(error->name_length, 6);
  assert_string_equal(error->name, "broken");
  assert_int_equal(error->age_ns, 3 * SECOND);
  assert_int_equal(error->outcome->status, PTG_EFAILED);
  assert_int_equal(error->outcome->message_length, 8);
  assert_string_equal(error->outcome->message, "it broke");
  assert_int_equal(error->group_state, PTG_GROUP_OPEN);
  assert_int_equal(error->flags, 0);
  assert_int_equal(error->failed_handler, PTG_NONE);
  assert_int_equal(error->handler_status, PTG_OK);
  return PTG_OK;
}

static void handler_is_told_who_where_how_and_when(void **state) {
  struct law *law = *state;
  ptg_group outer = handling_group(law, law->root, "outer");
  ptg_group inner = law_group(law, outer, "inner", 0, 0);
  law_advance(law, SECOND);
  law_spawn(law, inner, "broken", FAILS(3 * SECOND));
  law->context = &inner;
  law->react = check_record;
  law->traced = TRACE(ERROR);
  law_advance(law, 3 * SECOND);
  law_traced(law, "outer.error:broken@4");
}

static ptg_status check_long_message(struct law *law, enum event event,
                                     const char *name) {
  if (event != ERROR) return PTG_OK;
  const ptg_outcome *outcome = law->error->outcome;
  assert_int_equal(outcome->message_length, MESSAGE_SIZE);
  assert_memory_equal(outcome->message, law->context, MESSAGE_SIZE);
  return PTG_OK;
}

static void message_of_any_length_reaches_the_handler(void **state) {
  struct law *law = *state;
  char *message = malloc(MESSAGE_SIZE);
  assert_non_null(message);
  memset(message, 'x', MESSAGE_SIZE);
  law->context = message;
  law->react = check_long_message;
  law->traced = TRACE(ERROR);
  struct actor *task = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = message;
  outcome.message_length = MESSAGE_SIZE;
  assert_int_equal(ptg_task_finish(law->runtime, task->task, &outcome), PTG_OK);
  law_advance(law, 0);
  law_traced(law, "root.error:t@0");
  free(message);
}

static ptg_status note_flags(struct law *law, enum event event,
                             const char *name) {
  if (event != ERROR) return PTG_OK;
  uint32_t *seen = law->context;
  seen[0] = law->error->flags;
  seen[1] = law->error->group_state;
  return PTG_OK;
}

static void failure_after_a_cancel_is_flagged(void **state) {
  struct law *law = *state;
  ptg_group group = handling_group(law, law->root, "g");
  uint32_t seen[2] = {0, 0};
  law->context = seen;
  law->react = note_flags;
  struct script script = CANCELS(SECOND);
  script.yields = PTG_EFAILED;
  struct actor *task = law_spawn(law, group, "t", script);
  law_spawn(law, group, "slow", STUBBORN);
  law_advance(law, 0);
  law_force(law, group);
  law_advance(law, SECOND);
  assert_int_equal(seen[0], PTG_ERROR_DURING_CANCEL);
  assert_int_equal(seen[1], PTG_GROUP_CANCELLING);
  assert_int_equal(task->outcome.flags, PTG_OUTCOME_CANCEL_REQUESTED);
  assert_int_equal(law_info(law, group).failed, 1);
  assert_int_equal(law_info(law, group).cancelled, 0);
}

static void late_failure_is_told_to_a_group_that_is_not_gone(void **state) {
  struct law *law = *state;
  ptg_group group = handling_group(law, law->root, "g");
  struct actor *task = law_spawn(law, group, "t", STUBBORN);
  law_advance(law, 0);
  law_force(law, group);
  law_advance(law, 5 * SECOND);
  law->traced = TRACE(ERROR) | TRACE(DONE);
  law_advance(law, SECOND);
  law_finish(task, PTG_EFAILED);
  law_advance(law, 0);
  law_traced(law, "root.error:t@6 t.done:EFAILED@6");
}

/* ----------------------------------------------------------------- chain -- */

static void nearest_ancestor_with_a_handler_is_told_and_it_alone(void **state) {
  struct law *law = *state;
  ptg_group a = handling_group(law, law->root, "a");
  ptg_group b = handling_group(law, a, "b");
  ptg_group c = law_group(law, b, "c", 0, 0);
  ptg_group d = law_group(law, c, "d", 0, 0);
  law->traced = TRACE(ERROR);
  law_spawn(law, d, "in d", FAILS(SECOND));
  law_spawn(law, a, "in a", FAILS(2 * SECOND));
  law_spawn(law, law->root, "in root", FAILS(3 * SECOND));
  law_advance(law, 4 * SECOND);
  law_traced(law, "b.error:in d@1 a.error:in a@2 root.error:in root@3");
}

/* Handlers of groups whose name is in the context fail. */
static ptg_status fail_handlers(struct law *law, enum event event,
                                const char *name) {
  if (event != ERROR) return PTG_OK;
  if (strcmp(name, "c") == 0) assert_int_equal(law->error->failed_handler, 0);
  if (strcmp(name, "b") == 0 || strcmp(name, "root") == 0) {
    assert_int_equal(law->error->handler_status, PTG_EBUSY);
    assert_true(law->error->failed_handler != PTG_NONE);
    assert_int_equal(law->error->outcome->status, PTG_EFAILED);
    assert_string_equal(law->error->outcome->message, "it broke");
    ptg_group_info info = law_info(law, law->error->failed_handler);
    assert_string_equal(info.name, "c");
  }
  if (strstr(law->context, name) == NULL) return PTG_OK;
  return strcmp(name, "c") == 0 ? PTG_EBUSY : PTG_EFULL;
}

static struct actor *break_in_d(struct law *law) {
  ptg_group a = law_group(law, law->root, "a", 0, 0);
  ptg_group b = handling_group(law, a, "b");
  ptg_group c = handling_group(law, b, "c");
  ptg_group d = law_group(law, c, "d", 0, 0);
  law->react = fail_handlers;
  law->traced = TRACE(ERROR) | TRACE(DONE);
  struct actor *task = law_spawn(law, d, "t", FAILS(0));
  law_advance(law, SECOND);
  return task;
}

static void handler_that_fails_passes_both_errors_up(void **state) {
  struct law *law = *state;
  char failing[] = "c";
  law->context = failing;
  break_in_d(law);
  law_traced(law, "c.error:t@0 b.error:t@0 t.done:EFAILED@0");
  assert_int_equal(law_info(law, law->root).state, PTG_GROUP_OPEN);
}

static void handlers_that_all_fail_are_each_told_once(void **state) {
  struct law *law = *state;
  char failing[] = "cb";
  law->context = failing;
  break_in_d(law);
  law_traced(law, "c.error:t@0 b.error:t@0 root.error:t@0 t.done:EFAILED@0");
}

/* ----------------------------------------------------------------- hooks -- */

static ptg_status fail_hooks(struct law *law, enum event event,
                             const char *name) {
  if (event == ON_DRAIN) return PTG_EFAILED;
  if (event == ON_CLOSED) return PTG_EBUSY;
  if (event != ERROR) return PTG_OK;
  assert_int_equal(law->error->flags, PTG_ERROR_FROM_HOOK);
  assert_int_equal(law->error->task, PTG_NONE);
  assert_int_equal(law->error->group, *(ptg_group *)law->context);
  assert_non_null(law->error->name);
  int is_closed = law->error->group_state == PTG_GROUP_CLOSED;
  assert_int_equal(law->error->outcome->status,
                   is_closed ? PTG_EBUSY : PTG_EFAILED);
  return PTG_OK;
}

static void hook_that_fails_is_told_and_the_shutdown_goes_on(void **state) {
  struct law *law = *state;
  ptg_group group = handling_group(law, law->root, "g");
  law_spawn(law, group, "t", DRAINS(SECOND));
  law_advance(law, 0);
  law->context = &group;
  law->react = fail_hooks;
  law->traced = TRACE(ON_DRAIN) | TRACE(ON_CLOSED) | TRACE(ERROR) |
                TRACE(DRAIN) | TRACE(CANCEL);
  law_shutdown(law, group);
  law_advance(law, SECOND);
  law_traced(law, "g.drain@0 g.error:hook@0 t.drain@0 g.closed@1 "
                  "g.error:hook@1");
}

static void hook_of_a_group_without_a_handler_is_told_above(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  law->context = &group;
  law->react = fail_hooks;
  law->traced = TRACE(ERROR) | TRACE(ON_CLOSED);
  law_shutdown(law, group);
  law_advance(law, 0);
  law_traced(law, "root.error:hook@0 g.closed@0 root.error:hook@0");
}

/* --------------------------------------------------------------- default -- */

/* Sends stderr into a pipe that a line never fills. */
static int begin_capture(int *kept) {
  int ends[2];
  fflush(stderr);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  *kept = dup(STDERR_FILENO);
  assert_true(*kept >= 0);
  assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
  close(ends[1]);
  return ends[0];
}

static void end_capture(int from, int kept, char *text, size_t size) {
  fflush(stderr);
  dup2(kept, STDERR_FILENO);
  close(kept);
  ssize_t length = read(from, text, size - 1);
  close(from);
  text[length > 0 ? length : 0] = '\0';
}

static ptg_status fail_with_message(ptg_runtime *runtime, ptg_task task,
                                    void *user_data) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = "no such order";
  return ptg_task_finish(runtime, task, &outcome);
}

static ptg_status fail_handler(ptg_runtime *runtime, const ptg_error *error,
                               void *user_data) {
  return PTG_EBUSY;
}

/* One failure in /app/http of a runtime whose root has this handler. */
static void print_failure(ptg_error_fn on_error, char *text, size_t size) {
  ptg_group_options group = PTG_GROUP_OPTIONS_INIT;
  group.on_error = on_error;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.root = &group;
  ptg_runtime *runtime;
  ptg_group root, app, http;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  ptg_runtime_get_root(runtime, &root);
  group.on_error = NULL;
  group.name = "app";
  assert_int_equal(ptg_group_create(runtime, root, &group, &app), PTG_OK);
  group.name = "http";
  assert_int_equal(ptg_group_create(runtime, app, &group, &http), PTG_OK);
  static const ptg_task_type type = {
      .size = sizeof(type), .name = "request", .start = fail_with_message};
  assert_int_equal(ptg_task_spawn(runtime, http, &type, NULL, NULL, NULL),
                   PTG_OK);
  int kept;
  int from = begin_capture(&kept);
  ptg_status status = ptg_runtime_advance(runtime, SECOND);
  end_capture(from, kept, text, size);
  assert_int_equal(status, PTG_OK);
  ptg_group_shutdown(runtime, root, NULL);
  ptg_runtime_advance(runtime, 0);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
}

static void error_that_nobody_handles_is_one_loud_line(void **state) {
  char text[1024];
  print_failure(NULL, text, sizeof(text));
  assert_non_null(strstr(text, "request"));
  assert_non_null(strstr(text, "/app/http"));
  assert_non_null(strstr(text, "PTG_EFAILED"));
  assert_non_null(strstr(text, "no such order"));
  assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void default_line_names_the_failure_of_the_handler_too(void **state) {
  char text[1024];
  print_failure(fail_handler, text, sizeof(text));
  assert_non_null(strstr(text, "no such order"));
  assert_non_null(strstr(text, "PTG_EBUSY"));
  assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void handled_error_prints_nothing(void **state) {
  struct law *law = *state;
  char text[64];
  law_spawn(law, law->root, "t", FAILS(0));
  int kept;
  int from = begin_capture(&kept);
  ptg_status status = ptg_runtime_advance(law->runtime, 0);
  end_capture(from, kept, text, sizeof(text));
  assert_int_equal(status, PTG_OK);
  assert_string_equal(text, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(failed_task_cancels_nobody_and_closes_nothing),
      LAW(ten_failures_are_told_ten_times_each_at_its_time),
      LAW(error_is_told_before_the_end),
      LAW(ending_cancelled_is_no_error),
      LAW(handler_is_told_who_where_how_and_when),
      LAW(handler_is_given_what_the_task_was_spawned_with),
      LAW(message_of_any_length_reaches_the_handler),
      LAW(failure_after_a_cancel_is_flagged),
      LAW(late_failure_is_told_to_a_group_that_is_not_gone),
      LAW(nearest_ancestor_with_a_handler_is_told_and_it_alone),
      LAW(handler_that_fails_passes_both_errors_up),
      LAW(handlers_that_all_fail_are_each_told_once),
      LAW(hook_that_fails_is_told_and_the_shutdown_goes_on),
      LAW(hook_of_a_group_without_a_handler_is_told_above),
      cmocka_unit_test(error_that_nobody_handles_is_one_loud_line),
      cmocka_unit_test(default_line_names_the_failure_of_the_handler_too),
      LAW(handled_error_prints_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
