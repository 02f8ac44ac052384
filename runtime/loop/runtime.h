/* runtime.h - a core on a libuv loop.
 *
 * The loop side owns the clock and the wake-ups: an idle handle that is active
 * while the core has something to do, a timer for the next instant, and an
 * async handle through which other threads and signal handlers ask for a
 * shutdown. All are made with the runtime, none later.
 */
#ifndef PTG_LOOP_RUNTIME_H
#define PTG_LOOP_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "core/core.h"

struct ptg_runtime {
  struct ptg__core core;
  uv_loop_t *loop;
  uv_loop_t own_loop;
  uv_idle_t idle;   /* active: a turn is to be made */
  uv_timer_t timer; /* for timer_for_ns */
  uv_timer_t wait;  /* for a turn that waits */
  uv_async_t async;
  uintptr_t thread;
  uint64_t number; /* of the directory, as the next three */
  ptg_runtime *next_runtime;
  struct ptg__request *requests;
  atomic_int is_asked;          /* there are requests */
  struct ptg__mailbox *mailbox; /* NULL: nobody opened a way in yet */
  struct ptg__letter *starved;  /* without memory for a task, through next */
  atomic_int wanted;            /* a WANTED_ shutdown that was asked for */
  int64_t timer_for_ns;         /* INT64_MAX: the timer is not active */
  int64_t tick_ns;              /* the tick of the last stamp */
  int is_idle_active;
  int open_handles; /* of the four above */
  int is_owned;     /* the loop is own_loop */
  int is_unref;     /* waiting for others does not keep the loop alive */
  int is_manual;
  int is_working;     /* callbacks may be running */
  int is_running;     /* in ptg_runtime_run() or ptg_runtime_advance() */
  int is_waiting;     /* in a ptg_runtime_turn() that may wait */
  int is_taking;      /* in a ptg_events_take(), which may call a release */
  int is_delivering;  /* what another thread or a signal handler asked for */
  ptg_trace_fn trace; /* NULL: nobody reads; see trace.h */
  void *trace_data;
};

/* Names the calling thread. The thread pointer is a register, where POSIX's
 * name takes a call; compilers say that they have it also where they do not. */
static inline uintptr_t ptg__thread_self(void) {
#if defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__) && \
    (defined(__x86_64__) || defined(__aarch64__))
  return (uintptr_t)__builtin_thread_pointer();
#else
  return (uintptr_t)pthread_self();
#endif
}

/* What a call begins with: PTG_EINVAL for NULL, PTG_ETHREAD off the thread. */
static inline ptg_status ptg__runtime_enter(const ptg_runtime *runtime) {
  if (runtime == NULL) return PTG_EINVAL;
  return runtime->thread == ptg__thread_self() ? PTG_OK : PTG_ETHREAD;
}

/* Brings the core's clock up to date, so that limits count from now. */
void ptg__runtime_update_time(ptg_runtime *runtime);

/* As ptg__runtime_update_time(), but trusts the turn's time inside a turn: one
 * clock reading a turn is enough for a look. */
static inline void ptg__runtime_note_time(ptg_runtime *runtime) {
  if (!runtime->is_working) ptg__runtime_update_time(runtime);
}

/* As ptg__runtime_note_time(), for a stamp of what is done very often: outside
 * of a turn it may be behind by a tick of the system's clock, a few ms. */
void ptg__runtime_tick(ptg_runtime *runtime);
static inline void ptg__runtime_stamp_time(ptg_runtime *runtime) {
  if (!runtime->is_working && !runtime->is_manual) ptg__runtime_tick(runtime);
}

/* Sees to it that the loop comes back for what there is to do. */
void ptg__runtime_come_back(ptg_runtime *runtime);

/* To be called after a change. A turn looks by itself when it ends. */
static inline void ptg__runtime_schedule(ptg_runtime *runtime) {
  if (!runtime->is_manual && !runtime->is_working)
    ptg__runtime_come_back(runtime);
}

#endif
