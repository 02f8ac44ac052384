/* names.h - the suite's names for handles, both ways.
 *
 * Nothing is forgotten before names_clear(): a handle that has become stale
 * keeps its name.
 */
#ifndef PTG_ADAPTER_NAMES_H
#define PTG_ADAPTER_NAMES_H

#include <stdint.h>

#include <jansson.h>

struct names {
  json_t *handles; /* by name; NULL: there are none */
  json_t *names;   /* by handle */
};

/* handle is what name stands for from now on; zero: nothing. */
void names_add(struct names *names, const char *name, uint64_t handle);

/* Returns the handle. *is_known, which may be NULL: has it ever been added? */
uint64_t names_find(const struct names *names, const char *name, int *is_known);

/* Returns the name of a handle, or NULL. */
const char *names_of(const struct names *names, uint64_t handle);

void names_clear(struct names *names);

#endif
