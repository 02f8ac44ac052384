/* binding_timer.c - ptg.core: timers. */
#include "binding.h"
#include "event.h"

static ptg_status on_fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                          ptg_task *started) {
  (void)runtime;
  struct ptg__event event = {
      .kind = PTG__EVENT_FIRE,
      .number_count = 2,
      .numbers = {ptg__event_id(user_data), (int64_t)timer},
  };
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) return status;
  *started = (ptg_task)event.results[1];
  return (ptg_status)event.results[0];
}

/* core.timer_spawn(id, group, name, after_ns, every_ns, overlap, spawner)
 * -> handle; overlap is "skip", "allow" or "replace" */
static int timer_spawn(lua_State *L) {
  static const char *const overlaps[] = {
      [PTG_OVERLAP_SKIP] = "skip",
      [PTG_OVERLAP_ALLOW] = "allow",
      [PTG_OVERLAP_REPLACE] = "replace",
      NULL,
  };
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.user_data = ptg__event_data(luaL_checkinteger(L, 1));
  ptg_group group = ptg__binding_check_handle(L, 2);
  options.name = luaL_optlstring(L, 3, NULL, &options.name_length);
  options.after_ns = luaL_optinteger(L, 4, 0);
  options.every_ns = luaL_optinteger(L, 5, 0);
  options.overlap = (uint32_t)luaL_checkoption(L, 6, "skip", overlaps);
  options.spawner = ptg__binding_check_handle(L, 7);
  options.fire = on_fire;
  options.done = ptg__binding_done;

  ptg_task handle;
  ptg_status status =
      ptg_timer_spawn(ptg__binding_runtime(L), group, &options, &handle);
  return ptg__binding_handle(L, status, handle);
}

/* core.timer_info(timer) -> fired, skipped, missed */
static int timer_info(lua_State *L) {
  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  ptg_status status = ptg_timer_get_info(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), &info);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_pushinteger(L, (lua_Integer)info.fired);
  lua_pushinteger(L, (lua_Integer)info.skipped);
  lua_pushinteger(L, (lua_Integer)info.missed);
  return 3;
}

const luaL_Reg ptg__binding_timer[] = {
    {"timer_spawn", timer_spawn},
    {"timer_info", timer_info},
    {NULL, NULL},
};
