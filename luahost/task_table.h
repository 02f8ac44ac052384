/* task_table.h - which Lua object a task stands for.
 *
 * A task that is a coroutine has an id, which is the user_data of the runtime's
 * task and stands for its Lua object. From its spawn to its done it is found by
 * its handle too, also when that has become stale. The program has one such
 * table.
 */
#ifndef PTG_LUAHOST_TASK_TABLE_H
#define PTG_LUAHOST_TASK_TABLE_H

#include <lua.h>
#include <ptg/ptg.h>

/* Makes it, empty: for a new Lua state. */
void ptg__task_table_open(void);

/* Takes in the object on top of the stack, which stays there, and returns its
 * id. Raises an error when there is no memory. */
lua_Integer ptg__task_table_add(lua_State *L);

/* Says its handle; needs no memory, add() has seen to that. */
void ptg__task_table_set_handle(lua_Integer id, ptg_task handle);

/* Forgets it; its handle is PTG_NONE if none was set. Needs no memory. */
void ptg__task_table_remove(lua_State *L, lua_Integer id, ptg_task handle);

/* Pushes the object. Needs no memory. */
void ptg__task_table_push(lua_State *L, lua_Integer id);

/* core.task_object(handle) -> object or nil */
int ptg__task_table_object(lua_State *L);

/* core.task_handles() -> list */
int ptg__task_table_handles(lua_State *L);

/* core.tasks_clear(): forgets all. */
int ptg__task_table_clear(lua_State *L);

#endif
