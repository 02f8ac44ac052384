/* names.c - see names.h. */
#include "names.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_SIZE 24

static const char *key_of(uint64_t handle, char key[KEY_SIZE]) {
  snprintf(key, KEY_SIZE, "%" PRIu64, handle);
  return key;
}

void names_add(struct names *names, const char *name, uint64_t handle) {
  char key[KEY_SIZE];
  if (names->handles == NULL) {
    names->handles = json_object();
    names->names = json_object();
  }
  json_object_set_new(names->handles, name, json_integer((json_int_t)handle));
  if (handle == 0) return;
  json_object_set_new(names->names, key_of(handle, key), json_string(name));
}

uint64_t names_find(const struct names *names, const char *name,
                    int *is_known) {
  json_t *handle = json_object_get(names->handles, name);
  if (is_known != NULL) *is_known = handle != NULL;
  return (uint64_t)json_integer_value(handle);
}

const char *names_of(const struct names *names, uint64_t handle) {
  char key[KEY_SIZE];
  return json_string_value(json_object_get(names->names, key_of(handle, key)));
}

void names_clear(struct names *names) {
  json_decref(names->handles);
  json_decref(names->names);
  names->handles = names->names = NULL;
}
