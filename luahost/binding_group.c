/* binding_group.c - ptg.core: groups. */
#include "binding.h"
#include "event.h"

/* ------------------------------------------------------------ callbacks -- */

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  (void)runtime;
  const ptg_outcome *outcome = error->outcome;
  struct ptg__event event = {
      .kind = PTG__EVENT_ERROR,
      .number_count = 11,
      .numbers = {ptg__event_id(user_data), (int64_t)error->group,
                  (int64_t)error->task, error->flags, error->age_ns,
                  error->group_state, outcome->status, outcome->flags,
                  outcome->code, (int64_t)outcome->value,
                  (int64_t)outcome->originator},
      .text_count = 3,
      .texts = {{error->name, error->name_length},
                {outcome->message, outcome->message_length},
                {outcome->reason, outcome->reason_length}},
  };
  ptg_status status = ptg__event_call(&event);
  return status != PTG_OK ? status : (ptg_status)event.results[0];
}

static ptg_status tell_group(enum ptg__event_kind kind, ptg_group group,
                             const void *user_data) {
  struct ptg__event event = {
      .kind = kind,
      .number_count = 2,
      .numbers = {ptg__event_id(user_data), (int64_t)group},
  };
  ptg_status status = ptg__event_call(&event);
  return status != PTG_OK ? status : (ptg_status)event.results[0];
}

static ptg_status on_drain(ptg_runtime *runtime, ptg_group group,
                           void *user_data) {
  (void)runtime;
  return tell_group(PTG__EVENT_GROUP_DRAIN, group, user_data);
}

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  (void)runtime;
  return tell_group(PTG__EVENT_GROUP_CLOSED, group, user_data);
}

/* A group that could not be made releases its id at once, from inside a call
 * of Lua's: then there is nothing to tell, and no state to tell it to but one
 * that is busy. */
static int is_creating;

static void release(void *user_data) {
  if (!is_creating) tell_group(PTG__EVENT_GROUP_RELEASE, PTG_NONE, user_data);
}

void ptg__binding_hook_group(ptg_group_options *options, lua_Integer id) {
  options->on_error = on_error;
  options->on_drain = on_drain;
  options->on_closed = on_closed;
  options->release = release;
  options->user_data = ptg__event_data(id);
}

/* ---------------------------------------------------------------- calls -- */

/* The place of a field's text in list; 0 without the field. */
static uint32_t read_choice(lua_State *L, int index, const char *key,
                            const char *const list[]) {
  lua_getfield(L, index, key);
  int place = luaL_checkoption(L, -1, list[0], list);
  lua_pop(L, 1);
  return (uint32_t)place;
}

void ptg__binding_read_group(lua_State *L, int index,
                             ptg_group_options *options) {
  static const char *const full[] = {[PTG_FULL_REFUSE] = "refuse",
                                     [PTG_FULL_QUEUE] = "queue",
                                     [PTG_FULL_REPLACE_OLDEST] =
                                         "replace_oldest",
                                     NULL};
  static const char *const policy[] = {
      [PTG_POLICY_REPORT] = "report",
      [PTG_POLICY_SHUTDOWN_GROUP] = "shutdown_group",
      [PTG_POLICY_SHUTDOWN_ROOT] = "shutdown_root",
      NULL};
  lua_getfield(L, index, "name");
  options->name = lua_tolstring(L, -1, &options->name_length);
  lua_pop(L, 1); /* it stays in the table */
  options->flags =
      (ptg__binding_flag(L, index, "parallel") ? PTG_GROUP_PARALLEL : 0) |
      (ptg__binding_flag(L, index, "admits_anyone") ? PTG_GROUP_ADMITS_ANYONE
                                                    : 0);
  options->grace_ns = ptg__binding_field(L, index, "grace");
  options->cancel_wait_ns = ptg__binding_field(L, index, "cancel_wait");
  options->deadline_ns = ptg__binding_field(L, index, "deadline");
  options->max_tasks = (uint64_t)ptg__binding_field(L, index, "max_tasks");
  options->max_queued = (uint64_t)ptg__binding_field(L, index, "max_queued");
  options->history = (uint64_t)ptg__binding_field(L, index, "history");
  options->when_full = read_choice(L, index, "when_full", full);
  options->on_failure = read_choice(L, index, "on_failure", policy);
}

/* core.group_create(id, parent, options, owner) -> handle */
static int group_create(lua_State *L) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  ptg__binding_hook_group(&options, luaL_checkinteger(L, 1));
  ptg_group parent = ptg__binding_check_handle(L, 2);
  ptg__binding_read_group(L, 3, &options);
  options.owner = ptg__binding_check_handle(L, 4);

  ptg_group handle;
  is_creating = 1;
  ptg_status status =
      ptg_group_create(ptg__binding_runtime(L), parent, &options, &handle);
  is_creating = 0;
  return ptg__binding_handle(L, status, handle);
}

/* core.group_stops_before(first, later) */
static int group_stops_before(lua_State *L) {
  return ptg__binding_result(
      L, ptg_group_stops_before(ptg__binding_runtime(L),
                                ptg__binding_check_handle(L, 1),
                                ptg__binding_check_handle(L, 2)));
}

const char *ptg__binding_state_name(uint32_t state) {
  switch (state) {
  case PTG_GROUP_OPEN:
    return "open";
  case PTG_GROUP_DRAINING:
    return "draining";
  case PTG_GROUP_CANCELLING:
    return "cancelling";
  default:
    return "closed";
  }
}

/* core.group_state(group) -> state, is_ending, live, phase_left_ns, children */
static int group_state(lua_State *L) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status = ptg_group_get_info(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), &info);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_pushstring(L, ptg__binding_state_name(info.state));
  lua_pushboolean(L, info.is_ending != 0);
  lua_pushinteger(L, (lua_Integer)info.live);
  lua_pushinteger(L, info.phase_left_ns);
  lua_pushinteger(L, (lua_Integer)info.children);
  return 5;
}

static void push_info(lua_State *L, const ptg_group_info *info) {
  lua_createtable(L, 0, 26);
  ptg__binding_set_string(L, "name", info->name, info->name_length);
  lua_pushstring(L, ptg__binding_state_name(info->state));
  lua_setfield(L, -2, "state");
  ptg__binding_set_integer(L, "group", (int64_t)info->group);
  ptg__binding_set_integer(L, "parent", (int64_t)info->parent);
  ptg__binding_set_boolean(L, "parallel",
                           (info->flags & PTG_GROUP_PARALLEL) != 0);
  ptg__binding_set_boolean(L, "is_ending", info->is_ending != 0);
  ptg__binding_set_integer(L, "children", (int64_t)info->children);
  ptg__binding_set_integer(L, "spawned", (int64_t)info->spawned);
  ptg__binding_set_integer(L, "live", (int64_t)info->live);
  ptg__binding_set_integer(L, "pending", (int64_t)info->pending);
  ptg__binding_set_integer(L, "succeeded", (int64_t)info->succeeded);
  ptg__binding_set_integer(L, "failed", (int64_t)info->failed);
  ptg__binding_set_integer(L, "cancelled", (int64_t)info->cancelled);
  ptg__binding_set_integer(L, "abandoned", (int64_t)info->abandoned);
  ptg__binding_set_integer(L, "late", (int64_t)info->late);
  ptg__binding_set_integer(L, "killed", (int64_t)info->killed);
  ptg__binding_set_integer(L, "refused", (int64_t)info->refused);
  ptg__binding_set_integer(L, "created_ns", info->created_ns);
  ptg__binding_set_integer(L, "grace_ns", info->grace_ns);
  ptg__binding_set_integer(L, "cancel_wait_ns", info->cancel_wait_ns);
  ptg__binding_set_integer(L, "deadline_ns", info->deadline_ns);
  ptg__binding_set_integer(L, "phase_left_ns", info->phase_left_ns);
  ptg__binding_set_integer(L, "queued", (int64_t)info->queued);
  ptg__binding_set_integer(L, "peak", (int64_t)info->peak);
  ptg__binding_set_integer(L, "oldest_age_ns", info->oldest_age_ns);
  ptg__binding_set_integer(L, "owner", (int64_t)info->owner);
}

/* core.group_info(group) -> the fields of ptg_group_info */
static int group_info(lua_State *L) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status = ptg_group_get_info(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), &info);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  push_info(L, &info);
  return 1;
}

/* core.group_groups(group) -> handles */
static int group_groups(lua_State *L) {
  return ptg__binding_list(L, ptg_group_list_groups);
}

/* core.group_tasks(group) -> handles */
static int group_tasks(lua_State *L) {
  return ptg__binding_list(L, ptg_group_list_tasks);
}

const luaL_Reg ptg__binding_group[] = {
    {"group_create", group_create},
    {"group_stops_before", group_stops_before},
    {"group_state", group_state},
    {"group_info", group_info},
    {"group_groups", group_groups},
    {"group_tasks", group_tasks},
    {NULL, NULL},
};
