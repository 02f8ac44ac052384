/* wire.h - lines of JSON: standard input and output. */
#ifndef PTG_ADAPTER_WIRE_H
#define PTG_ADAPTER_WIRE_H

#include <jansson.h>

/* Returns the next line as JSON; or NULL, at the end with an empty `why`, or
 * with what is wrong with the line. */
json_t *wire_read(char *why, size_t capacity);

/* Writes a line, at once, and gives the object back. */
void wire_write(json_t *object);

#endif
