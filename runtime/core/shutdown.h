/* shutdown.h - how groups end.
 *
 * A request marks the group and all below it as ending. Then, group by group,
 * a turn comes (PTG__GROUP_BEGIN): the children get their turns, in order;
 * when all are closed the group's own tasks are told to drain, then to cancel,
 * then killed or given up; then the group is closed, which is told, and which
 * lets the next sibling, or the parent, go on. Nothing here needs memory.
 */
#ifndef PTG_CORE_SHUTDOWN_H
#define PTG_CORE_SHUTDOWN_H

#include "core.h"

/* Begins the shutdown of a group, or tightens the one under way. options is
 * complete and checked. */
void ptg__shutdown_request(struct ptg__core *core, uint32_t top,
                           const ptg_shutdown_options *options);

/* Begins it without limits, on behalf of a task: it has failed, or was the
 * owner. */
void ptg__shutdown_request_for(struct ptg__core *core, uint32_t top,
                               uint32_t task);

/* Lets a drain phase last until then, as far as its deadline leaves it to;
 * returns how long it lasts now. */
int64_t ptg__shutdown_extend(struct ptg__core *core, uint32_t slot,
                             int64_t until_ns);

/* Sees whether what a group waits for in its phase has come about. */
void ptg__shutdown_look(struct ptg__core *core, uint32_t slot);

/* The limit of a group's phase has run out. */
void ptg__shutdown_limit(struct ptg__core *core, uint32_t slot);

/* Sets *action to the next thing to tell of a queued group, or returns 0. */
int ptg__shutdown_next(struct ptg__core *core, uint32_t slot,
                       struct ptg__action *action);

/* The closing of a group has been told: the next ones get their turn. */
void ptg__shutdown_told(struct ptg__core *core, uint32_t slot);

#endif
