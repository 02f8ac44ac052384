/* gather.h - the room of pictures, and one picture of all runtimes. */
#ifndef PTG_LOOP_GATHER_H
#define PTG_LOOP_GATHER_H

#include "core/picture.h"

/* Makes an empty picture's room at least what was measured, or answers
 * PTG_ENOMEM. The memory is not a runtime's. */
ptg_status ptg__gather_make_room(struct ptg__picture *picture,
                                 const struct ptg__picture *need);
void ptg__gather_free(struct ptg__picture *picture);

/* Pictures every runtime that answers before uv_hrtime() is deadline_ns, in the
 * order of their numbers. On PTG_ENOMEM the picture stays empty. */
ptg_status ptg__gather_all(uint64_t deadline_ns, struct ptg__picture *picture,
                           uint64_t *runtimes, uint64_t *unanswered);

#endif
