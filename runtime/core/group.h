/* group.h - making, naming, walking and freeing groups. */
#ifndef PTG_CORE_GROUP_H
#define PTG_CORE_GROUP_H

#include "core.h"

/* Makes a group in the open group parent (PTG__NO_SLOT: it is the root), owned
 * by a task (PTG__NO_SLOT: by none). On failure user_data has not been
 * released. */
ptg_status ptg__group_create(struct ptg__core *core, uint32_t parent,
                             uint32_t owner, const ptg_group_options *options,
                             uint32_t *slot);

/* Says why there is no such group: a status of ptg__slab_find(). */
ptg_status ptg__group_not_found(struct ptg__core *core, ptg_status status);

/* Sets *slot, or fails as ptg__slab_find() does, with a message. */
static inline ptg_status ptg__group_find(struct ptg__core *core,
                                         ptg_group handle, uint32_t *slot) {
  ptg_status status = ptg__slab_find(&core->groups, handle, slot);
  return status == PTG_OK ? PTG_OK : ptg__group_not_found(core, status);
}

ptg_group ptg__group_handle(const struct ptg__core *core, uint32_t slot);

/* Frees a tree that has ended, or keeps it whole, for its report, until nothing
 * in it goes on any more: no abandoned task, and nothing left to tell. */
void ptg__group_let_go_tree(struct ptg__core *core, uint32_t top);

/* Something is to be told of a group: the ended tree it is in, if any, is kept
 * for that too. */
void ptg__group_hold_tree(struct ptg__core *core, uint32_t slot);

/* Something in a group is over, perhaps the last thing that its tree was kept
 * for. */
void ptg__group_let_go(struct ptg__core *core, uint32_t slot);

/* Frees a group and all below it, whatever their states; of their tasks nothing
 * is left. */
void ptg__group_free_tree(struct ptg__core *core, uint32_t top);

/* The group after slot in a walk over top and all below it, parents first,
 * siblings oldest first; PTG__NO_SLOT: that was the last. */
uint32_t ptg__group_walk(const struct ptg__core *core, uint32_t top,
                         uint32_t slot);

/* As ptg__group_walk(), children first. Starts at ptg__group_deepest(). */
uint32_t ptg__group_walk_up(const struct ptg__core *core, uint32_t top,
                            uint32_t slot);
uint32_t ptg__group_deepest(const struct ptg__core *core, uint32_t slot);

/* True if slot is top or lies below it. */
int ptg__group_is_within(const struct ptg__core *core, uint32_t slot,
                         uint32_t top);

void ptg__group_get_info(const struct ptg__core *core, uint32_t slot,
                         ptg_group_info *info);

/* Copies up to capacity handles; returns how many there are. */
size_t ptg__group_list_groups(const struct ptg__core *core, uint32_t slot,
                              ptg_group *groups, size_t capacity);

/* Sorts a list of groups that is linked through heap_next, and in which equal
 * ones stand in reverse: they come out the right way round. */
uint32_t ptg__group_sort(struct ptg__core *core, uint32_t list,
                         int (*is_before)(const struct ptg__group *,
                                          const struct ptg__group *));

/* A checker: no task of the group has been lost or counted twice. */
int ptg__group_adds_up(const struct ptg__group *group);

/* A checker: every invariant of a group and its list of tasks holds. */
int ptg__group_is_sound(const struct ptg__core *core, uint32_t slot);

#endif
