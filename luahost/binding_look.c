/* binding_look.c - ptg.core: what groups remember, and pictures of the tree.
 *
 * Each call that copies rows is asked twice: how many there are, and for them.
 * Nothing can come between, they are on the loop's thread.
 */
#include "binding.h"

typedef ptg_status (*rows_fn)(ptg_runtime *runtime, ptg_group group, void *rows,
                              size_t capacity, size_t *count);
typedef void (*push_fn)(lua_State *L, const void *row);

static int push_rows(lua_State *L, rows_fn fill, push_fn push, size_t size) {
  ptg_runtime *runtime = ptg__binding_runtime(L);
  ptg_group group = ptg__binding_check_handle(L, 1);
  size_t count = 0;
  ptg_status status = fill(runtime, group, NULL, 0, &count);
  if (status != PTG_OK && status != PTG_ERANGE)
    return ptg__binding_result(L, status);

  char *rows = lua_newuserdatauv(L, count * size + 1, 0);
  status = fill(runtime, group, rows, count, &count);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_createtable(L, 0, 12);
    push(L, rows + i * size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* ------------------------------------------------------ failures, history */

static ptg_status fill_failures(ptg_runtime *runtime, ptg_group group,
                                void *rows, size_t capacity, size_t *count) {
  return ptg_group_list_failures(runtime, group, rows, sizeof(ptg_failure_row),
                                 capacity, count);
}

static void push_failure(lua_State *L, const void *data) {
  const ptg_failure_row *row = data;
  ptg__binding_set_integer(L, "status", row->status);
  ptg__binding_set_integer(L, "code", row->code);
  ptg__binding_set_integer(L, "count", (int64_t)row->count);
  ptg__binding_set_integer(L, "first_ns", row->first_ns);
  ptg__binding_set_integer(L, "last_ns", row->last_ns);
  ptg__binding_set_string(L, "name", row->name, row->name_length);
  ptg__binding_set_string(L, "message", row->message, row->message_length);
}

/* core.group_failures(group) -> rows, the latest first */
static int group_failures(lua_State *L) {
  return push_rows(L, fill_failures, push_failure, sizeof(ptg_failure_row));
}

static ptg_status fill_history(ptg_runtime *runtime, ptg_group group,
                               void *rows, size_t capacity, size_t *count) {
  return ptg_group_list_history(runtime, group, rows, sizeof(ptg_history_row),
                                capacity, count);
}

static void push_ended(lua_State *L, const void *data) {
  const ptg_history_row *row = data;
  ptg__binding_set_integer(L, "status", row->status);
  ptg__binding_set_integer(L, "code", row->code);
  ptg__binding_set_integer(L, "flags", row->flags);
  ptg__binding_set_integer(L, "task", (int64_t)row->task);
  ptg__binding_set_integer(L, "spawner", (int64_t)row->spawner);
  ptg__binding_set_integer(L, "originator", (int64_t)row->originator);
  ptg__binding_set_integer(L, "spawned_ns", row->spawned_ns);
  ptg__binding_set_integer(L, "ended_ns", row->ended_ns);
  ptg__binding_set_string(L, "name", row->name, row->name_length);
}

/* core.group_history(group) -> rows, the latest first */
static int group_history(lua_State *L) {
  return push_rows(L, fill_history, push_ended, sizeof(ptg_history_row));
}

/* ----------------------------------------------------------- blame, names */

static ptg_status fill_blame(ptg_runtime *runtime, ptg_group group, void *rows,
                             size_t capacity, size_t *count) {
  return ptg_group_get_blame(runtime, group, rows, sizeof(ptg_blame_row),
                             capacity, count);
}

static void push_blame(lua_State *L, const void *data) {
  const ptg_blame_row *row = data;
  ptg__binding_set_integer(L, "group", (int64_t)row->group);
  ptg__binding_set_integer(L, "held_ns", row->held_ns);
  ptg__binding_set_integer(L, "abandoned", (int64_t)row->abandoned);
  ptg__binding_set_integer(L, "task", (int64_t)row->task);
  ptg__binding_set_integer(L, "task_held_ns", row->task_held_ns);
  ptg__binding_set_string(L, "name", row->name, row->name_length);
  if (row->task != PTG_NONE)
    ptg__binding_set_string(L, "task_name", row->task_name,
                            row->task_name_length);
}

/* core.group_blame(group) -> rows, in the order of their closing */
static int group_blame(lua_State *L) {
  return push_rows(L, fill_blame, push_blame, sizeof(ptg_blame_row));
}

/* core.group_names(group, capacity) -> rows, the most frequent first */
static int group_names(lua_State *L) {
  lua_Integer capacity = luaL_checkinteger(L, 2);
  luaL_argcheck(L, capacity >= 0 && capacity <= 1000000, 2, "out of range");
  size_t count = 0;
  ptg_name_row *rows =
      lua_newuserdatauv(L, (size_t)capacity * sizeof(*rows) + 1, 0);
  ptg_status status = ptg_group_count_names(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), rows,
      sizeof(*rows), (size_t)capacity, &count);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_createtable(L, 0, 3);
    ptg__binding_set_integer(L, "count", (int64_t)rows[i].count);
    ptg__binding_set_string(L, "name", rows[i].name, rows[i].name_length);
    if (rows[i].type_name != NULL) {
      lua_pushstring(L, rows[i].type_name);
      lua_setfield(L, -2, "type");
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* -------------------------------------------------------------- snapshot */

static void push_groups(lua_State *L, const ptg_snapshot_view *view) {
  lua_createtable(L, (int)view->group_count, 0);
  for (uint64_t i = 0; i < view->group_count; i++) {
    const ptg_snapshot_group *group = &view->groups[i];
    lua_createtable(L, 0, 16);
    ptg__binding_set_integer(L, "group", (int64_t)group->group);
    ptg__binding_set_integer(L, "parent", (int64_t)group->parent);
    ptg__binding_set_integer(L, "owner", (int64_t)group->owner);
    ptg__binding_set_string(L, "name", view->strings + group->name,
                            group->name_length);
    lua_pushstring(L, ptg__binding_state_name(group->state));
    lua_setfield(L, -2, "state");
    ptg__binding_set_boolean(L, "is_ending", group->is_ending != 0);
    ptg__binding_set_integer(L, "age_ns", group->age_ns);
    ptg__binding_set_integer(L, "phase_left_ns", group->phase_left_ns);
    ptg__binding_set_integer(L, "spawned", (int64_t)group->spawned);
    ptg__binding_set_integer(L, "succeeded", (int64_t)group->succeeded);
    ptg__binding_set_integer(L, "failed", (int64_t)group->failed);
    ptg__binding_set_integer(L, "cancelled", (int64_t)group->cancelled);
    ptg__binding_set_integer(L, "abandoned", (int64_t)group->abandoned);
    ptg__binding_set_integer(L, "refused", (int64_t)group->refused);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "groups");
}

static void push_tasks(lua_State *L, const ptg_snapshot_view *view) {
  lua_createtable(L, (int)view->task_count, 0);
  for (uint64_t i = 0; i < view->task_count; i++) {
    const ptg_snapshot_task *task = &view->tasks[i];
    lua_createtable(L, 0, 10);
    ptg__binding_set_integer(L, "task", (int64_t)task->task);
    ptg__binding_set_integer(L, "group",
                             (int64_t)view->groups[task->group].group);
    ptg__binding_set_integer(L, "spawner", (int64_t)task->spawner);
    ptg__binding_set_integer(L, "age_ns", task->age_ns);
    lua_pushstring(L, ptg__binding_task_state_name(task->state));
    lua_setfield(L, -2, "state");
    ptg__binding_set_boolean(L, "is_cancel_requested",
                             task->is_cancel_requested != 0);
    ptg__binding_set_string(L, "name", view->strings + task->name,
                            task->name_length);
    lua_pushstring(L, view->strings + task->type_name);
    lua_setfield(L, -2, "type");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "tasks");
}

/* What may raise an error, so that the picture is given back all the same. */
static int push_picture(lua_State *L) {
  const ptg_snapshot_view *view = lua_touserdata(L, 1);
  lua_createtable(L, 0, 2);
  push_groups(L, view);
  push_tasks(L, view);
  return 1;
}

/* core.snapshot(group) -> { groups =, tasks = }, parents before children */
static int snapshot(lua_State *L) {
  ptg_snapshot *picture;
  ptg_snapshot_view view = PTG_SNAPSHOT_VIEW_INIT;
  ptg_status status = ptg_snapshot_take(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), &picture);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  ptg_snapshot_get_view(picture, &view);
  lua_pushcfunction(L, push_picture);
  lua_pushlightuserdata(L, &view);
  int lua_status = lua_pcall(L, 1, 1, 0);
  ptg_snapshot_destroy(picture);
  return lua_status == LUA_OK ? 1 : lua_error(L);
}

const luaL_Reg ptg__binding_look[] = {
    {"group_failures", group_failures},
    {"group_history", group_history},
    {"group_blame", group_blame},
    {"group_names", group_names},
    {"snapshot", snapshot},
    {NULL, NULL},
};
