/* luv_guard.h - luv on the runtime's loop, with its callbacks protected. */
#ifndef PTG_LUAHOST_LUV_GUARD_H
#define PTG_LUAHOST_LUV_GUARD_H

#include <lauxlib.h>
#include <lua.h>
#include <uv.h>

/* Opens luv on loop and leaves it in package.loaded as "luv", unguarded:
 * ptg/luv_guard.lua is what makes a script safe from it. May raise. */
void ptg__luv_open(lua_State *L, uv_loop_t *loop);

/* The part of ptg.core that is here:
 *   set_luv_handlers(failed, close): failed(err) is told of an error in a
 *     callback that came to luv by another way than luv_wrap(); close() closes
 *     every handle that is open.
 *   set_luv_root(group): whose callbacks are that nobody gave
 *   set_luv_guard(failed, refused, settings): failed(task, group, caught) is
 *     told of an error in a callback, refused(name, err) raises that of a call
 *   luv_wrap(fn, name) -> the function of luv's of that name, made safe: the
 *     functions among its arguments are called on behalf of who gave them */
extern const luaL_Reg ptg__luv_calls[];

/* Closes every handle that a script left open. Never raises. */
void ptg__luv_close_handles(lua_State *L);

#endif
