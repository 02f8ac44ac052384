/* luv_guard.c - luv on the runtime's loop, with its callbacks protected.
 *
 * luv's own hook for an error in a callback prints it and calls exit. This one
 * hands it to Lua, where it goes to a group's error handler like any other.
 */
#include "luv_guard.h"

#include <stdio.h>

#include <lauxlib.h>
#include <luv/luv.h>

#include "binding.h"
#include "current.h"
#include "fields.h"
#include "host.h"

#define STACK_NEEDED 4

/* Their addresses are keys in the registry. */
static const char handler_key;
static const char closer_key;

/* Tells Lua of the error on top of the stack, and pops it. */
static void tell_error(lua_State *L) {
  lua_pushcfunction(L, ptg__host_traceback);
  lua_insert(L, -2);
  int traceback = lua_gettop(L) - 1;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &handler_key);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 0, traceback) != LUA_OK) {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "ptg: a callback of libuv failed: %s\n",
            message != NULL ? message : "(not a string)");
    lua_pop(L, 1);
  }
  lua_remove(L, traceback);
}

/* As luv_CFpcall says: takes function and arguments off the stack, leaves the
 * results and says how many; less than 0: it failed and nothing is left. */
static int call_protected(lua_State *L, int argument_count, int result_count,
                          int flags) {
  (void)flags;
  int base = lua_gettop(L) - argument_count;
  if (!lua_checkstack(L, STACK_NEEDED)) {
    lua_settop(L, base - 1);
    return -LUA_ERRMEM;
  }
  lua_pushcfunction(L, ptg__host_traceback);
  lua_insert(L, base);

  int lua_status = lua_pcall(L, argument_count, result_count, base);
  if (lua_status == LUA_OK) {
    lua_remove(L, base);
    return lua_gettop(L) - base + 1;
  }
  tell_error(L);
  lua_settop(L, base - 1);
  return -lua_status;
}

/* --------------------------------------------------------------- threads -- */

/* The results of lua_pcall() in a thread's own state, as luv wants them. */
static int end_in_thread(lua_State *L, int lua_status, int base) {
  if (lua_status == LUA_OK) {
    lua_remove(L, base);
    return lua_gettop(L) - base + 1;
  }
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "ptg: a thread of luv failed: %s\n",
          message != NULL ? message : "(not a string)");
  lua_settop(L, base - 1);
  return -lua_status;
}

static int call_in_thread(lua_State *L, int argument_count, int result_count,
                          int flags) {
  (void)flags;
  int base = lua_gettop(L) - argument_count;
  lua_pushcfunction(L, ptg__host_traceback);
  lua_insert(L, base);
  return end_in_thread(L, lua_pcall(L, argument_count, result_count, base),
                       base);
}

static int call_c_in_thread(lua_State *L, lua_CFunction function,
                            void *user_data, int flags) {
  (void)flags;
  lua_pushcfunction(L, ptg__host_traceback);
  int base = lua_gettop(L);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, user_data);
  return end_in_thread(L, lua_pcall(L, 1, LUA_MULTRET, base), base);
}

/* As luv's own, whose threads end the program with their first error. */
static lua_State *open_thread_state(void) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return NULL;
  luaL_openlibs(L);
  luv_set_thread(L, call_in_thread);
  luv_set_cthread(L, call_c_in_thread);
  luaL_requiref(L, "luv", luaopen_luv, 0);
  lua_pop(L, 1);
  return L;
}

void ptg__luv_open(lua_State *L, uv_loop_t *loop) {
  luv_set_thread_cb(open_thread_state, lua_close);
  luv_set_loop(L, loop);
  luv_set_callback(L, call_protected);
  luaL_requiref(L, "luv", luaopen_luv, 0);
  lua_pop(L, 1);
}

static int set_handlers(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &closer_key);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handler_key);
  return 0;
}

void ptg__luv_close_handles(lua_State *L) {
  if (!lua_checkstack(L, STACK_NEEDED)) return;
  lua_pushcfunction(L, ptg__host_traceback);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &closer_key) == LUA_TNIL) {
    lua_pop(L, 2);
    return;
  }
  if (lua_pcall(L, 0, 0, -2) != LUA_OK) {
    fprintf(stderr, "ptg: cannot close luv's handles: %s\n",
            lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ----------------------------------------------------- calls of scripts -- */

#define OWNED_STACK 8

/* Is the script at its end, or has it failed? */
static int are_hooks_off(lua_State *L) {
  ptg__value_push(L, PTG__SETTINGS);
  ptg__field_get(L, lua_gettop(L), PTG__KEY_ARE_HOOKS_OFF);
  int are_off = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return are_off;
}

/* The handle of the object at index, of whatever sort; 0: it has none. */
static uint64_t handle_of(lua_State *L, int index) {
  if (!lua_istable(L, index)) return 0;
  if (lua_rawgeti(L, index, PTG__HANDLE) != LUA_TNUMBER) {
    lua_pop(L, 1);
    lua_getfield(L, index, "handle");
  }
  uint64_t handle = (uint64_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return handle;
}

/* The task at index, if it is still there to be told of as a spawner. */
static ptg_task live_task(lua_State *L, int index) {
  ptg_task task = handle_of(L, index);
  void *user_data;
  ptg_status status = ptg_task_get_user_data(
      ptg__binding_runtime(L), task, &ptg__binding_task_type, &user_data);
  /* PTG_EKIND: it is a task of another sort. */
  return status == PTG_OK || status == PTG_EKIND ? task : PTG_NONE;
}

/* A callback, with its arguments. Upvalues: the function, and the task and the
 * group that gave it. */
static int call_owned(lua_State *L) {
  enum { TASK = 1, GROUP, HANDLER, FUNCTION };
  if (are_hooks_off(L)) return 0;
  int count = lua_gettop(L);
  luaL_checkstack(L, OWNED_STACK, NULL);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, lua_upvalueindex(3));
  ptg__value_push(L, PTG__CAUGHT);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_rotate(L, 1, FUNCTION);

  struct ptg__current current = {.index = TASK};
  current.spawner = live_task(L, lua_upvalueindex(2));
  current.luv_group = handle_of(L, lua_upvalueindex(3));
  ptg__current_enter(L, &current);
  int status = lua_pcall(L, count, 0, HANDLER);
  ptg__current_leave(L, &current);
  if (status == LUA_OK) return 0;
  ptg__value_push(L, PTG__LUV_FAILED);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_pushvalue(L, lua_upvalueindex(3));
  lua_pushvalue(L, -4);
  lua_call(L, 3, 0);
  return 0;
}

/* Puts what is called on behalf of whoever calls now in place of the function
 * at index. */
static void own(lua_State *L, int index) {
  lua_pushvalue(L, index);
  ptg__current_push_task(L);
  ptg__current_push_group(L);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    ptg__value_push(L, PTG__LUV_ROOT);
  }
  lua_pushcclosure(L, call_owned, 3);
  lua_replace(L, index);
}

static int is_callable(lua_State *L, int index) {
  if (lua_isfunction(L, index)) return 1;
  if (luaL_getmetafield(L, index, "__call") == LUA_TNIL) return 0;
  lua_pop(L, 1);
  return 1;
}

/* Upvalues: the function of luv's, and its name. */
static int call_wrapped(lua_State *L) {
  int count = lua_gettop(L);
  luaL_checkstack(L, OWNED_STACK, NULL);
  for (int index = 1; index <= count; index++)
    if (is_callable(L, index)) own(L, index);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (lua_pcall(L, count, LUA_MULTRET, 0) == LUA_OK) return lua_gettop(L);
  ptg__value_push(L, PTG__LUV_REFUSED);
  lua_insert(L, -2);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, -2);
  lua_call(L, 2, 0);
  return 0;
}

static int wrap(lua_State *L) {
  lua_settop(L, 2);
  lua_pushcclosure(L, call_wrapped, 2);
  return 1;
}

static int set_root(lua_State *L) {
  lua_settop(L, 1);
  lua_rawseti(L, LUA_REGISTRYINDEX, ptg__values[PTG__LUV_ROOT]);
  return 0;
}

static int set_guard(lua_State *L) {
  lua_settop(L, 3);
  ptg__value_set(L, PTG__SETTINGS);
  ptg__value_set(L, PTG__LUV_REFUSED);
  ptg__value_set(L, PTG__LUV_FAILED);
  lua_pushboolean(L, 0);
  ptg__value_set(L, PTG__LUV_ROOT);
  return 0;
}

const luaL_Reg ptg__luv_calls[] = {
    {"set_luv_handlers", set_handlers},
    {"set_luv_root", set_root},
    {"set_luv_guard", set_guard},
    {"luv_wrap", wrap},
    {NULL, NULL},
};
