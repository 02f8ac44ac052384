/* row.h - rows that are copied into a caller's array. */
#ifndef PTG_CORE_ROW_H
#define PTG_CORE_ROW_H

#include <stdint.h>
#include <string.h>

/* Copies a row into a place of row_size bytes, which may be more or less than
 * the row, and says in the row's first field how much of it is there. */
static inline void ptg__row_copy(void *place, size_t row_size, const void *row,
                                 uint32_t size) {
  if (row_size < size) {
    size = (uint32_t)row_size;
    memcpy(place, row, size);
  } else {
    memcpy(place, row, size);
    if (row_size > size) memset((char *)place + size, 0, row_size - size);
  }
  memcpy(place, &size, sizeof(size));
}

#endif
