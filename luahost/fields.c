/* fields.c - see fields.h. */
#include "fields.h"

#include <lauxlib.h>

int ptg__values[PTG__VALUE_COUNT];

static const char *const keys[PTG__VALUE_COUNT] = {
    [PTG__KEY_WAITING] = "waiting",
    [PTG__KEY_FAILURE] = "failure",
    [PTG__KEY_RESULT] = "result",
    [PTG__KEY_DONE_FUNCTIONS] = "done_functions",
    [PTG__KEY_CANCEL_ERROR] = "cancel_error",
    [PTG__KEY_IS_CANCEL_DUE] = "is_cancel_due",
    [PTG__KEY_IS_FINISHED] = "is_finished",
    [PTG__KEY_STATE] = "state",
    [PTG__KEY_ARE_HOOKS_OFF] = "are_hooks_off",
};

static const char *const places[PTG__PLACE_COUNT + 1] = {
    [PTG__HANDLE] = "handle", [PTG__BODY] = "body",     [PTG__GROUP] = "group",
    [PTG__NAME] = "name",     [PTG__FUTURE] = "future",
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
  lua_createtable(L, 0, PTG__PLACE_COUNT);
  for (int place = 1; place <= PTG__PLACE_COUNT; place++) {
    lua_pushinteger(L, place);
    lua_setfield(L, -2, places[place]);
  }
  lua_setfield(L, -2, "places");
}
