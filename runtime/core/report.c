/* report.c - see report.h.
 *
 * A report is not gathered while a shutdown goes on, which would need memory:
 * it is read off the groups, which are kept for it.
 */
#include "report.h"

#include "group.h"
#include "row.h"

#define NOBODY PTG__NO_SLOT

static ptg_report_row row_of(const struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  const struct ptg__counts *now = &group->counts;
  const struct ptg__counts *before = &group->before;
  return (ptg_report_row){.size = sizeof(ptg_report_row),
                          .state = group->state,
                          .group = ptg__group_handle(core, slot),
                          .parent = ptg__group_handle(core, group->parent),
                          .name = group->name.bytes,
                          .name_length = group->name.length,
                          .waited_for = group->waited_for,
                          .begun_ns = group->begun_ns,
                          .drain_ns = group->drain_ns,
                          .cancel_ns = group->cancel_ns,
                          .closed_ns = group->closed_ns,
                          .drained = now->succeeded - before->succeeded,
                          .cancelled = now->cancelled - before->cancelled,
                          .failed = now->failed - before->failed,
                          .refused = now->refused - before->refused,
                          .abandoned = group->abandoned,
                          .killed = group->killed,
                          .originator = group->originator};
}

static int closed_earlier(const struct ptg__group *one,
                          const struct ptg__group *other) {
  if (one->closed_serial == 0) return 0;
  return other->closed_serial == 0 || one->closed_serial < other->closed_serial;
}

size_t ptg__report_make(struct ptg__core *core, uint32_t top, void *rows,
                        size_t row_size, size_t capacity) {
  size_t count = 0;
  uint32_t list = NOBODY;
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at)) {
    ptg__group_at(core, at)->heap_next = list;
    list = at;
    count++;
  }
  if (count > capacity) return count;
  unsigned char *out = rows;
  for (uint32_t at = ptg__group_sort(core, list, closed_earlier); at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    ptg_report_row row = row_of(core, at);
    ptg__row_copy(out, row_size, &row, sizeof(row));
    out += row_size;
  }
  return count;
}
