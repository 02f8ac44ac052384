/// @file
/// The runtime: one event loop and the tree of groups on it.
#ifndef PTG_RUNTIME_HPP
#define PTG_RUNTIME_HPP

#include "events.hpp"
#include "group.hpp"
#include "remote.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ptg {

struct runtime_options {
  group_options root = {};
  bool manual_clock = false; ///< time stands still until advance()
  uv_loop_s *loop = nullptr; ///< borrowed; none: the runtime makes its own
  std::size_t loop_size = 0; ///< uv_loop_size() of who made the loop
  bool unref = false; ///< does not keep a borrowed loop alive while it waits
};

/// One loop, and a root group that all others are in. It belongs to the thread
/// that made it: elsewhere calls answer status::thread, but for those of a
/// remote and request_shutdown().
///
/// Its end ends everything in it: if the root group is not closed, the
/// destructor forces its shutdown and waits for that, as long as the groups'
/// cancel waits say. It must not run inside a callback of the runtime.
class runtime {
public:
  static result<runtime> create(runtime_options options = {}) {
    if (result<> valid = detail::check(options.root); !valid)
      return valid.error();
    runtime made(detail::take_home(), options.manual_clock);
    if (made.home_ == nullptr) return ptg::status::no_memory;
    ptg_runtime_options c = PTG_RUNTIME_OPTIONS_INIT;
    ptg_group_options root =
        detail::group_hooks::to_c(made.home_, options.root);
    c.flags = (options.manual_clock ? PTG_RUNTIME_MANUAL_CLOCK : 0) |
              (options.unref ? PTG_RUNTIME_UNREF : 0);
    c.loop = options.loop;
    c.loop_size = options.loop_size;
    c.root = &root;
    ptg_runtime *there = nullptr;
    ptg_status status = ptg_runtime_create(&c, &there);
    if (status != PTG_OK) return why_not(status, options);
    made.home_->runtime.store(there);
    return made;
  }

  runtime(runtime &&other) noexcept
      : home_(std::exchange(other.home_, nullptr)),
        is_manual_(other.is_manual_) {
  }
  runtime &operator=(runtime &&other) noexcept {
    runtime moved(std::move(other));
    std::swap(home_, moved.home_);
    std::swap(is_manual_, moved.is_manual_);
    return *this;
  }
  ~runtime() {
    if (home_ == nullptr) return;
    bool was_made = c_runtime() != nullptr;
    if (!was_made) detail::leave_home(home_);
    if (!was_made || end()) return;
    std::fputs("ptg::runtime: it cannot end: it is in a callback, on another "
               "thread, or its loop has handles of the host\n",
               stderr);
    std::abort();
  }

  group_ref root() const noexcept {
    ptg_group root = PTG_NONE;
    if (ptg_runtime *there = c_runtime()) ptg_runtime_get_root(there, &root);
    return group_ref(home_, root);
  }

  /// Runs until the root group is closed and all has been told; where there are
  /// events, see turn().
  result<> run() const {
    return detail::checked(home_, ptg_runtime_run);
  }

  /// Runs the loop once, and waits for something to do, or for an event, that
  /// long at most.
  result<> turn(limit timeout) const {
    if (result<> valid = detail::check({{"timeout", timeout}}); !valid)
      return valid;
    return detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_runtime_turn(runtime, detail::plain(timeout));
    });
  }

  /// Moves a manual clock, and does all that falls due.
  result<> advance(limit duration) const {
    if (result<> valid = detail::check({{"duration", duration}}); !valid)
      return valid;
    return detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_runtime_advance(runtime, detail::plain(duration));
    });
  }

  /// Takes what was told by events, the oldest first: so many at most, and when
  /// it is so many there may be more. One that is not taken holds up nothing
  /// but the task or group that it is about. Texts are good until the next
  /// call.
  result<std::vector<event>> take_events(std::size_t most = 64) const {
    std::vector<ptg_event> taken(std::max<std::size_t>(most, 1));
    std::size_t count = 0;
    result<> answer = detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_events_take(runtime, taken.data(), sizeof(ptg_event), most,
                             &count);
    });
    if (!answer) return answer.error();
    std::vector<event> events;
    for (std::size_t i = 0; i < count; i++)
      events.push_back(event::from_c(home_, taken[i]));
    return events;
  }

  /// Ends the runtime, if its root group is closed; status::busy: it is not.
  /// Tasks that were abandoned end here, with status::timed_out.
  result<> destroy() {
    result<> answer = detail::checked(home_, ptg_runtime_destroy);
    if (!answer) return answer;
    home_->runtime.store(nullptr);
    detail::leave_home(std::exchange(home_, nullptr));
    return answer;
  }

  /// For a foreign loop: when this can be read, turn() is due.
  result<int> descriptor() const {
    std::int32_t descriptor = -1;
    result<> answer = detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_runtime_get_descriptor(runtime, &descriptor);
    });
    if (!answer) return answer.error();
    return descriptor;
  }

  /// For a foreign loop: when this time is over, turn() is due. To be asked for
  /// again after each turn, and after calls from outside of one.
  result<limit> timeout() const {
    std::int64_t timeout_ns = 0;
    result<> answer = detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_runtime_get_timeout(runtime, &timeout_ns);
    });
    if (!answer) return answer.error();
    return timeout_ns == 0 ? limit(std::chrono::nanoseconds(0))
                           : limit::from_c(timeout_ns);
  }

  /// The runtime's clock.
  result<std::chrono::nanoseconds> now() const {
    std::int64_t now_ns = 0;
    result<> answer = detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_runtime_get_time(runtime, &now_ns);
    });
    if (!answer) return answer.error();
    return std::chrono::nanoseconds(now_ns);
  }

  /// Asks for the shutdown of the root group, from any thread and in a signal
  /// handler.
  ptg::status request_shutdown(bool force = false) const noexcept {
    ptg_runtime *there = c_runtime();
    if (there == nullptr) return status::stale;
    return ptg::status(ptg_runtime_request_shutdown(there, force ? 1 : 0));
  }

  /// Opens a way in for other threads.
  result<remote> open_remote() const {
    ptg_remote *opened = nullptr;
    result<> answer = detail::checked(home_, [&](ptg_runtime *runtime) {
      return ptg_remote_open(runtime, &opened);
    });
    if (!answer) return answer.error();
    return remote(home_, opened);
  }

  /// For calls of ptg.h; nullptr: it has been destroyed.
  ptg_runtime *c_runtime() const noexcept {
    return detail::runtime_at(home_);
  }
  detail::home *home() const noexcept {
    return home_;
  }

private:
  runtime(detail::home *home, bool is_manual) noexcept
      : home_(home), is_manual_(is_manual) {
  }

  /// C has no words for it where there is no runtime to ask.
  static error why_not(ptg_status status, const runtime_options &options) {
    const char *words = "";
    if (status == PTG_EABI)
      words = "loop_size is not that of the libuv of libptg";
    else if (status == PTG_EINVAL && options.unref && options.loop == nullptr)
      words = "unref is for a borrowed loop";
    else if (status == PTG_EINVAL)
      words = "the name, the owner or the callbacks of the root are not valid";
    return error(ptg::status(status), words);
  }

  /// Events that nobody takes any more are taken here.
  bool end() noexcept {
    if (destroy()) return true;
    if (!root().shutdown({.force = true})) return false;
    constexpr int attempts = 26; // of a closed one; a manual clock's last is
                                 // longer than a year
    bool is_closed = false;      // then handles of the host may be for ever
    for (int i = 0; i < attempts; i += is_manual_ || is_closed) {
      result<> moved = is_manual_  ? advance(std::chrono::seconds(1 << i))
                       : is_closed ? turn({})
                                   : turn(forever);
      is_closed = root_is_closed();
      if (!moved || !drop_events()) return false;
      if (destroy()) return true;
    }
    return false;
  }

  bool root_is_closed() const noexcept {
    ptg_group_info info = PTG_GROUP_INFO_INIT;
    return ptg_group_get_info(c_runtime(), root().id(), &info) != PTG_OK ||
           info.state == PTG_GROUP_CLOSED;
  }

  bool drop_events() const noexcept {
    ptg_event dropped[16];
    std::size_t count = std::size(dropped);
    ptg_status status = PTG_OK;
    while (status == PTG_OK && count == std::size(dropped))
      status = ptg_events_take(c_runtime(), dropped, sizeof(dropped[0]),
                               std::size(dropped), &count);
    return status == PTG_OK;
  }

  detail::home *home_;
  bool is_manual_;
};

/// A runtime that C or another language made, and will end: what is here while
/// it is used from C++. To be destroyed after the runtime, or before it if by
/// then nothing of C++ is left in it.
class joined {
public:
  explicit joined(ptg_runtime *runtime) noexcept
      : home_(detail::join_home(runtime)) {
  }
  ~joined() {
    if (home_ != nullptr) detail::leave_home(home_);
  }
  joined(const joined &) = delete;
  joined &operator=(const joined &) = delete;

  group_ref root() const noexcept {
    ptg_group root = PTG_NONE;
    if (ptg_runtime *there = detail::runtime_at(home_))
      ptg_runtime_get_root(there, &root);
    return group_ref(home_, root);
  }

private:
  detail::home *home_;
};

/// Whose code is running on this thread: a task of the group; or only a group,
/// for its handler or a hook; or neither.
struct current {
  group_ref group;
  task_ref task;
};

inline current get_current() noexcept {
  detail::home *home = detail::now_here.home;
  ptg_runtime *runtime = detail::runtime_at(home);
  if (runtime == nullptr) return {};
  ptg_task task = PTG_NONE;
  ptg_group group = PTG_NONE;
  ptg_runtime_get_current(runtime, &task, &group);
  return {group_ref(home, group), task_ref(home, task)};
}

} // namespace ptg

#endif
