/* tasks.c - tasks of promises, of callbacks, timers and queues: the calls of
 * ptg.h. Each answers a status, and what it made in io[0]. */
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* learn(name): a number for a name, from 1; 0: there is no memory. */
static napi_value method_learn(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value text;
  struct host *host = host_here(env, info, &count, &text);
  size_t size = (host->name_count + 1) * sizeof(*host->names);
  char *name = text_of(env, text, &length);
  char **names = name != NULL ? realloc(host->names, size) : NULL;
  if (names == NULL) {
    free(name);
    return number(env, 0);
  }
  host->names = names;
  names[host->name_count++] = name;
  return number(env, host->name_count);
}

/* spawn(name?, place?): a task of a promise. In: io[0] group, io[1] spawner,
 * io[2] place in JavaScript's table, io[3] flags, io[4] what learn() answered.
 * Out: io[0] status, io[1] handle. The call that happens most: it has no
 * arguments in most cases, and no result. */
static napi_value method_spawn(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value texts[2] = {NULL, NULL};
  struct host *host = host_here(env, info, &count, texts);
  double *io = host->io;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.flags = (uint32_t)io[3];
  options.spawner = (ptg_task)io[1];
  char *name = NULL, *place = NULL;
  if (io[4] > 0) options.name = host->names[(size_t)io[4] - 1];
  if (count > 0) {
    name = text_of(env, texts[0], &options.name_length);
    place = text_of(env, texts[1], &options.place_length);
    options.place = place;
    if (name != NULL)
      options.name = name;
    else
      options.name_length = PTG_NUL_TERMINATED;
  }
  ptg_task task = PTG_NONE;
  io[0] = ptg_task_spawn(host->runtime, (ptg_group)io[0], &promise_type,
                         &options, (void *)(uintptr_t)io[2], &task);
  io[1] = (double)task;
  if (count > 0) {
    free(name);
    free(place);
  }
  return NULL;
}

/* submit(): io[0] tasks in `finished` have ended well. One that another
 * language has ended before is no fault of whose call this is part of. */
static napi_value method_submit(napi_env env, napi_callback_info info) {
  size_t none = 0;
  struct host *host = host_here(env, info, &none, NULL);
  size_t count = (size_t)host->io[0];
  ptg_status worst = PTG_OK;
  for (size_t i = 0; i < count; i++) {
    ptg_status status =
        ptg_task_finish(host->runtime, (ptg_task)host->finished[i], NULL);
    if (status != PTG_OK && status != PTG_ESTALE) worst = status;
  }
  host->io[0] = worst;
  return NULL;
}

/* finish(message?): io[0] task, io[1] status, io[2] code, io[3] the 64 bits of
 * the value. */
static napi_value method_finish(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value text;
  struct host *host = host_here(env, info, &count, &text);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = (ptg_status)host->io[1];
  outcome.code = (int32_t)host->io[2];
  memcpy(&outcome.value, &host->io[3], sizeof(outcome.value));
  char *message = text_of(env, text, &outcome.message_length);
  outcome.message = message;
  ptg_status status =
      ptg_task_finish(host->runtime, (ptg_task)host->io[0], &outcome);
  free(message);
  return number(env, status);
}

struct asked asked_read(napi_env env, napi_value object) {
  struct asked asked = {
      .group = get_handle(env, object, "group"),
      .spawner = get_handle(env, object, "spawner"),
      .flags = get_bits(env, object, "flags"),
      .user_data = (void *)(uintptr_t)get_number(env, object, "id"),
  };
  asked.name = get_text(env, object, "name", &asked.name_length);
  return asked;
}

napi_value asked_answer(struct host *host, struct asked *asked,
                        ptg_status status, ptg_task task) {
  free(asked->name);
  host->io[0] = (double)task;
  return number(host->env, status);
}

/* open(options): a task of callbacks. */
static napi_value method_open(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  char *type_name = get_text(env, object, "type", &length);
  const ptg_task_type *type = type_of(host, type_name != NULL ? type_name : "",
                                      get_bits(env, object, "tells"));
  free(type_name);
  if (type == NULL) return number(env, PTG_ENOMEM);
  struct asked asked = asked_read(env, object);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  ASKED_COPY(&options, &asked);
  char *place = get_text(env, object, "place", &options.place_length);
  options.place = place;
  ptg_task task = PTG_NONE;
  ptg_status status = ptg_task_spawn(host->runtime, asked.group, type, &options,
                                     asked.user_data, &task);
  free(place);
  return asked_answer(host, &asked, status, task);
}

/* cancel(reason?): io[0] task, io[1] the originator. */
static napi_value method_cancel(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value text;
  struct host *host = host_here(env, info, &count, &text);
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  char *reason = text_of(env, text, &options.reason_length);
  options.reason = reason;
  options.originator = (uint64_t)host->io[1];
  ptg_status status =
      ptg_task_cancel(host->runtime, (ptg_task)host->io[0], &options);
  free(reason);
  return number(env, status);
}

/* reason(): why io[0] was asked to end, and in io[0] by whom; or undefined. */
static napi_value method_reason(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_task_info task = PTG_TASK_INFO_INIT;
  ptg_status status =
      ptg_task_get_info(host->runtime, (ptg_task)host->io[0], &task);
  host->io[0] = (double)task.originator;
  if (status != PTG_OK) return NULL;
  return text_value(env, task.reason, task.reason_length);
}

/* sleep(): io[0] task, io[1] nanoseconds. */
static napi_value method_sleep(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env, ptg_task_sleep(host->runtime, (ptg_task)host->io[0],
                                    (int64_t)host->io[1]));
}

/* extendGrace(): likewise; io[0] is then what is left. */
static napi_value method_extend_grace(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  int64_t left_ns = 0;
  ptg_status status = ptg_task_extend_grace(
      host->runtime, (ptg_task)host->io[0], (int64_t)host->io[1], &left_ns);
  host->io[0] = (double)left_ns;
  return number(env, status);
}

/* ---------------------------------------------------- timers and queues -- */

static napi_value method_timer(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  struct asked asked = asked_read(env, object);
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  ASKED_COPY(&options, &asked);
  options.after_ns = get_ns(env, object, "after");
  options.every_ns = get_ns(env, object, "every");
  options.overlap = get_bits(env, object, "overlap");
  options.user_data = asked.user_data;
  told_of_timer(&options);
  ptg_task task = PTG_NONE;
  ptg_status status =
      ptg_timer_spawn(host->runtime, asked.group, &options, &task);
  return asked_answer(host, &asked, status, task);
}

static napi_value method_queue(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  struct asked asked = asked_read(env, object);
  ptg_queue_options options = PTG_QUEUE_OPTIONS_INIT;
  ASKED_COPY(&options, &asked);
  options.capacity = (uint64_t)get_ns(env, object, "capacity");
  options.at_once = (uint64_t)get_ns(env, object, "atOnce");
  options.user_data = asked.user_data;
  told_of_queue(&options);
  ptg_task task = PTG_NONE;
  ptg_status status =
      ptg_queue_spawn(host->runtime, asked.group, &options, &task);
  return asked_answer(host, &asked, status, task);
}

/* push(): io[0] queue, io[1] pusher, io[2] the message's key. */
static napi_value method_push(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env, ptg_queue_push(host->runtime, (ptg_task)host->io[0],
                                    (ptg_task)host->io[1],
                                    (void *)(uintptr_t)host->io[2]));
}

static napi_value method_close_queue(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env, ptg_queue_close(host->runtime, (ptg_task)host->io[0]));
}

const napi_property_descriptor task_methods[] = {
    METHOD("learn", method_learn),
    METHOD("spawn", method_spawn),
    METHOD("submit", method_submit),
    METHOD("finish", method_finish),
    METHOD("open", method_open),
    METHOD("cancel", method_cancel),
    METHOD("reason", method_reason),
    METHOD("sleep", method_sleep),
    METHOD("extendGrace", method_extend_grace),
    METHOD("timer", method_timer),
    METHOD("queue", method_queue),
    METHOD("push", method_push),
    METHOD("closeQueue", method_close_queue),
    METHODS_END};
