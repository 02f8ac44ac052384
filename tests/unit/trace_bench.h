/* trace_bench.h - reading traces in their tests.
 *
 * Expected lines stand without their quotes; a handle is the name that a case
 * gave to it, in angle brackets, and <?> if it gave none.
 */
#ifndef PTG_TESTS_TRACE_BENCH_H
#define PTG_TESTS_TRACE_BENCH_H

#include "event_bench.h"

#include <ctype.h>
#include <jansson.h>
#include <pthread.h>

#define NAMES 32
#define HANDLES_FROM \
  UINT64_C(1000000000000) /* instants here are below that \
                           */

struct reader {
  char text[65536]; /* the lines since the last look */
  size_t used;
  size_t lines; /* ever */
  size_t longest;
  uint64_t handles[NAMES];
  const char *names[NAMES];
  size_t name_count;
};

static struct reader reader;

static inline void name(uint64_t handle, const char *text) {
  assert_true(reader.name_count < NAMES);
  reader.handles[reader.name_count] = handle;
  reader.names[reader.name_count++] = text;
}

static inline const char *name_of(uint64_t handle) {
  for (size_t i = 0; i < reader.name_count; i++)
    if (reader.handles[i] == handle) return reader.names[i];
  return "?";
}

static inline void put(const char *text, size_t length) {
  assert_true(reader.used + length < sizeof(reader.text));
  memcpy(reader.text + reader.used, text, length);
  reader.used += length;
  reader.text[reader.used] = '\0';
}

static inline void check_json(const char *line, size_t length) {
  json_error_t error;
  json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL) fail_msg("%s: %.*s", error.text, (int)length, line);
  assert_true(json_is_object(json));
  assert_true(json_is_integer(json_object_get(json, "at")));
  json_decref(json);
  assert_null(memchr(line, '\n', length));
}

/* Keeps a line as the cases write it: names are known only when it is read. */
static inline void read_line(ptg_runtime *runtime, const char *line,
                             size_t length, void *user_data) {
  (void)runtime;
  assert_ptr_equal(user_data, &reader);
  check_json(line, length);
  reader.lines++;
  if (length > reader.longest) reader.longest = length;
  put(line, length);
  put("\n", 1);
}

static inline void put_named(char *out, size_t size, const char *text) {
  size_t used = 0;
  for (const char *at = text; *at != '\0';) {
    assert_true(used + 64 < size);
    char *end = NULL;
    uint64_t number = isdigit((unsigned char)*at) ? strtoull(at, &end, 10) : 0;
    if (number >= HANDLES_FROM && number < UINT64_C(1) << 53) {
      used +=
          (size_t)snprintf(out + used, size - used, "<%s>", name_of(number));
    } else if (end != NULL) {
      used += (size_t)snprintf(out + used, size - used, "%.*s", (int)(end - at),
                               at);
    } else if (*at != '"') {
      out[used++] = *at;
    }
    at = end != NULL ? end : at + 1;
  }
  out[used] = '\0';
}

/* Compares the lines since the last look. */
static inline void reads(const char *expected) {
  static char named[sizeof(reader.text)];
  put_named(named, sizeof(named), reader.text);
  assert_string_equal(named, expected);
  reader.used = 0;
  reader.text[0] = '\0';
}

static inline void pass_over(void) {
  reader.used = 0;
  reader.text[0] = '\0';
}

static inline void begin(struct law *law) {
  memset(&reader, 0, sizeof(reader));
  name(law->root, "root");
  assert_int_equal(ptg_runtime_set_trace(law->runtime, read_line, &reader),
                   PTG_OK);
}

static inline struct actor *actor(struct law *law, ptg_group group,
                                  const char *text, struct script script) {
  struct actor *made = law_spawn(law, group, text, script);
  name(made->task, text);
  return made;
}

static inline ptg_group group(struct law *law, ptg_group parent,
                              const char *text) {
  ptg_group made = law_group(law, parent, text, 2 * SECOND, SECOND);
  name(made, text);
  return made;
}

#endif
