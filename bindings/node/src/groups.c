/* groups.c - groups and watches: the calls of ptg.h. Each answers a status, and
 * what it made in io[0]. */
#include <stdlib.h>

#include "host.h"

struct given *group_options_read(struct host *host, napi_value object,
                                 ptg_group_options *options,
                                 struct group_texts *texts) {
  napi_env env = host->env;
  struct given *given = malloc(sizeof(*given));
  if (given == NULL) return NULL;
  *given = (struct given){host, get_number(env, object, "id")};
  *options = (ptg_group_options)PTG_GROUP_OPTIONS_INIT;
  texts->name = get_text(env, object, "name", &options->name_length);
  options->name = texts->name;
  options->flags = get_bits(env, object, "flags");
  options->grace_ns = get_ns(env, object, "grace");
  options->cancel_wait_ns = get_ns(env, object, "cancelWait");
  options->deadline_ns = get_ns(env, object, "deadline");
  options->max_tasks = (uint64_t)get_ns(env, object, "maxTasks");
  options->max_queued = (uint64_t)get_ns(env, object, "maxQueued");
  options->history = (uint64_t)get_ns(env, object, "history");
  options->when_full = get_bits(env, object, "whenFull");
  options->on_failure = get_bits(env, object, "onFailure");
  options->owner = get_handle(env, object, "owner");
  options->user_data = given;
  told_of_group(options, get_bits(env, object, "tells"));
  return given;
}

/* group(options): `parent` is one of them. */
static napi_value method_group(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  ptg_group_options options;
  struct group_texts texts;
  if (group_options_read(host, object, &options, &texts) == NULL)
    return number(env, PTG_ENOMEM);
  ptg_group group = PTG_NONE;
  ptg_status status = ptg_group_create(
      host->runtime, get_handle(env, object, "parent"), &options, &group);
  free(texts.name);
  host->io[0] = (double)group;
  return number(env, status);
}

static napi_value method_root(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_group root = PTG_NONE;
  ptg_runtime_get_root(host->runtime, &root);
  return number(env, (double)root);
}

/* stopsBefore(): io[0] before io[1]. */
static napi_value method_stops_before(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env,
                ptg_group_stops_before(host->runtime, (ptg_group)host->io[0],
                                       (ptg_group)host->io[1]));
}

ptg_shutdown_options shutdown_options_read(napi_env env, napi_value object) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = get_bits(env, object, "flags");
  options.grace_ns = get_ns(env, object, "grace");
  options.cancel_wait_ns = get_ns(env, object, "cancelWait");
  options.deadline_ns = get_ns(env, object, "deadline");
  options.originator = get_handle(env, object, "originator");
  return options;
}

/* shutdown(options): of io[0]. */
static napi_value method_shutdown(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  ptg_shutdown_options options = shutdown_options_read(env, object);
  return number(
      env, ptg_group_shutdown(host->runtime, (ptg_group)host->io[0], &options));
}

/* watch(): io[0] watched, io[1] the waiter, io[2] the id. */
static napi_value method_watch(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  options.waiter = (ptg_task)host->io[1];
  options.user_data = (void *)(uintptr_t)host->io[2];
  told_of_watch(&options);
  ptg_watch watch = PTG_NONE;
  ptg_status status =
      ptg_watch_add(host->runtime, (uint64_t)host->io[0], &options, &watch);
  host->io[0] = (double)watch;
  return number(env, status);
}

static napi_value method_unwatch(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env, ptg_watch_remove(host->runtime, (ptg_watch)host->io[0]));
}

/* What the last failed call knew. */
static napi_value method_message(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_error_info error = PTG_ERROR_INFO_INIT;
  ptg_runtime_get_error(host->runtime, &error);
  return text_value(env, error.message, error.message_length);
}

const napi_property_descriptor group_methods[] = {
    METHOD("group", method_group),
    METHOD("root", method_root),
    METHOD("stopsBefore", method_stops_before),
    METHOD("shutdown", method_shutdown),
    METHOD("watch", method_watch),
    METHOD("unwatch", method_unwatch),
    METHOD("message", method_message),
    METHODS_END};
