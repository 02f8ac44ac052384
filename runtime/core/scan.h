/* scan.h - all tasks of a group, in the order in which they are found fastest.
 */
#ifndef PTG_CORE_SCAN_H
#define PTG_CORE_SCAN_H

#include "core.h"

/* Copies a row for each task that has not ended, row_size bytes apart; returns
 * how many there are, and copies nothing when they do not fit. */
size_t ptg__scan(const struct ptg__core *core, uint32_t group, void *rows,
                 size_t row_size, size_t capacity);

#endif
