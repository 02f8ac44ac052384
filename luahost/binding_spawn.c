/* binding_spawn.c - ptg.core: how tasks that are coroutines begin, and what
 * scripts read of them and of groups.
 */
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "current.h"
#include "event.h"
#include "fields.h"
#include "source_names.h"
#include "task_table.h"

#define STACK_NEEDED 10

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

/* core.name_of(function) -> its name */
static int name_of(lua_State *L) {
  lua_settop(L, 1);
  ptg__source_push_name(L, 1);
  return 1;
}

/* ------------------------------------------------------------- arguments -- */

static int return_all(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}

/* The body of a task that is given more than itself. Upvalues: how many more,
 * the function, and these. */
static int call_bound(lua_State *L) {
  int count = (int)lua_tointeger(L, lua_upvalueindex(1));
  luaL_checkstack(L, count + 1, "too many arguments");
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  for (int place = 1; place <= count; place++)
    lua_pushvalue(L, lua_upvalueindex(2 + place));
  lua_callk(L, 1 + count, LUA_MULTRET, 0, return_all);
  return lua_gettop(L);
}

/* Pushes the function at index, so that it is given the values up to last. */
static void push_bound(lua_State *L, int index, int last) {
  int count = last - index;
  if (count > 0) {
    luaL_checkstack(L, count + 2, "too many arguments");
    lua_pushinteger(L, count);
  }
  for (int place = index; place <= last; place++)
    lua_pushvalue(L, place);
  if (count > 0) lua_pushcclosure(L, call_bound, count + 2);
}

/* core.bind(function, ...) -> what calls it with its own argument and these; or
 * nil: they are more than core.ARGUMENTS_MAX */
static int bind_function(lua_State *L) {
  int count = lua_gettop(L);
  if (count - 1 > PTG__ARGUMENTS_MAX) return 0;
  push_bound(L, 1, count);
  return 1;
}

/* ---------------------------------------------------------------- spawn -- */

/* Spawns the task whose object is on top of the stack, where it stays, with its
 * handle. Place: that of the call, if options have none. */
static ptg_status spawn(lua_State *L, ptg_group group,
                        const ptg_task_type *type, ptg_task_options *options) {
  lua_rawgeti(L, -1, PTG__NAME);
  options->name = lua_tolstring(L, -1, &options->name_length);
  lua_pop(L, 1); /* the object has it */
  if (options->place == NULL)
    options->place = ptg__source_caller(L, &options->place_length);
  lua_Integer id = ptg__task_table_add(L);
  ptg_task handle;
  ptg_status status = ptg_task_spawn(ptg__binding_runtime(L), group, type,
                                     options, ptg__event_data(id), &handle);
  if (status != PTG_OK) {
    ptg__task_table_remove(L, id, PTG_NONE);
    return status;
  }
  ptg__task_table_set_handle(id, handle);
  lua_pushinteger(L, (lua_Integer)handle);
  lua_rawseti(L, -2, PTG__HANDLE);
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

  lua_pushvalue(L, 1);
  int object = lua_gettop(L);
  if (lua_rawgeti(L, object, PTG__NAME) != LUA_TSTRING) {
    lua_rawgeti(L, object, PTG__BODY);
    ptg__source_push_name(L, object + 2);
    lua_rawseti(L, object, PTG__NAME);
  }
  lua_settop(L, object);
  ptg_status status = spawn(L, group, type, &options);
  return status == PTG_OK ? 1 : ptg__binding_result(L, status);
}

/* Is the string at index a name that needs no closer look? */
static int is_plain_name(lua_State *L, int index) {
  size_t length;
  const char *name = lua_tolstring(L, index, &length);
  for (size_t i = 0; i < length; i++)
    if (name[i] < ' ' || name[i] > '~' || name[i] == '/') return 0;
  return length > 0 && length <= PTG_NAME_MAX;
}

/* Where the function is among the arguments: a group, perhaps a name, the
 * function, and what it is to be given. 0: there is something to check. */
static int find_body(lua_State *L, int count) {
  if (!lua_istable(L, 1)) return 0;
  int body = lua_isfunction(L, 2) ? 2 : 3;
  if (count - body > PTG__ARGUMENTS_MAX) return 0;
  if (body == 2) return body;
  return lua_isfunction(L, 3) && lua_type(L, 2) == LUA_TSTRING &&
                 is_plain_name(L, 2)
             ? body
             : 0;
}

/* The group at index 1; PTG_NONE: it is none. */
static ptg_group group_of(lua_State *L) {
  lua_rawgeti(L, 1, PTG__HANDLE);
  ptg_group group = (ptg_group)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return group;
}

/* Pushes what task.lua makes of a task whose function is at body, with all up
 * to count for it; a name stands before it, or it has the function's. */
static void push_object(lua_State *L, int body, int count) {
  lua_createtable(L, PTG__PLACE_COUNT, 0);
  int object = lua_gettop(L);
  lua_pushinteger(L, 0);
  lua_rawseti(L, object, PTG__HANDLE);
  push_bound(L, body, count);
  lua_rawseti(L, object, PTG__BODY);
  lua_pushvalue(L, 1);
  lua_rawseti(L, object, PTG__GROUP);
  if (body == 2) {
    ptg__source_push_name(L, body);
  } else {
    lua_pushvalue(L, 2);
  }
  lua_rawseti(L, object, PTG__NAME);
  ptg__value_push(L, PTG__TASK);
  lua_setmetatable(L, object);
}

/* core.group_spawn(group, [name,] function, ...) -> task. What is not plain is
 * left to Lua. */
static int group_spawn(lua_State *L) {
  int count = lua_gettop(L);
  luaL_checkstack(L, STACK_NEEDED, NULL);
  int body = find_body(L, count);
  ptg_group group = body != 0 ? group_of(L) : PTG_NONE;
  if (group == PTG_NONE) {
    ptg__value_push(L, PTG__SPAWN_SLOW);
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
  }

  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.spawner = ptg__current_spawner();
  push_object(L, body, count);
  ptg_status status = spawn(L, group, &ptg__binding_task_type, &options);
  if (status == PTG_OK) return 1;
  ptg__value_push(L, PTG__SPAWN_FAILED);
  lua_pushvalue(L, 1);
  lua_call(L, 1 + ptg__binding_result(L, status), 0);
  return 0;
}

/* ---------------------------------------------------------------- fields -- */

/* __index of tasks: what upvalue 1, the class, has, and by upvalue 2 what
 * stands in a place. */
static int task_index(lua_State *L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL) return 1;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_rawgeti(L, 1, lua_tointeger(L, -1));
  return 1;
}

/* core.task_index(class, places) -> the function */
static int make_task_index(lua_State *L) {
  lua_settop(L, 2);
  lua_pushcclosure(L, task_index, 2);
  return 1;
}

/* __index of groups: what upvalue 1, the class, has, and the state now. */
static int group_index(lua_State *L) {
  ptg__value_push(L, PTG__KEY_STATE);
  if (!lua_rawequal(L, 2, -1)) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status =
      ptg_group_get_info(ptg__binding_runtime(L), group_of(L), &info);
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
    {"bind", bind_function},
    {"task_spawn", task_spawn},
    {"group_spawn", group_spawn},
    {"task_index", make_task_index},
    {"group_index", make_group_index},
    {NULL, NULL},
};
