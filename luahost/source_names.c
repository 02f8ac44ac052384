/* source_names.c - see source_names.h.
 *
 * Programs spawn from few places, and few functions again and again: those of
 * late are remembered. The list of them is a weak one, so that no function is
 * kept for it; its places are, for each way, the calling function, the function
 * that was named, and its name.
 */
#include "source_names.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "fields.h"

#define WAYS 8
#define DIGITS_MAX 12
#define PLACE_SIZE (LUA_IDSIZE + 1 + DIGITS_MAX)

enum { CALLER = 1, NAMED, NAME, PLACES_OF_WAY = NAME };

struct place {
  int line;
  size_t length;
  char text[PLACE_SIZE];
};
static struct place callers[WAYS];

static int way_of(lua_State *L, int function) {
  return (int)((uintptr_t)lua_topointer(L, function) / 16 % WAYS);
}

static int index_of(int way, int which) {
  return way * PLACES_OF_WAY + which;
}

/* Writes "FILE:LINE" and returns its length. */
static size_t write_place(char place[PLACE_SIZE], const char *file, int line) {
  size_t length = strlen(file);
  memcpy(place, file, length);
  place[length++] = ':';
  char digits[DIGITS_MAX];
  int count = 0;
  unsigned left = line < 0 ? 0 : (unsigned)line;
  do {
    digits[count++] = (char)('0' + left % 10);
    left /= 10;
  } while (left != 0);
  while (count > 0)
    place[length++] = digits[--count];
  return length;
}

/* --------------------------------------------------------------- callers -- */

/* Is the function on top of the stack the one that is remembered there? Leaves
 * the list above it. */
static int is_known(lua_State *L, int index) {
  ptg__value_push(L, PTG__KNOWN_SOURCES);
  lua_rawgeti(L, -1, index);
  int is_so = lua_topointer(L, -1) == lua_topointer(L, -3);
  lua_pop(L, 1);
  return is_so;
}

/* The place of the function on top of the stack, which is at a line; NULL: that
 * is not a script's. Pops it. */
static const struct place *place_of(lua_State *L, int line) {
  int way = way_of(L, -1);
  struct place *place = &callers[way];
  if (is_known(L, index_of(way, CALLER)) && place->line == line) {
    lua_pop(L, 2);
    return place;
  }
  static const char own[] = "=<ptg>/";
  lua_Debug info;
  lua_pushvalue(L, -2);
  lua_getinfo(L, ">S", &info);
  int is_own = strncmp(info.source, own, sizeof(own) - 1) == 0;
  if (!is_own) {
    place->line = line;
    place->length = write_place(place->text, info.short_src, line);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, index_of(way, CALLER));
  }
  lua_pop(L, 2);
  return is_own ? NULL : place;
}

const char *ptg__source_caller(lua_State *L, size_t *length) {
  lua_Debug info;
  for (int level = 1; lua_getstack(L, level, &info); level++) {
    lua_getinfo(L, "fl", &info);
    if (lua_iscfunction(L, -1)) {
      lua_pop(L, 1);
      continue;
    }
    const struct place *place = place_of(L, info.currentline);
    if (place == NULL) continue;
    *length = place->length;
    return place->text;
  }
  return NULL;
}

/* ----------------------------------------------------------------- names -- */

/* Pushes the name of the Lua function on top of the stack. */
static void push_new_name(lua_State *L) {
  lua_Debug info;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">S", &info);
  const char *slash = strrchr(info.short_src, '/');
  char name[PLACE_SIZE];
  size_t length = write_place(name, slash != NULL ? slash + 1 : info.short_src,
                              info.linedefined);
  lua_pushlstring(L, name, length);
}

void ptg__source_push_name(lua_State *L, int index) {
  if (!lua_isfunction(L, index)) {
    lua_pushliteral(L, "a callable object");
    return;
  }
  if (lua_iscfunction(L, index)) {
    lua_pushliteral(L, "a C function");
    return;
  }
  int way = way_of(L, index);
  lua_pushvalue(L, index);
  if (is_known(L, index_of(way, NAMED))) {
    lua_rawgeti(L, -1, index_of(way, NAME));
  } else {
    lua_insert(L, -2);
    push_new_name(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -4, index_of(way, NAME));
    lua_pushvalue(L, -2);
    lua_rawseti(L, -4, index_of(way, NAMED));
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

void ptg__source_names_open(lua_State *L) {
  lua_createtable(L, WAYS * PLACES_OF_WAY, 0);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  /* Every place is made now: to set one later needs no memory. */
  for (int index = 1; index <= WAYS * PLACES_OF_WAY; index++) {
    lua_pushboolean(L, 0);
    lua_rawseti(L, -2, index);
  }
  ptg__value_set(L, PTG__KNOWN_SOURCES);
}
