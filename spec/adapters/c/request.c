/* request.c - see request.h. */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void request_refuse(struct request *request, const char *format, ...) {
  if (request_is_bad(request)) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(request->why, sizeof(request->why), format, arguments);
  va_end(arguments);
}

int request_is_bad(const struct request *request) {
  return request->why[0] != '\0';
}

/* Returns the value of a field; NULL: it was left out. */
static const json_t *field_of(const struct request *request,
                              const char *field) {
  const json_t *value = json_object_get(request->body, field);
  return json_is_null(value) ? NULL : value;
}

int request_has(const struct request *request, const char *field) {
  return field_of(request, field) != NULL;
}

int64_t request_integer(struct request *request, const char *field) {
  const json_t *value = field_of(request, field);
  if (value == NULL) return 0;
  if (json_is_integer(value)) return json_integer_value(value);
  request_refuse(request, "%s: not an integer", field);
  return 0;
}

int64_t request_duration(struct request *request, const char *field) {
  const char *text = json_string_value(field_of(request, field));
  if (text == NULL) return request_integer(request, field);
  if (strcmp(text, "forever") == 0) return PTG_FOREVER;
  if (strcmp(text, "at_once") == 0) return PTG_AT_ONCE;
  request_refuse(request, "%s: not a duration", field);
  return 0;
}

uint32_t request_flag(struct request *request, const char *field,
                      uint32_t bit) {
  const json_t *value = field_of(request, field);
  if (value != NULL && !json_is_boolean(value))
    request_refuse(request, "%s: neither true nor false", field);
  return json_is_true(value) ? bit : 0;
}

void request_text(struct request *request, const char *field, const char **text,
                  size_t *length) {
  const json_t *value = field_of(request, field);
  if (value == NULL) return;
  if (!json_is_string(value)) {
    request_refuse(request, "%s: not a string", field);
    return;
  }
  *text = json_string_value(value);
  if (length != NULL) *length = json_string_length(value);
}

uint64_t request_handle(struct request *request, const char *field) {
  const json_t *value = field_of(request, field);
  if (value == NULL) return PTG_NONE;
  if (json_is_integer(value)) return (uint64_t)json_integer_value(value);
  if (!json_is_string(value)) {
    request_refuse(request, "%s: neither a name nor a handle", field);
    return PTG_NONE;
  }
  int is_known;
  const char *name = json_string_value(value);
  uint64_t handle = names_find(&request->adapter->names, name, &is_known);
  if (!is_known)
    request_refuse(request, "%s: nothing is named %s", field, name);
  return handle;
}

int32_t request_word(struct request *request, const char *field,
                     const struct word *words) {
  const char *text = NULL;
  request_text(request, field, &text, NULL);
  if (text == NULL) return 0;
  const struct word *word = text_find(words, text);
  if (word != NULL) return word->value;
  request_refuse(request, "%s: not known: %s", field, text);
  return 0;
}

uint32_t request_tells(struct request *request, const struct word *words,
                       uint32_t otherwise) {
  const json_t *list = field_of(request, "tells");
  if (list == NULL) return otherwise;
  uint32_t tells = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *text = json_string_value(json_array_get(list, i));
    const struct word *word = text != NULL ? text_find(words, text) : NULL;
    if (word != NULL) {
      tells |= (uint32_t)word->value;
    } else {
      request_refuse(request, "tells: not known: %s",
                     text != NULL ? text : "not a string");
    }
  }
  if (!json_is_array(list)) request_refuse(request, "tells: not a list");
  return tells;
}

void request_outcome(struct request *request, ptg_outcome *outcome) {
  json_t *body = request->body;
  json_t *inner = json_object_get(body, "outcome");
  if (json_is_object(inner)) {
    request->body = inner;
  } else if (inner != NULL) {
    request_refuse(request, "outcome: not an object");
  }
  outcome->status = request_word(request, "status", statuses);
  outcome->code = (int32_t)request_integer(request, "code");
  outcome->value = (uint64_t)request_integer(request, "value");
  request_text(request, "message", &outcome->message, &outcome->message_length);
  request->body = body;
}
