/* group_options.c - see group_options.h. */
#include "group_options.h"

#include "calls.h"
#include "given.h"

void group_options_read(struct request *request, ptg_group_options *options) {
  static const struct word tells[] = {{"drain", TELLS_DRAIN},
                                      {"error", TELLS_ERROR},
                                      {"closed", TELLS_CLOSED},
                                      {NULL, 0}};
  options->flags =
      request_flag(request, "parallel", PTG_GROUP_PARALLEL) |
      request_flag(request, "admits_anyone", PTG_GROUP_ADMITS_ANYONE) |
      request_flag(request, "events", PTG_GROUP_EVENTS);
  request_text(request, "name", &options->name, &options->name_length);
  options->grace_ns = request_duration(request, "grace");
  options->cancel_wait_ns = request_duration(request, "cancel_wait");
  options->deadline_ns = request_duration(request, "deadline");
  options->max_tasks = (uint64_t)request_integer(request, "max_tasks");
  options->max_queued = (uint64_t)request_integer(request, "max_queued");
  options->history = (uint64_t)request_integer(request, "history");
  options->when_full = (uint32_t)request_word(request, "when_full", full_modes);
  options->on_failure =
      (uint32_t)request_word(request, "on_failure", failure_policies);
  options->owner = request_handle(request, "owner");
  uint32_t told = request_tells(request, tells, TELLS_DRAIN | TELLS_CLOSED);
  calls_of_group(options, options->flags & PTG_GROUP_EVENTS ? 0 : told);
  options->release = given_release;
}
