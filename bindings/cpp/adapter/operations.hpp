// operations.hpp - the requests of the suite, each a function.
#pragma once

#include "describe.hpp"

namespace adapter {

using operation = ptg::status(world &world, const request &request,
                              json &answer);

/// How a group shall be; what it calls goes to the suite.
ptg::group_options read_group_options(const request &request,
                                      const given_ptr &given);

/// What is given along with the thing that the request names.
inline given_ptr make_given(world &world, const request &request) {
  return std::make_shared<const given>(world, request.text("as"));
}

/// Gives the name to what was made, or to nothing.
template <class Ref>
ptg::status made(world &world, const request &request, json &answer,
                 const ptg::result<Ref> &made) {
  world.names.add(request.text("as"), made ? made->id() : 0);
  if (made) answer["handle"] = made->id();
  return made.status();
}

/// Makes a call from another thread.
template <class Call> ptg::status elsewhere(Call &&call);

struct operation_row {
  const char *name;
  const char *fields; // that must be there
  bool needs_runtime; // or, if it is remote, a way in
  operation *carry_out;
};

/// Returns nullptr if there is none.
const operation_row *find_operation(const std::string &name);

operation do_hello, do_reset, do_advance, do_destroy, do_request_shutdown,
    do_time, do_current, do_take;
operation do_group, do_edge, do_shutdown, do_watch, do_unwatch, do_post;
operation do_spawn, do_finish, do_cancel, do_sleep, do_extend_grace;
operation do_info, do_list, do_count_names, do_failures, do_history, do_plan,
    do_report, do_blame, do_snapshot;
operation do_timer, do_timer_info, do_queue, do_push, do_queue_close,
    do_queue_info;

} // namespace adapter

#include <thread>

template <class Call> ptg::status adapter::elsewhere(Call &&call) {
  ptg::status status = ptg::status::ok;
  std::jthread([&] { status = call().status(); }).join();
  return status;
}
