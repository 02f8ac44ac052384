/* trace.h - a runtime's trace: a line of JSON for what is asked of it and for
 * what it tells, in the format of spec/trace.md.
 *
 * Nothing is formatted unless there is somebody to read it: callers look at
 * ptg_runtime.trace first. A line is made on the stack and needs no memory.
 * Of an operation that was refused only the handles are written that it was
 * given: what else the caller pointed to may be what was wrong with it.
 */
#ifndef PTG_LOOP_TRACE_H
#define PTG_LOOP_TRACE_H

#include "core/check.h"
#include "runtime.h"

/* Operations, when they have been carried out or refused. */
void ptg__trace_group(ptg_runtime *runtime, ptg_status status, ptg_group parent,
                      ptg_group group);
void ptg__trace_edge(ptg_runtime *runtime, ptg_status status, ptg_group first,
                     ptg_group later);
PTG__ASIDE void ptg__trace_spawn(ptg_runtime *runtime, ptg_status status,
                                 ptg_group group, ptg_task task);
PTG__ASIDE void ptg__trace_finish(ptg_runtime *runtime, ptg_status status,
                                  ptg_task task, const ptg_outcome *outcome);
PTG__ASIDE void ptg__trace_cancel(ptg_runtime *runtime, ptg_status status,
                                  ptg_task task,
                                  const ptg_cancel_options *options);
void ptg__trace_shutdown(ptg_runtime *runtime, ptg_status status,
                         ptg_group group, const ptg_shutdown_options *options);

/* A callback that is about to be called; an event that has been taken. */
PTG__ASIDE void ptg__trace_call(ptg_runtime *runtime,
                                const struct ptg__action *action);
void ptg__trace_event(ptg_runtime *runtime, const ptg_event *event);

#endif
