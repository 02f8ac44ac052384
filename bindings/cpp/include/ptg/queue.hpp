/// @file
/// A bounded queue: a task that handles messages in their order.
#ifndef PTG_QUEUE_HPP
#define PTG_QUEUE_HPP

#include "group.hpp"

namespace ptg {

/// A message being handled; what the handler is called with.
struct handling {
  task_ref queue;
  task_ref started = {}; ///< to be set to the task that was spawned for the
                         ///< message, if one was: it is handled when that ends
};

template <class Message> struct queue_options {
  std::string_view name = {};
  std::uint64_t capacity = 0; ///< messages that wait; required
  std::uint64_t at_once = 0;  ///< messages being handled at once; 0: one
  bool is_observed = false;   ///< see task_options
  task_ref spawner = {};
  callback<Message &, handling &> handle = {}; ///< required. Its failure ends
                                               ///< the queue
  callback<Message &> drop = {};               ///< one that will not be handled
  callback<> has_room = {}; ///< once after status::full: push again
  callback<const outcome &> on_done = {};
};

struct queue_info {
  bool is_closed;       ///< nothing more is accepted from outside
  std::uint64_t length; ///< messages that wait
  std::uint64_t capacity;
  std::uint64_t running; ///< messages being handled
  std::uint64_t at_once;
  std::uint64_t accepted; ///< == length + running + handled
  std::uint64_t handled;
  std::uint64_t refused;
};

/// A queue. It ends well when it is closed, or drains, and all that it accepted
/// has been handled; a cancel ends it at once, and what is left is dropped.
template <std::movable Message> class queue : public task_ref {
public:
  using task_ref::task_ref;

  static result<queue> spawn(const group_ref &group,
                             queue_options<Message> options) {
    ptg_queue_options c = PTG_QUEUE_OPTIONS_INIT;
    if (!options.name.empty()) c.name = options.name.data();
    c.name_length = options.name.size();
    c.capacity = options.capacity;
    c.at_once = options.at_once;
    c.flags = options.is_observed ? PTG_SPAWN_OBSERVED : 0;
    c.spawner = options.spawner.id();
    c.handle = options.handle ? queue_hook::c_handle : nullptr;
    c.drop = queue_hook::c_drop;
    c.has_room = options.has_room ? queue_hook::c_has_room : nullptr;
    c.done = queue_hook::c_done;
    c.release = queue_hook::c_release;
    c.user_data =
        new queue_hook{group.home(), std::move(options), std::nullopt};
    ptg_task made = PTG_NONE;
    if (group.c_runtime() == nullptr) queue_hook::c_release(c.user_data);
    result<> answer = detail::checked(group.home(), [&](ptg_runtime *runtime) {
      return ptg_queue_spawn(runtime, group.id(), &c, &made);
    });
    if (!answer) return answer.error();
    return queue(group.home(), made);
  }

  /// Puts a message at the end. It is moved from only if it is accepted.
  /// status::full: see has_room; status::closed: no more is accepted.
  /// The pusher says on whose behalf; none: whose code is running.
  result<> push(Message &&message, const task_ref &pusher = {}) const {
    auto *moved = new Message(std::move(message));
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_queue_push(runtime, id(), pusher.id(), moved);
    });
    if (answer) return answer;
    message = std::move(*moved);
    delete moved;
    return answer;
  }

  result<> push(const Message &message, const task_ref &pusher = {})
      const requires std::copy_constructible<Message> {
    return push(Message(message), pusher);
  }

  /// Accepts nothing more, handles what it has, and ends.
  result<> close() const {
    return make(
        [&](ptg_runtime *runtime) { return ptg_queue_close(runtime, id()); });
  }

  result<queue_info> counts() const {
    ptg_queue_info c = PTG_QUEUE_INFO_INIT;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_queue_get_info(runtime, id(), &c);
    });
    if (!answer) return answer.error();
    return queue_info{c.is_closed != 0, c.length,   c.capacity, c.running,
                      c.at_once,        c.accepted, c.handled,  c.refused};
  }

private:
  struct queue_hook {
    detail::home *home;
    queue_options<Message> options;
    std::optional<detail::failing> failing;

    static ptg_status c_handle(ptg_runtime *runtime, ptg_task task,
                               void *message, void *user_data,
                               ptg_task *started) noexcept {
      auto &that = *static_cast<queue_hook *>(user_data);
      detail::entered entered(that.home);
      auto *owned = static_cast<Message *>(message);
      handling now{task_ref(that.home, task)};
      result<> answer = that.options.handle(*owned, now);
      *started = now.started.id();
      if (answer) {
        delete owned;
        return PTG_OK;
      }
      that.failing.emplace(task, answer.error());
      ptg_queue_info left = PTG_QUEUE_INFO_INIT;
      ptg_queue_get_info(runtime, task, &left);
      detail::finish_with(runtime, task, answer.error(), left.length);
      return PTG_EFAILED;
    }
    static void c_drop(ptg_runtime *, ptg_task, void *message,
                       void *user_data) noexcept {
      const auto &that = *static_cast<queue_hook *>(user_data);
      detail::entered entered(that.home);
      auto *owned = static_cast<Message *>(message);
      detail::call_alone("drop", that.options.drop, *owned);
      delete owned;
    }
    static void c_has_room(ptg_runtime *, ptg_task, void *user_data) noexcept {
      const auto &that = *static_cast<queue_hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("has_room", that.options.has_room);
    }
    static void c_done(ptg_runtime *, ptg_task, const ptg_outcome *c,
                       void *user_data) noexcept {
      const auto &that = *static_cast<queue_hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("on_done", that.options.on_done, outcome::from_c(*c));
    }
    static void c_release(void *user_data) noexcept {
      auto *that = static_cast<queue_hook *>(user_data);
      detail::entered entered(that->home);
      delete that;
    }
  };
};

} // namespace ptg

#endif
