/* driver.c - see driver.h.
 *
 * Nothing may raise an error outside of a protected call, and want of memory is
 * one: so no field is set here that a task's object does not have yet, and the
 * list of idle coroutines has all its places from the beginning.
 */
#include "driver.h"

#include <lauxlib.h>
#include <lualib.h>

#include "binding.h"
#include "current.h"
#include "event.h"
#include "fields.h"
#include "host.h"
#include "source_names.h"
#include "task_table.h"
#include "wait.h"

#define MOST_IDLE 1024
#define STACK_NEEDED 12
/* The message handler, the function, the task, and some for pcall. */
#define BODY_STACK_NEEDED 8

/* Their addresses stand for themselves. */
static const char suspend_mark, done_mark;
const char ptg__sleep_mark, ptg__pause_mark;

static lua_Integer idle_count;

/* ----------------------------------------------------- in the coroutine -- */

static int after_body(lua_State *L, int status, lua_KContext context) {
  (void)context;
  if (status == LUA_OK || status == LUA_YIELD) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)&done_mark);
    return lua_gettop(L) - 1;
  }
  return 1;
}

/* What a coroutine runs, with a message handler, a function and its arguments.
 * The error is caught inside of it, so that variables to be closed are closed
 * in the task, where they may wait. */
static int run_body(lua_State *L) {
  int argument_count = lua_gettop(L) - 2;
  int status = lua_pcallk(L, argument_count, LUA_MULTRET, 1, 0, after_body);
  return after_body(L, status, 0);
}

/* ------------------------------------------------------------- idle ones -- */

static int add_idle(lua_State *L) {
  ptg__value_push(L, PTG__IDLE);
  lua_newthread(L);
  lua_rawseti(L, -2, idle_count + 1);
  idle_count++;
  return 0;
}

/* Pushes an idle coroutine. */
static lua_State *take_idle(lua_State *L) {
  ptg__value_push(L, PTG__IDLE);
  lua_rawgeti(L, -1, idle_count);
  lua_pushboolean(L, 0);
  lua_rawseti(L, -3, idle_count);
  idle_count--;
  lua_remove(L, -2);
  return lua_tothread(L, -1);
}

/* Keeps the coroutine at index, whose body has ended without an error, unless a
 * script could still have something of it. */
static void put_back(lua_State *L, int index) {
  lua_State *co = lua_tothread(L, index);
  if (idle_count == MOST_IDLE || ptg__host_is_thread_kept(co) ||
      lua_gethook(co) != NULL)
    return;
  ptg__value_push(L, PTG__IDLE);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, idle_count + 1);
  idle_count++;
  lua_pop(L, 1);
}

/* --------------------------------------------- the task that is running -- */

static int is_set(lua_State *L, int task, enum ptg__value key) {
  ptg__field_get(L, task, key);
  int is_so = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is_so;
}

int ptg__driver_push_running(lua_State *L) {
  ptg__current_push_task(L);
  int task = lua_gettop(L);
  if (!lua_istable(L, task)) return 0;
  lua_rawgeti(L, task, PTG__BODY);
  int is_its_own = lua_tothread(L, -1) == L;
  lua_pop(L, 1);
  return is_its_own && lua_isyieldable(L) &&
         !is_set(L, task, PTG__KEY_IS_CANCEL_DUE) &&
         !is_set(L, task, PTG__KEY_IS_FINISHED);
}

int ptg__driver_raise_cancellation(lua_State *L) {
  ptg__current_push_task(L);
  ptg__field_get(L, lua_gettop(L), PTG__KEY_CANCEL_ERROR);
  return lua_error(L);
}

int ptg__driver_can_suspend(lua_State *L) {
  ptg__current_push_task(L);
  int is_finished = is_set(L, lua_gettop(L), PTG__KEY_IS_FINISHED);
  lua_pop(L, 1);
  return lua_isyieldable(L) && !is_finished;
}

int ptg__driver_suspend(lua_State *L, int *is_suspended, lua_KFunction after) {
  ptg__current_push_task(L);
  lua_pushvalue(L, 1);
  ptg__field_set(L, 2, PTG__KEY_WAITING);
  lua_settop(L, 1);
  *is_suspended = 1;
  lua_pushlightuserdata(L, (void *)(uintptr_t)&suspend_mark);
  return lua_yieldk(L, 1, 0, after);
}

/* core.running_task() -> the task whose coroutine calls; nil: there is none, or
 * it is to be looked at more closely */
static int running_task(lua_State *L) {
  return ptg__driver_push_running(L) ? 1 : 0;
}

/* ---------------------------------------------------------------- a step -- */

/* How the coroutine at thread came back, for Lua. */
struct step {
  int task, thread;  /* where they are on the stack */
  int status, count; /* what lua_resume() answered */
};

static int is_mark(lua_State *L, const char *mark) {
  return lua_touserdata(L, -1) == mark;
}

static struct step resume(lua_State *L, int task, int thread,
                          int argument_count) {
  struct step step = {.task = task, .thread = thread};
  lua_pushvalue(L, task);
  ptg__current_set_task(L);
  step.status =
      lua_resume(lua_tothread(L, thread), L, argument_count, &step.count);
  lua_pushboolean(L, 0);
  ptg__current_set_task(L);
  return step;
}

/* Is all done that there is to do after a step? */
static int is_simple(lua_State *L, const struct step *step, ptg_task task) {
  lua_State *co = lua_tothread(L, step->thread);
  if (step->status == LUA_YIELD) {
    return step->count == 1 &&
           (is_mark(co, &suspend_mark) || is_mark(co, &ptg__sleep_mark) ||
            is_mark(co, &ptg__pause_mark));
  }
  if (step->status != LUA_OK || step->count != 1 || !is_mark(co, &done_mark))
    return 0;
  /* PTG_ESTALE: it was finished while it ran. */
  if (ptg_task_finish(ptg__binding_runtime(L), task, NULL) != PTG_OK) return 0;
  lua_settop(co, 0);
  lua_pushboolean(L, 0);
  lua_rawseti(L, step->task, PTG__BODY);
  put_back(L, step->thread);
  return 1;
}

/* Tells Lua how it came back; may raise an error. */
static void tell(lua_State *L, const struct step *step) {
  lua_State *co = lua_tothread(L, step->thread);
  int is_done = step->status == LUA_OK && is_mark(co, &done_mark);
  int count = step->count;
  const char *what = step->status == LUA_YIELD ? "yielded" : "failed";
  if (is_done) {
    lua_pop(co, 1);
    count--;
    what = "done";
  } else if (step->status != LUA_YIELD) {
    count = 1;
  }
  luaL_checkstack(L, count + 3, "too many results");
  ptg__value_push(L, PTG__ON_RESUMED);
  lua_pushvalue(L, step->task);
  lua_pushstring(L, what);
  lua_xmove(co, L, count);
  lua_call(L, count + 2, 0);
  if (!is_done) return;
  lua_settop(co, 0);
  put_back(L, step->thread);
}

static int tell_protected(lua_State *L) {
  struct step step = *(const struct step *)lua_touserdata(L, 3);
  step.task = 1;
  step.thread = 2;
  lua_settop(L, 2);
  tell(L, &step);
  return 0;
}

/* Runs the coroutine up to its next wait, or its end, in an event. */
static ptg_status make_step(lua_State *L, ptg_task handle, int task, int thread,
                            int argument_count) {
  struct step step = resume(L, task, thread, argument_count);
  if (is_simple(L, &step, handle)) return PTG_OK;
  lua_pushcfunction(L, tell_protected);
  lua_pushvalue(L, task);
  lua_pushvalue(L, thread);
  lua_pushlightuserdata(L, &step);
  return ptg__event_protect(L, PTG__EVENT_RESUMED, 3);
}

/* ---------------------------------------------------------------- events -- */

static ptg_status begin_body(lua_State *L, ptg_task task, lua_Integer id) {
  ptg_status status = PTG_OK;
  if (idle_count == 0) {
    lua_pushcfunction(L, add_idle);
    status = ptg__event_protect(L, PTG__EVENT_START, 0);
  }
  if (status != PTG_OK) return status;
  ptg__task_table_push(L, id);
  int object = lua_gettop(L);
  lua_State *co = take_idle(L);
  if (!lua_checkstack(co, BODY_STACK_NEEDED)) return PTG_ENOMEM;

  lua_pushcfunction(co, run_body);
  ptg__value_push(co, PTG__CAUGHT);
  lua_rawgeti(L, object, PTG__BODY);
  lua_pushvalue(L, object);
  lua_xmove(L, co, 2);
  lua_pushvalue(L, object + 1);
  lua_rawseti(L, object, PTG__BODY);
  return make_step(L, task, object, object + 1, 3);
}

ptg_status ptg__driver_start(lua_State *L, ptg_task task, lua_Integer id) {
  if (!lua_checkstack(L, STACK_NEEDED)) return PTG_ENOMEM;
  int top = lua_gettop(L);
  ptg_status status = begin_body(L, task, id);
  lua_settop(L, top);
  return status;
}

/* What the coroutine at index is suspended in, if that is a wait of ours: what
 * it yielded is still on its stack. NULL: it is not. */
static const void *wait_mark(lua_State *L, int index) {
  lua_State *co = lua_tothread(L, index);
  if (co == NULL || lua_status(co) != LUA_YIELD) return NULL;
  return lua_touserdata(co, -1);
}

static int is_nap(const void *mark) {
  return mark == &ptg__sleep_mark || mark == &ptg__pause_mark;
}

/* Does a wake end what the task at index waits in? Its body is at the next
 * index. */
static int ends_by_wake(lua_State *L, int task) {
  if (is_nap(wait_mark(L, task + 1))) return 1;
  ptg__field_get(L, task, PTG__KEY_WAITING);
  int does_so =
      is_nap(lua_touserdata(L, -1)) || ptg__wait_ends_now(L, task + 2);
  if (does_so) {
    lua_pushboolean(L, 0);
    ptg__field_set(L, task, PTG__KEY_WAITING);
  }
  lua_settop(L, task + 1);
  return does_so;
}

ptg_status ptg__driver_wake(lua_State *L, ptg_task task, lua_Integer id) {
  if (!lua_checkstack(L, STACK_NEEDED)) return PTG_ENOMEM;
  ptg_status status = PTG_OK;
  int top = lua_gettop(L);
  ptg__task_table_push(L, id);
  int object = top + 1;
  lua_rawgeti(L, object, PTG__BODY);
  /* A wake that was asked for is no business of another wait. */
  if (ends_by_wake(L, object)) {
    lua_pop(lua_tothread(L, object + 1), 1); /* what it yielded */
    status = make_step(L, task, object, object + 1, 0);
  }
  lua_settop(L, top);
  return status;
}

/* Settles the future of the task, an argument, which has ended well. */
static int settle(lua_State *L) {
  ptg__value_push(L, PTG__SETTLE);
  lua_rawgeti(L, 1, PTG__FUTURE);
  lua_pushboolean(L, 1);
  int count = 0;
  if (ptg__field_get(L, 1, PTG__KEY_RESULT) == LUA_TTABLE) {
    int result = lua_gettop(L);
    lua_getfield(L, result, "n");
    count = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, count, "too many results");
    for (int place = 1; place <= count; place++)
      lua_rawgeti(L, result, place);
    lua_remove(L, result);
  } else {
    lua_pop(L, 1);
  }
  lua_call(L, 2 + count, 0);
  return 0;
}

/* Is there nothing that Lua has to do at the end of the task at index, but
 * perhaps for a future that it settles? */
static int ends_plainly(lua_State *L, int task, ptg_status status) {
  int is_asked_for = lua_rawgeti(L, task, PTG__FUTURE) != LUA_TNIL;
  if (status == PTG_OK && !is_asked_for) return 1;
  int has_failed = ptg__field_get(L, task, PTG__KEY_FAILURE) != LUA_TNIL;
  if (status == PTG_ECANCELED) return has_failed && !is_asked_for;
  return status == PTG_OK && !has_failed &&
         ptg__field_get(L, task, PTG__KEY_DONE_FUNCTIONS) == LUA_TNIL;
}

int ptg__driver_done(lua_State *L, ptg_task task, lua_Integer id,
                     ptg_status status) {
  if (!lua_checkstack(L, STACK_NEEDED)) return 0;
  int top = lua_gettop(L);
  ptg__task_table_push(L, id);
  int object = top + 1;
  int is_plain = ends_plainly(L, object, status);
  lua_settop(L, object);
  if (is_plain && lua_rawgeti(L, object, PTG__FUTURE) != LUA_TNIL) {
    lua_pushcfunction(L, settle);
    lua_pushvalue(L, object);
    is_plain = ptg__event_protect(L, PTG__EVENT_TASK_DONE, 1) == PTG_OK;
  }
  lua_settop(L, top);
  if (is_plain) ptg__task_table_remove(L, id, task);
  return is_plain;
}

/* ------------------------------------------------------------ from Lua ---- */

/* core.task_resume(task, ...): goes on with a task that waits. */
static int task_resume(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int argument_count = lua_gettop(L) - 1;
  lua_rawgeti(L, 1, PTG__BODY);
  lua_State *co = lua_tothread(L, -1);
  luaL_argcheck(L, co != NULL, 1, "it has no coroutine");
  lua_pop(co, 1); /* what it yielded */
  luaL_checkstack(co, argument_count, NULL);
  luaL_checkstack(L, STACK_NEEDED, NULL);
  lua_insert(L, 2);
  lua_xmove(L, co, argument_count);
  lua_rawgeti(L, 1, PTG__HANDLE);
  ptg_task handle = (ptg_task)lua_tointeger(L, -1);
  struct step step = resume(L, 1, 2, argument_count);
  if (!is_simple(L, &step, handle)) tell(L, &step);
  return 0;
}

/* core.task_nap(task) -> SLEEP or PAUSE, if that is what it waits in; a wait
 * that Lua knows of is in its field waiting. */
static int task_nap(lua_State *L) {
  lua_settop(L, 1);
  lua_rawgeti(L, 1, PTG__BODY);
  const void *mark = wait_mark(L, 2);
  if (!is_nap(mark)) return 0;
  lua_pushlightuserdata(L, (void *)(uintptr_t)mark);
  return 1;
}

/* --------------------------------------------------------------- set-up -- */

/* core.set_driver(...): the values of fields.h that Lua gives. on_resumed(task,
 * what, ...) is told how a coroutine came back, "yielded", "done" or "failed",
 * and with what. */
static int set_driver(lua_State *L) {
  lua_settop(L, PTG__GIVEN_COUNT);
  for (int which = PTG__GIVEN_COUNT - 1; which >= 0; which--) {
    luaL_checkany(L, which + 1);
    ptg__value_set(L, (enum ptg__value)which);
  }
  return 0;
}

static void add_mark(lua_State *L, const char *name, const char *mark) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)mark);
  lua_setfield(L, -2, name);
}

const luaL_Reg ptg__driver_calls[] = {
    {"set_driver", set_driver},
    {"running_task", running_task},
    {"task_resume", task_resume},
    {"task_nap", task_nap},
    {NULL, NULL},
};

/* coroutine.running(): what it gives away is never used again. */
static int running(lua_State *L) {
  int is_main = lua_pushthread(L);
  if (!is_main) ptg__host_keep_thread(L);
  lua_pushboolean(L, is_main);
  return 2;
}

void ptg__driver_open(lua_State *L) {
  idle_count = 0;
  lua_createtable(L, MOST_IDLE, 0);
  ptg__value_set(L, PTG__IDLE);
  ptg__current_open(L);
  ptg__fields_open(L);
  ptg__task_table_open();
  ptg__source_names_open(L);
  add_mark(L, "SUSPEND", &suspend_mark);
  add_mark(L, "SLEEP", &ptg__sleep_mark);
  add_mark(L, "PAUSE", &ptg__pause_mark);
  ptg__wait_open(L);

  lua_getglobal(L, LUA_COLIBNAME);
  lua_getfield(L, -1, "running");
  lua_setfield(L, -3, "running");
  lua_pushcfunction(L, running);
  lua_setfield(L, -2, "running");
  lua_pop(L, 1);
}
