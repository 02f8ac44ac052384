/* owner.h - groups bound to a task's life.
 *
 * The end of the owner shuts its groups down, and its own end is told only
 * when they are closed. An owner belongs to a group above those it owns, so
 * the two never wait for each other.
 */
#ifndef PTG_CORE_OWNER_H
#define PTG_CORE_OWNER_H

#include "core.h"

/* Finds a group's owner-to-be: a task of parent, or of a group above it. */
ptg_status ptg__owner_find(struct ptg__core *core, ptg_task handle,
                           uint32_t parent, uint32_t *task);

/* Binds a new group to its owner, or answers PTG_ENOMEM. */
ptg_status ptg__owner_bind(struct ptg__core *core, uint32_t group,
                           uint32_t task);

/* A group's owner; PTG_NONE: it has none, or that has ended. */
ptg_task ptg__owner_handle(const struct ptg__core *core, uint32_t group);

/* The owner has ended: shuts down what it owns; returns how much there is. */
uint32_t ptg__owner_ended(struct ptg__core *core, uint32_t task);

/* An owned group is closed, and told. */
void ptg__owner_let_go(struct ptg__core *core, uint32_t group);

#endif
