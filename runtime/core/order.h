/* order.h - order edges between siblings, and the turns that follow from
 * them.
 *
 * The rule: of the children that no edge holds back, the newest has the next
 * turn. Unless the parent is parallel they have their turns one at a time.
 */
#ifndef PTG_CORE_ORDER_H
#define PTG_CORE_ORDER_H

#include "core.h"

/* Declares that first is closed before later begins to drain. */
ptg_status ptg__order_add_edge(struct ptg__core *core, uint32_t first,
                               uint32_t later);

/* A group is freed: it leaves the order of its siblings. */
void ptg__order_leave(struct ptg__core *core, uint32_t slot);

/* Links the children of parent that are not closed in the order of their
 * turns: turn_first, turn_next... Those whose turn has come are the first.
 * Every edge leads forward in it, but for those to a group whose turn has come:
 * they have lost their force. */
void ptg__order_children(struct ptg__core *core, uint32_t parent);

/* A group begins to end: it holds back the siblings that are to end later. */
void ptg__order_hold_back(struct ptg__core *core, uint32_t slot);

#endif
