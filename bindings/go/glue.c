/* glue.c - see glue.h. */
#define _GNU_SOURCE
#include "glue.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "_cgo_export.h"

static _Thread_local uint64_t self;

void glue_set_self(uint64_t number) {
  self = number;
}

uint64_t glue_self(void) {
  return self;
}

/* ----------------------------------------------------------------- tasks -- */

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  return ptgGoStart((uintptr_t)user_data, task);
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ptgGoTell((uintptr_t)user_data, task, PTG_EVENT_DRAIN);
}

static void on_kill(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ptgGoTell((uintptr_t)user_data, task, PTG_EVENT_KILL);
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ptgGoTell((uintptr_t)user_data, task, PTG_EVENT_WAKE);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  ptgGoCancel((uintptr_t)user_data, (char *)info->reason, info->reason_length,
              info->originator);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  ptgGoDone((uintptr_t)user_data, task, (ptg_outcome *)outcome);
}

static void on_release(void *user_data) {
  ptgGoRelease((uintptr_t)user_data);
}

ptg_task_type *glue_make_type(uint32_t set, const char *label) {
  ptg_task_type *type = calloc(1, sizeof(*type));
  if (type == NULL) return NULL;
  type->size = sizeof(*type);
  type->name = label;
  if (set & GLUE_EVENTS) {
    type->flags = PTG_TASK_TYPE_EVENTS;
    if (set & GLUE_KILLABLE) type->flags |= PTG_TASK_TYPE_KILLABLE;
    return type;
  }
  type->start = on_start;
  type->drain = set & GLUE_DRAIN ? on_drain : NULL;
  type->cancel = set & GLUE_CANCEL ? on_cancel : NULL;
  type->kill = set & GLUE_KILL ? on_kill : NULL;
  type->wake = set & GLUE_WAKE ? on_wake : NULL;
  type->done = on_done;
  type->release = on_release;
  return type;
}

int64_t glue_spawn(ptg_runtime *runtime, ptg_remote *remote, ptg_group group,
                   const ptg_task_type *type, uint32_t flags, const char *name,
                   size_t name_length, const char *place, size_t place_length,
                   ptg_task spawner, uintptr_t user_data) {
  ptg_task_options options = {.size = sizeof(options),
                              .flags = flags,
                              .name = name,
                              .name_length = name_length,
                              .spawner = spawner,
                              .place = place,
                              .place_length = place_length};
  ptg_task task = PTG_NONE;
  ptg_status status = remote != NULL
                          ? ptg_remote_spawn(remote, group, type, &options,
                                             (void *)user_data, &task)
                          : ptg_task_spawn(runtime, group, type, &options,
                                           (void *)user_data, &task);
  return status == PTG_OK ? (int64_t)task : status;
}

ptg_status glue_finish(ptg_runtime *runtime, ptg_remote *remote, ptg_task task,
                       ptg_status status, int32_t code, uint64_t value,
                       const char *message, size_t message_length) {
  ptg_outcome outcome = {.size = sizeof(outcome),
                         .status = status,
                         .code = code,
                         .value = value,
                         .message = message,
                         .message_length = message_length};
  int is_plain = status == PTG_OK && code == 0 && value == 0 && message == NULL;
  const ptg_outcome *given = is_plain ? NULL : &outcome;
  return remote != NULL ? ptg_remote_finish(remote, task, given)
                        : ptg_task_finish(runtime, task, given);
}

ptg_status glue_cancel(ptg_runtime *runtime, ptg_remote *remote, ptg_task task,
                       const char *reason, size_t reason_length,
                       uint64_t originator) {
  ptg_cancel_options options = {.size = sizeof(options),
                                .reason = reason,
                                .reason_length = reason_length,
                                .originator = originator};
  return remote != NULL ? ptg_remote_cancel(remote, task, &options)
                        : ptg_task_cancel(runtime, task, &options);
}

/* ---------------------------------------------------------------- groups -- */

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  return ptgGoError((uintptr_t)user_data, (ptg_error *)error);
}

static ptg_status on_group_drain(ptg_runtime *runtime, ptg_group group,
                                 void *user_data) {
  return ptgGoGroup((uintptr_t)user_data, PTG_EVENT_GROUP_DRAIN);
}

static ptg_status on_group_closed(ptg_runtime *runtime, ptg_group group,
                                  void *user_data) {
  return ptgGoGroup((uintptr_t)user_data, PTG_EVENT_GROUP_CLOSED);
}

void glue_set_hooks(ptg_group_options *options, uint32_t hooks,
                    uintptr_t user_data) {
  options->on_error = hooks & GLUE_ON_ERROR ? on_error : NULL;
  options->on_drain = hooks & GLUE_ON_DRAIN ? on_group_drain : NULL;
  options->on_closed = hooks & GLUE_ON_CLOSED ? on_group_closed : NULL;
  options->release = on_release;
  options->user_data = (void *)user_data;
}

/* -------------------------------------------------------------- the loop -- */

static void on_posted(ptg_runtime *runtime, void *user_data) {
  ptgGoPosted((uintptr_t)user_data);
}

ptg_status glue_post(ptg_remote *remote, uintptr_t user_data) {
  return ptg_remote_post(remote, on_posted, on_release, (void *)user_data);
}

void glue_deliver(ptg_runtime *runtime, glue_mail *mail, size_t mail_count) {
  for (glue_mail *at = mail; at < mail + mail_count; at++)
    if (at->group != PTG_NONE)
      at->answer =
          glue_spawn(runtime, NULL, at->group, at->type, 0, NULL, 0, at->place,
                     PTG_NUL_TERMINATED, at->spawner, at->user_data);
    else
      at->answer = ptg_task_finish(runtime, at->task, NULL);
}

int glue_open_bell(void) {
  return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void glue_ring(int bell) {
  eventfd_write(bell, 1);
}

void glue_close_bell(int bell) {
  close(bell);
}

/* As a guest waits. A turn that waits would do what is due before it waits, and
 * the events of that would lie there until it comes back. */
void glue_wait(ptg_runtime *runtime, int bell, int has_clock, int has_loop) {
  int64_t timeout_ns = PTG_FOREVER;
  if (has_clock) ptg_runtime_get_timeout(runtime, &timeout_ns);
  if (timeout_ns == 0) return;
  struct pollfd due[] = {{.fd = bell, .events = POLLIN},
                         {.fd = -1, .events = POLLIN}};
  if (has_loop) ptg_runtime_get_descriptor(runtime, &due[1].fd);
  struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
  ppoll(due, 2, timeout_ns == PTG_FOREVER ? NULL : &timeout, NULL);
  eventfd_t rung;
  if (due[0].revents != 0) eventfd_read(bell, &rung);
}

void glue_turn(ptg_runtime *runtime, glue_mail *mail, size_t mail_count,
               ptg_event *events, size_t capacity, size_t *count) {
  *count = 0;
  glue_deliver(runtime, mail, mail_count);
  if (ptg_runtime_turn(runtime, 0) == PTG_OK)
    ptg_events_take(runtime, events, sizeof(*events), capacity, count);
}

/* ----------------------------------------------------- watches and sorts -- */

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  ptgGoOver((uintptr_t)user_data, (ptg_outcome *)outcome);
}

ptg_status glue_watch(ptg_runtime *runtime, uint64_t watched, ptg_task waiter,
                      uintptr_t user_data, ptg_watch *out) {
  ptg_watch_options options = {.size = sizeof(options),
                               .waiter = waiter,
                               .over = on_over,
                               .release = on_release,
                               .user_data = (void *)user_data};
  return ptg_watch_add(runtime, watched, &options, out);
}

static ptg_status on_fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                          ptg_task *started) {
  return ptgGoFire((uintptr_t)user_data, timer, started);
}

ptg_status glue_timer(ptg_runtime *runtime, ptg_group group,
                      ptg_timer_options *options, uintptr_t user_data,
                      ptg_task *out) {
  options->fire = on_fire;
  options->done = on_done;
  options->release = on_release;
  options->user_data = (void *)user_data;
  return ptg_timer_spawn(runtime, group, options, out);
}

static ptg_status on_handle(ptg_runtime *runtime, ptg_task queue, void *message,
                            void *user_data, ptg_task *started) {
  return ptgGoHandle((uintptr_t)user_data, queue, (uintptr_t)message, started);
}

static void on_drop(ptg_runtime *runtime, ptg_task queue, void *message,
                    void *user_data) {
  ptgGoDrop((uintptr_t)user_data, (uintptr_t)message);
}

static void on_room(ptg_runtime *runtime, ptg_task queue, void *user_data) {
  ptgGoRoom((uintptr_t)user_data);
}

ptg_status glue_queue(ptg_runtime *runtime, ptg_group group,
                      ptg_queue_options *options, uintptr_t user_data,
                      ptg_task *out) {
  options->handle = on_handle;
  options->drop = on_drop;
  options->has_room = on_room;
  options->done = on_done;
  options->release = on_release;
  options->user_data = (void *)user_data;
  return ptg_queue_spawn(runtime, group, options, out);
}

ptg_status glue_push(ptg_runtime *runtime, ptg_task queue, ptg_task pusher,
                     uintptr_t message) {
  return ptg_queue_push(runtime, queue, pusher, (void *)message);
}

static void on_started(ptg_runtime *runtime, ptg_task task, void *user_data) {
  ptgGoStarted((uintptr_t)user_data);
}

static void on_line(ptg_runtime *runtime, ptg_task task, int32_t stream,
                    const char *line, size_t length, void *user_data) {
  ptgGoLine((uintptr_t)user_data, stream, (char *)line, length);
}

int glue_is_signal(int number) {
  return number > 0 && number < NSIG;
}

ptg_status glue_process(ptg_runtime *runtime, ptg_group group,
                        ptg_process_options *options, int has_lines,
                        uintptr_t user_data, ptg_task *out) {
  options->on_line = has_lines ? on_line : NULL;
  options->started = on_started;
  options->done = on_done;
  options->release = on_release;
  options->user_data = (void *)user_data;
  return ptg_process_spawn(runtime, group, options, out);
}
