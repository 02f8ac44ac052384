/* queue.c - the sort of task that handles messages in order: its task. See
 * queue.h; its calls are in queue_calls.c.
 */
#include "queue.h"

#include <stdio.h>
#include <string.h>

#include "kind.h"

/* So many messages, then the others on the loop have their turn. */
#define BATCH 256

/* How long until a handler that could not be watched is looked for. */
#define LOOK_AGAIN_NS INT64_C(10000000)

/* ---------------------------------------------------------------- memory -- */

static void *take(ptg_runtime *runtime, uint64_t count, size_t size) {
  if (count > SIZE_MAX / size) return NULL;
  return ptg_runtime_realloc(runtime, NULL, 0, (size_t)count * size);
}

static void give(ptg_runtime *runtime, void *block, uint64_t count,
                 size_t size) {
  if (block != NULL)
    ptg_runtime_realloc(runtime, block, (size_t)count * size, 0);
}

static void free_place(struct ptg__queue_place *place) {
  struct ptg__queue *queue = place->queue;
  place->task = PTG_NONE;
  place->watch = PTG_NONE;
  place->next_free = queue->free_place;
  queue->free_place = place;
}

struct ptg__queue *ptg__queue_create(ptg_runtime *runtime,
                                     const ptg_queue_options *options) {
  struct ptg__queue *queue = take(runtime, 1, sizeof(*queue));
  if (queue == NULL) return NULL;
  memset(queue, 0, sizeof(*queue));
  queue->runtime = runtime;
  queue->options = *options;
  queue->options.name = NULL;
  queue->messages = take(runtime, options->capacity, sizeof(*queue->messages));
  queue->places = take(runtime, options->at_once, sizeof(*queue->places));
  if (queue->messages == NULL || queue->places == NULL) {
    ptg__queue_destroy(queue);
    return NULL;
  }
  for (uint64_t i = options->at_once; i > 0; i--) {
    queue->places[i - 1].queue = queue;
    free_place(&queue->places[i - 1]);
  }
  return queue;
}

void ptg__queue_destroy(struct ptg__queue *queue) {
  const ptg_queue_options *options = &queue->options;
  give(queue->runtime, queue->places, options->at_once, sizeof(*queue->places));
  give(queue->runtime, queue->messages, options->capacity,
       sizeof(*queue->messages));
  give(queue->runtime, queue, 1, sizeof(*queue));
}

/* ------------------------------------------------------------- the tasks -- */

/* Before the start it has no use for being woken. A new sleep would put off the
 * wake that is on its way, and who always pushes just before it for ever. */
void ptg__queue_wake(struct ptg__queue *queue) {
  if (!queue->is_started || queue->is_woken) return;
  /* This fails only for one that has ended. */
  queue->is_woken = ptg_task_sleep(queue->runtime, queue->task, 0) == PTG_OK;
}

static void end_handling(struct ptg__queue_place *place) {
  struct ptg__queue *queue = place->queue;
  free_place(place);
  queue->running--;
  queue->handled++;
}

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  struct ptg__queue_place *place = user_data;
  (void)runtime;
  (void)watch;
  (void)watched;
  (void)outcome;
  end_handling(place);
  ptg__queue_wake(place->queue);
}

/* Returns 0 if there is no memory for a watch, and it must be tried again. */
static int watch(struct ptg__queue_place *place) {
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  options.over = on_over;
  options.user_data = place;
  ptg_status status = ptg_watch_add(place->queue->runtime, place->task,
                                    &options, &place->watch);
  if (status == PTG_ENOMEM) return 0;
  /* It is over already, or has never been a task. */
  if (status != PTG_OK) end_handling(place);
  return 1;
}

static void begin_handling(struct ptg__queue *queue, ptg_task started) {
  struct ptg__queue_place *place = queue->free_place;
  KIND_CHECK(place != NULL);
  queue->free_place = place->next_free;
  queue->running++;
  place->task = started;
  if (!watch(place)) queue->unwatched++;
}

static void watch_the_unwatched(struct ptg__queue *queue) {
  for (uint64_t i = 0; i < queue->options.at_once && queue->unwatched > 0;
       i++) {
    struct ptg__queue_place *place = &queue->places[i];
    int is_unwatched = place->task != PTG_NONE && place->watch == PTG_NONE;
    if (is_unwatched && watch(place)) queue->unwatched--;
  }
}

/* ------------------------------------------------------------- the queue -- */

static void finish(const struct ptg__queue *queue, ptg_status status,
                   const char *message) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message = message;
  outcome.value = queue->length;
  /* PTG_ESTALE: the caller's own code has finished it. */
  ptg_task_finish(queue->runtime, queue->task, &outcome);
}

/* It may have been finished, or asked to end, by a handler or before its wake.
 */
static int may_go_on(const struct ptg__queue *queue) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  if (ptg_task_get_info(queue->runtime, queue->task, &info) != PTG_OK) return 0;
  return !info.is_cancel_requested;
}

/* The message is in the queue until its handler has taken it. What the handler
 * pushes goes behind it. Returns 0 when the queue has ended. */
static int handle_one(struct ptg__queue *queue) {
  const ptg_queue_options *options = &queue->options;
  ptg_task started = PTG_NONE;
  void *message = queue->messages[queue->first];
  ptg_status status = options->handle(queue->runtime, queue->task, message,
                                      options->user_data, &started);
  if (status != PTG_OK) {
    char text[64];
    snprintf(text, sizeof(text), "its handler answered %s",
             ptg_status_name(status));
    /* No status is positive, and none such would be taken. */
    finish(queue, status > 0 ? PTG_EFAILED : status, text);
    return 0;
  }
  queue->first = (queue->first + 1) % options->capacity;
  queue->length--;
  if (started == PTG_NONE) {
    queue->handled++;
  } else {
    begin_handling(queue, started);
  }
  return may_go_on(queue);
}

static int can_handle(const struct ptg__queue *queue) {
  return queue->length > 0 && queue->running < queue->options.at_once;
}

static void tell_room(struct ptg__queue *queue) {
  const ptg_queue_options *options = &queue->options;
  int is_due = queue->is_closed || queue->is_room_due;
  if (!queue->is_room_wanted) return;
  if (queue->length == options->capacity && !is_due) return;
  queue->is_room_wanted = queue->is_room_due = 0;
  if (options->has_room != NULL)
    options->has_room(queue->runtime, queue->task, options->user_data);
}

static void step(struct ptg__queue *queue) {
  watch_the_unwatched(queue);
  if (!may_go_on(queue)) return;
  for (int i = 0; i < BATCH && can_handle(queue); i++)
    if (!handle_one(queue)) return;
  tell_room(queue);
  if (can_handle(queue)) {
    ptg__queue_wake(queue);
    return;
  }
  int is_ending = queue->is_closed || queue->is_draining;
  if (is_ending && queue->length == 0 && queue->running == 0)
    finish(queue, PTG_OK, NULL);
  else if (queue->unwatched > 0)
    ptg_task_sleep(queue->runtime, queue->task, LOOK_AGAIN_NS);
}

/* --------------------------------------------------------- its callbacks -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__queue *queue = user_data;
  (void)runtime;
  queue->task = task;
  queue->is_started = 1;
  ptg__queue_wake(queue);
  return PTG_OK;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__queue *queue = user_data;
  (void)runtime;
  (void)task;
  queue->is_woken = 0;
  if (queue->is_started) step(queue);
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__queue *queue = user_data;
  (void)runtime;
  (void)task;
  queue->is_draining = 1;
  queue->is_room_due = queue->is_room_wanted;
  ptg__queue_wake(queue);
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  const struct ptg__queue *queue = user_data;
  (void)runtime;
  (void)task;
  (void)info;
  char text[64];
  snprintf(text, sizeof(text), "messages left: %llu",
           (unsigned long long)queue->length);
  finish(queue, PTG_ECANCELED, queue->length > 0 ? text : NULL);
}

static void drop_all(struct ptg__queue *queue) {
  const ptg_queue_options *options = &queue->options;
  while (queue->length > 0) {
    void *message = queue->messages[queue->first];
    queue->first = (queue->first + 1) % options->capacity;
    queue->length--;
    if (options->drop != NULL)
      options->drop(queue->runtime, queue->task, message, options->user_data);
  }
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  struct ptg__queue *queue = user_data;
  const ptg_queue_options *options = &queue->options;
  queue->task = task;
  for (uint64_t i = 0; i < options->at_once; i++)
    if (queue->places[i].watch != PTG_NONE)
      ptg_watch_remove(runtime, queue->places[i].watch);
  drop_all(queue);
  if (options->done != NULL)
    options->done(runtime, task, outcome, options->user_data);
}

static void release(void *user_data) {
  struct ptg__queue *queue = user_data;
  const ptg_queue_options *options = &queue->options;
  if (options->release != NULL) options->release(options->user_data);
  ptg__queue_destroy(queue);
}

const ptg_task_type ptg__queue_type = {.size = sizeof(ptg_task_type),
                                       .name = "queue",
                                       .start = start,
                                       .drain = drain,
                                       .cancel = cancel,
                                       .wake = wake,
                                       .done = done,
                                       .release = release};
