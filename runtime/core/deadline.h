/* deadline.h - limits, and how a deadline is shared out over a subtree.
 *
 * A group needs its cancel wait, and PTG_KILL_WAIT_NS if it has tasks that can
 * be killed; a subtree needs what its groups need along the longest chain of
 * those that close one after the other. A group has to be closed early enough
 * for all that comes after it to have what it needs:
 *
 *   close_by(child) = close_by(parent) - need(parent) - need(after child)
 *
 * When the deadline is shorter than the subtree's need, every need shrinks in
 * the same proportion. So no group can take a later one's cancel phase, and
 * all is closed by the deadline.
 */
#ifndef PTG_CORE_DEADLINE_H
#define PTG_CORE_DEADLINE_H

#include "core.h"

enum ptg__share_for { PTG__SHARE_REAL, PTG__SHARE_PLAN };

/* Limits as the core counts: INT64_MAX is for ever, 0 at once. */
int64_t ptg__limit(int64_t option_ns);
/* a + b, or INT64_MAX. */
int64_t ptg__limit_add(int64_t a, int64_t b);

/* How long the phases of a group may last, without regard to a deadline. */
int64_t ptg__limit_grace(const struct ptg__group *group);
int64_t ptg__limit_cancel_wait(const struct ptg__group *group);
int64_t ptg__limit_kill_wait(const struct ptg__group *group);

/* When the cancel phase of a group whose drain began at drain_ns begins at the
 * latest (given_ns: until when a task was given more time; 0: none was), and
 * when one whose cancel phase began at cancel_ns gives up on what cannot be
 * killed. */
int64_t ptg__limit_cancel_at(const struct ptg__group *group,
                             const struct ptg__share *share, int64_t drain_ns,
                             int64_t given_ns);
int64_t ptg__limit_give_up_at(const struct ptg__group *group,
                              const struct ptg__share *share,
                              int64_t cancel_ns);

/* Forgets the shares of all below top, but for those that follow from a
 * deadline that was asked for further down. */
void ptg__deadline_forget(struct ptg__core *core, uint32_t top);

/* Shares out the deadline of top, which is set in its share, over all below
 * it. O(groups + edges), but for the order of turns. */
void ptg__deadline_share(struct ptg__core *core, uint32_t top, int64_t now_ns,
                         enum ptg__share_for which);

#endif
