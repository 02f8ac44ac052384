/* json.c - see json.h. */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

static void put(struct ptg__json *json, const char *bytes, size_t size) {
  if (json->length < json->capacity) {
    size_t room = json->capacity - json->length;
    memcpy(json->text + json->length, bytes, size < room ? size : room);
  }
  json->length += size;
}

/* What is between " and " in a string. Names are checked, but for those of
 * types: what is not UTF-8 there is not let through. */
static void put_escaped(struct ptg__json *json, const char *text,
                        size_t length) {
  unsigned limit = ptg__text_is_valid(text, length) ? 0x100 : 0x80;
  size_t done = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned byte = (unsigned char)text[i];
    if (byte >= 0x20 && byte != '"' && byte != '\\' && byte < limit) continue;
    put(json, text + done, i - done);
    char escaped[8];
    unsigned value = byte < limit ? byte : 0xFFFD; /* a replacement */
    int size = snprintf(escaped, sizeof(escaped), "\\u%04x", value);
    put(json, escaped, (size_t)size);
    done = i + 1;
  }
  put(json, text + done, length - done);
}

static void put_key(struct ptg__json *json, const char *key) {
  if (json->needs_comma) put(json, ",", 1);
  json->needs_comma = 1;
  if (key == NULL) return;
  put(json, "\"", 1);
  put(json, key, strlen(key));
  put(json, "\":", 2);
}

void ptg__json_open(struct ptg__json *json, const char *key, char bracket) {
  put_key(json, key);
  put(json, &bracket, 1);
  json->needs_comma = 0;
}

void ptg__json_close(struct ptg__json *json, char bracket) {
  put(json, &bracket, 1);
  json->needs_comma = 1;
}

static void put_digits(struct ptg__json *json, uint64_t number) {
  char digits[20];
  size_t at = sizeof(digits);
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  put(json, digits + at, sizeof(digits) - at);
}

void ptg__json_number(struct ptg__json *json, const char *key, int64_t number) {
  put_key(json, key);
  if (number < 0) put(json, "-", 1);
  put_digits(json, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void ptg__json_true(struct ptg__json *json, const char *key) {
  put_key(json, key);
  put(json, "true", 4);
}

void ptg__json_text(struct ptg__json *json, const char *key, const char *text,
                    size_t length) {
  put_key(json, key);
  put(json, "\"", 1);
  put_escaped(json, text, length);
  put(json, "\"", 1);
}

size_t ptg__json_end(struct ptg__json *json) {
  size_t end = json->length;
  if (json->capacity == 0) return end;
  if (end >= json->capacity)
    end = ptg__text_whole_length(json->text, json->capacity - 1);
  json->text[end] = '\0';
  return json->length;
}
