/* made.h - how something that the suite names is made.
 *
 * Between the two calls it is asked for, with what made_begin() returned given
 * along.
 */
#ifndef PTG_ADAPTER_MADE_H
#define PTG_ADAPTER_MADE_H

#include "given.h"
#include "request.h"

/* Returns what is to be given along; NULL: the request is bad. */
struct given *made_begin(struct adapter *adapter, struct request *request);

/* Gives the name to what was made, or to nothing. Returns status. */
ptg_status made_end(const struct given *given, struct request *request,
                    ptg_status status, uint64_t handle);

#endif
