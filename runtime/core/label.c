/* label.c - see label.h. */
#include "label.h"

#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "row.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT
#define FIRST_CAPACITY 64

struct label {
  const ptg_task_type *type; /* NULL: an empty place */
  struct ptg__string name;
  uint64_t count;
};

/* Open addressing, a power of two, at most half full. */
struct table {
  const struct ptg__memory *memory;
  struct label *labels;
  size_t capacity;
  size_t used;
};

static const char *type_name(const struct label *label) {
  return label->type->name != NULL ? label->type->name : "";
}

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash_byte(uint64_t hash, char byte) {
  return (hash ^ (unsigned char)byte) * UINT64_C(1099511628211);
}

static uint64_t hash(const struct label *label) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (const char *at = type_name(label); *at != '\0'; at++)
    hash = hash_byte(hash, *at);
  for (size_t i = 0; i < label->name.length; i++)
    hash = hash_byte(hash, label->name.bytes[i]);
  return hash ^ hash >> 32;
}

/* Types of one name count together: the name is what a monitor sees. */
static int is_same_type(const struct label *one, const struct label *other) {
  return one->type == other->type ||
         strcmp(type_name(one), type_name(other)) == 0;
}

static int is_same(const struct label *one, const struct label *other) {
  if (one->name.length != other->name.length || !is_same_type(one, other))
    return 0;
  return one->name.bytes == other->name.bytes ||
         memcmp(one->name.bytes, other->name.bytes, one->name.length) == 0;
}

static struct label *place_of(const struct table *table,
                              const struct label *label) {
  size_t at = (size_t)hash(label) & (table->capacity - 1);
  while (table->labels[at].type != NULL && !is_same(&table->labels[at], label))
    at = (at + 1) & (table->capacity - 1);
  return &table->labels[at];
}

static ptg_status grow(struct table *table) {
  struct table wider = {table->memory, NULL,
                        table->capacity ? table->capacity * 2 : FIRST_CAPACITY,
                        table->used};
  wider.labels =
      ptg__memory_take(table->memory, wider.capacity * sizeof(struct label));
  if (wider.labels == NULL) return PTG_ENOMEM;
  for (size_t i = 0; i < table->capacity; i++)
    if (table->labels[i].type != NULL)
      *place_of(&wider, &table->labels[i]) = table->labels[i];
  ptg__memory_give(table->memory, table->labels,
                   table->capacity * sizeof(struct label));
  *table = wider;
  return PTG_OK;
}

static ptg_status count_group(const struct ptg__core *core, uint32_t group,
                              struct table *table) {
  for (uint32_t at = ptg__group_at(core, group)->first_task; at != NOBODY;
       at = ptg__task_at(core, at)->next) {
    const struct ptg__task *task = ptg__task_at(core, at);
    if (task->state == PTG__TASK_ENDED) continue;
    if (table->used * 2 >= table->capacity && grow(table) != PTG_OK)
      return PTG_ENOMEM;
    struct label label = {task->type, ptg__task_name(core, at), 0};
    struct label *place = place_of(table, &label);
    if (place->type == NULL) {
      *place = label;
      table->used++;
    }
    place->count++;
  }
  return PTG_OK;
}

/* More frequent ones first; among equals the order of their names, so that the
 * answer does not depend on addresses. */
static int compare(const void *a, const void *b) {
  const struct label *one = a;
  const struct label *other = b;
  if (one->count != other->count) return one->count < other->count ? 1 : -1;
  if (one->type == NULL) return 0;
  int order = strcmp(one->name.bytes, other->name.bytes);
  return order != 0 ? order : strcmp(type_name(one), type_name(other));
}

static size_t copy_rows(const struct table *table, void *rows, size_t row_size,
                        size_t capacity) {
  size_t count = table->used < capacity ? table->used : capacity;
  unsigned char *out = rows;
  for (size_t i = 0; i < count; i++) {
    const struct label *label = &table->labels[i];
    ptg_name_row row = {.size = sizeof(row),
                        .count = label->count,
                        .type_name = label->type->name,
                        .name = label->name.bytes,
                        .name_length = label->name.length};
    ptg__row_copy(out, row_size, &row, sizeof(row));
    out += row_size;
  }
  return count;
}

ptg_status ptg__label_count(const struct ptg__core *core, uint32_t top,
                            void *rows, size_t row_size, size_t capacity,
                            size_t *count) {
  struct table table = {&core->memory, NULL, 0, 0};
  ptg_status status = PTG_OK;
  for (uint32_t at = top; at != NOBODY && status == PTG_OK;
       at = ptg__group_walk(core, top, at))
    status = count_group(core, at, &table);
  if (status == PTG_OK && table.used > 0) {
    qsort(table.labels, table.capacity, sizeof(struct label), compare);
    *count = copy_rows(&table, rows, row_size, capacity);
  }
  ptg__memory_give(&core->memory, table.labels,
                   table.capacity * sizeof(struct label));
  return status;
}
