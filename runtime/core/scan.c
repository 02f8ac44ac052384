/* scan.c - see scan.h.
 *
 * After much coming and going the list of a group leads all over the memory,
 * and each step of it waits for the one before. A large group is found faster
 * by looking at every record, one after the other.
 */
#include "scan.h"

#include "row.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

/* A step of the list costs as much as looking at so many records. */
#define RECORDS_A_STEP 4

/* What is read of a task outside its record is called for so many early. */
#define SOON 24

struct scan {
  const struct ptg__core *core;
  unsigned char *next; /* row */
  size_t row_size;
  const ptg_task_type *type; /* of the last name that was the type's */
  struct ptg__string name;
};

static void add(struct scan *scan, uint32_t slot,
                const struct ptg__task *task) {
  struct ptg__string name;
  if (task->cold != NULL && task->cold->name.bytes != NULL) {
    name = task->cold->name;
  } else {
    if (scan->type != task->type) scan->name = ptg__task_name(scan->core, slot);
    scan->type = task->type;
    name = scan->name;
  }
  ptg_task_row row = {.size = sizeof(row),
                      .state = ptg__task_public_state(task),
                      .task = ptg__task_handle(scan->core, slot),
                      .name = name.bytes,
                      .name_length = name.length};
  ptg__row_copy(scan->next, scan->row_size, &row, sizeof(row));
  scan->next += scan->row_size;
}

static void scan_list(struct scan *scan, const struct ptg__group *group) {
  for (uint32_t at = group->first_task; at != NOBODY;
       at = ptg__task_at(scan->core, at)->next) {
    const struct ptg__task *task = ptg__task_at(scan->core, at);
    if (task->state != PTG__TASK_ENDED) add(scan, at, task);
  }
}

static void scan_block(struct scan *scan, uint32_t group,
                       const struct ptg__block *block) {
  const struct ptg__task *tasks = (const void *)block->records;
  for (uint32_t i = 0; i < block->used; i++) {
    const struct ptg__task *task = &tasks[i];
    /* Of a record that is free this is an address that is never read. */
    if (i + SOON < block->used) __builtin_prefetch(task[SOON].cold);
    if (block->count[i] % 2 == 0 || task->group != group) continue;
    if (task->state == PTG__TASK_ENDED) continue;
    add(scan, block->number << PTG__BLOCK_BITS | i, task);
  }
}

size_t ptg__scan(const struct ptg__core *core, uint32_t slot, void *rows,
                 size_t row_size, size_t capacity) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  size_t count = group->live + group->abandoned - group->late;
  if (count > capacity) return count;
  struct scan scan = {.core = core, .next = rows, .row_size = row_size};
  if (count < core->tasks.live / RECORDS_A_STEP) {
    scan_list(&scan, group);
    return count;
  }
  const struct ptg__block *block = core->tasks.newest;
  for (; block != NULL; block = block->next)
    scan_block(&scan, slot, block);
  return count;
}
