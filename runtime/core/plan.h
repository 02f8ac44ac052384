/* plan.h - what a shutdown would do at worst. */
#ifndef PTG_CORE_PLAN_H
#define PTG_CORE_PLAN_H

#include "core.h"

/* Copies up to capacity steps, step_size bytes apart, in the order in which
 * drains begin; returns how many there are. Copies nothing when they do not
 * fit. */
size_t ptg__plan_make(struct ptg__core *core, uint32_t top, void *steps,
                      size_t step_size, size_t capacity);

#endif
