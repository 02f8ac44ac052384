/* fields.c - see fields.h. */
#include "fields.h"

#include <lauxlib.h>

int ptg__values[PTG__VALUE_COUNT];

static const char *const keys[PTG__VALUE_COUNT] = {
    [PTG__KEY_TASK] = "task",
    [PTG__KEY_SPAWNER] = "spawner",
    [PTG__KEY_NAME] = "name",
    [PTG__KEY_GROUP] = "group",
    [PTG__KEY_HANDLE] = "handle",
    [PTG__KEY_BODY] = "body",
    [PTG__KEY_WAITING] = "waiting",
    [PTG__KEY_IS_WATCHED] = "is_watched",
    [PTG__KEY_FAILURE] = "failure",
    [PTG__KEY_STATE] = "state",
    [PTG__KEY_CANCEL_ERROR] = "cancel_error",
    [PTG__KEY_IS_CANCEL_DUE] = "is_cancel_due",
    [PTG__KEY_IS_FINISHED] = "is_finished",
};

void ptg__value_set(lua_State *L, enum ptg__value which) {
  ptg__values[which] = luaL_ref(L, LUA_REGISTRYINDEX);
}

void ptg__fields_open(lua_State *L) {
  for (int which = 0; which < PTG__VALUE_COUNT; which++) {
    if (keys[which] == NULL) continue;
    lua_pushstring(L, keys[which]);
    ptg__value_set(L, (enum ptg__value)which);
  }
}
