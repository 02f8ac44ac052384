/* watch.h - who waits for the end of a task or a group.
 *
 * Watches hang in a ring on what they watch, oldest first, and are told after
 * its own end has been.
 */
#ifndef PTG_CORE_WATCH_H
#define PTG_CORE_WATCH_H

#include "core.h"

/* Adds a watch to a task or group; options is complete and checked. On failure
 * user_data has not been released. */
ptg_status ptg__watch_add(struct ptg__core *core, uint64_t watched,
                          const ptg_watch_options *options, uint32_t *slot);

/* Sets *slot, or fails with a message. */
ptg_status ptg__watch_find(struct ptg__core *core, ptg_watch handle,
                           uint32_t *slot);

/* Takes a watch off what it watches and frees it, but for its user_data. */
ptg_watch_options ptg__watch_remove(struct ptg__core *core, uint32_t slot);

/* Sets *action to telling the first watch of a ring that it is over, and
 * removes that; returns 0 if there is none. */
int ptg__watch_next(struct ptg__core *core, uint32_t *first,
                    struct ptg__action *action);

/* What the watches of a closed group are told. */
ptg_outcome ptg__watch_group_outcome(const struct ptg__core *core,
                                     uint32_t group);

#endif
