// operations_tasks.cpp - requests about tasks.
//
// A task that is told all that a coroutine is told is a coroutine. Others, with
// a choice of callbacks or a name for their sort, are of a sort of their own.
#include "operations.hpp"

#include <map>

namespace adapter {

/* ------------------------------------------------------------ coroutines -- */

static json describe_request(const world &world,
                             const ptg::cancel_request &request) {
  return {{"reason", request.reason},
          {"originator", world.reference(request.originator)}};
}

/// One that is thrown away is not worth being called abandoned.
static bool is_thrown_away(const given_ptr &given, ptg::task_ref task) {
  if (!given->in().is_silent()) return false;
  static_cast<void>(task.finish({.status = status::canceled}));
  return true;
}

/// The body of a task: it says what it is told, and goes on until it is
/// finished from outside.
static ptg::task<ptg::result<>> play(given_ptr given) {
  ptg::task_ref self = ptg::this_task::ref();
  reply started = call_task(given, "start", self.id());
  if (started.status != status::ok) co_return started.status;
  std::stop_callback drained(ptg::this_task::drain_token(),
                             [&] { call_task(given, "drain", self.id()); });
  std::stop_callback cancelled(ptg::this_task::stop_token(), [&] {
    if (is_thrown_away(given, self)) return;
    json why = describe_request(given->in(), ptg::this_task::request());
    call_task(given, "cancel", self.id(), std::move(why));
  });
  for (;;) {
    auto woken = co_await ptg::this_task::suspend();
    if (woken) call_task(given, "wake", self.id());
  }
}

static auto call_done(const given_ptr &given) {
  return [&world = given->in(), as = given->as()](const ptg::outcome &outcome) {
    std::uint64_t task = ptg::get_current().task.id();
    json call = world.begin("done", "task", task, as);
    call["outcome"] = describe_outcome(world, outcome);
    world.call(std::move(call));
  };
}

/* ----------------------------------------------------------------- sorts -- */

template <bool Drain, bool Cancel, bool Kill> struct player {
  given_ptr given;

  ptg::result<> start(ptg::task_ref task) {
    return call_task(given, "start", task.id()).status;
  }
  void wake(ptg::task_ref task) {
    call_task(given, "wake", task.id());
  }
  void drain(ptg::task_ref task) requires Drain {
    call_task(given, "drain", task.id());
  }
  void cancel(ptg::task_ref task,
              const ptg::cancel_request &request) requires Cancel {
    if (is_thrown_away(given, task)) return;
    json why = describe_request(given->in(), request);
    call_task(given, "cancel", task.id(), std::move(why));
  }
  void kill(ptg::task_ref task) requires Kill {
    call_task(given, "kill", task.id());
  }
  void done(ptg::task_ref task, const ptg::outcome &outcome) {
    call_task(given, "done", task.id(),
              {{"outcome", describe_outcome(given->in(), outcome)}});
  }
};

/// Spawns a task of one of these; sorts are kept, for they outlive their tasks.
template <bool... Tells>
static ptg::result<ptg::task_ref>
spawn_player(world &world, bool is_remote, ptg::group_ref group,
             const std::string &type, player<Tells...> player,
             ptg::task_options options) {
  using sort = ptg::sort<adapter::player<Tells...>>;
  static std::unordered_map<std::string, sort> sorts;
  const sort &used = sorts.try_emplace(type, type).first->second;
  if (!is_remote)
    return used.spawn(group, std::move(player), std::move(options));
  ptg::result<ptg::task_ref> spawned = status::invalid;
  elsewhere([&]() -> ptg::result<> {
    spawned =
        used.spawn(*world.remote, group, std::move(player), std::move(options));
    return spawned.status();
  });
  return spawned;
}

/// Chooses the sort: one more of its callbacks a step.
template <bool... Chosen>
static ptg::result<ptg::task_ref>
choose(std::initializer_list<bool> tells, world &world, bool is_remote,
       ptg::group_ref group, const std::string &type, given_ptr given,
       ptg::task_options options) {
  if constexpr (sizeof...(Chosen) == 3)
    return spawn_player(world, is_remote, group, type,
                        player<Chosen...>{std::move(given)},
                        std::move(options));
  else if (tells.begin()[sizeof...(Chosen)])
    return choose<Chosen..., true>(tells, world, is_remote, group, type,
                                   std::move(given), std::move(options));
  else
    return choose<Chosen..., false>(tells, world, is_remote, group, type,
                                    std::move(given), std::move(options));
}

/* ---------------------------------------------------------------- events -- */

/// Spawns a task that is told by events; sorts are kept as those above.
static ptg::result<ptg::task_ref> spawn_told(world &world,
                                             const request &request,
                                             ptg::group_ref group,
                                             const ptg::task_options &options) {
  static std::map<std::pair<std::string, bool>, ptg::event_sort> sorts;
  std::string type = request.text("type");
  bool is_killable = request.flag("killable");
  const ptg::event_sort &used =
      sorts.try_emplace({type, is_killable}, type, is_killable).first->second;
  if (!request.flag("remote")) return used.spawn(group, nullptr, options);
  ptg::result<ptg::task_ref> spawned = status::invalid;
  elsewhere([&]() -> ptg::result<> {
    spawned = used.spawn(*world.remote, group, nullptr, options);
    return spawned.status();
  });
  return spawned;
}

/* -------------------------------------------------------------- requests -- */

ptg::status do_spawn(world &world, const request &request, json &answer) {
  request.check_tells({"drain", "cancel", "kill"});
  bool drain = request.tells("drain", true);
  bool cancel = request.tells("cancel", true);
  bool kill = request.tells("kill", false);
  bool is_remote = request.flag("remote");
  std::string type = request.text("type");
  std::string name = request.text("name");
  std::string place = request.text("place");
  ptg::group_ref group = world.group(request.handle("in"));
  ptg::task_options options{.name = name,
                            .place = place,
                            .is_cleanup = request.flag("cleanup"),
                            .is_observed = request.flag("observed"),
                            .spawner = world.task(request.handle("spawner"))};
  if (request.flag("events"))
    return made(world, request, answer,
                spawn_told(world, request, group, options));
  given_ptr given = make_given(world, request);
  ptg::result<ptg::task_ref> spawned = status::invalid;
  if (!drain || !cancel || kill || !type.empty()) {
    spawned = choose<>({drain, cancel, kill}, world, is_remote, group, type,
                       std::move(given), std::move(options));
    return made(world, request, answer, spawned);
  }
  options.on_done = call_done(given);
  auto body = [given = std::move(given)] { return play(given); };
  if (is_remote) {
    elsewhere([&]() -> ptg::result<> {
      spawned = world.remote->spawn(group, std::move(body), std::move(options));
      return spawned.status();
    });
  } else if (auto here = group.spawn(std::move(body), std::move(options))) {
    spawned = ptg::task_ref(*here);
  } else {
    spawned = here.error();
  }
  return made(world, request, answer, spawned);
}

ptg::status do_finish(world &world, const request &request, json &) {
  ptg::task_ref task = world.task(request.handle("task"));
  class request how = request.inside("outcome");
  std::string message = how.text("message");
  ptg::outcome outcome{
      .status = how.word("status", statuses),
      .code = static_cast<int>(how.integer("code")),
      .value = static_cast<std::uint64_t>(how.integer("value")),
      .message_data = how.has("message") ? message.data() : nullptr,
      .message_length = message.size()};
  if (request.flag("remote"))
    return elsewhere([&] { return world.remote->finish(task, outcome); });
  return task.finish(outcome).status();
}

ptg::status do_cancel(world &world, const request &request, json &) {
  ptg::task_ref task = world.task(request.handle("task"));
  std::string reason = request.text("reason");
  ptg::task_ref originator = world.task(request.handle("originator"));
  if (request.flag("remote"))
    return elsewhere(
        [&] { return world.remote->cancel(task, reason, originator); });
  return task.cancel(reason, originator).status();
}

ptg::status do_sleep(world &world, const request &request, json &) {
  ptg::task_ref task = world.task(request.handle("task"));
  return task.wake(request.duration("for")).status();
}

ptg::status do_extend_grace(world &world, const request &request,
                            json &answer) {
  ptg::task_ref task = world.task(request.handle("task"));
  auto left = task.extend_grace(request.duration("for"));
  if (left) answer["left"] = left->is_set() ? describe_limit(*left) : json(0);
  return left.status();
}

} // namespace adapter
