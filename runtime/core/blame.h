/* blame.h - who held a shutdown up. */
#ifndef PTG_CORE_BLAME_H
#define PTG_CORE_BLAME_H

#include "core.h"

/* Copy rows, or text, of the shutdown of a closed group; return how much there
 * is, and copy no rows when they do not fit. */
size_t ptg__blame_make(struct ptg__core *core, uint32_t top, void *rows,
                       size_t row_size, size_t capacity);
size_t ptg__blame_write(struct ptg__core *core, uint32_t top, char *text,
                        size_t capacity);

#endif
