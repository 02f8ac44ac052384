/* dispatch.h - carrying out what the core has to tell: the host's callbacks.
 */
#ifndef PTG_LOOP_DISPATCH_H
#define PTG_LOOP_DISPATCH_H

#include "runtime.h"

/* Does what is due, at most so many callbacks; returns 1 when that was all. */
int ptg__dispatch(ptg_runtime *runtime, int budget);

/* Tells the end of every task that is left after the root group is closed;
 * returns how many there were. */
size_t ptg__dispatch_drop_all(ptg_runtime *runtime);

#endif
