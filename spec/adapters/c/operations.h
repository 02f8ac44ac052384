/* operations.h - the requests of the protocol, each a function.
 *
 * It reads the fields of the request, asks request_is_bad(), makes the call
 * and adds to the answer. What it returns is the answer's status.
 */
#ifndef PTG_ADAPTER_OPERATIONS_H
#define PTG_ADAPTER_OPERATIONS_H

#include "request.h"

typedef ptg_status operation_fn(struct adapter *adapter,
                                struct request *request);

/* Where an operation makes no sense. */
enum {
  NEEDS_RUNTIME = 1, /* once there is none, unless it comes from elsewhere */
  NEEDS_OUTSIDE = 2  /* inside a call */
};

/* A list of them ends with one without a name. */
struct operation {
  const char *name;
  const char *fields; /* those that may not be left out, with spaces between */
  uint32_t needs;
  operation_fn *carry_out;
};

extern const struct operation operations_of_runtime[];
extern const struct operation operations_of_groups[];
extern const struct operation operations_of_tasks[];
extern const struct operation operations_of_lists[];
extern const struct operation operations_of_pictures[];
extern const struct operation operations_of_kinds[];

/* Carries out and answers requests until one is `return`, inside a call, and
 * returns that; or NULL at the end of all. */
json_t *operations_run(struct adapter *adapter);

#endif
