/* fields.h - the Lua values and fields that C needs all the time.
 *
 * Each is pushed without being looked up by its name.
 */
#ifndef PTG_LUAHOST_FIELDS_H
#define PTG_LUAHOST_FIELDS_H

#include <lua.h>

enum ptg__value {
  /* Given by Lua, in this order: core.set_driver(). */
  PTG__CONTEXT,      /* the table that says whose code is running */
  PTG__CAUGHT,       /* the message handler of bodies */
  PTG__ON_RESUMED,   /* is told how a coroutine came back */
  PTG__TASK,         /* the class of tasks that are coroutines */
  PTG__SPAWN_SLOW,   /* group:spawn() where there is something to check */
  PTG__SPAWN_FAILED, /* raises what came of it */
  PTG__GIVEN_COUNT,
  /* The list of idle coroutines. */
  PTG__IDLE = PTG__GIVEN_COUNT,
  /* Names of fields: of the context, and of tasks and groups. */
  PTG__KEY_TASK,
  PTG__KEY_SPAWNER,
  PTG__KEY_NAME,
  PTG__KEY_GROUP,
  PTG__KEY_HANDLE,
  PTG__KEY_BODY,
  PTG__KEY_WAITING,
  PTG__KEY_IS_WATCHED,
  PTG__KEY_FAILURE,
  PTG__KEY_CANCEL_ERROR,
  PTG__KEY_IS_CANCEL_DUE,
  PTG__KEY_IS_FINISHED,
  PTG__KEY_STATE,
  PTG__VALUE_COUNT
};

/* Where the values are in Lua's registry. */
extern int ptg__values[PTG__VALUE_COUNT];

/* Takes the value on top of the stack; may raise an error. */
void ptg__value_set(lua_State *L, enum ptg__value which);

/* Makes the names of fields; may raise an error. */
void ptg__fields_open(lua_State *L);

static inline void ptg__value_push(lua_State *L, enum ptg__value which) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ptg__values[which]);
}

/* Pushes a field of the table at an absolute index, and returns its type. */
static inline int ptg__field_get(lua_State *L, int index, enum ptg__value key) {
  ptg__value_push(L, key);
  return lua_rawget(L, index);
}

/* Sets a field of the table at an absolute index to the value on top of the
 * stack. Needs no memory when the field is there. */
static inline void ptg__field_set(lua_State *L, int index,
                                  enum ptg__value key) {
  ptg__value_push(L, key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}

#endif
