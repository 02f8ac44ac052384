/* luv_guard.c - luv on the runtime's loop, with its callbacks protected.
 *
 * luv's own hook for an error in a callback prints it and calls exit. This one
 * hands it to Lua, where it goes to a group's error handler like any other.
 */
#include "luv_guard.h"

#include <stdio.h>

#include <lauxlib.h>
#include <luv/luv.h>

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

int ptg__luv_set_handlers(lua_State *L) {
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
