/* binding_process.c - ptg.core: child processes. */
#include "binding.h"
#include "event.h"

static void on_line(ptg_runtime *runtime, ptg_task task, int32_t stream,
                    const char *line, size_t length, void *user_data) {
  (void)runtime;
  struct ptg__event event = {
      .kind = PTG__EVENT_LINE,
      .number_count = 3,
      .numbers = {ptg__event_id(user_data), (int64_t)task, stream},
      .text_count = 1,
      .texts = {{line, length}},
  };
  ptg__event_call(&event);
}

static void on_started(ptg_runtime *runtime, ptg_task task, void *user_data) {
  int64_t pid = 0;
  ptg_process_get_pid(runtime, task, &pid);
  struct ptg__event event = {
      .kind = PTG__EVENT_STARTED,
      .number_count = 3,
      .numbers = {ptg__event_id(user_data), (int64_t)task, pid},
  };
  ptg__event_call(&event);
}

/* A list of strings at a field of the table at index 3, ended with NULL; NULL
 * if there is none. It lives as long as the value left on the stack, and the
 * strings as long as that table. */
static const char *const *check_list(lua_State *L, const char *key) {
  if (lua_getfield(L, 3, key) == LUA_TNIL) return NULL;
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, -1);
  const char **list =
      lua_newuserdatauv(L, ((size_t)count + 1) * sizeof(*list), 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, -2, i + 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "%s[%d] is no string", key, (int)i + 1);
    list[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  list[count] = NULL;
  return list;
}

static const char *get_string(lua_State *L, const char *key) {
  lua_getfield(L, 3, key);
  return luaL_optstring(L, -1, NULL);
}

/* core.process_spawn(id, group, options, spawner) -> handle; options: name,
 * argv, env, cwd, stdout_path, stderr_path, drain_signal */
static int process_spawn(lua_State *L) {
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.user_data = ptg__event_data(luaL_checkinteger(L, 1));
  ptg_group group = ptg__binding_check_handle(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  options.spawner = ptg__binding_check_handle(L, 4);

  options.name = get_string(L, "name");
  options.argv = check_list(L, "argv");
  options.env = check_list(L, "env");
  options.cwd = get_string(L, "cwd");
  options.stdout_path = get_string(L, "stdout_path");
  options.stderr_path = get_string(L, "stderr_path");
  lua_getfield(L, 3, "drain_signal");
  options.drain_signal = (int32_t)luaL_optinteger(L, -1, 0);
  options.on_line = on_line;
  options.started = on_started;
  options.done = ptg__binding_done;

  ptg_task handle;
  ptg_status status =
      ptg_process_spawn(ptg__binding_runtime(L), group, &options, &handle);
  return ptg__binding_handle(L, status, handle);
}

/* core.process_signal(task, signum) */
static int process_signal(lua_State *L) {
  return ptg__binding_result(
      L, ptg_process_signal(ptg__binding_runtime(L),
                            ptg__binding_check_handle(L, 1),
                            (int32_t)luaL_checkinteger(L, 2)));
}

const luaL_Reg ptg__binding_process[] = {
    {"process_spawn", process_spawn},
    {"process_signal", process_signal},
    {NULL, NULL},
};
