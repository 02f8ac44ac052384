/* calls.c - how a call is made, and those of tasks, groups and watches. */
#include "calls.h"

#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "given.h"
#include "operations.h"
#include "request.h"
#include "wire.h"

/* ------------------------------------------------------------ making one -- */

/* Who it is about. The handle and what was given along with it must agree. */
static json_t *describe_who(const struct given *given, uint64_t handle) {
  const struct adapter *adapter = given->adapter;
  const char *name = names_of(&adapter->names, handle);
  if (name == NULL || strcmp(name, given->as) == 0)
    return describe_reference(adapter, handle);
  return json_sprintf("%s, with the user data of %s", name, given->as);
}

json_t *call_begin(const struct given *given, const char *what,
                   const char *field, uint64_t handle) {
  const struct adapter *adapter = given->adapter;
  if (adapter->is_silent) return NULL;
  int64_t now_ns = 0;
  adapter->api.runtime_get_time(adapter->runtime, &now_ns);
  json_t *call = json_pack("{s:s}", "call", what);
  json_object_set_new(call, field, describe_who(given, handle));
  json_object_set_new(call, "at", describe_instant(adapter, now_ns));
  return call;
}

static struct reply read_reply(const struct adapter *adapter, json_t *body) {
  struct request request = {.adapter = adapter, .body = body};
  struct reply reply = {
      .status = request_word(&request, "status", statuses),
      .started = request_handle(&request, "started"),
  };
  if (request_is_bad(&request))
    fprintf(stderr, "%s: in a return: %s\n", adapter->api.name, request.why);
  return reply;
}

struct reply call_make(struct adapter *adapter, json_t *call) {
  struct reply reply = {PTG_OK, PTG_NONE};
  if (adapter->is_silent) return reply;
  wire_write(call);
  adapter->calls++;
  json_t *returned = operations_run(adapter);
  adapter->calls--;
  if (returned != NULL) reply = read_reply(adapter, returned);
  json_decref(returned);
  return reply;
}

/* ----------------------------------------------------------------- tasks -- */

static struct reply call_task(const char *what, ptg_task task,
                              void *user_data) {
  const struct given *given = user_data;
  return call_make(given->adapter, call_begin(given, what, "task", task));
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  return call_task("start", task, user_data).status;
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  call_task("wake", task, user_data);
}

static void on_task_drain(ptg_runtime *runtime, ptg_task task,
                          void *user_data) {
  call_task("drain", task, user_data);
}

static void on_kill(ptg_runtime *runtime, ptg_task task, void *user_data) {
  call_task("kill", task, user_data);
}

/* One that is thrown away is not worth being called abandoned on stderr. */
static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  const struct given *given = user_data;
  struct adapter *adapter = given->adapter;
  if (adapter->is_silent) {
    ptg_outcome outcome = PTG_OUTCOME_INIT;
    outcome.status = PTG_ECANCELED;
    adapter->api.task_finish(runtime, task, &outcome);
    return;
  }
  json_t *call = call_begin(given, "cancel", "task", task);
  json_object_set_new(call, "reason",
                      describe_text(info->reason, info->reason_length));
  json_object_set_new(call, "originator",
                      describe_reference(adapter, info->originator));
  call_make(adapter, call);
}

void call_done(ptg_runtime *runtime, ptg_task task, const ptg_outcome *outcome,
               void *user_data) {
  const struct given *given = user_data;
  json_t *call = call_begin(given, "done", "task", task);
  json_object_set_new(call, "outcome",
                      describe_outcome(given->adapter, outcome));
  call_make(given->adapter, call);
}

void calls_of_task(ptg_task_type *type, uint32_t tells) {
  type->start = on_start;
  type->drain = tells & TELLS_DRAIN ? on_task_drain : NULL;
  type->cancel = tells & TELLS_CANCEL ? on_cancel : NULL;
  type->kill = tells & TELLS_KILL ? on_kill : NULL;
  type->wake = on_wake;
  type->done = call_done;
  type->release = given_release;
}

/* ---------------------------------------------------------------- groups -- */

static void describe_error(const struct adapter *adapter,
                           const ptg_error *error, json_t *call) {
  static const struct column columns[] = {
      COLUMN(ptg_error, "from", REFERENCE, group),
      COLUMN(ptg_error, "task", REFERENCE, task),
      COLUMN_OF_TEXT(ptg_error, "name", TEXT, name),
      COLUMN(ptg_error, "age", DURATION, age_ns),
      COLUMN_OF_WORDS(ptg_error, "flags", FLAGS, flags, error_flags),
      COLUMN_OF_WORDS(ptg_error, "state", WORD, group_state, group_states),
      COLUMN(ptg_error, "failed_handler", REFERENCE, failed_handler),
      COLUMNS_END};
  describe_columns(adapter, columns, error, call);
  json_object_set_new(call, "outcome",
                      describe_outcome(adapter, error->outcome));
  json_object_set_new(call, "handler_status",
                      error->failed_handler != PTG_NONE
                          ? describe_status(error->handler_status)
                          : json_null());
}

/* The handler is not told whose it is: that is what was given along says. */
static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  const struct given *given = user_data;
  struct adapter *adapter = given->adapter;
  if (adapter->is_silent) return PTG_OK;
  uint64_t group = names_find(&adapter->names, given->as, NULL);
  json_t *call = call_begin(given, "error", "group", group);
  describe_error(adapter, error, call);
  return call_make(adapter, call).status;
}

static ptg_status call_group(const char *what, ptg_group group,
                             void *user_data) {
  const struct given *given = user_data;
  json_t *call = call_begin(given, what, "group", group);
  return call_make(given->adapter, call).status;
}

static ptg_status on_group_drain(ptg_runtime *runtime, ptg_group group,
                                 void *user_data) {
  return call_group("group_drain", group, user_data);
}

static ptg_status on_group_closed(ptg_runtime *runtime, ptg_group group,
                                  void *user_data) {
  return call_group("group_closed", group, user_data);
}

void calls_of_group(ptg_group_options *options, uint32_t tells) {
  options->on_error = tells & TELLS_ERROR ? on_error : NULL;
  options->on_drain = tells & TELLS_DRAIN ? on_group_drain : NULL;
  options->on_closed = tells & TELLS_CLOSED ? on_group_closed : NULL;
}

/* ----------------------------------------------------- watches and posts -- */

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  const struct given *given = user_data;
  struct adapter *adapter = given->adapter;
  json_t *call = call_begin(given, "over", "watch", watch);
  json_object_set_new(call, "on", describe_reference(adapter, watched));
  json_object_set_new(call, "outcome", describe_outcome(adapter, outcome));
  call_make(adapter, call);
}

void calls_of_watch(ptg_watch_options *options) {
  options->over = on_over;
  options->release = given_release;
}

void call_posted(ptg_runtime *runtime, void *user_data) {
  const struct given *given = user_data;
  json_t *call = call_begin(given, "posted", "as", PTG_NONE);
  json_object_set_new(call, "as", json_string(given->as));
  call_make(given->adapter, call);
}
