/* task_table.c - see task_table.h.
 *
 * The objects are in the array part of a Lua table; a free place holds the next
 * free one, so that ids are used again and the table stays as small as it can
 * be. Handles are in a hash table with linear probing.
 */
#include "task_table.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#define SMALLEST_BITS 6

struct row {
  ptg_task handle; /* PTG_NONE: free */
  lua_Integer id;
};

/* Invariant: live * 2 <= the number of rows; live counts objects, of which
 * those without a handle yet have no row. */
static struct {
  int objects;            /* reference to the Lua table */
  lua_Integer last_id;    /* the highest one given out */
  lua_Integer first_free; /* 0: none */
  struct row *rows;
  unsigned bits; /* there are 2 to the power of it, or none */
  size_t live;
} table = {.objects = LUA_NOREF};

static size_t row_count(void) {
  return table.rows == NULL ? 0 : (size_t)1 << table.bits;
}

static size_t home(ptg_task handle) {
  return (size_t)(handle * UINT64_C(0x9E3779B97F4A7C15) >> (64 - table.bits));
}

static void insert(ptg_task handle, lua_Integer id) {
  size_t mask = row_count() - 1;
  size_t place = home(handle);
  while (table.rows[place].handle != PTG_NONE)
    place = (place + 1) & mask;
  table.rows[place] = (struct row){handle, id};
}

/* Returns 0, or -1: no memory. */
static int make_room(void) {
  if ((table.live + 1) * 2 <= row_count()) return 0;
  struct row *old = table.rows;
  size_t old_count = row_count();
  unsigned bits = old == NULL ? SMALLEST_BITS : table.bits + 1;
  struct row *rows = calloc((size_t)1 << bits, sizeof(*rows));
  if (rows == NULL) return -1;
  table.rows = rows;
  table.bits = bits;
  for (size_t i = 0; i < old_count; i++)
    if (old[i].handle != PTG_NONE) insert(old[i].handle, old[i].id);
  free(old);
  return 0;
}

/* The row of a handle; NULL if there is none. */
static struct row *find(ptg_task handle) {
  if (table.rows == NULL || handle == PTG_NONE) return NULL;
  size_t mask = row_count() - 1;
  for (size_t place = home(handle); table.rows[place].handle != PTG_NONE;
       place = (place + 1) & mask)
    if (table.rows[place].handle == handle) return &table.rows[place];
  return NULL;
}

/* Frees a row, and moves those behind it up that could not be found any
 * more. */
static void erase(struct row *row) {
  size_t mask = row_count() - 1;
  size_t hole = (size_t)(row - table.rows);
  for (size_t next = (hole + 1) & mask; table.rows[next].handle != PTG_NONE;
       next = (next + 1) & mask) {
    size_t from_home = (next - home(table.rows[next].handle)) & mask;
    if (from_home < ((next - hole) & mask)) continue;
    table.rows[hole] = table.rows[next];
    hole = next;
  }
  table.rows[hole] = (struct row){PTG_NONE, 0};
}

void ptg__task_table_open(lua_State *L) {
  free(table.rows);
  luaL_unref(L, LUA_REGISTRYINDEX, table.objects);
  table.rows = NULL;
  table.live = 0;
  table.last_id = table.first_free = 0;
  lua_newtable(L);
  table.objects = luaL_ref(L, LUA_REGISTRYINDEX);
}

int ptg__task_table_clear(lua_State *L) {
  ptg__task_table_open(L);
  return 0;
}

static lua_Integer take_id(lua_State *L, int objects) {
  if (table.first_free == 0) return ++table.last_id;
  lua_Integer id = table.first_free;
  lua_rawgeti(L, objects, id);
  table.first_free = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return id;
}

lua_Integer ptg__task_table_add(lua_State *L) {
  if (make_room() != 0) luaL_error(L, "not enough memory");
  lua_rawgeti(L, LUA_REGISTRYINDEX, table.objects);
  /* Only a new place can need memory, and then it is not taken. */
  if (table.first_free == 0) {
    lua_pushinteger(L, 0);
    lua_rawseti(L, -2, table.last_id + 1);
  }
  lua_Integer id = take_id(L, lua_gettop(L));
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, id);
  lua_pop(L, 1);
  table.live++;
  return id;
}

void ptg__task_table_set_handle(lua_Integer id, ptg_task handle) {
  insert(handle, id);
}

void ptg__task_table_remove(lua_State *L, lua_Integer id, ptg_task handle) {
  struct row *row = find(handle);
  if (row != NULL) erase(row);
  lua_rawgeti(L, LUA_REGISTRYINDEX, table.objects);
  lua_pushinteger(L, table.first_free);
  lua_rawseti(L, -2, id);
  lua_pop(L, 1);
  table.first_free = id;
  table.live--;
}

void ptg__task_table_push(lua_State *L, lua_Integer id) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, table.objects);
  lua_rawgeti(L, -1, id);
  lua_remove(L, -2);
}

int ptg__task_table_object(lua_State *L) {
  struct row *row = find((ptg_task)luaL_optinteger(L, 1, 0));
  if (row == NULL) return 0;
  ptg__task_table_push(L, row->id);
  return 1;
}

int ptg__task_table_handles(lua_State *L) {
  lua_newtable(L);
  lua_Integer count = 0;
  for (size_t i = 0; i < row_count(); i++) {
    if (table.rows[i].handle == PTG_NONE) continue;
    lua_pushinteger(L, (lua_Integer)table.rows[i].handle);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}
