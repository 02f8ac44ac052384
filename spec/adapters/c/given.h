/* given.h - what is given along with everything that the suite names. */
#ifndef PTG_ADAPTER_GIVEN_H
#define PTG_ADAPTER_GIVEN_H

#include "adapter.h"

struct given {
  struct adapter *adapter;
  struct given *next; /* older */
  ptg_task_type type; /* of a task: the implementation keeps a pointer to it */
  char *type_name;    /* or NULL */
  char as[];          /* the suite's name */
};

struct given *given_make(struct adapter *adapter, const char *as);

/* Is this one that was made since the last given_free()? */
int given_is_known(const struct adapter *adapter, const struct given *given);

/* The release of all of them: a note, and no more. */
void given_release(void *user_data);

void given_free(struct adapter *adapter);

#endif
