/* driver.h - how the coroutine of a task is run.
 *
 * A coroutine is resumed only from an event of its own task. What is frequent
 * (a body that begins, that waits, that ends with nothing to say, a sleep that
 * is over) is done here and needs no memory; all else is told to Lua
 * (task.lua). A coroutine whose body ended without an error is used again, but
 * not when a script could still have it (decision 22).
 */
#ifndef PTG_LUAHOST_DRIVER_H
#define PTG_LUAHOST_DRIVER_H

#include <lauxlib.h>
#include <lua.h>
#include <ptg/ptg.h>

/* The first event of a task: runs its body up to its first wait. PTG_OK, or
 * Lua could not do it. */
ptg_status ptg__driver_start(lua_State *L, ptg_task task, lua_Integer id);

/* Goes on with a task if that ends what it waits in. PTG_OK, or Lua could not
 * do it. */
ptg_status ptg__driver_wake(lua_State *L, ptg_task task, lua_Integer id);

/* Settles the future of a task that has ended, if it has one, and forgets it.
 * Returns 0 and does nothing when there is more to do. */
int ptg__driver_done(lua_State *L, ptg_task task, lua_Integer id,
                     ptg_status status);

/* Pushes the task whose coroutine runs in L; returns 0 if that is none, or
 * there is anything about it to look at more closely. */
int ptg__driver_push_running(lua_State *L);

/* May the task whose coroutine runs in L wait? If not, to yield nothing is the
 * end of the matter: it raises an error where nothing can be yielded, and a
 * task that has been finished is closed there. */
int ptg__driver_can_suspend(lua_State *L);

/* Suspends that task in the wait at index 1, and has that known; to be
 * returned. Goes on in after, with nothing above index 1, or one value: it has
 * been cancelled. */
int ptg__driver_suspend(lua_State *L, int *is_suspended, lua_KFunction after);

/* Raises the cancellation of the task whose code is running. */
int ptg__driver_raise_cancellation(lua_State *L);

/* The part of ptg.core that is here. */
extern const luaL_Reg ptg__driver_calls[];

/* What a coroutine yields that waits for nothing but a wake: SLEEP and PAUSE.
 * Their addresses stand for themselves. */
extern const char ptg__sleep_mark, ptg__pause_mark;

/* Puts SUSPEND, SLEEP and PAUSE into the table on top of the stack, and takes
 * the place of coroutine.running. May raise an error. */
void ptg__driver_open(lua_State *L);

#endif
