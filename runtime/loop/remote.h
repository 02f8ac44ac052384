/* remote.h - the runtime's side of what other threads send. */
#ifndef PTG_LOOP_REMOTE_H
#define PTG_LOOP_REMOTE_H

#include "runtime.h"

/* Does what has been sent. */
void ptg__remote_deliver(ptg_runtime *runtime);

/* Lets nothing more be sent; what has been is still to be delivered. */
void ptg__remote_shut(ptg_runtime *runtime);

/* Gives back what is reserved for senders. */
void ptg__remote_fini(ptg_runtime *runtime);

#endif
