/* fields.h - the Lua values, fields and places that C needs all the time.
 *
 * Each is pushed without being looked up by its name. What every task and
 * group has is in the array part of its object, where it is found faster still;
 * scripts read it by name all the same (binding_spawn.c).
 */
#ifndef PTG_LUAHOST_FIELDS_H
#define PTG_LUAHOST_FIELDS_H

#include <lua.h>

enum ptg__value {
  /* Given by Lua, in this order: core.set_driver(). */
  PTG__CAUGHT,       /* the message handler of bodies */
  PTG__ON_RESUMED,   /* is told how a coroutine came back */
  PTG__TASK,         /* the class of tasks that are coroutines */
  PTG__SPAWN_SLOW,   /* group:spawn() where there is something to check */
  PTG__SPAWN_FAILED, /* raises what came of it */
  PTG__SETTLE,       /* Future.settle */
  PTG__GIVEN_COUNT,
  /* Whose code is running (current.h): a task, and a group; or false. */
  PTG__CURRENT = PTG__GIVEN_COUNT,
  PTG__CURRENT_GROUP,
  /* Given by luv_guard.lua. */
  PTG__LUV_ROOT,      /* the root group */
  PTG__LUV_FAILED,    /* is told of an error in a callback */
  PTG__LUV_REFUSED,   /* raises that of a call of luv */
  PTG__SETTINGS,      /* settings.lua */
  PTG__IDLE,          /* the list of idle coroutines */
  PTG__KNOWN_SOURCES, /* source_names.c */
  PTG__WAIT,          /* the class of waits */
  /* Names of fields. */
  PTG__KEY_WAITING,
  PTG__KEY_FAILURE,
  PTG__KEY_RESULT,
  PTG__KEY_DONE_FUNCTIONS,
  PTG__KEY_CANCEL_ERROR,
  PTG__KEY_IS_CANCEL_DUE,
  PTG__KEY_IS_FINISHED,
  PTG__KEY_STATE,
  PTG__KEY_ARE_HOOKS_OFF,
  PTG__VALUE_COUNT
};

/* Places in the array part of an object, for Lua in core.places. */
enum ptg__place {
  PTG__HANDLE = 1, /* of a group too, which has no other */
  PTG__BODY,       /* the function, then the coroutine, then false */
  PTG__GROUP,
  PTG__NAME,
  PTG__FUTURE, /* nil: nobody has asked for its end yet */
  PTG__PLACE_COUNT = PTG__FUTURE
};

/* Where the values are in Lua's registry. */
extern int ptg__values[PTG__VALUE_COUNT];

/* Takes the value on top of the stack; may raise an error. */
void ptg__value_set(lua_State *L, enum ptg__value which);

/* Makes the names of fields, and core.places in the table on top of the stack;
 * may raise an error. */
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
