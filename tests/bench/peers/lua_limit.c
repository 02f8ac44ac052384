/* lua_limit.c - the least that a host in C of Lua coroutines can do.
 *
 *   lua_limit SCENARIO N
 *
 * L1: a Lua program calls spawn(fn) 1,000 times and then drain(), both in C:
 * used threads are used again, there is a list of those alive and a ready
 * queue, and a handle is given back. L1fresh: a new thread each. L2: bytes of a
 * suspended one.
 */
#include "peer.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

typedef struct node {
  struct node *next, *previous, *link;
  lua_State *thread;
  int reference;
  uint64_t generation;
} node;

static node *unused, *ready, *last_ready,
    alive = {.next = &alive, .previous = &alive};
static int is_fresh;
static long live;

static void new_thread(lua_State *lua, node *node) {
  node->thread = lua_newthread(lua);
  node->reference = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static int spawn(lua_State *lua) {
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  node *node = unused;
  if (node)
    unused = node->link;
  else
    node = calloc(1, sizeof *node);
  if (!node->thread) new_thread(lua, node);
  lua_pushvalue(lua, 1);
  lua_xmove(lua, node->thread, 1);
  node->previous = alive.previous;
  node->next = &alive;
  alive.previous->next = node;
  alive.previous = node;
  live++;
  node->link = NULL;
  if (last_ready)
    last_ready->link = node;
  else
    ready = node;
  last_ready = node;
  lua_pushinteger(lua, (lua_Integer)(++node->generation << 32 | 7));
  return 1;
}

static void end(lua_State *lua, node *node, int status) {
  if (status != LUA_OK)
    lua_resetthread(node->thread);
  else
    lua_settop(node->thread, 0);
  if (is_fresh) {
    luaL_unref(lua, LUA_REGISTRYINDEX, node->reference);
    node->thread = NULL;
  }
  node->previous->next = node->next;
  node->next->previous = node->previous;
  live--;
  node->link = unused;
  unused = node;
}

static int drain(lua_State *lua) {
  while (ready) {
    node *node = ready;
    ready = node->link;
    if (!ready) last_ready = NULL;
    int results, status = lua_resume(node->thread, lua, 0, &results);
    if (status == LUA_YIELD)
      lua_pop(node->thread, results);
    else
      end(lua, node, status);
  }
  return 0;
}

static void load(lua_State *lua, const char *text) {
  if (luaL_loadstring(lua, text) != LUA_OK) abort();
}

static void l1(lua_State *lua, const char *name, long n) {
  load(lua, "local n, spawn, drain = ..., spawn, drain "
            "local function noop() end "
            "for _ = 1, n // 1000 do "
            "for i = 1, 1000 do spawn(noop) end drain() end");
  for (int pass = 0; pass < 2; pass++) {
    double begin = wall_ns();
    lua_pushvalue(lua, -1);
    lua_pushinteger(lua, n);
    if (lua_pcall(lua, 1, 0, 0) != LUA_OK || live != 0) abort();
    if (pass == 1) print(name, n, "ns", (wall_ns() - begin) / (double)n);
  }
}

static void l2(lua_State *lua, long n) {
  load(lua, "local n, spawn, drain = ..., spawn, drain "
            "local function park() coroutine.yield() end "
            "for _ = 1, n do spawn(park) end drain()");
  double before = rss();
  lua_pushinteger(lua, n);
  if (lua_pcall(lua, 1, 0, 0) != LUA_OK || live != n) abort();
  print("L2", n, "bytes", (rss() - before) / (double)n);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "L1";
  long n = argc > 2 ? atol(argv[2]) : 1000000;
  lua_State *lua = luaL_newstate();
  luaL_openlibs(lua);
  lua_register(lua, "spawn", spawn);
  lua_register(lua, "drain", drain);
  is_fresh = strcmp(name, "L1fresh") == 0;
  if (strcmp(name, "L2") == 0)
    l2(lua, n);
  else
    l1(lua, name, n);
  lua_close(lua);
  return 0;
}
