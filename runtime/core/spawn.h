/* spawn.h - how tasks come into their groups. */
#ifndef PTG_CORE_SPAWN_H
#define PTG_CORE_SPAWN_H

#include "core.h"

/* The flags of a spawn that there are. */
#define PTG__SPAWN_FLAGS (PTG_SPAWN_CLEANUP | PTG_SPAWN_OBSERVED)

/* Puts a task into group. type and options are complete and checked but for
 * what the core knows; options' lengths are resolved; NULL: none. On failure
 * user_data has not been released. */
ptg_status ptg__task_spawn(struct ptg__core *core, uint32_t group,
                           const ptg_task_type *type, ptg_task_options *options,
                           void *user_data, uint32_t *slot);

/* The same in two steps: a record is reserved, and later the spawn accepted,
 * or refused, which the task's done then tells. */
ptg_status ptg__task_reserve(struct ptg__core *core, uint32_t *slot);
ptg_status ptg__task_accept(struct ptg__core *core, uint32_t slot,
                            uint32_t group, const ptg_task_type *type,
                            ptg_task_options *options, void *user_data);
void ptg__task_refuse(struct ptg__core *core, uint32_t slot,
                      const ptg_task_type *type, void *user_data,
                      ptg_status status);

#endif
