/* binding_clock.c - ptg.core: a manual clock, and one runtime after another. */
#include "binding.h"
#include "host.h"

/* core.advance(duration_ns) */
static int advance(lua_State *L) {
  return ptg__binding_result(
      L, ptg__host_advance(ptg__host_of(L), luaL_checkinteger(L, 1)));
}

/* core.renew(options of the root group, is_discarding) */
static int renew(lua_State *L) {
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  ptg__binding_hook_group(&root, PTG__ROOT_ID);
  ptg__binding_read_group(L, 1, &root);
  return ptg__binding_result(
      L, ptg__host_renew(ptg__host_of(L), &root, lua_toboolean(L, 2)));
}

/* core.request_shutdown(is_forced): as a signal does */
static int request_shutdown(lua_State *L) {
  return ptg__binding_result(
      L, ptg_runtime_request_shutdown(ptg__binding_runtime(L),
                                      lua_toboolean(L, 1)));
}

const luaL_Reg ptg__binding_clock[] = {
    {"advance", advance},
    {"renew", renew},
    {"request_shutdown", request_shutdown},
    {NULL, NULL},
};
