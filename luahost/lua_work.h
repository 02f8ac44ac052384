/* lua_work.h - a Lua function on a thread of its own, in a Lua state of its
 * own: what goes there and comes back is copied.
 *
 * Only nil, booleans, numbers and strings go through.
 */
#ifndef PTG_LUAHOST_LUA_WORK_H
#define PTG_LUAHOST_LUA_WORK_H

#include <lua.h>
#include <ptg/ptg.h>

/* The values from index first to the top as one string, which is pushed.
 * Raises an error about a value that cannot go. */
void ptg__lua_work_pack(lua_State *L, int first);

/* Pushes what was packed; returns how many. */
int ptg__lua_work_unpack(lua_State *L, const char *bytes, size_t size);

/* What is to be run; good until it has returned. */
struct ptg__lua_work {
  const char *code; /* as string.dump() made it */
  size_t code_size;
  const char *arguments; /* packed: package.path and cpath, then the rest */
  size_t arguments_size;
  char *results; /* packed, from malloc; NULL: it failed */
  size_t results_size;
};

/* Runs it, in the function of a ptg_work. */
ptg_status ptg__lua_work_run(ptg_work *work, struct ptg__lua_work *what);

/* How many are running now, in all threads. */
int ptg__lua_work_running(void);

#endif
