/* host.h - one Lua state on the loop of one runtime. */
#ifndef PTG_LUAHOST_HOST_H
#define PTG_LUAHOST_HOST_H

#include <stddef.h>

#include <lua.h>
#include <ptg/ptg.h>
#include <uv.h>

struct ptg__host_options {
  int is_manual;     /* the runtime stands on a manual clock */
  int is_bare;       /* there is no runtime, only loop and Lua */
  size_t heap_limit; /* of the Lua state, in bytes; 0: no bound */
  /* A runtime of somebody else's, who turns it; NULL: one of its own. Then what
   * the script has for its root is a child of parent with this name. */
  ptg_runtime *runtime;
  ptg_group parent;
  const char *name;
};

struct ptg__host {
  lua_State *L;
  ptg_runtime *runtime; /* NULL: none was asked for */
  ptg_group root;       /* the script's */
  uv_loop_t *loop;      /* the runtime's, which luv shares */
  uv_loop_t own_loop;   /* is that, unless it is a guest */
  int is_guest;
  int is_manual;
  size_t heap_limit;
  size_t heap_used; /* Invariant: the sum of what Lua holds. */
};

/* Makes loop, runtime (unless there is to be none, or there is one) and Lua
 * state, with the module "ptg" ready to be required. Returns 0, or prints why
 * not and returns -1. */
int ptg__host_open(struct ptg__host *host,
                   const struct ptg__host_options *options);

/* Turns the loop until the script's root is closed. On a manual clock time
 * moves on a millisecond whenever nothing is ready: nobody waits. */
void ptg__host_run(struct ptg__host *host);

/* Does what is ready in the loop, and moves a manual clock on. Not from inside
 * a callback. */
ptg_status ptg__host_advance(struct ptg__host *host, int64_t duration_ns);

/* On a manual clock: puts a new runtime, with this root group, in the place of
 * the one that there is. That has to be at its end, PTG_EBUSY, unless it is to
 * be discarded: then it is thrown away, and nobody is told of anything. Not
 * from inside a callback. When it fails nothing has changed. */
ptg_status ptg__host_renew(struct ptg__host *host,
                           const ptg_group_options *root, int is_discarding);

/* Closes what open() made, and returns 0. The root must be closed. A script's
 * request that libuv cannot end (a name look-up, say) is waited for a moment;
 * then it is left behind, with the state and the loop, and the answer is -1:
 * the process must end by _exit(), which does not wait for it. A guest has to
 * see to it that there is none, and is not to call this from a callback. */
int ptg__host_close(struct ptg__host *host);

/* A message handler: leaves an object as it is, gives a string a traceback. */
int ptg__host_traceback(lua_State *L);

/* The host of a Lua state. */
struct ptg__host *ptg__host_of(lua_State *L);

/* A coroutine that a script may have kept, to be told from others; not for the
 * main one. */
void ptg__host_keep_thread(lua_State *L);
int ptg__host_is_thread_kept(lua_State *L);

#endif
