/* told.c - the callbacks of the runtime, passed on to JavaScript.
 *
 * Nothing unwinds through them: host_tell() turns what is thrown into an
 * uncaught exception of the process, and answers PTG_EFAILED.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* The user data of all but groups is a number, not an address. */
static double id_of(const void *user_data) {
  return (double)(uintptr_t)user_data;
}

static int32_t tell(struct host *host, uint32_t kind, uint64_t handle,
                    const void *user_data) {
  host->io[0] = (double)handle;
  return host_tell(host, kind, id_of(user_data), 0, NULL, NULL);
}

/* ------------------------------------------------------ tasks of promises --
 */

static ptg_status promise_start(ptg_runtime *runtime, ptg_task task,
                                void *user_data) {
  host_batch(host_of(runtime), task, user_data, TOLD_START);
  return PTG_OK;
}

static void promise_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  host_batch(host_of(runtime), task, user_data, TOLD_WAKE);
}

static void promise_drain(ptg_runtime *runtime, ptg_task task,
                          void *user_data) {
  host_batch(host_of(runtime), task, user_data, TOLD_DRAIN);
}

/* At the end of an environment there is nobody left to obey: see host.c. */
static void end_silently(struct host *host, ptg_task task) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_ECANCELED;
  ptg_task_finish(host->runtime, task, &outcome);
}

static void promise_cancel(ptg_runtime *runtime, ptg_task task,
                           const ptg_cancel_info *info, void *user_data) {
  (void)info;
  struct host *host = host_of(runtime);
  if (host->is_silent) {
    end_silently(host, task);
    return;
  }
  host_batch(host, task, user_data, TOLD_CANCEL);
}

/* Of an end that JavaScript itself brought about it need not be told, but when
 * it keeps an error for it. */
static void promise_done(ptg_runtime *runtime, ptg_task task,
                         const ptg_outcome *outcome, void *user_data) {
  uint32_t unasked = PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_ABANDONED;
  int is_kept = outcome->status != PTG_OK && outcome->status != PTG_ECANCELED;
  if (is_kept || outcome->flags & unasked)
    host_batch(host_of(runtime), task, user_data, TOLD_DONE);
}

const ptg_task_type promise_type = {
    .size = sizeof(ptg_task_type),
    .name = "promise",
    .start = promise_start,
    .drain = promise_drain,
    .cancel = promise_cancel,
    .wake = promise_wake,
    .done = promise_done,
};

/* ---------------------------------------------------- tasks of callbacks -- */

static ptg_status task_start(ptg_runtime *runtime, ptg_task task,
                             void *user_data) {
  return tell(host_of(runtime), TOLD_START, task, user_data);
}

static void task_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(host_of(runtime), TOLD_WAKE, task, user_data);
}

static void task_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  tell(host_of(runtime), TOLD_DRAIN, task, user_data);
}

static void task_kill(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct host *host = host_of(runtime);
  if (host->is_silent)
    end_silently(host, task);
  else
    tell(host, TOLD_KILL, task, user_data);
}

static void task_cancel(ptg_runtime *runtime, ptg_task task,
                        const ptg_cancel_info *info, void *user_data) {
  struct host *host = host_of(runtime);
  if (host->is_silent) {
    end_silently(host, task);
    return;
  }
  host->io[0] = (double)task;
  host->io[1] = (double)info->originator;
  host_tell(host, TOLD_CANCEL, id_of(user_data), 1, &info->reason,
            &info->reason_length);
}

static void put_outcome(struct host *host, uint64_t handle,
                        const ptg_outcome *outcome) {
  host->io[0] = (double)handle;
  host->io[1] = outcome->status;
  host->io[2] = outcome->flags;
  host->io[3] = outcome->code;
  memcpy(&host->io[4], &outcome->value, sizeof(outcome->value));
  host->io[5] = (double)outcome->originator;
}

static void tell_outcome(struct host *host, uint32_t kind, uint64_t handle,
                         const ptg_outcome *outcome, const void *user_data) {
  put_outcome(host, handle, outcome);
  const char *texts[] = {outcome->message, outcome->reason};
  size_t lengths[] = {outcome->message_length, outcome->reason_length};
  host_tell(host, kind, id_of(user_data), 2, texts, lengths);
}

static void task_done(ptg_runtime *runtime, ptg_task task,
                      const ptg_outcome *outcome, void *user_data) {
  tell_outcome(host_of(runtime), TOLD_DONE, task, outcome, user_data);
}

/* Types live as long as their runtime: one for each name and set of
 * callbacks. */
struct task_type {
  struct task_type *next;
  uint32_t tells;
  ptg_task_type type;
  char name[];
};

const ptg_task_type *type_of(struct host *host, const char *name,
                             uint32_t tells) {
  for (struct task_type *at = host->types; at != NULL; at = at->next)
    if (at->tells == tells && strcmp(at->name, name) == 0) return &at->type;
  size_t size = strlen(name) + 1;
  struct task_type *made = calloc(1, sizeof(*made) + size);
  if (made == NULL) return NULL;
  memcpy(made->name, name, size);
  made->tells = tells;
  made->type = (ptg_task_type){
      .size = sizeof(ptg_task_type),
      .name = size > 1 ? made->name : NULL,
      .start = task_start,
      .drain = tells & TELLS_DRAIN ? task_drain : NULL,
      .cancel = tells & TELLS_CANCEL ? task_cancel : NULL,
      .kill = tells & TELLS_KILL ? task_kill : NULL,
      .wake = task_wake,
      .done = task_done,
  };
  made->next = host->types;
  host->types = made;
  return &made->type;
}

void types_free(struct host *host) {
  while (host->types != NULL) {
    struct task_type *next = host->types->next;
    free(host->types);
    host->types = next;
  }
}

/* ---------------------------------------------------------------- groups -- */

static ptg_status group_error(ptg_runtime *runtime, const ptg_error *error,
                              void *user_data) {
  (void)runtime;
  const struct given *given = user_data;
  struct host *host = given->host;
  const ptg_outcome *outcome = error->outcome;
  put_outcome(host, error->task, outcome);
  host->io[6] = (double)error->group;
  host->io[7] = (double)error->age_ns;
  host->io[8] = error->group_state;
  host->io[9] = error->flags;
  host->io[10] = error->handler_status;
  host->io[11] = (double)error->failed_handler;
  /* Of a task that is no promise the user data may be the runtime's own. */
  host->io[12] =
      error->task_type == &promise_type ? id_of(error->task_user_data) : -1;
  const char *texts[] = {outcome->message, outcome->reason, error->name};
  size_t lengths[] = {outcome->message_length, outcome->reason_length,
                      error->name_length};
  return host_tell(host, TOLD_ERROR, given->id, 3, texts, lengths);
}

static ptg_status tell_group(uint32_t kind, ptg_group group,
                             const void *user_data) {
  const struct given *given = user_data;
  given->host->io[0] = (double)group;
  return host_tell(given->host, kind, given->id, 0, NULL, NULL);
}

static ptg_status group_drain(ptg_runtime *runtime, ptg_group group,
                              void *user_data) {
  (void)runtime;
  return tell_group(TOLD_GROUP_DRAIN, group, user_data);
}

static ptg_status group_closed(ptg_runtime *runtime, ptg_group group,
                               void *user_data) {
  (void)runtime;
  return tell_group(TOLD_GROUP_CLOSED, group, user_data);
}

static void group_release(void *user_data) {
  struct given *given = user_data;
  host_tell(given->host, TOLD_RELEASE, given->id, 0, NULL, NULL);
  free(given);
}

void told_of_group(ptg_group_options *options, uint32_t tells) {
  options->on_error = tells & TELLS_ERROR ? group_error : NULL;
  options->on_drain = tells & TELLS_DRAIN ? group_drain : NULL;
  options->on_closed = group_closed;
  options->release = group_release;
}

/* -------------------------------- watches, timers, queues and processes -- */

static void watch_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                       const ptg_outcome *outcome, void *user_data) {
  (void)watch;
  tell_outcome(host_of(runtime), TOLD_OVER, watched, outcome, user_data);
}

void told_of_watch(ptg_watch_options *options) {
  options->over = watch_over;
}

static ptg_status timer_fire(ptg_runtime *runtime, ptg_task timer,
                             void *user_data, ptg_task *started) {
  struct host *host = host_of(runtime);
  ptg_status status = tell(host, TOLD_FIRE, timer, user_data);
  *started = host->is_silent ? PTG_NONE : (ptg_task)host->io[0];
  return status;
}

void told_of_timer(ptg_timer_options *options) {
  options->fire = timer_fire;
  options->done = task_done;
}

static ptg_status queue_handle(ptg_runtime *runtime, ptg_task queue,
                               void *message, void *user_data,
                               ptg_task *started) {
  struct host *host = host_of(runtime);
  host->io[1] = id_of(message);
  ptg_status status = tell(host, TOLD_HANDLE, queue, user_data);
  *started = host->is_silent ? PTG_NONE : (ptg_task)host->io[0];
  return status;
}

static void queue_drop(ptg_runtime *runtime, ptg_task queue, void *message,
                       void *user_data) {
  struct host *host = host_of(runtime);
  host->io[1] = id_of(message);
  tell(host, TOLD_DROP, queue, user_data);
}

static void queue_has_room(ptg_runtime *runtime, ptg_task queue,
                           void *user_data) {
  tell(host_of(runtime), TOLD_HAS_ROOM, queue, user_data);
}

void told_of_queue(ptg_queue_options *options) {
  options->handle = queue_handle;
  options->drop = queue_drop;
  options->has_room = queue_has_room;
  options->done = task_done;
}

static void process_started(ptg_runtime *runtime, ptg_task task,
                            void *user_data) {
  struct host *host = host_of(runtime);
  int64_t pid = 0;
  ptg_process_get_pid(runtime, task, &pid);
  host->io[1] = (double)pid;
  tell(host, TOLD_STARTED, task, user_data);
}

static void process_line(ptg_runtime *runtime, ptg_task task, int32_t stream,
                         const char *line, size_t length, void *user_data) {
  struct host *host = host_of(runtime);
  host->io[0] = (double)task;
  host->io[1] = stream;
  host_tell(host, TOLD_LINE, id_of(user_data), 1, &line, &length);
}

void told_of_process(ptg_process_options *options, int reads_lines) {
  options->on_line = reads_lines ? process_line : NULL;
  options->started = process_started;
  options->done = task_done;
}
