/* process_lines.c - lines out of a stream of bytes. */
#include "process_lines.h"

#include <string.h>

#include "kind.h"

size_t ptg__lines_room(const struct ptg__lines *lines, char **room) {
  *room = lines->buffer + lines->used;
  return PTG__LINES_CAPACITY - lines->used;
}

void ptg__lines_add(struct ptg__lines *lines, size_t length) {
  KIND_CHECK(length <= PTG__LINES_CAPACITY - lines->used);
  lines->used += length;
}

static void take(struct ptg__lines *lines, size_t length) {
  lines->start += length;
  lines->scanned = 0;
}

static void move_to_front(struct ptg__lines *lines) {
  size_t left = lines->used - lines->start;
  if (lines->start > 0)
    memmove(lines->buffer, lines->buffer + lines->start, left);
  lines->start = 0;
  lines->used = left;
  lines->scanned = left;
}

int ptg__lines_next(struct ptg__lines *lines, int is_end, const char **line,
                    size_t *length) {
  if (lines->buffer == NULL) return 0;

  const char *first = lines->buffer + lines->start;
  size_t left = lines->used - lines->start;
  const char *end = memchr(first + lines->scanned, '\n', left - lines->scanned);
  *line = first;
  *length = end != NULL ? (size_t)(end - first) : left;

  if (*length > PTG__LINE_MAX) {
    *length = PTG__LINE_MAX;
    take(lines, *length);
    return 1;
  }
  if (end != NULL) {
    take(lines, *length + 1);
    return 1;
  }
  if (is_end && left > 0) {
    take(lines, left);
    return 1;
  }
  move_to_front(lines);
  return 0;
}
