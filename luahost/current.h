/* current.h - on whose behalf Lua code is running.
 *
 * It is a task, a group whose handler runs, or nobody: the top level of a
 * script. For Lua:
 *   core.current() -> task or nil, group or nil
 *   core.current_spawner() -> the handle that libptg takes as the one who
 *     spawns; 0: it knows by itself, by the callback
 *   core.current_originator() -> the same, for who asks a task to end
 *   core.is_top() -> is it the top level?
 *   core.call_as(task, group, spawner, handler, fn, ...) -> what xpcall()
 *     answers; fn must not yield
 */
#ifndef PTG_LUAHOST_CURRENT_H
#define PTG_LUAHOST_CURRENT_H

#include <lauxlib.h>
#include <lua.h>
#include <ptg/ptg.h>

#include "fields.h"

/* Sets the task, which it takes from the top of the stack (false: none), while
 * its coroutine runs. */
static inline void ptg__current_set_task(lua_State *L) {
  lua_rawseti(L, LUA_REGISTRYINDEX, ptg__values[PTG__CURRENT]);
}

/* Pushes the task, or false. */
static inline void ptg__current_push_task(lua_State *L) {
  ptg__value_push(L, PTG__CURRENT);
}

/* Pushes the group, or nil. */
void ptg__current_push_group(lua_State *L);

ptg_task ptg__current_spawner(void);

/* Whose code it is that is to be called. Its task and group are on the stack,
 * at two indexes that follow each other. To enter exchanges all of it for what
 * was before, and to leave exchanges it back. */
struct ptg__current {
  int index;
  ptg_task spawner;
  ptg_group luv_group; /* libptg knows nothing of the callback it is in, which
                          is this group's; PTG_NONE: that of an outer call */
};
void ptg__current_enter(lua_State *L, struct ptg__current *current);
void ptg__current_leave(lua_State *L, const struct ptg__current *current);

/* The part of ptg.core that is here. */
extern const luaL_Reg ptg__current_calls[];

/* May raise an error. */
void ptg__current_open(lua_State *L);

#endif
