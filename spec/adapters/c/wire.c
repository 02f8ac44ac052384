/* wire.c - see wire.h.
 *
 * A line that cannot be written has nobody to read it: the program ends.
 */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_NO_READER 4

json_t *wire_read(char *why, size_t capacity) {
  static char *line;
  static size_t size;
  why[0] = '\0';
  ssize_t length = getline(&line, &size, stdin);
  if (length < 0) {
    free(line);
    line = NULL;
    return NULL;
  }
  json_error_t error;
  json_t *object = json_loadb(line, (size_t)length, JSON_ALLOW_NUL, &error);
  if (object == NULL) snprintf(why, capacity, "not JSON: %s", error.text);
  return object;
}

static void write_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(EXIT_NO_READER);
    bytes += written;
    length -= (size_t)written;
  }
}

void wire_write(json_t *object) {
  char *line = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  if (line == NULL) abort();
  size_t length = strlen(line);
  line[length] = '\n'; /* in the place of the NUL */
  write_all(line, length + 1);
  free(line);
}
