/* calls_kinds.c - the calls of timers and queues. */
#include "calls.h"

#include "describe.h"
#include "given.h"

static ptg_status call_kind(json_t *call, const struct given *given,
                            ptg_task *started) {
  struct reply reply = call_make(given->adapter, call);
  if (started != NULL) *started = reply.started;
  return reply.status;
}

static ptg_status on_fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                          ptg_task *started) {
  const struct given *given = user_data;
  return call_kind(call_begin(given, "fire", "task", timer), given, started);
}

void calls_of_timer(ptg_timer_options *options) {
  options->fire = on_fire;
  options->done = call_done;
  options->release = given_release;
}

/* A message is an integer, which travels as a pointer. */
static json_t *begin_message(const struct given *given, const char *what,
                             ptg_task queue, void *message) {
  json_t *call = call_begin(given, what, "task", queue);
  json_object_set_new(call, "message", json_integer((intptr_t)message));
  return call;
}

static ptg_status on_handle(ptg_runtime *runtime, ptg_task queue, void *message,
                            void *user_data, ptg_task *started) {
  const struct given *given = user_data;
  json_t *call = begin_message(given, "handle", queue, message);
  return call_kind(call, given, started);
}

static void on_drop(ptg_runtime *runtime, ptg_task queue, void *message,
                    void *user_data) {
  const struct given *given = user_data;
  call_kind(begin_message(given, "drop", queue, message), given, NULL);
}

static void on_has_room(ptg_runtime *runtime, ptg_task queue, void *user_data) {
  const struct given *given = user_data;
  call_kind(call_begin(given, "has_room", "task", queue), given, NULL);
}

void calls_of_queue(ptg_queue_options *options) {
  options->handle = on_handle;
  options->drop = on_drop;
  options->has_room = on_has_room;
  options->done = call_done;
  options->release = given_release;
}
