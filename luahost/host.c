/* host.c - one Lua state on the loop of one runtime.
 *
 * A runtime of its own borrows the host's loop: what a script leaves open in
 * luv can then be closed in its own time, after the runtime is gone.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "binding.h"
#include "embedded.h"
#include "event.h"
#include "luv_guard.h"
#include "signals.h"

#define MANUAL_STEP_NS INT64_C(1000000)
/* How long a script's unfinished requests may hold up the end. */
#define LEFTOVER_WAIT_MS 500
#define LEFTOVER_STEP_MS 5

/* ----------------------------------------------------------- Lua state -- */

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  struct ptg__host *host = data;
  /* For a new block Lua gives its sort in place of the old size. */
  size_t held = block == NULL ? 0 : old_size;
  if (new_size == 0) {
    free(block);
    host->heap_used -= held;
    return NULL;
  }
  if (host->heap_limit != 0 && new_size > held &&
      host->heap_used - held + new_size > host->heap_limit)
    return NULL;

  void *grown = realloc(block, new_size);
  if (grown != NULL) host->heap_used += new_size - held;
  return grown;
}

static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "ptg: a Lua error that nobody protects from: %s\n",
          message != NULL ? message : "(not a string)");
  return 0; /* Lua aborts */
}

int ptg__host_traceback(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) return 1;
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

/* The extra space of a thread holds the address of its host, whose lowest bit
 * says that the thread may have been kept. A new one has that of the main
 * thread. */
#define KEPT ((uintptr_t)1)

static uintptr_t extra(lua_State *L) {
  uintptr_t value;
  memcpy(&value, lua_getextraspace(L), sizeof(value));
  return value;
}

struct ptg__host *ptg__host_of(lua_State *L) {
  return (struct ptg__host *)(extra(L) & ~KEPT);
}

void ptg__host_keep_thread(lua_State *L) {
  uintptr_t value = extra(L) | KEPT;
  memcpy(lua_getextraspace(L), &value, sizeof(value));
}

int ptg__host_is_thread_kept(lua_State *L) {
  return (extra(L) & KEPT) != 0;
}

/* Loads an embedded module: upvalue 1 is its place in the table. The chunk is
 * named so that no script of a user can have the same name. */
static int load_embedded(lua_State *L) {
  const struct ptg_embedded_module *module =
      lua_touserdata(L, lua_upvalueindex(1));
  luaL_gsub(L, module->name, ".", "/");
  lua_pushfstring(L, "=<ptg>/%s.lua", lua_tostring(L, -1));
  if (luaL_loadbufferx(L, module->source, module->length, lua_tostring(L, -1),
                       "t") != LUA_OK)
    return lua_error(L);
  lua_pushstring(L, module->name);
  lua_call(L, 1, 1);
  return 1;
}

static void preload(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (const struct ptg_embedded_module *module = ptg_embedded_modules;
       module->name != NULL; module++) {
    /* Light userdata carry no const; nothing is written through it. */
    lua_pushlightuserdata(L, (void *)(uintptr_t)module);
    lua_pushcclosure(L, load_embedded, 1);
    lua_setfield(L, -2, module->name);
  }
  lua_pushcfunction(L, ptg__binding_open);
  lua_setfield(L, -2, "ptg.core");
  lua_pop(L, 1);
}

/* Everything that may raise an error, to be run protected. */
static int set_up(lua_State *L) {
  struct ptg__host *host = lua_touserdata(L, 1);
  luaL_openlibs(L);
  ptg__luv_open(L, host->loop);
  preload(L);
  ptg__event_init(host);
  return 0;
}

static int open_state(struct ptg__host *host) {
  host->L = lua_newstate(allocate, host);
  if (host->L == NULL) {
    fprintf(stderr, "ptg: no memory for a Lua state\n");
    return -1;
  }
  lua_atpanic(host->L, panic);
  memcpy(lua_getextraspace(host->L), &host, sizeof(host));

  lua_pushcfunction(host->L, set_up);
  lua_pushlightuserdata(host->L, host);
  if (lua_pcall(host->L, 1, 0, 0) == LUA_OK) return 0;
  fprintf(stderr, "ptg: cannot set up Lua: %s\n", lua_tostring(host->L, -1));
  lua_close(host->L);
  return -1;
}

/* ------------------------------------------------------------- runtime -- */

static ptg_status create_runtime(struct ptg__host *host,
                                 const ptg_group_options *root,
                                 ptg_runtime **out) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = host->is_manual ? PTG_RUNTIME_MANUAL_CLOCK : 0;
  options.loop = host->loop;
  options.loop_size = uv_loop_size();
  options.root = root;
  return ptg_runtime_create(&options, out);
}

/* What the script has for its root: that of the runtime, or a group in it. */
static ptg_status make_root(struct ptg__host *host,
                            const struct ptg__host_options *options) {
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  ptg__binding_hook_group(&root, PTG__ROOT_ID);
  if (!host->is_guest) {
    ptg_status status = create_runtime(host, &root, &host->runtime);
    return status != PTG_OK ? status
                            : ptg_runtime_get_root(host->runtime, &host->root);
  }
  root.name = options->name;
  host->runtime = options->runtime;
  return ptg_group_create(host->runtime, options->parent, &root, &host->root);
}

static int open_runtime(struct ptg__host *host,
                        const struct ptg__host_options *options) {
  ptg_status status = make_root(host, options);
  if (status == PTG_OK) return 0;
  fprintf(stderr, "ptg: cannot create a %s: %s\n",
          host->is_guest ? "group" : "runtime", ptg_status_name(status));
  return -1;
}

/* Returns 0, or prints why not and returns -1. */
static int open_loop(struct ptg__host *host, ptg_runtime *runtime) {
  if (host->is_guest) {
    ptg_status status = ptg_runtime_get_loop(runtime, &host->loop);
    if (status == PTG_OK) return 0;
    fprintf(stderr, "ptg: no loop: %s\n", ptg_status_name(status));
    return -1;
  }
  host->loop = &host->own_loop;
  int uv_status = uv_loop_init(host->loop);
  if (uv_status == 0) return 0;
  fprintf(stderr, "ptg: cannot create a loop: %s\n", uv_strerror(uv_status));
  return -1;
}

/* Lets handles of luv's that have been closed come to their end. */
static void turn_once(struct ptg__host *host) {
  if (host->is_guest) {
    ptg_runtime_turn(host->runtime, 0);
  } else {
    uv_run(host->loop, UV_RUN_NOWAIT);
  }
}

static int close_loop(struct ptg__host *host) {
  turn_once(host);
  return host->is_guest || uv_loop_close(host->loop) == 0 ? 0 : -1;
}

int ptg__host_open(struct ptg__host *host,
                   const struct ptg__host_options *options) {
  memset(host, 0, sizeof(*host));
  host->is_guest = options->runtime != NULL;
  host->is_manual = options->is_manual;
  host->heap_limit = options->heap_limit;

  if (open_loop(host, options->runtime) != 0) return -1;
  if (open_state(host) != 0) goto no_state;
  if (!options->is_bare && open_runtime(host, options) != 0) goto no_runtime;
  return 0;

no_runtime:
  lua_close(host->L);
no_state:
  close_loop(host);
  return -1;
}

static int is_closed(ptg_runtime *runtime, ptg_group root) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_group_get_info(runtime, root, &info);
  return info.state == PTG_GROUP_CLOSED;
}

void ptg__host_run(struct ptg__host *host) {
  if (!host->is_manual) {
    ptg_runtime_run(host->runtime);
    return;
  }
  ptg_runtime_advance(host->runtime, 0);
  while (!is_closed(host->runtime, host->root)) {
    /* The runtime leaves a borrowed loop to its owner. */
    uv_run(host->loop, UV_RUN_NOWAIT);
    ptg_runtime_advance(host->runtime, MANUAL_STEP_NS);
  }
}

ptg_status ptg__host_advance(struct ptg__host *host, int64_t duration_ns) {
  if (host->is_manual) uv_run(host->loop, UV_RUN_NOWAIT);
  return ptg_runtime_advance(host->runtime, duration_ns);
}

/* Whatever state it is in, and without a word to anybody. Tasks that can be
 * killed hold up the end of their group, so it takes virtual time. */
static ptg_status discard(struct ptg__host *host, ptg_runtime *runtime) {
  ptg_group root;
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  options.cancel_wait_ns = PTG_AT_ONCE;
  ptg__event_silence_begin();
  ptg_runtime_get_root(runtime, &root);
  ptg_status status = ptg_group_shutdown(runtime, root, &options);
  while (status == PTG_OK && !is_closed(runtime, root)) {
    uv_run(host->loop, UV_RUN_NOWAIT);
    status = ptg_runtime_advance(runtime, PTG_KILL_WAIT_NS);
  }
  if (status == PTG_OK) status = ptg_runtime_destroy(runtime);
  ptg__event_silence_end();
  return status;
}

ptg_status ptg__host_renew(struct ptg__host *host,
                           const ptg_group_options *root, int is_discarding) {
  if (!host->is_manual) return PTG_EINVAL;
  ptg_runtime *next;
  ptg_status status = create_runtime(host, root, &next);
  if (status != PTG_OK) return status;

  status = is_discarding ? discard(host, host->runtime)
                         : ptg_runtime_destroy(host->runtime);
  if (status != PTG_OK) {
    discard(host, next);
    return status;
  }
  host->runtime = next;
  ptg__signals_move(next);
  return ptg_runtime_get_root(next, &host->root);
}

/* Turns the loop until nothing of luv's is left. Returns 0 if that is so. */
static int wait_for_leftovers(struct ptg__host *host) {
  for (int waited = 0; waited <= LEFTOVER_WAIT_MS; waited += LEFTOVER_STEP_MS) {
    uv_run(host->loop, UV_RUN_NOWAIT);
    if (!uv_loop_alive(host->loop)) return 0;
    uv_sleep(LEFTOVER_STEP_MS);
  }
  return -1;
}

/* Returns 0, or prints why not and returns -1. */
static int close_runtime(struct ptg__host *host) {
  ptg_status status = ptg_runtime_destroy(host->runtime);
  if (status == PTG_OK) return 0;
  fprintf(stderr, "ptg: the runtime is not at its end: %s\n",
          ptg_status_name(status));
  return -1;
}

int ptg__host_close(struct ptg__host *host) {
  ptg__luv_close_handles(host->L);
  if (host->is_guest) {
    turn_once(host);
  } else {
    if (close_runtime(host) != 0) return -1;
    host->runtime = NULL;
    /* A request that ends after its Lua state is closed would call into it. */
    if (wait_for_leftovers(host) != 0) return -1;
  }
  lua_close(host->L);
  host->L = NULL;
  /* Handles that luv closed while they were collected end in this turn. */
  return close_loop(host);
}
