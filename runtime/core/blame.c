/* blame.c - see blame.h.
 *
 * Every group remembers whose closing let its drain begin. From the top down
 * that is a chain without gaps, and the time from one closing to the next is
 * the later one's.
 */
#include "blame.h"

#include <stdio.h>

#include "check.h"
#include "group.h"
#include "row.h"

#define NOBODY PTG__NO_SLOT

static void mark_tree(struct ptg__core *core, uint32_t top) {
  uint64_t mark = ++core->marks;
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at))
    ptg__group_at(core, at)->mark = mark;
}

/* Whom a group waited for, if that was within this shutdown: a group below may
 * have been ending by itself before, and its own parts were over then. */
static uint32_t before(const struct ptg__core *core, uint32_t top,
                       uint32_t slot) {
  uint32_t first;
  ptg_group handle = ptg__group_at(core, slot)->waited_for;
  if (handle == PTG_NONE) return NOBODY;
  if (ptg__slab_find(&core->groups, handle, &first) != PTG_OK) return NOBODY;
  if (ptg__group_at(core, first)->mark != core->marks) return NOBODY;
  int64_t begun_ns = ptg__group_at(core, top)->begun_ns;
  return ptg__group_at(core, first)->closed_ns >= begun_ns ? first : NOBODY;
}

/* Links the chain through heap_next, the first to close first. */
static uint32_t chain_of(struct ptg__core *core, uint32_t top) {
  uint32_t first = NOBODY;
  mark_tree(core, top);
  for (uint32_t at = top; at != NOBODY; at = before(core, top, at)) {
    ptg__group_at(core, at)->heap_next = first;
    first = at;
  }
  return first;
}

static ptg_blame_row row_of(const struct ptg__core *core, uint32_t slot,
                            int64_t since_ns) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  ptg_blame_row row = {.size = sizeof(row),
                       .group = ptg__group_handle(core, slot),
                       .name = group->name.bytes,
                       .name_length = group->name.length,
                       .held_ns = group->closed_ns - since_ns,
                       .abandoned = group->abandoned,
                       .task = group->last_task_handle,
                       .task_name = group->last_task_name.bytes,
                       .task_name_length = group->last_task_name.length};
  if (row.task != PTG_NONE)
    row.task_held_ns = group->last_task_ns - group->drain_ns;
  return row;
}

size_t ptg__blame_make(struct ptg__core *core, uint32_t top, void *rows,
                       size_t row_size, size_t capacity) {
  uint32_t first = chain_of(core, top);
  size_t count = 0;
  for (uint32_t at = first; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next)
    count++;
  if (count > capacity) return count;

  unsigned char *out = rows;
  int64_t since_ns = ptg__group_at(core, top)->begun_ns;
  for (uint32_t at = first; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    ptg_blame_row row = row_of(core, at, since_ns);
    since_ns = ptg__group_at(core, at)->closed_ns;
    ptg__row_copy(out, row_size, &row, sizeof(row));
    out += row_size;
  }
  return count;
}

struct text {
  char *bytes;
  size_t capacity;
  size_t length; /* of the whole, also of what did not fit */
};

static void add_row(struct text *text, const ptg_blame_row *row) {
  char line[512];
  int length = snprintf(line, sizeof(line), "%10.3f s  %s%s%s%s%s\n",
                        (double)row->held_ns / 1e9, row->name,
                        row->task != PTG_NONE ? ": " : "",
                        row->task != PTG_NONE ? row->task_name : "",
                        row->task == PTG_NONE ? "" : " was the last",
                        row->abandoned > 0 ? ", and was given up" : "");
  PTG_CHECK(length > 0 && (size_t)length < sizeof(line));
  for (int i = 0; i < length; i++) {
    /* A name may have a line's end in it: the row stays one line. */
    int is_control = (unsigned char)line[i] < 0x20 && i < length - 1;
    if (text->length + 1 < text->capacity)
      text->bytes[text->length] = is_control ? ' ' : line[i];
    text->length++;
  }
}

size_t ptg__blame_write(struct ptg__core *core, uint32_t top, char *bytes,
                        size_t capacity) {
  struct text text = {bytes, capacity, 0};
  int64_t since_ns = ptg__group_at(core, top)->begun_ns;
  for (uint32_t at = chain_of(core, top); at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    ptg_blame_row row = row_of(core, at, since_ns);
    since_ns = ptg__group_at(core, at)->closed_ns;
    add_row(&text, &row);
  }
  if (capacity == 0) return text.length;
  size_t end = text.length;
  if (end >= capacity) end = ptg__text_whole_length(bytes, capacity - 1);
  bytes[end] = '\0';
  return text.length;
}
