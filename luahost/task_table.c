/* task_table.c - see task_table.h.
 *
 * An id is the object's reference in Lua's registry. Handles are in a hash
 * table with linear probing.
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
  struct row *rows;
  unsigned bits; /* there are 2 to the power of it, or none */
  size_t live;
} table;

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

void ptg__task_table_open(void) {
  free(table.rows);
  table.rows = NULL;
  table.live = 0;
}

int ptg__task_table_clear(lua_State *L) {
  for (size_t i = 0; i < row_count(); i++)
    if (table.rows[i].handle != PTG_NONE)
      luaL_unref(L, LUA_REGISTRYINDEX, (int)table.rows[i].id);
  ptg__task_table_open();
  return 0;
}

lua_Integer ptg__task_table_add(lua_State *L) {
  if (make_room() != 0) luaL_error(L, "not enough memory");
  lua_pushvalue(L, -1);
  lua_Integer id = luaL_ref(L, LUA_REGISTRYINDEX);
  table.live++;
  return id;
}

void ptg__task_table_set_handle(lua_Integer id, ptg_task handle) {
  insert(handle, id);
}

void ptg__task_table_remove(lua_State *L, lua_Integer id, ptg_task handle) {
  struct row *row = find(handle);
  if (row != NULL) erase(row);
  luaL_unref(L, LUA_REGISTRYINDEX, (int)id);
  table.live--;
}

void ptg__task_table_push(lua_State *L, lua_Integer id) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, id);
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
