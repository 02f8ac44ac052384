/* binding_task.c - ptg.core: tasks that are coroutines.
 *
 * One sort of task serves them all. Its user_data is the id of the Lua object;
 * each callback becomes an event, and the coroutine runs inside of it.
 */
#include "binding.h"
#include "event.h"

/* Lua could not be entered, or not be trusted to know of the event: the task
 * is over, which is a failure of the task and of nobody else. */
static void give_up(ptg_runtime *runtime, ptg_task task, ptg_status status) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message =
      status == PTG_ENOMEM ? "not enough memory" : "the host failed in Lua";
  /* PTG_ESTALE: it had just ended by itself. */
  ptg_task_finish(runtime, task, &outcome);
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  (void)runtime;
  struct ptg__event event = {
      .kind = PTG__EVENT_START,
      .number_count = 2,
      .numbers = {ptg__event_id(user_data), (int64_t)task},
  };
  return ptg__event_call(&event);
}

static void tell(enum ptg__event_kind kind, ptg_runtime *runtime, ptg_task task,
                 const void *user_data) {
  struct ptg__event event = {
      .kind = kind,
      .number_count = 2,
      .numbers = {ptg__event_id(user_data), (int64_t)task},
  };
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) give_up(runtime, task, status);
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(PTG__EVENT_DRAIN, runtime, task, user_data);
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(PTG__EVENT_WAKE, runtime, task, user_data);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  struct ptg__event event = {
      .kind = PTG__EVENT_CANCEL,
      .number_count = 3,
      .numbers = {ptg__event_id(user_data), (int64_t)task,
                  (int64_t)info->originator},
      .text_count = 1,
      .texts = {{info->reason, info->reason_length}},
  };
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) give_up(runtime, task, status);
}

static const ptg_task_type lua_task = {
    .size = sizeof(ptg_task_type),
    .name = "lua",
    .start = on_start,
    .drain = on_drain,
    .cancel = on_cancel,
    .wake = on_wake,
    .done = ptg__binding_done,
};

/* core.task_spawn(id, group, name, flags, spawner) -> handle */
static int task_spawn(lua_State *L) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  lua_Integer id = luaL_checkinteger(L, 1);
  ptg_group group = ptg__binding_check_handle(L, 2);
  options.name = luaL_optlstring(L, 3, NULL, &options.name_length);
  options.flags = (uint32_t)luaL_optinteger(L, 4, 0);
  options.spawner = ptg__binding_check_handle(L, 5);

  ptg_task handle;
  ptg_status status = ptg_task_spawn(ptg__binding_runtime(L), group, &lua_task,
                                     &options, ptg__event_data(id), &handle);
  return ptg__binding_handle(L, status, handle);
}

/* core.task_finish(task, status, code, message) */
static int task_finish(lua_State *L) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  ptg_task task = ptg__binding_check_handle(L, 1);
  outcome.status = (ptg_status)luaL_optinteger(L, 2, PTG_OK);
  outcome.code = (int32_t)luaL_optinteger(L, 3, 0);
  outcome.message = luaL_optlstring(L, 4, NULL, &outcome.message_length);
  return ptg__binding_result(
      L, ptg_task_finish(ptg__binding_runtime(L), task, &outcome));
}

/* core.task_cancel(task, reason, originator) */
static int task_cancel(lua_State *L) {
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  ptg_task task = ptg__binding_check_handle(L, 1);
  options.reason = luaL_optlstring(L, 2, NULL, &options.reason_length);
  options.originator = ptg__binding_check_handle(L, 3);
  return ptg__binding_result(
      L, ptg_task_cancel(ptg__binding_runtime(L), task, &options));
}

/* core.task_sleep(task, duration_ns) */
static int task_sleep(lua_State *L) {
  return ptg__binding_result(L, ptg_task_sleep(ptg__binding_runtime(L),
                                               ptg__binding_check_handle(L, 1),
                                               luaL_checkinteger(L, 2)));
}

static const char *state_name(const ptg_task_info *info) {
  switch (info->state) {
  case PTG_TASK_PENDING:
    return "pending";
  case PTG_TASK_RUNNING:
    return info->is_cancel_requested ? "cancelling" : "running";
  default:
    return "abandoned";
  }
}

/* core.task_info(task) -> the fields of ptg_task_info */
static int task_info(lua_State *L) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_status status = ptg_task_get_info(ptg__binding_runtime(L),
                                        ptg__binding_check_handle(L, 1), &info);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, 0, 12);
  lua_pushstring(L, state_name(&info));
  lua_setfield(L, -2, "state");
  ptg__binding_set_string(L, "name", info.name, info.name_length);
  if (info.type_name != NULL) {
    lua_pushstring(L, info.type_name);
    lua_setfield(L, -2, "type");
  }
  ptg__binding_set_integer(L, "task", (int64_t)info.task);
  ptg__binding_set_integer(L, "group", (int64_t)info.group);
  ptg__binding_set_integer(L, "age_ns", info.age_ns);
  ptg__binding_set_boolean(L, "is_cancel_requested",
                           info.is_cancel_requested != 0);
  ptg__binding_set_boolean(L, "is_killed", info.is_killed != 0);
  ptg__binding_set_string(L, "reason", info.reason, info.reason_length);
  ptg__binding_set_integer(L, "originator", (int64_t)info.originator);
  ptg__binding_set_integer(L, "spawner", (int64_t)info.spawner);
  return 1;
}

const luaL_Reg ptg__binding_task[] = {
    {"task_spawn", task_spawn},   {"task_finish", task_finish},
    {"task_cancel", task_cancel}, {"task_sleep", task_sleep},
    {"task_info", task_info},     {NULL, NULL},
};
