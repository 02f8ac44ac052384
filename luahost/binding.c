/* binding.c - the private Lua module "ptg.core": what its parts share. */
#include "binding.h"

#include <string.h>

#include "current.h"
#include "driver.h"
#include "event.h"
#include "luv_guard.h"
#include "signals.h"

/* The statuses that this header knows, 0 downwards. */
#define LAST_STATUS PTG_EDEADLK

ptg_runtime *ptg__binding_runtime(lua_State *L) {
  return ptg__host_of(L)->runtime;
}

/* "PTG_ESTALE" as a script reads it: "ESTALE". */
static const char *short_name(ptg_status status) {
  return ptg_status_name(status) + strlen("PTG_");
}

static int push_failure(lua_State *L, ptg_status status) {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  lua_pushnil(L);
  lua_pushstring(L, short_name(status));
  if (ptg_runtime_get_error(ptg__binding_runtime(L), &info) == PTG_OK &&
      info.status == status && info.message_length != 0) {
    lua_pushlstring(L, info.message, info.message_length);
  } else {
    lua_pushnil(L);
  }
  return 3;
}

int ptg__binding_result(lua_State *L, ptg_status status) {
  if (status != PTG_OK) return push_failure(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

int64_t ptg__binding_field(lua_State *L, int index, const char *key) {
  lua_getfield(L, index, key);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

int ptg__binding_flag(lua_State *L, int index, const char *key) {
  lua_getfield(L, index, key);
  int value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

int ptg__binding_handle(lua_State *L, ptg_status status, uint64_t handle) {
  if (status != PTG_OK) return push_failure(L, status);
  lua_pushinteger(L, (lua_Integer)handle);
  return 1;
}

uint64_t ptg__binding_check_handle(lua_State *L, int index) {
  return (uint64_t)luaL_optinteger(L, index, 0);
}

void ptg__binding_set_integer(lua_State *L, const char *key, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

void ptg__binding_set_string(lua_State *L, const char *key, const char *bytes,
                             size_t length) {
  if (bytes == NULL) return;
  lua_pushlstring(L, bytes, length);
  lua_setfield(L, -2, key);
}

void ptg__binding_set_boolean(lua_State *L, const char *key, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

int ptg__binding_list(lua_State *L, ptg__list_fn fill) {
  ptg_runtime *runtime = ptg__binding_runtime(L);
  ptg_group group = ptg__binding_check_handle(L, 1);
  size_t count = 0;
  ptg_status status = fill(runtime, group, NULL, 0, &count);
  if (status != PTG_OK && status != PTG_ERANGE)
    return ptg__binding_result(L, status);

  /* Nothing can come between the two calls: they are on the loop's thread. */
  uint64_t *handles = lua_newuserdatauv(L, count * sizeof(*handles) + 1, 0);
  status = fill(runtime, group, handles, count, &count);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushinteger(L, (lua_Integer)handles[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

void ptg__binding_done(ptg_runtime *runtime, ptg_task task,
                       const ptg_outcome *outcome, void *user_data) {
  (void)runtime;
  struct ptg__event event = {
      .kind = PTG__EVENT_DONE,
      .number_count = 7,
      .numbers = {ptg__event_id(user_data), (int64_t)task, outcome->status,
                  outcome->flags, outcome->code, (int64_t)outcome->value,
                  (int64_t)outcome->originator},
      .text_count = 2,
      .texts = {{outcome->message, outcome->message_length},
                {outcome->reason, outcome->reason_length}},
  };
  ptg__event_call(&event);
}

/* core.now() -> nanoseconds of the runtime's clock */
static int now(lua_State *L) {
  int64_t now_ns = 0;
  ptg_status status = ptg_runtime_get_time(ptg__binding_runtime(L), &now_ns);
  if (status != PTG_OK) return push_failure(L, status);
  lua_pushinteger(L, now_ns);
  return 1;
}

/* core.root() -> handle */
static int root(lua_State *L) {
  return ptg__binding_handle(L, PTG_OK, ptg__host_of(L)->root);
}

/* core.signals() -> how many asked for shutdown, the last one's number */
static int signals(lua_State *L) {
  lua_pushinteger(L, ptg__signals_count());
  lua_pushinteger(L, ptg__signals_last());
  return 2;
}

/* core.lost_events() -> how many events nobody could be told of */
static int lost_events(lua_State *L) {
  lua_pushinteger(L, ptg__event_losses());
  return 1;
}

static const luaL_Reg runtime_calls[] = {
    {"now", now},
    {"root", root},
    {"signals", signals},
    {"lost_events", lost_events},
    {"set_handlers", ptg__event_set_handlers},
    {NULL, NULL},
};

static void add_statuses(lua_State *L) {
  lua_newtable(L);
  for (ptg_status status = PTG_OK; status >= LAST_STATUS; status--) {
    lua_pushinteger(L, status);
    lua_setfield(L, -2, short_name(status));
    lua_pushstring(L, short_name(status));
    lua_rawseti(L, -2, status);
  }
  lua_setfield(L, -2, "status");
}

static void add_constants(lua_State *L) {
  ptg__binding_set_integer(L, "FOREVER", PTG_FOREVER);
  ptg__binding_set_integer(L, "AT_ONCE", PTG_AT_ONCE);
  ptg__binding_set_integer(L, "NAME_MAX", PTG_NAME_MAX);
  ptg__binding_set_integer(L, "ROOT_ID", PTG__ROOT_ID);
  ptg__binding_set_integer(L, "CANCEL_REQUESTED", PTG_OUTCOME_CANCEL_REQUESTED);
  ptg__binding_set_integer(L, "NEVER_RAN", PTG_OUTCOME_NEVER_RAN);
  ptg__binding_set_integer(L, "ABANDONED", PTG_OUTCOME_ABANDONED);
  ptg__binding_set_integer(L, "KILLED", PTG_OUTCOME_KILLED);
  ptg__binding_set_integer(L, "DURING_CANCEL", PTG_ERROR_DURING_CANCEL);
  ptg__binding_set_integer(L, "FROM_HOOK", PTG_ERROR_FROM_HOOK);
  ptg__binding_set_integer(L, "SPAWN_CLEANUP", PTG_SPAWN_CLEANUP);
  ptg__binding_set_integer(L, "SPAWN_OBSERVED", PTG_SPAWN_OBSERVED);
  ptg__binding_set_integer(L, "ARGUMENTS_MAX", PTG__ARGUMENTS_MAX);
  ptg__binding_set_integer(L, "STDOUT", PTG_STDOUT);
  ptg__binding_set_integer(L, "STDERR", PTG_STDERR);
}

int ptg__binding_open(lua_State *L) {
  const luaL_Reg *const parts[] = {
      runtime_calls,         ptg__binding_group, ptg__binding_task,
      ptg__binding_spawn,    ptg__binding_nap,   ptg__binding_process,
      ptg__binding_timer,    ptg__binding_work,  ptg__binding_queue,
      ptg__binding_shutdown, ptg__binding_watch, ptg__binding_look,
      ptg__binding_clock,    ptg__driver_calls,  ptg__current_calls,
      ptg__luv_calls,
  };
  lua_newtable(L);
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    luaL_setfuncs(L, parts[i], 0);
  add_statuses(L);
  add_constants(L);
  ptg__driver_open(L);
  return 1;
}
