/* operations_kinds.c - requests about timers and queues. */
#include "operations.h"

#include "calls.h"
#include "describe.h"
#include "made.h"

static ptg_status do_timer(struct adapter *adapter, struct request *request) {
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  request_text(request, "name", &options.name, &options.name_length);
  options.after_ns = request_duration(request, "after");
  options.every_ns = request_duration(request, "every");
  options.overlap = (uint32_t)request_word(request, "overlap", overlaps);
  options.spawner = request_handle(request, "spawner");
  calls_of_timer(&options);
  uint64_t group = request_handle(request, "in");
  struct given *given = made_begin(adapter, request);
  if (given == NULL) return PTG_OK;
  options.user_data = given;
  ptg_task task = PTG_NONE;
  ptg_status status =
      adapter->api.timer_spawn(adapter->runtime, group, &options, &task);
  return made_end(given, request, status, task);
}

static ptg_status do_timer_info(struct adapter *adapter,
                                struct request *request) {
  static const struct column columns[] = {
      COLUMN(ptg_timer_info, "fired", COUNT, fired),
      COLUMN(ptg_timer_info, "skipped", COUNT, skipped),
      COLUMN(ptg_timer_info, "missed", COUNT, missed), COLUMNS_END};
  uint64_t task = request_handle(request, "task");
  if (request_is_bad(request)) return PTG_OK;
  ptg_timer_info info = PTG_TIMER_INFO_INIT;
  ptg_status status =
      adapter->api.timer_get_info(adapter->runtime, task, &info);
  if (status == PTG_OK)
    describe_columns(adapter, columns, &info, request->answer);
  return status;
}

static ptg_status do_queue(struct adapter *adapter, struct request *request) {
  ptg_queue_options options = PTG_QUEUE_OPTIONS_INIT;
  request_text(request, "name", &options.name, &options.name_length);
  options.capacity = (uint64_t)request_integer(request, "capacity");
  options.at_once = (uint64_t)request_integer(request, "at_once");
  options.spawner = request_handle(request, "spawner");
  calls_of_queue(&options);
  uint64_t group = request_handle(request, "in");
  struct given *given = made_begin(adapter, request);
  if (given == NULL) return PTG_OK;
  options.user_data = given;
  ptg_task task = PTG_NONE;
  ptg_status status =
      adapter->api.queue_spawn(adapter->runtime, group, &options, &task);
  return made_end(given, request, status, task);
}

static ptg_status do_push(struct adapter *adapter, struct request *request) {
  uint64_t queue = request_handle(request, "queue");
  uint64_t pusher = request_handle(request, "pusher");
  intptr_t message = (intptr_t)request_integer(request, "message");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.queue_push(adapter->runtime, queue, pusher,
                                 (void *)message);
}

static ptg_status do_queue_close(struct adapter *adapter,
                                 struct request *request) {
  uint64_t queue = request_handle(request, "queue");
  if (request_is_bad(request)) return PTG_OK;
  return adapter->api.queue_close(adapter->runtime, queue);
}

static ptg_status do_queue_info(struct adapter *adapter,
                                struct request *request) {
  static const struct column columns[] = {
      COLUMN(ptg_queue_info, "is_closed", IS, is_closed),
      COLUMN(ptg_queue_info, "length", COUNT, length),
      COLUMN(ptg_queue_info, "capacity", COUNT, capacity),
      COLUMN(ptg_queue_info, "running", COUNT, running),
      COLUMN(ptg_queue_info, "at_once", COUNT, at_once),
      COLUMN(ptg_queue_info, "accepted", COUNT, accepted),
      COLUMN(ptg_queue_info, "handled", COUNT, handled),
      COLUMN(ptg_queue_info, "refused", COUNT, refused),
      COLUMNS_END};
  uint64_t queue = request_handle(request, "queue");
  if (request_is_bad(request)) return PTG_OK;
  ptg_queue_info info = PTG_QUEUE_INFO_INIT;
  ptg_status status =
      adapter->api.queue_get_info(adapter->runtime, queue, &info);
  if (status == PTG_OK)
    describe_columns(adapter, columns, &info, request->answer);
  return status;
}

const struct operation operations_of_kinds[] = {
    {"timer", "as in", NEEDS_RUNTIME, do_timer},
    {"timer_info", "task", NEEDS_RUNTIME, do_timer_info},
    {"queue", "as in capacity", NEEDS_RUNTIME, do_queue},
    {"push", "queue message", NEEDS_RUNTIME, do_push},
    {"queue_close", "queue", NEEDS_RUNTIME, do_queue_close},
    {"queue_info", "queue", NEEDS_RUNTIME, do_queue_info},
    {NULL, NULL, 0, NULL},
};
