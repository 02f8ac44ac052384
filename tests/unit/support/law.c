/* law.c - see law.h. */
#include "law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* So many groups are looked at in every callback; more only in between. */
#define PLACES_WATCHED 64

/* Each closes at least one group, of those that have tasks to kill. */
#define CLOSING_ROUNDS_MAX 1000

/* ---------------------------------------------------------------- memory -- */

/* Each block begins with its size, so that a false old_size is found out. */
static void *counting_alloc(void *data, void *block, size_t old_size,
                            size_t new_size) {
  struct law *law = data;
  size_t *head = block == NULL ? NULL : (size_t *)block - 2;
  assert_int_equal(head == NULL ? 0 : head[0], old_size);
  law->takings += new_size > 0;
  if (new_size > old_size && law->has_no_memory) return NULL;
  if (new_size > old_size && law->memory_left > 0 && --law->memory_left == 0)
    return NULL;
  law->balance += new_size - old_size;
  if (new_size == 0) {
    free(head);
    return NULL;
  }
  head = realloc(head, new_size + 2 * sizeof(*head));
  assert_non_null(head);
  head[0] = new_size;
  return head + 2;
}

/* ----------------------------------------------------------------- watch -- */

static void watch_place(struct place *place) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_runtime *runtime = place->law->runtime;
  if (place->group == PTG_NONE ||
      ptg_group_get_info(runtime, place->group, &info) != PTG_OK)
    return;
  assert_true(info.state >= place->state);
  place->state = info.state;
  assert_int_equal(info.spawned, info.live + info.succeeded + info.failed +
                                     info.cancelled + info.abandoned);
  assert_true(info.pending <= info.live && info.late <= info.abandoned);
  size_t listed = 0;
  ptg_group_list_tasks(runtime, place->group, NULL, 0, &listed);
  assert_int_equal(listed, info.live + info.abandoned - info.late);
}

static void watch(struct law *law) {
  for (struct place *place = law->places; place; place = place->next)
    watch_place(place);
}

ptg_status law_tell(struct law *law, enum event event, const char *name,
                    const char *what) {
  static const char *const words[] = {"start",  "drain",   "cancel", "kill",
                                      "done",   "release", "error",  "drain",
                                      "closed", "release", "over"};
  if (law->traced & TRACE(event)) {
    size_t left = sizeof(law->trace) - law->trace_used;
    int length =
        snprintf(law->trace + law->trace_used, left, "%s.%s%s%s@%.10g ", name,
                 words[event], what[0] ? ":" : "", what,
                 (double)law_now(law) / (double)SECOND);
    assert_true(length > 0 && (size_t)length < left);
    law->trace_used += (size_t)length;
  }
  if (law->place_count <= PLACES_WATCHED) watch(law);
  return law->react != NULL ? law->react(law, event, name) : PTG_OK;
}

/* ---------------------------------------------------------------- groups -- */

static ptg_status told_group(struct place *place, enum event event,
                             const char *what) {
  place->told[event]++;
  return law_tell(place->law, event, place->name, what);
}

ptg_status law_on_error(ptg_runtime *runtime, const ptg_error *error,
                        void *user_data) {
  struct place *place = user_data;
  place->law->error = error;
  ptg_status status =
      told_group(place, ERROR, error->task != PTG_NONE ? error->name : "hook");
  place->law->error = NULL;
  return status;
}

static ptg_status on_group_drain(ptg_runtime *runtime, ptg_group group,
                                 void *user_data) {
  return told_group(user_data, ON_DRAIN, "");
}

static ptg_status on_group_closed(ptg_runtime *runtime, ptg_group group,
                                  void *user_data) {
  return told_group(user_data, ON_CLOSED, "");
}

static void on_group_release(void *user_data) {
  struct place *place = user_data;
  told_group(place, GROUP_RELEASE, "");
}

ptg_group_options law_options(struct law *law, const char *name) {
  struct place *place = calloc(1, sizeof(*place));
  assert_non_null(place);
  *place = (struct place){.law = law, .next = law->places, .name = name};
  law->places = place;
  law->place_count++;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = name;
  options.on_drain = on_group_drain;
  options.on_closed = on_group_closed;
  options.release = on_group_release;
  options.user_data = place;
  return options;
}

ptg_group law_make(struct law *law, ptg_group parent,
                   const ptg_group_options *options) {
  struct place *place = options->user_data;
  assert_int_equal(
      ptg_group_create(law->runtime, parent, options, &place->group), PTG_OK);
  return place->group;
}

ptg_group law_group(struct law *law, ptg_group parent, const char *name,
                    int64_t grace_ns, int64_t cancel_wait_ns) {
  ptg_group_options options = law_options(law, name);
  options.grace_ns = grace_ns;
  options.cancel_wait_ns = cancel_wait_ns;
  return law_make(law, parent, &options);
}

ptg_group_info law_info(const struct law *law, ptg_group group) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, group, &info), PTG_OK);
  return info;
}

void law_shutdown(struct law *law, ptg_group group) {
  assert_int_equal(ptg_group_shutdown(law->runtime, group, NULL), PTG_OK);
}

void law_force(struct law *law, ptg_group group) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  assert_int_equal(ptg_group_shutdown(law->runtime, group, &options), PTG_OK);
}

/* ------------------------------------------------------------------ time -- */

void law_advance(struct law *law, int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(law->runtime, duration_ns), PTG_OK);
  watch(law);
}

int64_t law_now(const struct law *law) {
  int64_t now_ns = 0;
  if (law->runtime != NULL) ptg_runtime_get_time(law->runtime, &now_ns);
  return now_ns - 1; /* a manual clock begins at 1 */
}

void law_traced(struct law *law, const char *expected) {
  if (law->trace_used > 0) law->trace[law->trace_used - 1] = '\0';
  assert_string_equal(law->trace, expected);
  law->trace_used = 0;
  law->trace[0] = '\0';
}

/* A linear congruential generator, so that a failure can be had again. */
uint32_t law_pick(uint64_t *seed, uint32_t below) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*seed >> 33) % below;
}

/* -------------------------------------------------------------- fixtures -- */

int law_setup(void **state) {
  struct law *law = calloc(1, sizeof(*law));
  assert_non_null(law);
  *state = law;
  ptg_group_options root = law_options(law, "root");
  root.on_error = law_on_error;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.alloc = counting_alloc;
  options.alloc_data = law;
  options.root = &root;
  assert_int_equal(ptg_runtime_create(&options, &law->runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(law->runtime, &law->root), PTG_OK);
  law->places->group = law->root;
  return 0;
}

/* Whatever a case has left; its groups are told closed by events then. */
static void take_events(struct law *law) {
  ptg_event event;
  for (size_t count = 1; count > 0;) {
    assert_int_equal(
        ptg_events_take(law->runtime, &event, sizeof(event), 1, &count),
        PTG_OK);
    if (count > 0 && event.kind == PTG_EVENT_GROUP_CLOSED)
      ((struct place *)(uintptr_t)event.user_data)->told[ON_CLOSED]++;
  }
}

static void close_all(struct law *law) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  options.cancel_wait_ns = PTG_AT_ONCE;
  assert_int_equal(ptg_group_shutdown(law->runtime, law->root, &options),
                   PTG_OK);
  for (int rounds = 0; rounds < CLOSING_ROUNDS_MAX; rounds++) {
    law_advance(law, PTG_KILL_WAIT_NS);
    take_events(law);
    if (law_info(law, law->root).state == PTG_GROUP_CLOSED) break;
  }
  law_advance(law, 0);
  ptg_status status = ptg_runtime_destroy(law->runtime);
  if (status == PTG_EBUSY) { /* ends of abandoned tasks that are events */
    take_events(law);
    law_advance(law, 0);
    status = ptg_runtime_destroy(law->runtime);
  }
  assert_int_equal(status, PTG_OK);
  law->runtime = NULL;
}

int law_teardown(void **state) {
  struct law *law = *state;
  law->react = NULL;
  law->traced = 0;
  law->has_no_memory = 0;
  if (law->runtime != NULL) close_all(law);
  assert_int_equal(law->balance, 0);
  while (law->places != NULL) {
    struct place *place = law->places;
    law->places = place->next;
    assert_int_equal(place->told[ON_CLOSED], place->group != PTG_NONE);
    assert_in_range(place->told[ON_DRAIN], 0, 1);
    assert_int_equal(place->told[GROUP_RELEASE], 1);
    free(place);
  }
  while (law->actors != NULL) {
    struct actor *actor = law->actors;
    law->actors = actor->next;
    assert_in_range(actor->told[START], 0, 1);
    assert_in_range(actor->told[DRAIN], 0, 1);
    assert_in_range(actor->told[CANCEL], 0, 1);
    assert_in_range(actor->told[KILL], 0, 1);
    assert_int_equal(actor->told[DONE], actor->spawned == PTG_OK);
    assert_int_equal(actor->told[RELEASE], 1);
    free(actor);
  }
  while (law->watchers != NULL) {
    struct watcher *watcher = law->watchers;
    law->watchers = watcher->next;
    assert_in_range(watcher->over, 0, watcher->added == PTG_OK);
    assert_int_equal(watcher->released, 1);
    free(watcher);
  }
  free(law);
  return 0;
}
