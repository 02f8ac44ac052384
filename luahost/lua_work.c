/* lua_work.c - see lua_work.h. */
#include "lua_work.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

/* How many instructions until it is looked whether it was asked to end. */
#define HOOK_COUNT 10000

#define MESSAGE_MAX 1000

static atomic_int running;

/* Its address is the error by which a function ends that was asked to. */
static char cancelled;

int ptg__lua_work_running(void) {
  return atomic_load(&running);
}

/* ------------------------------------------------------------------ pack -- */

static void add_bytes(luaL_Buffer *buffer, char sort, const void *bytes,
                      size_t size) {
  luaL_addchar(buffer, sort);
  luaL_addlstring(buffer, bytes, size);
}

/* The buffer may have something on the stack, so values are named from the
 * bottom, and nothing is left there. */
static void add_value(lua_State *L, luaL_Buffer *buffer, int index) {
  if (lua_isnil(L, index)) {
    luaL_addchar(buffer, 'n');
  } else if (lua_isboolean(L, index)) {
    luaL_addchar(buffer, lua_toboolean(L, index) ? 't' : 'f');
  } else if (lua_isinteger(L, index)) {
    lua_Integer value = lua_tointeger(L, index);
    add_bytes(buffer, 'i', &value, sizeof(value));
  } else if (lua_type(L, index) == LUA_TNUMBER) {
    lua_Number value = lua_tonumber(L, index);
    add_bytes(buffer, 'd', &value, sizeof(value));
  } else {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    add_bytes(buffer, 's', &length, sizeof(length));
    luaL_addlstring(buffer, text, length);
  }
}

static void check_value(lua_State *L, int index, int number) {
  int type = lua_type(L, index);
  if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER ||
      type == LUA_TSTRING)
    return;
  luaL_error(L,
             "value %d is a %s: only nil, booleans, numbers and strings "
             "go to work and come back",
             number, luaL_typename(L, index));
}

void ptg__lua_work_pack(lua_State *L, int first) {
  int top = lua_gettop(L);
  for (int index = first; index <= top; index++)
    check_value(L, index, index - first + 1);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (int index = first; index <= top; index++)
    add_value(L, &buffer, index);
  luaL_pushresult(&buffer);
}

/* Takes the next value off *bytes, which is well-formed: we made it. */
static void push_value(lua_State *L, const char **bytes) {
  lua_Integer integer;
  lua_Number number;
  size_t length;
  char sort = *(*bytes)++;
  switch (sort) {
  case 'i':
    memcpy(&integer, *bytes, sizeof(integer));
    *bytes += sizeof(integer);
    lua_pushinteger(L, integer);
    break;
  case 'd':
    memcpy(&number, *bytes, sizeof(number));
    *bytes += sizeof(number);
    lua_pushnumber(L, number);
    break;
  case 's':
    memcpy(&length, *bytes, sizeof(length));
    *bytes += sizeof(length);
    lua_pushlstring(L, *bytes, length);
    *bytes += length;
    break;
  case 'n':
    lua_pushnil(L);
    break;
  default:
    lua_pushboolean(L, sort == 't');
    break;
  }
}

int ptg__lua_work_unpack(lua_State *L, const char *bytes, size_t size) {
  const char *end = bytes + size;
  int count = 0;
  for (; bytes < end; count++) {
    luaL_checkstack(L, 2, "too many values");
    push_value(L, &bytes);
  }
  return count;
}

/* ------------------------------------------------------------------- run -- */

static void look(lua_State *L, lua_Debug *debug) {
  (void)debug;
  const ptg_work *work;
  memcpy(&work, lua_getextraspace(L), sizeof(work));
  if (!ptg_work_is_cancelled(work)) return;
  lua_pushlightuserdata(L, &cancelled);
  lua_error(L);
}

/* os.exit would end the program from a thread. */
static void open_libraries(lua_State *L) {
  luaL_openlibs(L);
  lua_getglobal(L, "os");
  lua_pushnil(L);
  lua_setfield(L, -2, "exit");
  lua_pop(L, 1);
}

static void set_path(lua_State *L, const char *key) {
  lua_getglobal(L, "package");
  lua_insert(L, -2);
  lua_setfield(L, -2, key);
  lua_pop(L, 1);
}

/* Runs all of it, protected; returns the results, packed. */
static int run_protected(lua_State *L) {
  const struct ptg__lua_work *what = lua_touserdata(L, 1);
  const char *arguments = what->arguments;
  open_libraries(L);
  push_value(L, &arguments);
  set_path(L, "path");
  push_value(L, &arguments);
  set_path(L, "cpath");

  if (luaL_loadbufferx(L, what->code, what->code_size, "work", "b") != LUA_OK)
    return lua_error(L);
  size_t used = (size_t)(arguments - what->arguments);
  int count = ptg__lua_work_unpack(L, arguments, what->arguments_size - used);
  lua_sethook(L, look, LUA_MASKCOUNT, HOOK_COUNT);
  lua_call(L, count, LUA_MULTRET);
  lua_sethook(L, NULL, 0, 0);
  ptg__lua_work_pack(L, 2);
  return 1;
}

/* The error on top of the stack as one line of UTF-8. */
static int describe(lua_State *L) {
  size_t length;
  if (lua_istable(L, 1) && lua_getfield(L, 1, "message") == LUA_TSTRING)
    lua_replace(L, 1);
  const char *text = luaL_tolstring(L, 1, NULL);
  length = strcspn(text, "\n");
  if (length > MESSAGE_MAX) {
    length = MESSAGE_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
      length--;
  }
  lua_pushlstring(L, text, length);

  /* Not the script's utf8, which may be anything by now. */
  luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 0);
  lua_getfield(L, -1, "len");
  lua_pushvalue(L, -3);
  lua_call(L, 1, 1);
  if (!lua_isnil(L, -1)) {
    lua_pop(L, 2);
    return 1;
  }
  lua_pushliteral(L, "an error whose message is not UTF-8");
  return 1;
}

static ptg_status fail(ptg_work *work, lua_State *L, int lua_status) {
  if (lua_touserdata(L, -1) == &cancelled) return PTG_ECANCELED;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = lua_status == LUA_ERRMEM ? PTG_ENOMEM : PTG_EFAILED;
  outcome.message = "not enough memory";
  lua_sethook(L, NULL, 0, 0);
  lua_pushcfunction(L, describe);
  lua_insert(L, -2);
  if (lua_status != LUA_ERRMEM) {
    outcome.message = "an error that cannot be told";
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) outcome.message = lua_tostring(L, -1);
  }
  ptg_work_set_outcome(work, &outcome);
  return outcome.status;
}

static ptg_status keep_results(lua_State *L, struct ptg__lua_work *what) {
  const char *bytes = lua_tolstring(L, -1, &what->results_size);
  what->results = malloc(what->results_size + 1);
  if (what->results == NULL) return PTG_ENOMEM;
  memcpy(what->results, bytes, what->results_size);
  return PTG_OK;
}

static ptg_status run_in(lua_State *L, ptg_work *work,
                         struct ptg__lua_work *what) {
  memcpy(lua_getextraspace(L), &work, sizeof(const ptg_work *));
  lua_pushcfunction(L, run_protected);
  lua_pushlightuserdata(L, what);
  int lua_status = lua_pcall(L, 1, 1, 0);
  if (lua_status != LUA_OK) return fail(work, L, lua_status);
  return keep_results(L, what);
}

ptg_status ptg__lua_work_run(ptg_work *work, struct ptg__lua_work *what) {
  ptg_status status = PTG_ENOMEM;
  atomic_fetch_add(&running, 1);
  lua_State *L = luaL_newstate();
  if (L != NULL) {
    status = run_in(L, work, what);
    lua_close(L);
  }
  atomic_fetch_sub(&running, 1);
  return status;
}
