/* picture.h - groups and tasks as flat arrays.
 *
 * Making a picture is two steps: measuring how much room it takes, and filling
 * that in. Only the second looks at every task, and it takes no memory, so
 * whoever has to wait for it waits for little.
 */
#ifndef PTG_CORE_PICTURE_H
#define PTG_CORE_PICTURE_H

#include "core.h"

/* Arrays with room for so much, of which so much is used. */
struct ptg__picture {
  ptg_snapshot_group *groups;
  ptg_snapshot_task *tasks;
  char *strings;
  uint64_t group_capacity;
  uint64_t task_capacity;
  uint64_t strings_capacity;
  uint64_t group_count;
  uint64_t task_count;
  uint64_t strings_size;
};

/* Adds the room that top and all below it take to the three capacities. */
void ptg__picture_measure(const struct ptg__core *core, uint32_t top,
                          struct ptg__picture *need);

/* Adds top and all below it. Returns 0, with the picture as it was, when there
 * is no room. */
int ptg__picture_add(struct ptg__core *core, uint32_t top, uint64_t runtime,
                     struct ptg__picture *picture);

#endif
