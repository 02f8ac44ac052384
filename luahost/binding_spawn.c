/* binding_spawn.c - ptg.core: how tasks that are coroutines begin, and what
 * they are called.
 */
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "event.h"
#include "fields.h"
#include "task_table.h"

/* ---------------------------------------------------------------- sorts -- */

/* Sorts with a name of their own, or that can be killed. There are as many as
 * a script has names for, and each must outlive its tasks: they stay. */
struct sort {
  struct sort *next;
  ptg_task_type type;
  char name[];
};
static struct sort *sorts;

static const ptg_task_type *make_sort(const char *name, ptg_task_fn kill) {
  size_t length = strlen(name);
  struct sort *sort = malloc(sizeof(*sort) + length + 1);
  if (sort == NULL) return NULL;
  memcpy(sort->name, name, length + 1);
  sort->type = ptg__binding_task_type;
  sort->type.name = sort->name;
  sort->type.kill = kill;
  sort->next = sorts;
  sorts = sort;
  return &sort->type;
}

/* NULL: no memory. */
static const ptg_task_type *find_sort(const char *name, int is_killable) {
  if (name == NULL && !is_killable) return &ptg__binding_task_type;
  if (name == NULL) name = ptg__binding_task_type.name;
  ptg_task_fn kill = is_killable ? ptg__binding_kill : NULL;
  for (struct sort *sort = sorts; sort != NULL; sort = sort->next) {
    if (sort->type.kill == kill && strcmp(sort->name, name) == 0)
      return &sort->type;
  }
  return make_sort(name, kill);
}

/* ------------------------------------------------------ names and places -- */

#define DIGITS_MAX 12
#define PLACE_SIZE (LUA_IDSIZE + 1 + DIGITS_MAX)

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

/* The place of the nearest caller that is neither C nor a module of the
 * program's, as where.lua finds it. Returns its length; 0: there is none. */
static size_t find_caller(lua_State *L, char place[PLACE_SIZE]) {
  static const char own[] = "=<ptg>/";
  lua_Debug info;
  for (int level = 1; lua_getstack(L, level, &info); level++) {
    lua_getinfo(L, "Sl", &info);
    if (info.what[0] == 'C' || strncmp(info.source, own, sizeof(own) - 1) == 0)
      continue;
    return write_place(place, info.short_src, info.currentline);
  }
  return 0;
}

/* Puts the name of the function on top of the stack in its place: where it
 * stands. */
static void name_function(lua_State *L) {
  lua_Debug info;
  if (!lua_isfunction(L, -1)) {
    lua_pop(L, 1);
    lua_pushliteral(L, "a callable object");
    return;
  }
  lua_getinfo(L, ">S", &info);
  if (info.what[0] == 'C') {
    lua_pushliteral(L, "a C function");
    return;
  }
  const char *slash = strrchr(info.short_src, '/');
  char name[PLACE_SIZE];
  size_t length = write_place(name, slash != NULL ? slash + 1 : info.short_src,
                              info.linedefined);
  lua_pushlstring(L, name, length);
}

/* core.name_of(function) -> its name */
static int name_of(lua_State *L) {
  lua_settop(L, 1);
  name_function(L);
  return 1;
}

/* ---------------------------------------------------------------- spawn -- */

/* Spawns the task whose object is at index; its name is on top of the stack.
 * Place: that of the call, if options have none. */
static ptg_status spawn(lua_State *L, int object, ptg_group group,
                        const ptg_task_type *type, ptg_task_options *options) {
  char place[PLACE_SIZE];
  options->name = lua_tolstring(L, -1, &options->name_length);
  if (options->place == NULL) {
    options->place = place;
    options->place_length = find_caller(L, place);
  }
  lua_pushvalue(L, object);
  lua_Integer id = ptg__task_table_add(L);
  lua_pop(L, 1);
  ptg_task handle;
  ptg_status status = ptg_task_spawn(ptg__binding_runtime(L), group, type,
                                     options, ptg__event_data(id), &handle);
  if (status != PTG_OK) {
    ptg__task_table_remove(L, id, PTG_NONE);
    return status;
  }
  ptg__task_table_set_handle(id, handle);
  lua_pushinteger(L, (lua_Integer)handle);
  ptg__field_set(L, object, PTG__KEY_HANDLE);
  return PTG_OK;
}

/* core.task_spawn(object, group, flags, spawner, place, type, is_killable) ->
 * object, which has been given its handle, and its name if it had none */
static int task_spawn(lua_State *L) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  luaL_checktype(L, 1, LUA_TTABLE);
  ptg_group group = ptg__binding_check_handle(L, 2);
  options.flags = (uint32_t)luaL_optinteger(L, 3, 0);
  options.spawner = ptg__binding_check_handle(L, 4);
  options.place = luaL_optlstring(L, 5, NULL, &options.place_length);
  const ptg_task_type *type =
      find_sort(luaL_optstring(L, 6, NULL), lua_toboolean(L, 7));
  if (type == NULL) return ptg__binding_result(L, PTG_ENOMEM);

  if (ptg__field_get(L, 1, PTG__KEY_NAME) != LUA_TSTRING) {
    ptg__field_get(L, 1, PTG__KEY_BODY);
    name_function(L);
    lua_pushvalue(L, -1);
    ptg__field_set(L, 1, PTG__KEY_NAME);
  }
  ptg_status status = spawn(L, 1, group, type, &options);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_settop(L, 1);
  return 1;
}

/* Is the string at index a name that needs no closer look? */
static int is_plain_name(lua_State *L, int index) {
  size_t length;
  const char *name = lua_tolstring(L, index, &length);
  for (size_t i = 0; i < length; i++)
    if (name[i] < ' ' || name[i] > '~' || name[i] == '/') return 0;
  return length > 0 && length <= PTG_NAME_MAX;
}

/* Are the arguments a group and a function, or these and a name? */
static int is_plain_spawn(lua_State *L, int count) {
  if (!lua_istable(L, 1) || !lua_isfunction(L, count)) return 0;
  return count == 2 ||
         (count == 3 && lua_type(L, 2) == LUA_TSTRING && is_plain_name(L, 2));
}

/* Pushes what task.lua makes of a task without arguments. */
static void push_object(lua_State *L, int name, int body) {
  lua_createtable(L, 0, 4);
  int object = lua_gettop(L);
  lua_pushvalue(L, name);
  ptg__field_set(L, object, PTG__KEY_NAME);
  lua_pushvalue(L, 1);
  ptg__field_set(L, object, PTG__KEY_GROUP);
  lua_pushvalue(L, body);
  ptg__field_set(L, object, PTG__KEY_BODY);
  lua_pushinteger(L, 0);
  ptg__field_set(L, object, PTG__KEY_HANDLE);
  ptg__value_push(L, PTG__TASK);
  lua_setmetatable(L, object);
}

/* core.group_spawn(group, [name,] function, ...) -> task. What is not plain is
 * left to Lua. */
static int group_spawn(lua_State *L) {
  int count = lua_gettop(L);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  ptg_group group = PTG_NONE;
  if (is_plain_spawn(L, count)) {
    luaL_checkstack(L, 8, NULL);
    ptg__field_get(L, 1, PTG__KEY_HANDLE);
    group = (ptg_group)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  if (group == PTG_NONE) {
    ptg__value_push(L, PTG__SPAWN_SLOW);
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
  }

  ptg__value_push(L, PTG__CONTEXT);
  ptg__field_get(L, count + 1, PTG__KEY_SPAWNER);
  options.spawner = (ptg_task)lua_tointeger(L, -1);
  lua_settop(L, count);
  lua_pushvalue(L, 2);
  if (count == 2) name_function(L);
  push_object(L, count + 1, count);
  lua_pushvalue(L, count + 1);
  ptg_status status =
      spawn(L, count + 2, group, &ptg__binding_task_type, &options);
  if (status == PTG_OK) {
    lua_settop(L, count + 2);
    return 1;
  }
  ptg__value_push(L, PTG__SPAWN_FAILED);
  lua_pushvalue(L, 1);
  lua_call(L, 1 + ptg__binding_result(L, status), 0);
  return 0;
}

/* __index of groups: what upvalue 1, the class, has, and the state now. */
static int group_index(lua_State *L) {
  ptg__value_push(L, PTG__KEY_STATE);
  if (!lua_rawequal(L, 2, -1)) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
  }
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  lua_getfield(L, 1, "handle");
  ptg_status status = ptg_group_get_info(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, -1), &info);
  lua_pushstring(L, ptg__binding_state_name(
                        status == PTG_OK ? info.state : PTG_GROUP_CLOSED));
  return 1;
}

/* core.group_index(class) -> the function */
static int make_group_index(lua_State *L) {
  lua_settop(L, 1);
  lua_pushcclosure(L, group_index, 1);
  return 1;
}

const luaL_Reg ptg__binding_spawn[] = {
    {"name_of", name_of},
    {"task_spawn", task_spawn},
    {"group_spawn", group_spawn},
    {"group_index", make_group_index},
    {NULL, NULL},
};
