/* glue.h - the C side: what cgo cannot say, and what is cheaper in one
 * crossing.
 *
 * user_data is always a number that Go made; no pointer into Go's memory is
 * kept here.
 */
#ifndef PTG_GO_GLUE_H
#define PTG_GO_GLUE_H

#include <ptg/ptg.h>

/* What the functions of a task are; a type is made for each set and label. */
enum {
  GLUE_DRAIN = 1,
  GLUE_CANCEL = 2,
  GLUE_KILL = 4,
  GLUE_WAKE = 8,
  GLUE_EVENTS = 16,  /* a goroutine: told by events */
  GLUE_KILLABLE = 32 /* with GLUE_EVENTS */
};

/* Which hooks a group has. */
enum { GLUE_ON_ERROR = 1, GLUE_ON_DRAIN = 2, GLUE_ON_CLOSED = 4 };

/* The number of the runtime whose thread this is; 0 elsewhere. */
void glue_set_self(uint64_t number);
uint64_t glue_self(void);

/* Returns a type that is never freed; NULL: no memory. label is kept. */
ptg_task_type *glue_make_type(uint32_t set, const char *label);
void glue_set_hooks(ptg_group_options *options, uint32_t hooks,
                    uintptr_t user_data);

/* Spawns by the way in, or, where that is NULL, on the runtime's thread.
 * Returns the handle, or a status, which is negative. */
int64_t glue_spawn(ptg_runtime *runtime, ptg_remote *remote, ptg_group group,
                   const ptg_task_type *type, uint32_t flags, const char *name,
                   size_t name_length, const char *place, size_t place_length,
                   ptg_task spawner, uintptr_t user_data);

/* Likewise. An outcome of all zeros is that of a task that ended well. */
ptg_status glue_finish(ptg_runtime *runtime, ptg_remote *remote, ptg_task task,
                       ptg_status status, int32_t code, uint64_t value,
                       const char *message, size_t message_length);
ptg_status glue_cancel(ptg_runtime *runtime, ptg_remote *remote, ptg_task task,
                       const char *reason, size_t reason_length,
                       uint64_t originator);
ptg_status glue_post(ptg_remote *remote, uintptr_t user_data);

/* Mail: a spawn with nothing but its group, type and place, whose answer is as
 * that of glue_spawn(); or, without a group, the end of a task that ended well.
 */
typedef struct glue_mail {
  ptg_group group;
  ptg_task task;
  ptg_task spawner;
  const ptg_task_type *type;
  const char *place; /* ends with a NUL */
  uintptr_t user_data;
  int64_t answer;
} glue_mail;

/* A bell wakes the thread, also when libptg's own way in is shut. Opening
 * returns a descriptor, or -1 with errno. */
int glue_open_bell(void);
void glue_ring(int bell);
void glue_close_bell(int bell);

/* Waits until the bell rings or, if has_clock, something is due by the clock
 * or, if has_loop, something comes to the loop from outside. */
void glue_wait(ptg_runtime *runtime, int bell, int has_clock, int has_loop);

void glue_deliver(ptg_runtime *runtime, glue_mail *mail, size_t mail_count);

/* Delivers, runs the loop once, and takes events. */
void glue_turn(ptg_runtime *runtime, glue_mail *mail, size_t mail_count,
               ptg_event *events, size_t capacity, size_t *count);

ptg_status glue_watch(ptg_runtime *runtime, uint64_t watched, ptg_task waiter,
                      uintptr_t user_data, ptg_watch *out);
ptg_status glue_timer(ptg_runtime *runtime, ptg_group group,
                      ptg_timer_options *options, uintptr_t user_data,
                      ptg_task *out);
ptg_status glue_queue(ptg_runtime *runtime, ptg_group group,
                      ptg_queue_options *options, uintptr_t user_data,
                      ptg_task *out);
ptg_status glue_process(ptg_runtime *runtime, ptg_group group,
                        ptg_process_options *options, int has_lines,
                        uintptr_t user_data, ptg_task *out);
int glue_is_signal(int number);
ptg_status glue_push(ptg_runtime *runtime, ptg_task queue, ptg_task pusher,
                     uintptr_t message);

#endif
