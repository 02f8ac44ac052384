/* describe.h - what the implementation says, as JSON.
 *
 * Structs of ptg.h are described by tables of columns: a column is a field of
 * the answer, and where and how it stands in the struct.
 */
#ifndef PTG_ADAPTER_DESCRIBE_H
#define PTG_ADAPTER_DESCRIBE_H

#include <stddef.h>

#include "adapter.h"
#include "text.h"

/* Returns the name of a handle, or the handle itself; null for nobody. */
json_t *describe_reference(const struct adapter *adapter, uint64_t handle);
json_t *describe_instant(const struct adapter *adapter, int64_t instant_ns);
json_t *describe_duration(int64_t duration_ns);
json_t *describe_status(ptg_status status);
/* text NULL: null. */
json_t *describe_text(const char *text, size_t length);
json_t *describe_flags(const struct word *words, uint32_t flags);
/* Fields that say nothing are left out. */
json_t *describe_outcome(const struct adapter *adapter,
                         const ptg_outcome *outcome);

enum column_kind {
  COLUMN_COUNT,     /* uint64_t */
  COLUMN_CODE,      /* int32_t */
  COLUMN_IS,        /* uint32_t */
  COLUMN_DURATION,  /* int64_t */
  COLUMN_LIMIT,     /* likewise; 0 is null */
  COLUMN_INSTANT,   /* int64_t */
  COLUMN_EVENTUAL,  /* likewise; 0 is null */
  COLUMN_REFERENCE, /* uint64_t */
  COLUMN_STATUS,    /* int32_t */
  COLUMN_WORD,      /* uint32_t */
  COLUMN_FLAGS,     /* uint32_t */
  COLUMN_TEXT,      /* const char *, and a size_t elsewhere */
  COLUMN_OPTIONAL,  /* likewise; an empty one is null */
  COLUMN_STRING     /* const char * with a NUL; NULL is null */
};

/* A list of them ends with one without a field. */
struct column {
  const char *field;
  enum column_kind kind;
  size_t offset;
  size_t length;            /* COLUMN_TEXT: the offset of its length */
  const struct word *words; /* COLUMN_WORD, COLUMN_FLAGS */
};

#define COLUMN(type, field, kind, member) \
  { field, COLUMN_##kind, offsetof(type, member), 0, NULL }
#define COLUMN_OF_WORDS(type, field, kind, member, words) \
  { field, COLUMN_##kind, offsetof(type, member), 0, words }
#define COLUMN_OF_TEXT(type, field, kind, member) \
  { \
    field, COLUMN_##kind, offsetof(type, member), \
        offsetof(type, member##_length), NULL \
  }
#define COLUMNS_END \
  { NULL, COLUMN_COUNT, 0, 0, NULL }

/* Adds to object what the columns say of a struct. */
void describe_columns(const struct adapter *adapter,
                      const struct column *columns, const void *data,
                      json_t *object);

#endif
