/* binding_shutdown.c - ptg.core: shutdown, its plan and its report. */
#include <stdint.h>

#include "binding.h"

/* core.group_shutdown(group, is_forced, grace_ns, cancel_wait_ns,
 * deadline_ns, originator) */
static int group_shutdown(lua_State *L) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = lua_toboolean(L, 2) ? PTG_SHUTDOWN_FORCE : 0;
  options.grace_ns = luaL_optinteger(L, 3, 0);
  options.cancel_wait_ns = luaL_optinteger(L, 4, 0);
  options.deadline_ns = luaL_optinteger(L, 5, 0);
  options.originator = ptg__binding_check_handle(L, 6);
  return ptg__binding_result(
      L, ptg_group_shutdown(ptg__binding_runtime(L),
                            ptg__binding_check_handle(L, 1), &options));
}

static void push_step(lua_State *L, const ptg_plan_step *step) {
  lua_createtable(L, 0, 6);
  ptg__binding_set_integer(L, "group", (int64_t)step->group);
  ptg__binding_set_integer(L, "waits_for", (int64_t)step->waits_for);
  ptg__binding_set_boolean(L, "is_critical", step->is_critical != 0);
  ptg__binding_set_integer(L, "begin_ns", step->begin_ns);
  ptg__binding_set_integer(L, "cancel_ns", step->cancel_ns);
  ptg__binding_set_integer(L, "closed_ns", step->closed_ns);
}

/* core.group_plan(group) -> steps, in the order of their beginning */
static int group_plan(lua_State *L) {
  ptg_runtime *runtime = ptg__binding_runtime(L);
  ptg_group group = ptg__binding_check_handle(L, 1);
  size_t count = 0;
  ptg_status status = ptg_group_get_plan(runtime, group, NULL,
                                         sizeof(ptg_plan_step), 0, &count);
  if (status != PTG_OK && status != PTG_ERANGE)
    return ptg__binding_result(L, status);

  ptg_plan_step *steps = lua_newuserdatauv(L, count * sizeof(*steps) + 1, 0);
  status =
      ptg_group_get_plan(runtime, group, steps, sizeof(*steps), count, &count);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    push_step(L, &steps[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static void push_row(lua_State *L, const ptg_report_row *row) {
  lua_createtable(L, 0, 16);
  ptg__binding_set_integer(L, "group", (int64_t)row->group);
  ptg__binding_set_integer(L, "parent", (int64_t)row->parent);
  ptg__binding_set_string(L, "name", row->name, row->name_length);
  ptg__binding_set_integer(L, "state", row->state);
  ptg__binding_set_integer(L, "waited_for", (int64_t)row->waited_for);
  ptg__binding_set_integer(L, "begun_ns", row->begun_ns);
  ptg__binding_set_integer(L, "drain_ns", row->drain_ns);
  ptg__binding_set_integer(L, "cancel_ns", row->cancel_ns);
  ptg__binding_set_integer(L, "closed_ns", row->closed_ns);
  ptg__binding_set_integer(L, "drained", (int64_t)row->drained);
  ptg__binding_set_integer(L, "cancelled", (int64_t)row->cancelled);
  ptg__binding_set_integer(L, "failed", (int64_t)row->failed);
  ptg__binding_set_integer(L, "refused", (int64_t)row->refused);
  ptg__binding_set_integer(L, "abandoned", (int64_t)row->abandoned);
  ptg__binding_set_integer(L, "killed", (int64_t)row->killed);
  ptg__binding_set_integer(L, "originator", (int64_t)row->originator);
}

/* core.group_report(group) -> rows, in the order of their closing */
static int group_report(lua_State *L) {
  ptg_runtime *runtime = ptg__binding_runtime(L);
  ptg_group group = ptg__binding_check_handle(L, 1);
  size_t count = 0;
  ptg_status status = ptg_group_get_report(runtime, group, NULL,
                                           sizeof(ptg_report_row), 0, &count);
  if (status != PTG_OK && status != PTG_ERANGE)
    return ptg__binding_result(L, status);

  ptg_report_row *rows = lua_newuserdatauv(L, count * sizeof(*rows) + 1, 0);
  status =
      ptg_group_get_report(runtime, group, rows, sizeof(*rows), count, &count);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    push_row(L, &rows[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* core.group_abandoned(group) -> handles of tasks */
static int group_abandoned(lua_State *L) {
  return ptg__binding_list(L, ptg_group_list_abandoned);
}

const luaL_Reg ptg__binding_shutdown[] = {
    {"group_shutdown", group_shutdown},
    {"group_plan", group_plan},
    {"group_report", group_report},
    {"group_abandoned", group_abandoned},
    {NULL, NULL},
};
