/* operations_runtime.c - requests about the runtime and its clock. */
#include "operations.h"

#include "describe.h"
#include "given.h"
#include "group_options.h"

static void add_feature(json_t *list, const char *name) {
  json_array_append_new(list, json_string(name));
}

static json_t *list_features(uint64_t bits) {
  static const char *const always[] = {
      "handles",     "release", "deadline", "owner",        "watch",
      "kill",        "cleanup", "spawner",  "policy",       "observed",
      "limits",      "edges",   "parallel", "nesting",      "names",
      "attribution", "wake",    "history",  "extend_grace", "failures",
      "count_names", "info",    "report",   "blame",        "plan",
      "current",     "stderr"};
  json_t *list = json_array();
  for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
    add_feature(list, always[i]);
  if (bits & PTG_FEATURE_SNAPSHOT) add_feature(list, "snapshot");
  if (bits & PTG_FEATURE_REMOTE) add_feature(list, "remote");
  if (bits & PTG_FEATURE_EVENTS) add_feature(list, "events");
  if (bits & PTG_FEATURE_TIMER) add_feature(list, "timer");
  if (bits & PTG_FEATURE_QUEUE) add_feature(list, "queue");
  return list;
}

static ptg_status do_hello(struct adapter *adapter, struct request *request) {
  const struct api *api = &adapter->api;
  json_t *answer = request->answer;
  json_object_set_new(answer, "protocol", json_integer(1));
  json_object_set_new(answer, "name", json_string(api->name));
  json_object_set_new(answer, "version", json_string(api->version));
  json_object_set_new(answer, "clock", json_string("virtual"));
  json_object_set_new(answer, "features", list_features(api->features()));
  return PTG_OK;
}

/* The options are read first: their names are those of the new world, in which
 * there are none yet. */
static ptg_status do_reset(struct adapter *adapter, struct request *request) {
  adapter_throw_away(adapter);
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  group_options_read(request, &options);
  if (request_is_bad(request)) return PTG_OK;
  options.user_data = given_make(adapter, "root");
  ptg_status status = adapter_begin(adapter, &options);
  uint64_t root = names_find(&adapter->names, "root", NULL);
  if (status == PTG_OK)
    json_object_set_new(request->answer, "handle",
                        json_integer((json_int_t)root));
  return status;
}

static ptg_status do_advance(struct adapter *adapter, struct request *request) {
  int64_t by_ns = request_duration(request, "by");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.runtime_advance(adapter->runtime, by_ns);
}

static ptg_status do_destroy(struct adapter *adapter, struct request *request) {
  return adapter_destroy(adapter);
}

static ptg_status do_request_shutdown(struct adapter *adapter,
                                      struct request *request) {
  int32_t is_forced = (int32_t)request_flag(request, "force", 1);
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.runtime_request_shutdown(adapter->runtime, is_forced);
}

static ptg_status do_time(struct adapter *adapter, struct request *request) {
  int64_t now_ns = 0;
  ptg_status status = adapter->api.runtime_get_time(adapter->runtime, &now_ns);
  if (status == PTG_OK)
    json_object_set_new(request->answer, "at",
                        describe_instant(adapter, now_ns));
  return status;
}

static ptg_status do_current(struct adapter *adapter, struct request *request) {
  ptg_task task = PTG_NONE;
  ptg_group group = PTG_NONE;
  ptg_status status =
      adapter->api.runtime_get_current(adapter->runtime, &task, &group);
  if (status != PTG_OK) return status;
  json_object_set_new(request->answer, "task",
                      describe_reference(adapter, task));
  json_object_set_new(request->answer, "group",
                      describe_reference(adapter, group));
  return status;
}

const struct operation operations_of_runtime[] = {
    {"hello", "", 0, do_hello},
    {"reset", "", NEEDS_OUTSIDE, do_reset},
    {"advance", "", NEEDS_RUNTIME, do_advance},
    {"destroy", "", NEEDS_RUNTIME, do_destroy},
    {"request_shutdown", "", NEEDS_RUNTIME, do_request_shutdown},
    {"time", "", NEEDS_RUNTIME, do_time},
    {"current", "", NEEDS_RUNTIME, do_current},
    {NULL, NULL, 0, NULL},
};
