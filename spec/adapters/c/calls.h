/* calls.h - what the implementation calls, passed on to the suite.
 *
 * The suite's requests that come inside a call are carried out inside it.
 */
#ifndef PTG_ADAPTER_CALLS_H
#define PTG_ADAPTER_CALLS_H

#include "adapter.h"

/* What is told of a task or group, as the suite may choose; and all of them. */
enum {
  TELLS_DRAIN = 1,
  TELLS_CANCEL = 2,
  TELLS_KILL = 4,
  TELLS_ERROR = 8,
  TELLS_CLOSED = 16
};

/* What the suite's `return` said. */
struct reply {
  ptg_status status;
  ptg_task started;
};

/* Begins a call about `handle`, along with which `given` was given. NULL when
 * the adapter is silent: nothing comes of adding to that, or of making it. */
json_t *call_begin(const struct given *given, const char *what,
                   const char *field, uint64_t handle);

/* Makes the call and waits for its end. */
struct reply call_make(struct adapter *adapter, json_t *call);

/* Set the callbacks, and the release. */
void calls_of_task(ptg_task_type *type, uint32_t tells);
void calls_of_group(ptg_group_options *options, uint32_t tells);
void calls_of_watch(ptg_watch_options *options);
void calls_of_timer(ptg_timer_options *options);
void calls_of_queue(ptg_queue_options *options);

/* The done of every sort of task. */
void call_done(ptg_runtime *runtime, ptg_task task, const ptg_outcome *outcome,
               void *user_data);

/* A function to be posted. */
void call_posted(ptg_runtime *runtime, void *user_data);

#endif
