// operations_runtime.cpp - requests about the runtime, its clock and its
// groups.
#include "operations.hpp"

namespace adapter {

ptg::status do_hello(world &, const request &, json &answer) {
  answer["protocol"] = 1;
  answer["name"] = "libptg for C++";
  answer["version"] = "0.1.0";
  answer["clock"] = "virtual";
  answer["features"] = {
      "handles",     "release",  "deadline",     "owner",   "watch",
      "kill",        "cleanup",  "spawner",      "policy",  "observed",
      "limits",      "edges",    "parallel",     "nesting", "names",
      "attribution", "wake",     "extend_grace", "history", "failures",
      "count_names", "info",     "report",       "blame",   "plan",
      "current",     "snapshot", "remote",       "timer",   "queue",
      "stderr",      "events"};
  return status::ok;
}

ptg::status do_reset(world &world, const request &request, json &answer) {
  world.throw_away();
  auto root = std::make_shared<const given>(world, "root");
  ptg::status status = world.begin_runtime(read_group_options(request, root));
  if (status == status::ok) answer["handle"] = world.runtime->root().id();
  return status;
}

ptg::status do_advance(world &world, const request &request, json &) {
  return world.runtime->advance(request.duration("by")).status();
}

ptg::status do_destroy(world &world, const request &, json &) {
  ptg::status status = world.runtime->destroy().status();
  if (status == status::ok) world.runtime.reset();
  return status;
}

ptg::status do_request_shutdown(world &world, const request &request, json &) {
  return world.runtime->request_shutdown(request.flag("force"));
}

ptg::status do_time(world &world, const request &, json &answer) {
  auto now = world.runtime->now();
  if (now) answer["at"] = world.instant(*now);
  return now.status();
}

ptg::status do_current(world &world, const request &, json &answer) {
  ptg::current current = ptg::get_current();
  answer["task"] = world.reference(current.task.id());
  answer["group"] = world.reference(current.group.id());
  return status::ok;
}

/* ---------------------------------------------------------------- events -- */

static json describe(const world &world, const ptg::event &event) {
  json call = {{"call", describe_word(event_kinds, event.kind)}};
  if (event.task) call["task"] = world.reference(event.task.id());
  switch (event.kind) {
  case ptg::event_kind::cancel:
    call["reason"] = event.request.reason;
    call["originator"] = world.reference(event.request.originator);
    break;
  case ptg::event_kind::error:
    call["from"] = world.reference(event.from.id());
    [[fallthrough]];
  case ptg::event_kind::done:
    call["outcome"] = describe_outcome(world, event.outcome);
    break;
  default:
    break;
  }
  bool is_of_group = !event.task || event.kind == ptg::event_kind::error;
  if (is_of_group) call["group"] = world.reference(event.group.id());
  return call;
}

ptg::status do_take(world &world, const request &request, json &answer) {
  std::int64_t capacity = request.integer("capacity");
  if (capacity < 0 || capacity > 100000)
    throw bad_request("capacity: out of range");
  auto taken = world.runtime->take_events(static_cast<std::size_t>(capacity));
  if (!taken) return taken.status();
  answer["events"] = json::array();
  for (const ptg::event &event : *taken)
    answer["events"].push_back(describe(world, event));
  return status::ok;
}

/* ---------------------------------------------------------------- groups -- */

static ptg::result<> call_error(const given_ptr &given,
                                const ptg::failure &failure) {
  world &world = given->in();
  json flags = json::array();
  if (failure.is_during_cancel()) flags.push_back("during_cancel");
  if (failure.is_from_hook()) flags.push_back("from_hook");
  const std::uint64_t *whose = world.names.find(given->as());
  json call =
      world.begin("error", "group", whose != nullptr ? *whose : 0, given->as());
  bool is_second = failure.failed_handler() != 0;
  call.update({{"from", world.reference(failure.group())},
               {"task", world.reference(failure.task())},
               {"name", failure.name()},
               {"age", failure.age().count()},
               {"outcome", describe_outcome(world, failure.outcome())},
               {"flags", flags},
               {"state", describe_word(group_states, failure.state())},
               {"failed_handler", world.reference(failure.failed_handler())},
               {"handler_status",
                is_second ? describe_word(statuses, failure.handler_status())
                          : json()}});
  return world.call(call).status;
}

static ptg::result<> call_group(const given_ptr &given, const char *what) {
  world &world = given->in();
  std::uint64_t group = ptg::get_current().group.id();
  return world.call(world.begin(what, "group", group, given->as())).status;
}

ptg::group_options read_group_options(const request &request,
                                      const given_ptr &given) {
  request.check_tells({"drain", "error", "closed"});
  const class world &world = given->in();
  static std::string name; // options refer to it until the group is made
  name = request.text("name");
  ptg::group_options options{
      .name = name,
      .grace = request.duration("grace"),
      .cancel_wait = request.duration("cancel_wait"),
      .deadline = request.duration("deadline"),
      .max_tasks = static_cast<std::uint64_t>(request.integer("max_tasks")),
      .when_full = request.word("when_full", full_modes),
      .max_queued = static_cast<std::uint64_t>(request.integer("max_queued")),
      .on_failure = request.word("on_failure", policies),
      .is_parallel = request.flag("parallel"),
      .admits_anyone = request.flag("admits_anyone"),
      .owner = world.task(request.handle("owner")),
      .history = static_cast<std::uint64_t>(request.integer("history")),
      .is_told_by_events = request.flag("events"),
      .keeps = given};
  if (options.is_told_by_events) return options;
  if (request.tells("error", false))
    options.on_error = [given](const ptg::failure &failure) {
      return call_error(given, failure);
    };
  if (request.tells("drain", true))
    options.on_drain = [given] { return call_group(given, "group_drain"); };
  if (request.tells("closed", true))
    options.on_closed = [given] { return call_group(given, "group_closed"); };
  return options;
}

ptg::status do_group(world &world, const request &request, json &answer) {
  ptg::group_ref parent = world.group(request.handle("in"));
  ptg::group_options options =
      read_group_options(request, make_given(world, request));
  auto group = parent.add_group(std::move(options));
  if (!group) return made(world, request, answer, group);
  ptg::result<ptg::group_ref> kept = group->release();
  return made(world, request, answer, kept);
}

ptg::status do_edge(world &world, const request &request, json &) {
  ptg::group_ref first = world.group(request.handle("first"));
  ptg::group_ref later = world.group(request.handle("later"));
  return first.stops_before(later).status();
}

ptg::status do_shutdown(world &world, const request &request, json &) {
  ptg::group_ref group = world.group(request.handle("group"));
  ptg::shutdown_options options{.grace = request.duration("grace"),
                                .cancel_wait = request.duration("cancel_wait"),
                                .deadline = request.duration("deadline"),
                                .force = request.flag("force"),
                                .originator =
                                    world.task(request.handle("originator"))};
  if (request.flag("remote"))
    return elsewhere([&] { return world.remote->shutdown(group, options); });
  return group.shutdown(options).status();
}

/* ----------------------------------------------------- watches and posts -- */

ptg::status do_watch(world &world, const request &request, json &answer) {
  std::uint64_t on = request.handle("on");
  ptg::task_ref waiter = world.task(request.handle("waiter"));
  given_ptr given = make_given(world, request);
  auto over = [given, on](const ptg::outcome &outcome) {
    class world &world = given->in();
    const std::uint64_t *watch = world.names.find(given->as());
    json call = world.begin("over", "watch", watch != nullptr ? *watch : 0,
                            given->as());
    call["on"] = world.reference(on);
    call["outcome"] = describe_outcome(world, outcome);
    world.call(std::move(call));
  };
  given.reset();
  return made(world, request, answer,
              world.task(on).watch(std::move(over), waiter));
}

ptg::status do_unwatch(world &world, const request &request, json &) {
  return world.watch(request.handle("watch")).remove().status();
}

ptg::status do_post(world &world, const request &request, json &) {
  auto posted = [given = make_given(world, request)] {
    json call = given->in().begin("posted", "as", 0, given->as());
    call["as"] = given->as();
    given->in().call(std::move(call));
  };
  if (!world.remote) return status::invalid;
  return elsewhere([&] { return world.remote->post(std::move(posted)); });
}

} // namespace adapter
