/* source_names.h - where Lua code stands, as the names and places of tasks say
 * it.
 */
#ifndef PTG_LUAHOST_SOURCE_NAMES_H
#define PTG_LUAHOST_SOURCE_NAMES_H

#include <stddef.h>

#include <lua.h>

/* The place, "FILE:LINE", of the nearest caller that is neither C nor a module
 * of the program's. Valid until the next call. NULL: there is none. Needs three
 * places on the stack. */
const char *ptg__source_caller(lua_State *L, size_t *length);

/* Puts the name of the function at index on top of the stack: where it stands.
 * Needs four places on it; may raise an error. */
void ptg__source_push_name(lua_State *L, int index);

/* May raise an error. */
void ptg__source_names_open(lua_State *L);

#endif
