/* json.h - writing JSON into a caller's memory, counting what does not fit. */
#ifndef PTG_LOOP_JSON_H
#define PTG_LOOP_JSON_H

#include <stddef.h>
#include <stdint.h>

struct ptg__json {
  char *text;
  size_t capacity;
  size_t length; /* of the whole, also of what did not fit */
  int needs_comma;
};

/* key is NULL in an array and at the top. */
void ptg__json_open(struct ptg__json *json, const char *key, char bracket);
void ptg__json_close(struct ptg__json *json, char bracket);
void ptg__json_number(struct ptg__json *json, const char *key, int64_t number);
void ptg__json_true(struct ptg__json *json, const char *key);
void ptg__json_text(struct ptg__json *json, const char *key, const char *text,
                    size_t length);

/* Ends the text with a NUL and returns its length. */
size_t ptg__json_end(struct ptg__json *json);

#endif
