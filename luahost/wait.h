/* wait.h - what a task is suspended in until somebody says that it is over, or
 * its time is.
 *
 * For Lua it is an object with methods:
 *   core.wait_new(task)         one that the task will wait in
 *   wait:notify(...)            it is over, with these values; only once
 *   wait:notifier()             a function that does so
 *   wait:watches(future, place) it is one of the waiters of future
 *   wait:suspend([limit_ns])    waits: true, over; false, its time was; nil
 *                               and why not; raises the task's cancellation
 *   wait:values()               what it was notified with
 *   wait:is_over(), wait:leave() nobody waits in it any more
 */
#ifndef PTG_LUAHOST_WAIT_H
#define PTG_LUAHOST_WAIT_H

#include <lua.h>

/* Is the value at index a wait that ends by a wake, now? */
int ptg__wait_ends_now(lua_State *L, int index);

/* Puts wait_new into the table on top of the stack. May raise an error. */
void ptg__wait_open(lua_State *L);

#endif
