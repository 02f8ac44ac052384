/* current.c - see current.h. */
#include "current.h"

#include "binding.h"

/* What is no Lua value of the innermost call. */
static struct ptg__current now;
static int depth; /* of the calls, one in the other */

/* Exchanges a value of the registry for that at index. */
static void swap(lua_State *L, enum ptg__value which, int index) {
  ptg__value_push(L, which);
  lua_pushvalue(L, index);
  lua_rawseti(L, LUA_REGISTRYINDEX, ptg__values[which]);
  lua_replace(L, index);
}

static void swap_all(lua_State *L, int index) {
  swap(L, PTG__CURRENT, index);
  swap(L, PTG__CURRENT_GROUP, index + 1);
}

void ptg__current_enter(lua_State *L, struct ptg__current *current) {
  struct ptg__current outer = now;
  swap_all(L, current->index);
  now = *current;
  if (now.luv_group == PTG_NONE) now.luv_group = outer.luv_group;
  depth++;
  current->spawner = outer.spawner;
  current->luv_group = outer.luv_group;
}

void ptg__current_leave(lua_State *L, const struct ptg__current *current) {
  swap_all(L, current->index);
  now = *current;
  depth--;
}

ptg_task ptg__current_spawner(void) {
  return now.spawner;
}

void ptg__current_push_group(lua_State *L) {
  ptg__value_push(L, PTG__CURRENT_GROUP);
  if (lua_toboolean(L, -1)) return;
  lua_pop(L, 1);
  ptg__current_push_task(L);
  if (lua_toboolean(L, -1)) {
    lua_getfield(L, -1, "group");
  } else {
    lua_pushnil(L);
  }
  lua_remove(L, -2);
}

/* ------------------------------------------------------------ from Lua ---- */

/* A place of the registry that holds nil might be lost. */
static void nil_to_false(lua_State *L, int index) {
  if (!lua_isnil(L, index)) return;
  lua_pushboolean(L, 0);
  lua_replace(L, index);
}

static int call_as(lua_State *L) {
  enum { TASK = 1, GROUP, SPAWNER, HANDLER, FUNCTION };
  struct ptg__current current = {
      .index = TASK, .spawner = ptg__binding_check_handle(L, SPAWNER)};
  luaL_checkany(L, FUNCTION);
  nil_to_false(L, TASK);
  nil_to_false(L, GROUP);
  ptg__current_enter(L, &current);
  int status = lua_pcall(L, lua_gettop(L) - FUNCTION, LUA_MULTRET, HANDLER);
  ptg__current_leave(L, &current);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, HANDLER);
  return lua_gettop(L) - SPAWNER;
}

static int push_current(lua_State *L) {
  ptg__current_push_task(L);
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  ptg__current_push_group(L);
  return 2;
}

static int push_spawner(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)now.spawner);
  return 1;
}

/* In a callback of luv libptg has to be told whose it is. */
static int push_originator(lua_State *L) {
  uint64_t originator = now.spawner != PTG_NONE ? now.spawner : now.luv_group;
  lua_pushinteger(L, (lua_Integer)originator);
  return 1;
}

static int is_top(lua_State *L) {
  ptg__current_push_task(L);
  int is_main = lua_pushthread(L);
  lua_pushboolean(L, is_main && depth == 0 && !lua_toboolean(L, -2));
  return 1;
}

const luaL_Reg ptg__current_calls[] = {
    {"current", push_current},
    {"current_spawner", push_spawner},
    {"current_originator", push_originator},
    {"is_top", is_top},
    {"call_as", call_as},
    {NULL, NULL},
};

void ptg__current_open(lua_State *L) {
  now = (struct ptg__current){0};
  depth = 0;
  lua_pushboolean(L, 0);
  ptg__value_set(L, PTG__CURRENT);
  lua_pushboolean(L, 0);
  ptg__value_set(L, PTG__CURRENT_GROUP);
}
