/* operations_tasks.c - requests about tasks. */
#include "operations.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "describe.h"
#include "elsewhere.h"
#include "made.h"

/* ----------------------------------------------------------------- spawn -- */

struct spawn {
  ptg_group group;
  struct given *given;
  ptg_task_options options;
  ptg_task task;
};

static void read_type(struct request *request, ptg_task_type *type) {
  static const struct word tells[] = {{"drain", TELLS_DRAIN},
                                      {"cancel", TELLS_CANCEL},
                                      {"kill", TELLS_KILL},
                                      {NULL, 0}};
  *type = (ptg_task_type){.size = sizeof(*type)};
  type->flags = request_flag(request, "events", PTG_TASK_TYPE_EVENTS) |
                request_flag(request, "killable", PTG_TASK_TYPE_KILLABLE);
  request_text(request, "type", &type->name, NULL);
  uint32_t told = request_tells(request, tells, TELLS_DRAIN | TELLS_CANCEL);
  if (!(type->flags & PTG_TASK_TYPE_EVENTS)) calls_of_task(type, told);
}

static void read_options(struct request *request, ptg_task_options *options) {
  options->flags = request_flag(request, "cleanup", PTG_SPAWN_CLEANUP) |
                   request_flag(request, "observed", PTG_SPAWN_OBSERVED);
  request_text(request, "name", &options->name, &options->name_length);
  request_text(request, "place", &options->place, &options->place_length);
  options->spawner = request_handle(request, "spawner");
}

/* The type is looked at for as long as the task lives. */
static void keep_type(struct given *given, const ptg_task_type *type) {
  given->type = *type;
  if (type->name == NULL) return;
  given->type_name = strdup(type->name);
  if (given->type_name == NULL) abort();
  given->type.name = given->type_name;
}

static ptg_status spawn_remotely(void *data) {
  struct spawn *spawn = data;
  const struct adapter *adapter = spawn->given->adapter;
  return adapter->api.remote_spawn(adapter->remote, spawn->group,
                                   &spawn->given->type, &spawn->options,
                                   spawn->given, &spawn->task);
}

static ptg_status spawn_here(const struct spawn *spawn, ptg_task *task) {
  const struct adapter *adapter = spawn->given->adapter;
  return adapter->api.task_spawn(adapter->runtime, spawn->group,
                                 &spawn->given->type, &spawn->options,
                                 spawn->given, task);
}

static ptg_status do_spawn(struct adapter *adapter, struct request *request) {
  struct spawn spawn = {.options = PTG_TASK_OPTIONS_INIT};
  ptg_task_type type;
  read_type(request, &type);
  read_options(request, &spawn.options);
  spawn.group = request_handle(request, "in");
  spawn.given = made_begin(adapter, request);
  if (spawn.given == NULL) return PTG_OK;
  keep_type(spawn.given, &type);
  ptg_status status = request_flag(request, "remote", 1)
                          ? elsewhere_run(spawn_remotely, &spawn)
                          : spawn_here(&spawn, &spawn.task);
  return made_end(spawn.given, request, status, spawn.task);
}

/* ---------------------------------------------------------------- finish -- */

struct finish {
  const struct adapter *adapter;
  ptg_task task;
  ptg_outcome outcome;
};

static ptg_status finish_remotely(void *data) {
  const struct finish *finish = data;
  const struct adapter *adapter = finish->adapter;
  return adapter->api.remote_finish(adapter->remote, finish->task,
                                    &finish->outcome);
}

static ptg_status do_finish(struct adapter *adapter, struct request *request) {
  struct finish finish = {adapter, request_handle(request, "task"),
                          PTG_OUTCOME_INIT};
  request_outcome(request, &finish.outcome);
  if (request_is_bad(request)) return PTG_OK;
  if (request_flag(request, "remote", 1))
    return elsewhere_run(finish_remotely, &finish);
  return adapter->api.task_finish(adapter->runtime, finish.task,
                                  &finish.outcome);
}

/* ---------------------------------------------------------------- cancel -- */

struct cancel {
  const struct adapter *adapter;
  ptg_task task;
  ptg_cancel_options options;
};

static ptg_status cancel_remotely(void *data) {
  const struct cancel *cancel = data;
  const struct adapter *adapter = cancel->adapter;
  return adapter->api.remote_cancel(adapter->remote, cancel->task,
                                    &cancel->options);
}

static ptg_status do_cancel(struct adapter *adapter, struct request *request) {
  struct cancel cancel = {adapter, request_handle(request, "task"),
                          PTG_CANCEL_OPTIONS_INIT};
  ptg_cancel_options *options = &cancel.options;
  request_text(request, "reason", &options->reason, &options->reason_length);
  options->originator = request_handle(request, "originator");
  if (request_is_bad(request)) return PTG_OK;
  if (request_flag(request, "remote", 1))
    return elsewhere_run(cancel_remotely, &cancel);
  return adapter->api.task_cancel(adapter->runtime, cancel.task, options);
}

/* ------------------------------------------------------------------ time -- */

static ptg_status do_sleep(struct adapter *adapter, struct request *request) {
  uint64_t task = request_handle(request, "task");
  int64_t for_ns = request_duration(request, "for");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.task_sleep(adapter->runtime, task, for_ns);
}

static ptg_status do_extend_grace(struct adapter *adapter,
                                  struct request *request) {
  uint64_t task = request_handle(request, "task");
  int64_t for_ns = request_duration(request, "for");
  if (request_is_bad(request)) return PTG_OK;
  int64_t left_ns = 0;
  ptg_status status =
      adapter->api.task_extend_grace(adapter->runtime, task, for_ns, &left_ns);
  if (status == PTG_OK)
    json_object_set_new(request->answer, "left", describe_duration(left_ns));
  return status;
}

const struct operation operations_of_tasks[] = {
    {"spawn", "as in", NEEDS_RUNTIME, do_spawn},
    {"finish", "task", NEEDS_RUNTIME, do_finish},
    {"cancel", "task", NEEDS_RUNTIME, do_cancel},
    {"sleep", "task for", NEEDS_RUNTIME, do_sleep},
    {"extend_grace", "task for", NEEDS_RUNTIME, do_extend_grace},
    {NULL, NULL, 0, NULL},
};
