/* memo.c - see memo.h. */
#include "memo.h"

#include <string.h>

#include "row.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

static void set_text(struct ptg__short_text *text, const char *bytes,
                     size_t length) {
  size_t limit = sizeof(text->bytes) - 1;
  if (length > limit) length = limit;
  text->length = (uint32_t)ptg__text_whole_length(bytes, length);
  if (text->length > 0) memcpy(text->bytes, bytes, text->length);
  text->bytes[text->length] = '\0';
}

static int is_same(const struct ptg__short_text *one,
                   const struct ptg__short_text *other) {
  return one->length == other->length &&
         memcmp(one->bytes, other->bytes, one->length) == 0;
}

/* -------------------------------------------------------------- failures -- */

static struct ptg__failure *find_failure(struct ptg__failures *failures,
                                         const struct ptg__failure *like) {
  struct ptg__failure *oldest = &failures->rows[0];
  for (size_t i = 0; i < PTG__FAILURES; i++) {
    struct ptg__failure *row = &failures->rows[i];
    if (row->count > 0 && row->status == like->status &&
        row->code == like->code && is_same(&row->name, &like->name) &&
        is_same(&row->message, &like->message))
      return row;
    if (row->serial < oldest->serial) oldest = row;
  }
  *oldest = *like;
  return oldest;
}

void ptg__memo_note_failure(struct ptg__core *core, uint32_t slot,
                            uint32_t task, ptg_status status) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->failures == NULL)
    group->failures = ptg__memory_take(&core->memory, sizeof(*group->failures));
  if (group->failures == NULL) return;

  struct ptg__failure like = {.status = status, .first_ns = core->now_ns};
  if (task != NOBODY) {
    ptg_outcome outcome;
    ptg__task_get_outcome(core, task, &outcome);
    struct ptg__string name = ptg__task_name(core, task);
    like.code = outcome.code;
    set_text(&like.name, name.bytes, name.length);
    set_text(&like.message, outcome.message, outcome.message_length);
  }
  struct ptg__failure *row = find_failure(group->failures, &like);
  row->count++;
  row->last_ns = core->now_ns;
  row->serial = ++group->failures->noted;
}

static ptg_failure_row failure_row(const struct ptg__failure *failure) {
  return (ptg_failure_row){.size = sizeof(ptg_failure_row),
                           .status = failure->status,
                           .code = failure->code,
                           .count = failure->count,
                           .first_ns = failure->first_ns,
                           .last_ns = failure->last_ns,
                           .name = failure->name.bytes,
                           .name_length = failure->name.length,
                           .message = failure->message.bytes,
                           .message_length = failure->message.length};
}

/* The latest of those noted before another one. */
static const struct ptg__failure *
latest_before(const struct ptg__failures *failures, uint64_t serial) {
  const struct ptg__failure *latest = NULL;
  for (size_t i = 0; i < PTG__FAILURES; i++) {
    const struct ptg__failure *row = &failures->rows[i];
    if (row->count == 0 || row->serial >= serial) continue;
    if (latest == NULL || row->serial > latest->serial) latest = row;
  }
  return latest;
}

size_t ptg__memo_list_failures(const struct ptg__core *core, uint32_t slot,
                               void *rows, size_t row_size, size_t capacity) {
  const struct ptg__failures *failures = ptg__group_at(core, slot)->failures;
  if (failures == NULL) return 0;
  size_t count = 0;
  for (size_t i = 0; i < PTG__FAILURES; i++)
    count += failures->rows[i].count > 0;
  if (count > capacity) return count;

  unsigned char *out = rows;
  const struct ptg__failure *at = latest_before(failures, UINT64_MAX);
  for (; at != NULL; at = latest_before(failures, at->serial)) {
    ptg_failure_row row = failure_row(at);
    ptg__row_copy(out, row_size, &row, sizeof(row));
    out += row_size;
  }
  return count;
}

/* --------------------------------------------------------------- history -- */

static size_t history_size(const struct ptg__group *group) {
  return (size_t)group->options.history * sizeof(group->history[0]);
}

ptg_status ptg__memo_init(struct ptg__core *core, struct ptg__group *group) {
  if (group->options.history == 0) return PTG_OK;
  if (group->options.history > SIZE_MAX / sizeof(group->history[0]))
    return PTG_ENOMEM;
  group->history = ptg__memory_take(&core->memory, history_size(group));
  return group->history != NULL ? PTG_OK : PTG_ENOMEM;
}

void ptg__memo_fini(struct ptg__core *core, struct ptg__group *group) {
  ptg__memory_give(&core->memory, group->history, history_size(group));
  ptg__memory_give(&core->memory, group->failures, sizeof(*group->failures));
}

void ptg__memo_note_end(struct ptg__core *core, uint32_t slot, uint32_t at) {
  struct ptg__group *group = ptg__group_at(core, slot);
  const struct ptg__task *task = ptg__task_at(core, at);
  ptg_outcome outcome;
  ptg__task_get_outcome(core, at, &outcome);
  struct ptg__string name = ptg__task_name(core, at);
  struct ptg__ended *row =
      &group->history[group->remembered++ % group->options.history];
  *row = (struct ptg__ended){.task = ptg__task_handle(core, at),
                             .spawner = task->spawner,
                             .originator = outcome.originator,
                             .spawned_ns = task->spawned_ns,
                             .ended_ns = core->now_ns,
                             .status = outcome.status,
                             .code = outcome.code,
                             .flags = outcome.flags};
  set_text(&row->name, name.bytes, name.length);
}

size_t ptg__memo_list_history(const struct ptg__core *core, uint32_t slot,
                              void *rows, size_t row_size, size_t capacity) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  uint64_t count = group->remembered;
  if (count > group->options.history) count = group->options.history;
  if (count > capacity) return count;

  unsigned char *out = rows;
  for (uint64_t i = 1; i <= count; i++) {
    const struct ptg__ended *ended =
        &group->history[(group->remembered - i) % group->options.history];
    ptg_history_row row = {.size = sizeof(row),
                           .status = ended->status,
                           .code = ended->code,
                           .flags = ended->flags,
                           .task = ended->task,
                           .spawner = ended->spawner,
                           .originator = ended->originator,
                           .spawned_ns = ended->spawned_ns,
                           .ended_ns = ended->ended_ns,
                           .name = ended->name.bytes,
                           .name_length = ended->name.length};
    ptg__row_copy(out, row_size, &row, sizeof(row));
    out += row_size;
  }
  return (size_t)count;
}

/* ------------------------------------------------------------------ last -- */

void ptg__memo_note_last(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group =
      ptg__group_at(core, ptg__task_at(core, slot)->group);
  struct ptg__string name = ptg__task_name(core, slot);
  group->last_task_ns = core->now_ns;
  group->last_task_handle = ptg__task_handle(core, slot);
  set_text(&group->last_task_name, name.bytes, name.length);
}
