/* binding_task.c - ptg.core: tasks that are coroutines.
 *
 * One sort of task serves them all. Its user_data is an id of task_table.h;
 * the coroutine runs inside of the callbacks, by driver.h or, where Lua is to
 * decide, in an event.
 */
#include "binding.h"
#include "driver.h"
#include "event.h"
#include "task_table.h"

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
  if (ptg__event_is_silent()) return PTG_OK;
  lua_State *L = ptg__event_state();
  if (L == NULL) return PTG_ENOMEM;
  return ptg__driver_start(L, task, ptg__event_id(user_data));
}

static void tell(enum ptg__event_kind kind, ptg_runtime *runtime, ptg_task task,
                 const void *user_data) {
  struct ptg__event event = {
      .kind = kind,
      .is_of_task = 1,
      .number_count = 1,
      .numbers = {ptg__event_id(user_data)},
  };
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) give_up(runtime, task, status);
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(PTG__EVENT_DRAIN, runtime, task, user_data);
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  lua_State *L = ptg__event_state();
  if (L == NULL) return;
  ptg_status status = ptg__driver_wake(L, task, ptg__event_id(user_data));
  if (status != PTG_OK) give_up(runtime, task, status);
}

void ptg__binding_kill(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(PTG__EVENT_KILL, runtime, task, user_data);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  /* One that is thrown away is not worth being given up on. */
  if (ptg__event_is_silent()) {
    give_up(runtime, task, PTG_ECANCELED);
    return;
  }
  struct ptg__event event = {
      .kind = PTG__EVENT_CANCEL,
      .is_of_task = 1,
      .number_count = 2,
      .numbers = {ptg__event_id(user_data), (int64_t)info->originator},
      .text_count = 1,
      .texts = {{info->reason, info->reason_length}},
  };
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) give_up(runtime, task, status);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  (void)runtime;
  lua_Integer id = ptg__event_id(user_data);
  lua_State *L = ptg__event_state();
  if (L == NULL || ptg__driver_done(L, task, id, outcome->status)) return;
  struct ptg__event event = {
      .kind = PTG__EVENT_TASK_DONE,
      .is_of_task = 1,
      .number_count = 6,
      .numbers = {id, outcome->status, outcome->flags, outcome->code,
                  (int64_t)outcome->value, (int64_t)outcome->originator},
      .text_count = 2,
      .texts = {{outcome->message, outcome->message_length},
                {outcome->reason, outcome->reason_length}},
  };
  ptg__event_call(&event);
  ptg__task_table_remove(L, id, task);
}

const ptg_task_type ptg__binding_task_type = {
    .size = sizeof(ptg_task_type),
    .name = "lua",
    .start = on_start,
    .drain = on_drain,
    .cancel = on_cancel,
    .wake = on_wake,
    .done = on_done,
};

/* core.task_finish(task, status, code, message, value) */
static int task_finish(lua_State *L) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  ptg_task task = ptg__binding_check_handle(L, 1);
  outcome.status = (ptg_status)luaL_optinteger(L, 2, PTG_OK);
  outcome.code = (int32_t)luaL_optinteger(L, 3, 0);
  outcome.message = luaL_optlstring(L, 4, NULL, &outcome.message_length);
  outcome.value = (uint64_t)luaL_optinteger(L, 5, 0);
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

/* core.task_extend_grace(task, wanted_ns) -> left_ns */
static int task_extend_grace(lua_State *L) {
  int64_t left_ns = 0;
  ptg_status status = ptg_task_extend_grace(ptg__binding_runtime(L),
                                            ptg__binding_check_handle(L, 1),
                                            luaL_checkinteger(L, 2), &left_ns);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_pushinteger(L, left_ns);
  return 1;
}

const char *ptg__binding_task_state_name(uint32_t state) {
  switch (state) {
  case PTG_TASK_PENDING:
    return "pending";
  case PTG_TASK_RUNNING:
    return "running";
  default:
    return "abandoned";
  }
}

static const char *state_name(const ptg_task_info *info) {
  if (info->state == PTG_TASK_RUNNING && info->is_cancel_requested)
    return "cancelling";
  return ptg__binding_task_state_name(info->state);
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
  ptg__binding_set_string(L, "place", info.place, info.place_length);
  return 1;
}

const luaL_Reg ptg__binding_task[] = {
    {"task_object", ptg__task_table_object},
    {"task_handles", ptg__task_table_handles},
    {"tasks_clear", ptg__task_table_clear},
    {"task_finish", task_finish},
    {"task_cancel", task_cancel},
    {"task_sleep", task_sleep},
    {"task_info", task_info},
    {"task_extend_grace", task_extend_grace},
    {NULL, NULL},
};
