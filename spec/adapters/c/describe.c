/* describe.c - see describe.h. */
#include "describe.h"

#include <stdio.h>
#include <string.h>

json_t *describe_reference(const struct adapter *adapter, uint64_t handle) {
  if (handle == PTG_NONE) return json_null();
  const char *name = names_of(&adapter->names, handle);
  return name != NULL ? json_string(name) : json_integer((json_int_t)handle);
}

json_t *describe_instant(const struct adapter *adapter, int64_t instant_ns) {
  return json_integer(instant_ns - adapter->begin_ns);
}

json_t *describe_duration(int64_t duration_ns) {
  if (duration_ns == PTG_FOREVER) return json_string("forever");
  if (duration_ns == PTG_AT_ONCE) return json_string("at_once");
  return json_integer(duration_ns);
}

json_t *describe_status(ptg_status status) {
  const char *word = text_of(statuses, status);
  return word != NULL ? json_string(word) : json_sprintf("status %d", status);
}

json_t *describe_text(const char *text, size_t length) {
  if (text == NULL) return json_null();
  json_t *string = json_stringn(text, length);
  return string != NULL ? string : json_string("(not UTF-8)");
}

json_t *describe_flags(const struct word *words, uint32_t flags) {
  json_t *list = json_array();
  for (const struct word *word = words; word->text != NULL; word++) {
    if (flags & (uint32_t)word->value)
      json_array_append_new(list, json_string(word->text));
    flags &= ~(uint32_t)word->value;
  }
  if (flags != 0) json_array_append_new(list, json_integer(flags));
  return list;
}

json_t *describe_outcome(const struct adapter *adapter,
                         const ptg_outcome *outcome) {
  json_t *object = json_object();
  json_object_set_new(object, "status", describe_status(outcome->status));
  if (outcome->code != 0)
    json_object_set_new(object, "code", json_integer(outcome->code));
  if (outcome->value != 0)
    json_object_set_new(object, "value",
                        json_integer((json_int_t)outcome->value));
  if (outcome->message != NULL)
    json_object_set_new(
        object, "message",
        describe_text(outcome->message, outcome->message_length));
  if (outcome->flags != 0)
    json_object_set_new(object, "flags",
                        describe_flags(outcome_flags, outcome->flags));
  if (outcome->reason != NULL)
    json_object_set_new(object, "reason",
                        describe_text(outcome->reason, outcome->reason_length));
  if (outcome->originator != PTG_NONE)
    json_object_set_new(object, "originator",
                        describe_reference(adapter, outcome->originator));
  return object;
}

/* --------------------------------------------------------------- columns -- */

static int64_t read_64(const void *at) {
  int64_t value;
  memcpy(&value, at, sizeof(value));
  return value;
}

static int32_t read_32(const void *at) {
  int32_t value;
  memcpy(&value, at, sizeof(value));
  return value;
}

static const char *read_pointer(const void *at) {
  const char *value;
  memcpy(&value, at, sizeof(value));
  return value;
}

static json_t *describe_word(const struct word *words, int32_t value) {
  const char *text = text_of(words, value);
  return text != NULL ? json_string(text) : json_integer(value);
}

static json_t *describe_string(const struct column *column, const char *data) {
  const char *text = read_pointer(data + column->offset);
  if (text == NULL) return json_null();
  if (column->kind == COLUMN_STRING) return describe_text(text, strlen(text));
  size_t length;
  memcpy(&length, data + column->length, sizeof(length));
  if (column->kind == COLUMN_OPTIONAL && length == 0) return json_null();
  return describe_text(text, length);
}

static json_t *describe_column(const struct adapter *adapter,
                               const struct column *column, const char *data) {
  const void *at = data + column->offset;
  switch (column->kind) {
  case COLUMN_COUNT:
    return json_integer(read_64(at));
  case COLUMN_CODE:
    return json_integer(read_32(at));
  case COLUMN_IS:
    return json_boolean(read_32(at));
  case COLUMN_LIMIT:
    return read_64(at) != 0 ? describe_duration(read_64(at)) : json_null();
  case COLUMN_DURATION:
    return describe_duration(read_64(at));
  case COLUMN_EVENTUAL:
    return read_64(at) != 0 ? describe_instant(adapter, read_64(at))
                            : json_null();
  case COLUMN_INSTANT:
    return describe_instant(adapter, read_64(at));
  case COLUMN_REFERENCE:
    return describe_reference(adapter, (uint64_t)read_64(at));
  case COLUMN_STATUS:
    return describe_status(read_32(at));
  case COLUMN_WORD:
    return describe_word(column->words, read_32(at));
  case COLUMN_FLAGS:
    return describe_flags(column->words, (uint32_t)read_32(at));
  default:
    return describe_string(column, data);
  }
}

void describe_columns(const struct adapter *adapter,
                      const struct column *columns, const void *data,
                      json_t *object) {
  for (const struct column *column = columns; column->field != NULL; column++)
    json_object_set_new(object, column->field,
                        describe_column(adapter, column, data));
}
