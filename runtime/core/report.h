/* report.h - what a shutdown did. */
#ifndef PTG_CORE_REPORT_H
#define PTG_CORE_REPORT_H

#include "core.h"

/* Copies up to capacity rows, row_size bytes apart, in the order of closing,
 * not closed ones last; returns how many there are. Copies nothing when they
 * do not fit. */
size_t ptg__report_make(struct ptg__core *core, uint32_t top, void *rows,
                        size_t row_size, size_t capacity);

#endif
