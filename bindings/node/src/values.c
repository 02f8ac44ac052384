/* values.c - between JavaScript's values and those of ptg.h. */
#include <math.h>
#include <stdlib.h>

#include "host.h"

struct host *host_here(napi_env env, napi_callback_info info, size_t *count,
                       napi_value *arguments) {
  void *data = NULL;
  napi_get_cb_info(env, info, count, arguments, NULL, &data);
  return data;
}

static napi_value field_of(napi_env env, napi_value object, const char *key) {
  napi_value value = NULL;
  if (napi_get_named_property(env, object, key, &value) != napi_ok) return NULL;
  return value;
}

double get_number(napi_env env, napi_value object, const char *key) {
  double number = 0;
  napi_value value = field_of(env, object, key);
  if (value == NULL || napi_get_value_double(env, value, &number) != napi_ok)
    return 0;
  return number;
}

int64_t get_ns(napi_env env, napi_value object, const char *key) {
  double number = get_number(env, object, key);
  if (number >= 9223372036854775807.0) return INT64_MAX;
  if (number <= -9223372036854775807.0 || isnan(number)) return INT64_MIN;
  return (int64_t)number;
}

uint32_t get_bits(napi_env env, napi_value object, const char *key) {
  return (uint32_t)get_number(env, object, key);
}

/* What is no handle names nothing that there ever was. */
uint64_t get_handle(napi_env env, napi_value object, const char *key) {
  double number = get_number(env, object, key);
  if (!(number >= 0 && number < 18446744073709551615.0)) return UINT64_MAX;
  return (uint64_t)number;
}

char *text_of(napi_env env, napi_value value, size_t *length) {
  *length = 0;
  if (value == NULL ||
      napi_get_value_string_utf8(env, value, NULL, 0, length) != napi_ok)
    return NULL;
  char *text = malloc(*length + 1);
  if (text == NULL) return NULL;
  napi_get_value_string_utf8(env, value, text, *length + 1, length);
  return text;
}

char *get_text(napi_env env, napi_value object, const char *key,
               size_t *length) {
  char *text = text_of(env, field_of(env, object, key), length);
  if (text == NULL) *length = PTG_NUL_TERMINATED;
  return text;
}

napi_value text_value(napi_env env, const char *text, size_t length) {
  napi_value value = NULL;
  if (text == NULL)
    napi_get_undefined(env, &value);
  else
    napi_create_string_utf8(env, text, length, &value);
  return value;
}

napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}
