/* event.c - how the runtime's callbacks reach Lua. */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "binding.h"
#include "task_table.h"

/* A slot for the protected function, one for the event, one for the message
 * handler. */
#define STACK_NEEDED 3

static const char *const names[PTG__EVENT_COUNT + 1] = {
    [PTG__EVENT_START] = "start",
    [PTG__EVENT_DRAIN] = "drain",
    [PTG__EVENT_CANCEL] = "cancel",
    [PTG__EVENT_KILL] = "kill",
    [PTG__EVENT_DONE] = "done",
    [PTG__EVENT_STARTED] = "started",
    [PTG__EVENT_LINE] = "line",
    [PTG__EVENT_FIRE] = "fire",
    [PTG__EVENT_MESSAGE] = "message",
    [PTG__EVENT_DROP] = "drop",
    [PTG__EVENT_ROOM] = "room",
    [PTG__EVENT_OVER] = "over",
    [PTG__EVENT_ERROR] = "error",
    [PTG__EVENT_GROUP_DRAIN] = "group_drain",
    [PTG__EVENT_GROUP_CLOSED] = "group_closed",
    [PTG__EVENT_GROUP_RELEASE] = "group_release",
    [PTG__EVENT_TASK_DONE] = "task_done",
    [PTG__EVENT_RESUMED] = "resumed",
};

/* A callback is given no more than an id, so that what has to outlive a Lua
 * object is a number; the program has one host. */
static struct ptg__host *the_host;

static int losses;
static int is_silent;

/* Its address is the key of the handlers in the registry. */
static const char handlers_key;

void ptg__event_init(struct ptg__host *host) {
  the_host = host;
}

void ptg__event_silence_begin(void) {
  is_silent = 1;
}

void ptg__event_silence_end(void) {
  is_silent = 0;
}

int ptg__event_is_silent(void) {
  return is_silent;
}

int ptg__event_losses(void) {
  return losses;
}

void *ptg__event_data(lua_Integer id) {
  return (void *)(intptr_t)id;
}

int64_t ptg__event_id(const void *user_data) {
  return (int64_t)(intptr_t)user_data;
}

int ptg__event_set_handlers(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_createtable(L, PTG__EVENT_COUNT, 0);
  for (int kind = 1; kind <= PTG__EVENT_COUNT; kind++) {
    if (kind == PTG__EVENT_START || kind == PTG__EVENT_RESUMED) continue;
    if (lua_getfield(L, 1, names[kind]) != LUA_TFUNCTION)
      return luaL_error(L, "no handler for the event %s", names[kind]);
    lua_rawseti(L, -2, kind);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handlers_key);
  return 0;
}

static int call_handler(lua_State *L) {
  struct ptg__event *event = lua_touserdata(L, 1);
  luaL_checkstack(L, PTG__EVENT_NUMBERS + PTG__EVENT_TEXTS + 2, NULL);
  /* Before a script is loaded there is nobody to tell. */
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &handlers_key) == LUA_TNIL) return 0;
  lua_rawgeti(L, -1, event->kind);
  for (int i = 0; i < event->number_count; i++) {
    if (i == 0 && event->is_of_task) {
      ptg__task_table_push(L, event->numbers[0]);
    } else {
      lua_pushinteger(L, event->numbers[i]);
    }
  }
  for (int i = 0; i < event->text_count; i++) {
    const struct ptg__event_text *text = &event->texts[i];
    if (text->bytes == NULL) {
      lua_pushnil(L);
    } else {
      lua_pushlstring(L, text->bytes, text->length);
    }
  }
  lua_call(L, event->number_count + event->text_count, 2);
  event->results[0] = lua_tointeger(L, -2);
  event->results[1] = lua_tointeger(L, -1);
  return 0;
}

/* Is nobody told of it any more? A task, a timer or a queue that could not be
 * run fails for it, and an error goes on to the parent's handler, up to the
 * root's. */
static int is_lost(const struct ptg__event *event) {
  switch (event->kind) {
  case PTG__EVENT_START:
  case PTG__EVENT_DRAIN:
  case PTG__EVENT_CANCEL:
  case PTG__EVENT_KILL:
  case PTG__EVENT_RESUMED:
  case PTG__EVENT_FIRE:
  case PTG__EVENT_MESSAGE:
    return 0;
  case PTG__EVENT_ERROR:
    return event->numbers[0] == PTG__ROOT_ID;
  default:
    return 1;
  }
}

static ptg_status tell_failure(lua_State *L, enum ptg__event_kind kind,
                               int lua_status) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "ptg: the event %s failed in Lua: %s\n", names[kind],
          message != NULL ? message : "(not a string)");
  lua_pop(L, 1);
  return lua_status == LUA_ERRMEM ? PTG_ENOMEM : PTG_EFAILED;
}

ptg_status ptg__event_protect(lua_State *L, enum ptg__event_kind kind,
                              int argument_count) {
  int handler = lua_gettop(L) - argument_count;
  if (!lua_checkstack(L, STACK_NEEDED)) {
    lua_settop(L, handler - 1);
    return PTG_ENOMEM;
  }
  lua_pushcfunction(L, ptg__host_traceback);
  lua_insert(L, handler);
  int lua_status = lua_pcall(L, argument_count, 0, handler);
  ptg_status status = PTG_OK;
  if (lua_status != LUA_OK) status = tell_failure(L, kind, lua_status);
  lua_remove(L, handler);
  return status;
}

ptg_status ptg__event_call(struct ptg__event *event) {
  event->results[0] = 0;
  event->results[1] = 0;
  if (is_silent) return PTG_OK;
  lua_State *L = the_host->L;
  if (L == NULL || !lua_checkstack(L, STACK_NEEDED)) return PTG_ENOMEM;

  lua_pushcfunction(L, call_handler);
  lua_pushlightuserdata(L, event);
  ptg_status status = ptg__event_protect(L, event->kind, 1);
  if (status != PTG_OK) losses += is_lost(event);
  return status;
}

lua_State *ptg__event_state(void) {
  return is_silent ? NULL : the_host->L;
}
