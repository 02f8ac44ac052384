/* event_bench.h - taking events in the tests of events: tasks and groups that
 * are told of by events, and a text of what was taken.
 */
#ifndef PTG_TESTS_EVENT_BENCH_H
#define PTG_TESTS_EVENT_BENCH_H

#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const ptg_task_type evented = {.size = sizeof(ptg_task_type),
                                      .flags = PTG_TASK_TYPE_EVENTS,
                                      .name = "evented"};
static const ptg_task_type mortal = {.size = sizeof(ptg_task_type),
                                     .flags = PTG_TASK_TYPE_EVENTS |
                                              PTG_TASK_TYPE_KILLABLE,
                                     .name = "mortal"};

/* What was taken, "name.kind " each. */
struct taken {
  char text[16384];
  size_t used;
  size_t count;
};

static inline ptg_task spawn_as(struct law *law, ptg_group group,
                                const ptg_task_type *type, const char *name) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  ptg_task task;
  assert_int_equal(ptg_task_spawn(law->runtime, group, type, &options,
                                  (void *)(uintptr_t)name, &task),
                   PTG_OK);
  return task;
}

static inline ptg_group_options event_options(struct law *law,
                                              const char *name) {
  ptg_group_options options = law_options(law, name);
  options.flags = PTG_GROUP_EVENTS;
  options.on_drain = options.on_closed = NULL;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  return options;
}

static inline ptg_group event_group(struct law *law, ptg_group parent,
                                    const char *name) {
  ptg_group_options options = event_options(law, name);
  return law_make(law, parent, &options);
}

static inline void note(struct taken *taken, const ptg_event *event) {
  static const char *const words[] = {"?",      "start", "wake", "drain",
                                      "cancel", "kill",  "done", "error",
                                      "drain",  "closed"};
  int is_hooks = event->kind == PTG_EVENT_ERROR && event->task == PTG_NONE;
  int is_groups = event->kind >= PTG_EVENT_GROUP_DRAIN || is_hooks;
  struct place *place = (struct place *)(uintptr_t)event->user_data;
  const char *name =
      is_groups ? place->name : (const char *)(uintptr_t)event->user_data;
  if (event->kind == PTG_EVENT_GROUP_CLOSED) place->told[ON_CLOSED]++;
  assert_in_range(event->kind, PTG_EVENT_START, PTG_EVENT_GROUP_CLOSED);
  assert_int_equal(is_groups, event->task == PTG_NONE);
  const char *status =
      event->status == PTG_OK ? "" : ptg_status_name(event->status) + 4;
  size_t left = sizeof(taken->text) - taken->used;
  int length = snprintf(taken->text + taken->used, left, "%s.%s%s%s ", name,
                        words[event->kind], status[0] ? ":" : "", status);
  assert_in_range(length, 1, left - 1);
  taken->used += (size_t)length;
  taken->count++;
}

/* Takes what there is, capacity at a time. */
static inline struct taken take_by(struct law *law, size_t capacity) {
  struct taken taken = {.used = 0};
  ptg_event events[256];
  size_t count = capacity;
  while (count == capacity) {
    memset(events, 0xAA, sizeof(events));
    assert_int_equal(ptg_events_take(law->runtime, events, sizeof(events[0]),
                                     capacity, &count),
                     PTG_OK);
    assert_true(count <= capacity);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(events[i].size, sizeof(events[i]));
      assert_int_equal(events[i].reserved0, 0);
      note(&taken, &events[i]);
    }
  }
  if (taken.used > 0) taken.text[taken.used - 1] = '\0';
  return taken;
}

static inline void takes(struct law *law, const char *expected) {
  struct taken taken = take_by(law, 256);
  assert_string_equal(taken.text, expected);
}

static inline ptg_event take_one(struct law *law) {
  ptg_event event;
  size_t count = 0;
  assert_int_equal(
      ptg_events_take(law->runtime, &event, sizeof(event), 1, &count), PTG_OK);
  assert_int_equal(count, 1);
  return event;
}

static inline void finish_as(struct law *law, ptg_task task, ptg_status status,
                             const char *message) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message = message;
  assert_int_equal(ptg_task_finish(law->runtime, task, &outcome), PTG_OK);
}

static inline void cancel_task(struct law *law, ptg_task task,
                               const char *reason) {
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = reason;
  assert_int_equal(ptg_task_cancel(law->runtime, task, &options), PTG_OK);
}

#endif
