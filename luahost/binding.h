/* binding.h - the private Lua module "ptg.core": ptg.h, call by call.
 *
 * It knows nothing of coroutines, options or names: that is Lua's part. A call
 * that fails answers nil, the status ("ECLOSED") and a message. Handles and
 * nanoseconds are integers. What C keeps for a Lua object is its id, which
 * comes back in each event (event.h).
 */
#ifndef PTG_LUAHOST_BINDING_H
#define PTG_LUAHOST_BINDING_H

#include <lauxlib.h>
#include <lua.h>
#include <ptg/ptg.h>

/* The id of the root group's object. */
#define PTG__ROOT_ID 1

/* With how many arguments a task is spawned at most: a C function has no more
 * upvalues than 255. */
#define PTG__ARGUMENTS_MAX 250

/* luaopen_ for "ptg.core". */
int ptg__binding_open(lua_State *L);

/* The parts of the module, one a file; each ends with {NULL, NULL}. */
extern const luaL_Reg ptg__binding_group[];
extern const luaL_Reg ptg__binding_task[];
extern const luaL_Reg ptg__binding_spawn[];
extern const luaL_Reg ptg__binding_nap[];
extern const luaL_Reg ptg__binding_process[];
extern const luaL_Reg ptg__binding_timer[];
extern const luaL_Reg ptg__binding_work[];
extern const luaL_Reg ptg__binding_queue[];
extern const luaL_Reg ptg__binding_shutdown[];
extern const luaL_Reg ptg__binding_watch[];
extern const luaL_Reg ptg__binding_look[];
extern const luaL_Reg ptg__binding_clock[];

/* Sets the callbacks of a group whose Lua object is id. */
void ptg__binding_hook_group(ptg_group_options *options, lua_Integer id);

/* Reads the options of a group from the table at index, which must stay where
 * it is while they are used. */
void ptg__binding_read_group(lua_State *L, int index,
                             ptg_group_options *options);

/* The runtime of a Lua state. */
ptg_runtime *ptg__binding_runtime(lua_State *L);

/* Pushes what a call that answered status returns: true or the failure. */
int ptg__binding_result(lua_State *L, ptg_status status);

/* The same, but a handle in place of true. */
int ptg__binding_handle(lua_State *L, ptg_status status, uint64_t handle);

/* Argument index as a handle; nil is PTG_NONE. */
uint64_t ptg__binding_check_handle(lua_State *L, int index);

/* A field of the table at index, as an integer (nil is 0) or a truth. */
int64_t ptg__binding_field(lua_State *L, int index, const char *key);
int ptg__binding_flag(lua_State *L, int index, const char *key);

/* "open", "draining", "cancelling" or "closed". */
const char *ptg__binding_state_name(uint32_t state);

/* "pending", "running" or "abandoned". */
const char *ptg__binding_task_state_name(uint32_t state);

/* Sets fields of the table on top of the stack. */
void ptg__binding_set_integer(lua_State *L, const char *key, int64_t value);
void ptg__binding_set_string(lua_State *L, const char *key, const char *bytes,
                             size_t length);
void ptg__binding_set_boolean(lua_State *L, const char *key, int value);

/* The done callback of every sort of task that Lua makes. */
void ptg__binding_done(ptg_runtime *runtime, ptg_task task,
                       const ptg_outcome *outcome, void *user_data);

/* The sort of all tasks that are coroutines, and what it does not have: a kill
 * callback. */
extern const ptg_task_type ptg__binding_task_type;
void ptg__binding_kill(ptg_runtime *runtime, ptg_task task, void *user_data);

/* Lists handles: fill is a call with a capacity and a count. */
typedef ptg_status (*ptg__list_fn)(ptg_runtime *runtime, ptg_group group,
                                   uint64_t *handles, size_t capacity,
                                   size_t *count);
int ptg__binding_list(lua_State *L, ptg__list_fn fill);

#endif
