/* adapter.h - the adapter: what it drives, and what it has to remember.
 *
 * A request comes in as a line (wire.h) and is read (request.h), carried out
 * (operations.h) and answered. What the implementation calls meanwhile goes
 * out as a call, inside of which requests are carried out again (calls.h).
 * Everything given along with tasks and groups is kept until the runtime is
 * gone (given.h), so that an implementation which uses it too late is seen to
 * do so and does not crash.
 */
#ifndef PTG_ADAPTER_ADAPTER_H
#define PTG_ADAPTER_ADAPTER_H

#include "api.h"
#include "names.h"

struct given;

struct adapter {
  struct api api;
  ptg_runtime *runtime; /* NULL: not made, or destroyed */
  ptg_remote *remote;   /* a way in, which outlives the runtime; or NULL */
  int64_t begin_ns;     /* the runtime's clock when it was made */
  struct names names;
  struct given *given; /* the newest */
  int calls;           /* that the suite has not returned from */
  int is_silent;       /* the adapter answers calls by itself */
  int is_over;         /* there is nothing more to read */
};

/* Makes a runtime whose root is as options say. */
ptg_status adapter_begin(struct adapter *adapter,
                         const ptg_group_options *root);

/* Destroys the runtime as the implementation is asked to by the suite. */
ptg_status adapter_destroy(struct adapter *adapter);

/* Throws away what there is, in whatever state, without a word. Ends the
 * program if the implementation cannot be brought to an end. */
void adapter_throw_away(struct adapter *adapter);

#endif
