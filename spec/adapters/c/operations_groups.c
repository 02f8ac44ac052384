/* operations_groups.c - requests that make and end groups, and watches. */
#include "operations.h"

#include "calls.h"
#include "describe.h"
#include "elsewhere.h"
#include "given.h"
#include "group_options.h"
#include "made.h"

static ptg_status do_group(struct adapter *adapter, struct request *request) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  group_options_read(request, &options);
  uint64_t parent = request_handle(request, "in");
  struct given *given = made_begin(adapter, request);
  if (given == NULL) return PTG_OK;
  options.user_data = given;
  ptg_group group = PTG_NONE;
  ptg_status status =
      adapter->api.group_create(adapter->runtime, parent, &options, &group);
  return made_end(given, request, status, group);
}

static ptg_status do_edge(struct adapter *adapter, struct request *request) {
  uint64_t first = request_handle(request, "first");
  uint64_t later = request_handle(request, "later");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.group_stops_before(adapter->runtime, first, later);
}

/* -------------------------------------------------------------- shutdown -- */

struct shutdown {
  const struct adapter *adapter;
  ptg_group group;
  ptg_shutdown_options options;
};

static ptg_status shutdown_remotely(void *data) {
  const struct shutdown *shutdown = data;
  const struct adapter *adapter = shutdown->adapter;
  return adapter->api.remote_shutdown(adapter->remote, shutdown->group,
                                      &shutdown->options);
}

static ptg_status do_shutdown(struct adapter *adapter,
                              struct request *request) {
  struct shutdown shutdown = {adapter, request_handle(request, "group"),
                              PTG_SHUTDOWN_OPTIONS_INIT};
  ptg_shutdown_options *options = &shutdown.options;
  options->flags = request_flag(request, "force", PTG_SHUTDOWN_FORCE);
  options->grace_ns = request_duration(request, "grace");
  options->cancel_wait_ns = request_duration(request, "cancel_wait");
  options->deadline_ns = request_duration(request, "deadline");
  options->originator = request_handle(request, "originator");
  if (request_is_bad(request)) return PTG_OK;
  if (request_flag(request, "remote", 1))
    return elsewhere_run(shutdown_remotely, &shutdown);
  return adapter->api.group_shutdown(adapter->runtime, shutdown.group, options);
}

/* ----------------------------------------------------- watches and posts -- */

static ptg_status do_watch(struct adapter *adapter, struct request *request) {
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  uint64_t watched = request_handle(request, "on");
  options.waiter = request_handle(request, "waiter");
  calls_of_watch(&options);
  struct given *given = made_begin(adapter, request);
  if (given == NULL) return PTG_OK;
  options.user_data = given;
  ptg_watch watch = PTG_NONE;
  ptg_status status =
      adapter->api.watch_add(adapter->runtime, watched, &options, &watch);
  return made_end(given, request, status, watch);
}

static ptg_status do_unwatch(struct adapter *adapter, struct request *request) {
  uint64_t watch = request_handle(request, "watch");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.watch_remove(adapter->runtime, watch);
}

static ptg_status post(void *data) {
  struct given *given = data;
  const struct adapter *adapter = given->adapter;
  return adapter->api.remote_post(adapter->remote, call_posted, given_release,
                                  given);
}

static ptg_status do_post(struct adapter *adapter, struct request *request) {
  struct given *given = made_begin(adapter, request);
  if (given == NULL) return PTG_OK;
  if (adapter->remote == NULL) return PTG_EINVAL;
  return elsewhere_run(post, given);
}

const struct operation operations_of_groups[] = {
    {"group", "as in", NEEDS_RUNTIME, do_group},
    {"edge", "first later", NEEDS_RUNTIME, do_edge},
    {"shutdown", "group", NEEDS_RUNTIME, do_shutdown},
    {"watch", "as on", NEEDS_RUNTIME, do_watch},
    {"unwatch", "watch", NEEDS_RUNTIME, do_unwatch},
    {"post", "as", 0, do_post},
    {NULL, NULL, 0, NULL},
};
