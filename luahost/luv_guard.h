/* luv_guard.h - luv on the runtime's loop, with its callbacks protected. */
#ifndef PTG_LUAHOST_LUV_GUARD_H
#define PTG_LUAHOST_LUV_GUARD_H

#include <lua.h>
#include <uv.h>

/* Opens luv on loop and leaves it in package.loaded as "luv", unguarded:
 * ptg/luv_guard.lua is what makes a script safe from it. May raise. */
void ptg__luv_open(lua_State *L, uv_loop_t *loop);

/* core.set_luv_handlers(failed, close): failed(err) is told of an error in a
 * callback of luv's; close() closes every handle that is open. */
int ptg__luv_set_handlers(lua_State *L);

/* Closes every handle that a script left open. Never raises. */
void ptg__luv_close_handles(lua_State *L);

#endif
