/* label.h - which types and names of tasks are the most frequent. */
#ifndef PTG_CORE_LABEL_H
#define PTG_CORE_LABEL_H

#include "core.h"

/* Copies the capacity most frequent, row_size bytes apart, and sets *count to
 * how many that were; or answers PTG_ENOMEM. */
ptg_status ptg__label_count(const struct ptg__core *core, uint32_t top,
                            void *rows, size_t row_size, size_t capacity,
                            size_t *count);

#endif
