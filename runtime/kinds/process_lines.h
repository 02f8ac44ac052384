/* process_lines.h - lines out of a stream of bytes. */
#ifndef PTG_KINDS_PROCESS_LINES_H
#define PTG_KINDS_PROCESS_LINES_H

#include <stddef.h>

/* A longer line comes in pieces. */
#define PTG__LINE_MAX 65536

/* One byte past a full line tells whether it goes on; the rest is there so
 * that reads are never small. */
#define PTG__LINES_CAPACITY (PTG__LINE_MAX + 8192)

/* Invariant: start + scanned <= used <= PTG__LINES_CAPACITY. */
struct ptg__lines {
  char *buffer;   /* of PTG__LINES_CAPACITY, its owner's; NULL: not in use */
  size_t start;   /* of the bytes that were not taken yet */
  size_t scanned; /* from start on: known to hold no newline */
  size_t used;
};

/* The room for more bytes. There always is some once ptg__lines_next() has
 * returned 0. */
size_t ptg__lines_room(const struct ptg__lines *lines, char **room);

/* Says that length bytes were written there. */
void ptg__lines_add(struct ptg__lines *lines, size_t length);

/* Takes the next line, without its newline, or returns 0: there is none yet.
 * is_end: no more bytes will come, so the rest is a line as well. The line is
 * valid until the next call on lines. */
int ptg__lines_next(struct ptg__lines *lines, int is_end, const char **line,
                    size_t *length);

#endif
