/* elsewhere.h - makes a call from another thread. */
#ifndef PTG_ADAPTER_ELSEWHERE_H
#define PTG_ADAPTER_ELSEWHERE_H

#include <ptg/ptg.h>

typedef ptg_status elsewhere_fn(void *data);

/* Returns what the function returns, once its thread has ended. */
ptg_status elsewhere_run(elsewhere_fn *function, void *data);

#endif
