/* wait.c - see wait.h. */
#include "wait.h"

#include <lauxlib.h>

#include "binding.h"
#include "driver.h"
#include "fields.h"

#define CLASS "ptg.wait"

struct wait {
  ptg_task task;
  int count;        /* of the values */
  int is_over;      /* nothing that comes later counts */
  int is_suspended; /* its task is, in it */
  int is_timed;
};

/* The Lua values that belong to it. */
enum { FUTURE = 1, PLACE, VALUES, VALUE_COUNT = VALUES };

static struct wait *check(lua_State *L) {
  return luaL_checkudata(L, 1, CLASS);
}

/* core.wait_new(task) -> wait */
static int wait_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_rawgeti(L, 1, PTG__HANDLE);
  ptg_task task = (ptg_task)lua_tointeger(L, -1);
  struct wait *wait = lua_newuserdatauv(L, sizeof(*wait), VALUE_COUNT);
  *wait = (struct wait){.task = task};
  ptg__value_push(L, PTG__WAIT);
  lua_setmetatable(L, -2);
  return 1;
}

/* ------------------------------------------------------------- to end it -- */

/* Keeps what is above index, one value as it is and several as a list. */
static void keep_values(lua_State *L, int index, struct wait *wait) {
  int count = lua_gettop(L) - index;
  if (count > 1) {
    lua_createtable(L, count, 0);
    lua_insert(L, index + 1);
    for (int place = count; place > 0; place--)
      lua_rawseti(L, index + 1, place);
  }
  if (count > 0) lua_setiuservalue(L, index, VALUES);
  wait->count = count;
}

static int notify(lua_State *L) {
  struct wait *wait = check(L);
  if (wait->is_over) return 0;
  keep_values(L, 1, wait);
  wait->is_over = 1;
  /* PTG_ESTALE: it has ended by itself. */
  if (wait->is_suspended)
    ptg_task_sleep(ptg__binding_runtime(L), wait->task, 0);
  return 0;
}

static int notify_upvalue(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return notify(L);
}

static int notifier(lua_State *L) {
  check(L);
  lua_settop(L, 1);
  lua_pushcclosure(L, notify_upvalue, 1);
  return 1;
}

static int watches(lua_State *L) {
  check(L);
  lua_settop(L, 3);
  lua_setiuservalue(L, 1, PLACE);
  lua_setiuservalue(L, 1, FUTURE);
  return 0;
}

static int leave(lua_State *L) {
  struct wait *wait = check(L);
  wait->is_over = 1;
  if (wait->is_timed)
    ptg_task_sleep(ptg__binding_runtime(L), wait->task, PTG_FOREVER);
  if (lua_getiuservalue(L, 1, FUTURE) == LUA_TNIL) return 0;
  lua_getfield(L, -1, "unsubscribe");
  lua_insert(L, -2);
  lua_getiuservalue(L, 1, PLACE);
  lua_call(L, 2, 0);
  return 0;
}

/* -------------------------------------------------------------- to wait -- */

int ptg__wait_ends_now(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
    return 0;
  ptg__value_push(L, PTG__WAIT);
  int is_wait = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  const struct wait *wait = lua_touserdata(L, index);
  return is_wait && (wait->is_over || wait->is_timed);
}

/* Answers for the wait at index 1, which has ended. */
static int answer(lua_State *L) {
  struct wait *wait = lua_touserdata(L, 1);
  int is_over = wait->is_over;
  if (!is_over) {
    wait->is_timed = 0;
    leave(L);
  }
  lua_pushboolean(L, is_over);
  return 1;
}

/* With an argument it ended by the task's cancellation. */
static int after_suspend(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  ((struct wait *)lua_touserdata(L, 1))->is_suspended = 0;
  if (lua_gettop(L) > 1) return ptg__driver_raise_cancellation(L);
  return answer(L);
}

static int suspend(lua_State *L) {
  struct wait *wait = check(L);
  lua_Integer limit_ns = luaL_optinteger(L, 2, PTG_FOREVER);
  lua_settop(L, 1);
  if (!ptg__driver_can_suspend(L)) return lua_yield(L, 0);
  if (wait->is_over) return answer(L);
  if (limit_ns != PTG_FOREVER) {
    ptg_status status =
        ptg_task_sleep(ptg__binding_runtime(L), wait->task, limit_ns);
    if (status != PTG_OK) return ptg__binding_result(L, status);
    wait->is_timed = 1;
  }
  return ptg__driver_suspend(L, &wait->is_suspended, after_suspend);
}

static int values(lua_State *L) {
  int count = check(L)->count;
  if (count == 0) return 0;
  lua_getiuservalue(L, 1, VALUES);
  if (count == 1) return 1;
  luaL_checkstack(L, count, "too many values");
  for (int place = 1; place <= count; place++)
    lua_rawgeti(L, 2, place);
  return count;
}

static int is_over(lua_State *L) {
  lua_pushboolean(L, check(L)->is_over);
  return 1;
}

static const luaL_Reg methods[] = {
    {"notify", notify},   {"notifier", notifier}, {"watches", watches},
    {"suspend", suspend}, {"values", values},     {"is_over", is_over},
    {"leave", leave},     {NULL, NULL},
};

void ptg__wait_open(lua_State *L) {
  luaL_newmetatable(L, CLASS);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  ptg__value_set(L, PTG__WAIT);
  lua_pushcfunction(L, wait_new);
  lua_setfield(L, -2, "wait_new");
}
