/* binding_queue.c - ptg.core: queues.
 *
 * A message is a number, by which Lua knows the value.
 */
#include "binding.h"
#include "event.h"

static struct ptg__event about(enum ptg__event_kind kind, ptg_task queue,
                               const void *message, const void *user_data) {
  return (struct ptg__event){
      .kind = kind,
      .number_count = 3,
      .numbers = {ptg__event_id(user_data), (int64_t)queue,
                  ptg__event_id(message)},
  };
}

static ptg_status on_message(ptg_runtime *runtime, ptg_task queue,
                             void *message, void *user_data,
                             ptg_task *started) {
  (void)runtime;
  struct ptg__event event =
      about(PTG__EVENT_MESSAGE, queue, message, user_data);
  ptg_status status = ptg__event_call(&event);
  if (status != PTG_OK) return status;
  *started = (ptg_task)event.results[1];
  return (ptg_status)event.results[0];
}

static void on_drop(ptg_runtime *runtime, ptg_task queue, void *message,
                    void *user_data) {
  (void)runtime;
  struct ptg__event event = about(PTG__EVENT_DROP, queue, message, user_data);
  ptg__event_call(&event);
}

static void on_room(ptg_runtime *runtime, ptg_task queue, void *user_data) {
  (void)runtime;
  struct ptg__event event = about(PTG__EVENT_ROOM, queue, NULL, user_data);
  ptg__event_call(&event);
}

/* core.queue_spawn(id, group, name, capacity, at_once, spawner) -> handle */
static int queue_spawn(lua_State *L) {
  ptg_queue_options options = PTG_QUEUE_OPTIONS_INIT;
  options.user_data = ptg__event_data(luaL_checkinteger(L, 1));
  ptg_group group = ptg__binding_check_handle(L, 2);
  options.name = luaL_optlstring(L, 3, NULL, &options.name_length);
  options.capacity = (uint64_t)luaL_checkinteger(L, 4);
  options.at_once = (uint64_t)luaL_optinteger(L, 5, 0);
  options.spawner = ptg__binding_check_handle(L, 6);
  options.handle = on_message;
  options.drop = on_drop;
  options.has_room = on_room;
  options.done = ptg__binding_done;

  ptg_task handle;
  ptg_status status =
      ptg_queue_spawn(ptg__binding_runtime(L), group, &options, &handle);
  return ptg__binding_handle(L, status, handle);
}

/* core.queue_push(queue, pusher, message) */
static int queue_push(lua_State *L) {
  return ptg__binding_result(
      L,
      ptg_queue_push(ptg__binding_runtime(L), ptg__binding_check_handle(L, 1),
                     ptg__binding_check_handle(L, 2),
                     ptg__event_data(luaL_checkinteger(L, 3))));
}

/* core.queue_close(queue) */
static int queue_close(lua_State *L) {
  return ptg__binding_result(L,
                             ptg_queue_close(ptg__binding_runtime(L),
                                             ptg__binding_check_handle(L, 1)));
}

/* core.queue_info(queue) -> the fields of ptg_queue_info */
static int queue_info(lua_State *L) {
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  ptg_status status = ptg_queue_get_info(
      ptg__binding_runtime(L), ptg__binding_check_handle(L, 1), &info);
  if (status != PTG_OK) return ptg__binding_result(L, status);
  lua_createtable(L, 0, 8);
  ptg__binding_set_boolean(L, "is_closed", info.is_closed != 0);
  ptg__binding_set_integer(L, "length", (int64_t)info.length);
  ptg__binding_set_integer(L, "capacity", (int64_t)info.capacity);
  ptg__binding_set_integer(L, "running", (int64_t)info.running);
  ptg__binding_set_integer(L, "at_once", (int64_t)info.at_once);
  ptg__binding_set_integer(L, "accepted", (int64_t)info.accepted);
  ptg__binding_set_integer(L, "handled", (int64_t)info.handled);
  ptg__binding_set_integer(L, "refused", (int64_t)info.refused);
  return 1;
}

const luaL_Reg ptg__binding_queue[] = {
    {"queue_spawn", queue_spawn},
    {"queue_push", queue_push},
    {"queue_close", queue_close},
    {"queue_info", queue_info},
    {NULL, NULL},
};
