// operations_kinds.cpp - requests about timers and queues.
#include "operations.hpp"

namespace adapter {

static ptg::callback<const ptg::outcome &> call_done(const given_ptr &given) {
  return [given](const ptg::outcome &outcome) {
    call_task(given, "done", ptg::get_current().task.id(),
              {{"outcome", describe_outcome(given->in(), outcome)}});
  };
}

/* ---------------------------------------------------------------- timers -- */

ptg::status do_timer(world &world, const request &request, json &answer) {
  std::string name = request.text("name");
  ptg::group_ref group = world.group(request.handle("in"));
  ptg::timer_options options{.name = name,
                             .after = request.duration("after"),
                             .every = request.duration("every"),
                             .overlap = request.word("overlap", overlaps),
                             .spawner = world.task(request.handle("spawner"))};
  given_ptr given = make_given(world, request);
  options.on_done = call_done(given);
  options.fire = [given = std::move(given)](ptg::firing &now) -> ptg::result<> {
    reply reply = call_task(given, "fire", now.timer.id());
    now.started = given->in().task(reply.started);
    return reply.status;
  };
  return made(world, request, answer,
              ptg::timer::spawn(group, std::move(options)));
}

static ptg::timer timer_of(world &world, const request &request) {
  ptg::task_ref task = world.task(request.handle("task"));
  return {task.home(), task.id()};
}

ptg::status do_timer_info(world &world, const request &request, json &answer) {
  auto counts = timer_of(world, request).counts();
  if (counts)
    answer = {{"fired", counts->fired},
              {"skipped", counts->skipped},
              {"missed", counts->missed}};
  return counts.status();
}

/* ---------------------------------------------------------------- queues -- */

using queue = ptg::queue<std::int64_t>;

ptg::status do_queue(world &world, const request &request, json &answer) {
  std::string name = request.text("name");
  ptg::group_ref group = world.group(request.handle("in"));
  ptg::queue_options<std::int64_t> options{
      .name = name,
      .capacity = static_cast<std::uint64_t>(request.integer("capacity")),
      .at_once = static_cast<std::uint64_t>(request.integer("at_once")),
      .spawner = world.task(request.handle("spawner"))};
  given_ptr given = make_given(world, request);
  options.handle = [given](std::int64_t &message,
                           ptg::handling &now) -> ptg::result<> {
    reply reply =
        call_task(given, "handle", now.queue.id(), {{"message", message}});
    now.started = given->in().task(reply.started);
    return reply.status;
  };
  options.drop = [given](std::int64_t &message) {
    call_task(given, "drop", ptg::get_current().task.id(),
              {{"message", message}});
  };
  options.has_room = [given] {
    call_task(given, "has_room", ptg::get_current().task.id());
  };
  options.on_done = call_done(given);
  given.reset();
  return made(world, request, answer, queue::spawn(group, std::move(options)));
}

static queue queue_of(world &world, const request &request) {
  ptg::task_ref task = world.task(request.handle("queue"));
  return {task.home(), task.id()};
}

ptg::status do_push(world &world, const request &request, json &) {
  ptg::task_ref pusher = world.task(request.handle("pusher"));
  return queue_of(world, request)
      .push(request.integer("message"), pusher)
      .status();
}

ptg::status do_queue_close(world &world, const request &request, json &) {
  return queue_of(world, request).close().status();
}

ptg::status do_queue_info(world &world, const request &request, json &answer) {
  auto counts = queue_of(world, request).counts();
  if (counts)
    answer = {{"is_closed", counts->is_closed}, {"length", counts->length},
              {"capacity", counts->capacity},   {"running", counts->running},
              {"at_once", counts->at_once},     {"accepted", counts->accepted},
              {"handled", counts->handled},     {"refused", counts->refused}};
  return counts.status();
}

} // namespace adapter
