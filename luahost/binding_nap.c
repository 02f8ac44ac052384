/* binding_nap.c - ptg.sleep and ptg.pause as far as there is nothing to check.
 *
 * They yield from C: a task that sleeps has no more frames on its stack than it
 * needs, and no wait of Lua's.
 */
#include <string.h>

#include <lauxlib.h>

#include "binding.h"
#include "driver.h"
#include "fields.h"

#define DIGITS_MAX 9

/* Whole numbers of one unit; what is written in another way is left to Lua.
 * Returns -1. */
static int64_t parse_duration(const char *text) {
  int64_t number = 0;
  int digits = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    if (++digits > DIGITS_MAX) return -1;
    number = number * 10 + (*text - '0');
  }
  if (digits == 0) return -1;
  if (strcmp(text, "ms") == 0) return number * 1000000;
  if (strcmp(text, "s") == 0) return number * 1000000000;
  if (strcmp(text, "us") == 0) return number * 1000;
  if (strcmp(text, "ns") == 0) return number;
  return -1;
}

/* It is over: with an argument by the task's cancellation. */
static int after_nap(lua_State *L, int status, lua_KContext count) {
  (void)status;
  if (lua_gettop(L) == (int)count) return 0;
  return ptg__driver_raise_cancellation(L);
}

static int after_slow_nap(lua_State *L, int status, lua_KContext context) {
  (void)L;
  (void)status;
  (void)context;
  return 0;
}

/* What upvalue 1 does in Lua. */
static int nap_slowly(lua_State *L, int argument_count) {
  lua_settop(L, argument_count);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, argument_count, 0, 0, after_slow_nap);
  return 0;
}

static int nap(lua_State *L, const char *mark) {
  lua_settop(L, 0);
  lua_pushlightuserdata(L, (void *)(uintptr_t)mark);
  return lua_yieldk(L, 1, 0, after_nap);
}

static int sleep_for(lua_State *L) {
  int count = lua_gettop(L);
  int64_t ns = -1;
  if (lua_type(L, 1) == LUA_TSTRING) ns = parse_duration(lua_tostring(L, 1));
  if (ns < 0 || !ptg__driver_push_running(L)) return nap_slowly(L, count);
  lua_rawgeti(L, -1, PTG__HANDLE);
  ptg_task task = (ptg_task)lua_tointeger(L, -1);
  if (ptg_task_sleep(ptg__binding_runtime(L), task, ns) != PTG_OK)
    return nap_slowly(L, count);
  return nap(L, &ptg__sleep_mark);
}

static int pause_until_woken(lua_State *L) {
  int count = lua_gettop(L);
  if (!ptg__driver_push_running(L)) return nap_slowly(L, count);
  return nap(L, &ptg__pause_mark);
}

/* core.make_sleep(slow), core.make_pause(slow) -> the function, which leaves to
 * slow what is a mistake or needs a closer look */
static int make_sleep(lua_State *L) {
  lua_settop(L, 1);
  lua_pushcclosure(L, sleep_for, 1);
  return 1;
}

static int make_pause(lua_State *L) {
  lua_settop(L, 1);
  lua_pushcclosure(L, pause_until_woken, 1);
  return 1;
}

const luaL_Reg ptg__binding_nap[] = {
    {"make_sleep", make_sleep},
    {"make_pause", make_pause},
    {NULL, NULL},
};
