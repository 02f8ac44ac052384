/* foreign.c - another language in the same process: a group and a task made by
 * ptg.h alone, on the runtime that JavaScript has, below a group of it.
 *
 * add(address, parent, fails) answers [group, task]; seen() what was called;
 * finish(address, task) a status.
 */
#include <node_api.h>
#include <ptg/ptg.h>
#include <string.h>

static char seen[256];

static void note(const char *what) {
  strncat(seen, what, sizeof(seen) - strlen(seen) - 1);
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)runtime;
  (void)task;
  return user_data != NULL ? PTG_EFAILED : PTG_OK;
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)user_data;
  note("drain ");
  ptg_task_finish(runtime, task, NULL);
}

static ptg_status closed(ptg_runtime *runtime, ptg_group group,
                         void *user_data) {
  (void)runtime;
  (void)group;
  (void)user_data;
  note("closed ");
  return PTG_OK;
}

static const ptg_task_type type = {
    .size = sizeof(type), .name = "c", .start = start, .drain = drain};

static napi_value number(napi_env env, uint64_t handle) {
  napi_value value;
  napi_create_double(env, (double)handle, &value);
  return value;
}

static napi_value add(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], pair;
  uint64_t address = 0;
  double parent = 0;
  bool is_lossless, fails = false;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_bigint_uint64(env, arguments[0], &address, &is_lossless);
  napi_get_value_double(env, arguments[1], &parent);
  napi_get_value_bool(env, arguments[2], &fails);
  ptg_runtime *runtime = (ptg_runtime *)(uintptr_t)address;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = "of C";
  options.on_closed = closed;
  ptg_group group = PTG_NONE;
  ptg_task task = PTG_NONE;
  ptg_group_create(runtime, (ptg_group)parent, &options, &group);
  ptg_task_spawn(runtime, group, &type, NULL, fails ? seen : NULL, &task);
  napi_create_array(env, &pair);
  napi_set_element(env, pair, 0, number(env, group));
  napi_set_element(env, pair, 1, number(env, task));
  return pair;
}

/* finish(address, task): the end of a task of JavaScript, from outside. */
static napi_value finish(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], status;
  uint64_t address = 0;
  double task = 0;
  bool is_lossless;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_bigint_uint64(env, arguments[0], &address, &is_lossless);
  napi_get_value_double(env, arguments[1], &task);
  ptg_runtime *runtime = (ptg_runtime *)(uintptr_t)address;
  napi_create_int32(env, ptg_task_finish(runtime, (ptg_task)task, NULL),
                    &status);
  return status;
}

static napi_value tell_seen(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value text;
  napi_create_string_utf8(env, seen, NAPI_AUTO_LENGTH, &text);
  seen[0] = '\0';
  return text;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "add", NAPI_AUTO_LENGTH, add, NULL, &function);
  napi_set_named_property(env, exports, "add", function);
  napi_create_function(env, "finish", NAPI_AUTO_LENGTH, finish, NULL,
                       &function);
  napi_set_named_property(env, exports, "finish", function);
  napi_create_function(env, "seen", NAPI_AUTO_LENGTH, tell_seen, NULL,
                       &function);
  napi_set_named_property(env, exports, "seen", function);
  return exports;
}
