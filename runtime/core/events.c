/* events.c - see events.h. */
#include "events.h"

#include "check.h"
#include "cold.h"
#include "group.h"
#include "shutdown.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

static struct ptg__noted *noted_at(const struct ptg__core *core,
                                   uint32_t entry) {
  uint32_t slot = entry & ~PTG__QUEUE_GROUP;
  return entry & PTG__QUEUE_GROUP ? &ptg__group_at(core, slot)->noted
                                  : &ptg__task_at(core, slot)->noted;
}

static uint16_t bit_of(enum ptg__action_kind kind) {
  return (uint16_t)(1u << kind);
}

void ptg__events_note(struct ptg__core *core,
                      const struct ptg__action *action) {
  int is_group = action->kind == PTG__ACT_GROUP_DRAIN ||
                 action->kind == PTG__ACT_GROUP_CLOSED ||
                 (action->kind == PTG__ACT_ERROR && action->task == PTG_NONE);
  uint32_t entry = is_group ? action->slot | PTG__QUEUE_GROUP : action->slot;
  struct ptg__noted *noted = noted_at(core, entry);
  noted->kinds |= bit_of(action->kind);
  if (!is_group) {
    ptg__task_at(core, action->slot)->flags |= PTG__TASK_NOTED;
  } else if (action->kind == PTG__ACT_ERROR) {
    ptg__group_at(core, action->slot)->noted_status = action->outcome.status;
  }
  if (noted->is_queued) return;

  noted->is_queued = 1;
  ptg__queue_push(&core->events, entry, &noted->next);
}

void ptg__events_forget(struct ptg__task *task) {
  task->noted.kinds = 0;
}

void ptg__events_forget_wake(struct ptg__task *task) {
  task->noted.kinds &= (uint16_t)~bit_of(PTG__ACT_WAKE);
}

void ptg__events_keep(struct ptg__core *core, struct ptg__task_cold *cold) {
  cold->next_kept = core->kept;
  core->kept = cold;
}

void ptg__events_begin_take(struct ptg__core *core) {
  while (core->kept != NULL) {
    struct ptg__task_cold *cold = core->kept;
    core->kept = cold->next_kept;
    ptg__cold_give(core, cold);
  }
}

/* ----------------------------------------------------------------- take -- */

static uint32_t public_kind(enum ptg__action_kind kind) {
  static const uint32_t kinds[] = {
      [PTG__ACT_START] = PTG_EVENT_START,
      [PTG__ACT_WAKE] = PTG_EVENT_WAKE,
      [PTG__ACT_DRAIN] = PTG_EVENT_DRAIN,
      [PTG__ACT_CANCEL] = PTG_EVENT_CANCEL,
      [PTG__ACT_KILL] = PTG_EVENT_KILL,
      [PTG__ACT_DONE] = PTG_EVENT_DONE,
      [PTG__ACT_ERROR] = PTG_EVENT_ERROR,
      [PTG__ACT_GROUP_DRAIN] = PTG_EVENT_GROUP_DRAIN,
      [PTG__ACT_GROUP_CLOSED] = PTG_EVENT_GROUP_CLOSED};
  return kinds[kind];
}

/* The kinds are numbered in the order in which they can become true. */
static enum ptg__action_kind take_kind(struct ptg__noted *noted) {
  enum ptg__action_kind kind =
      (enum ptg__action_kind)__builtin_ctz(noted->kinds);
  noted->kinds &= (uint16_t)~bit_of(kind);
  return kind;
}

/* The nearest group that has events; is_gone: also one that is gone. */
static uint32_t nearest_with_events(const struct ptg__core *core, uint32_t from,
                                    int is_gone) {
  uint32_t at = from;
  while (at != NOBODY && (!ptg__events_of_group(core, at) ||
                          (ptg__group_at(core, at)->is_gone && !is_gone)))
    at = ptg__group_at(core, at)->parent;
  return at;
}

/* An error goes to the nearest group that has events: those with a handler on
 * the way there have failed at it. One that was noted before the only such
 * group was gone is not lost. */
static void fill_error(struct ptg__core *core, uint32_t from,
                       ptg_event *event) {
  uint32_t at = nearest_with_events(core, from, 0);
  if (at == NOBODY) at = nearest_with_events(core, from, 1);
  PTG_CHECK(at != NOBODY);
  event->originator = ptg__group_handle(core, from);
  event->group = ptg__group_handle(core, at);
}

/* What had to wait for the error of a hook to be taken goes on. */
static void took_hook_error(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->noted_status = PTG_OK;
  if (group->pending & PTG__GROUP_GONE) {
    ptg__core_queue_group(core, slot, 0);
  } else {
    ptg__shutdown_look(core, slot);
  }
}

static void fill_group(struct ptg__core *core, uint32_t slot,
                       enum ptg__action_kind kind, ptg_event *event) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  event->group = ptg__group_handle(core, slot);
  event->user_data = (uint64_t)(uintptr_t)group->options.user_data;
  if (kind == PTG__ACT_GROUP_CLOSED) ptg__core_told_closed(core, slot);
  if (kind != PTG__ACT_ERROR) return;
  event->status = group->noted_status;
  fill_error(core, slot, event);
  took_hook_error(core, slot);
}

static void fill_outcome(const struct ptg__task *task, ptg_event *event) {
  event->status = task->end.status;
  event->code = task->end.code;
  event->flags = ptg__task_outcome_flags(task);
  event->value = task->end.value;
  if (task->cold == NULL) return;
  event->text = task->cold->message.bytes;
  event->text_length = task->cold->message.length;
}

static void fill_task(struct ptg__core *core, uint32_t slot,
                      enum ptg__action_kind kind, ptg_event *event) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  event->group = ptg__group_handle(core, task->group);
  event->task = ptg__task_handle(core, slot);
  event->user_data = (uint64_t)(uintptr_t)task->user_data;
  if (kind == PTG__ACT_START) ptg__task_mark_started(core, slot);
  if (kind == PTG__ACT_CANCEL) {
    ptg_cancel_info info = ptg__task_cancel_info(core, slot);
    event->originator = info.originator;
    event->text = info.reason;
    event->text_length = info.reason_length;
  }
  if (kind == PTG__ACT_ERROR || kind == PTG__ACT_DONE)
    fill_outcome(task, event);
  if (kind == PTG__ACT_ERROR) {
    fill_error(core, task->group, event);
    /* The end waited for this; see ptg__events_hold_done(). */
    if (task->pending & PTG__TASK_DONE) ptg__core_queue_task(core, slot, 0);
  }
  if (kind == PTG__ACT_DONE) ptg__core_told_done(core, slot);
}

/* noted is the first. */
static void leave_queue(struct ptg__core *core, struct ptg__noted *noted) {
  core->events.first = noted->next;
  if (noted->next == NOBODY) ptg__queue_clear(&core->events);
  noted->is_queued = 0;
}

int ptg__events_next(struct ptg__core *core, ptg_event *event) {
  for (;;) {
    uint32_t entry = core->events.first;
    if (entry == NOBODY) return 0;
    struct ptg__noted *noted = noted_at(core, entry);
    if (noted->kinds == 0) {
      leave_queue(core, noted);
      continue;
    }
    enum ptg__action_kind kind = take_kind(noted);
    /* The last one may free the record: it leaves the queue before that. */
    if (noted->kinds == 0) leave_queue(core, noted);
    *event = (ptg_event){.size = sizeof(*event), .kind = public_kind(kind)};
    if (entry & PTG__QUEUE_GROUP) {
      fill_group(core, entry & ~PTG__QUEUE_GROUP, kind, event);
    } else {
      fill_task(core, entry, kind, event);
    }
    return 1;
  }
}
