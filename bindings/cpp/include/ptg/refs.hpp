/// @file
/// Tasks and watches by their handles. To hold one keeps nothing alive.
#ifndef PTG_REFS_HPP
#define PTG_REFS_HPP

#include "callback.hpp"
#include "detail/activity.hpp"
#include "detail/home.hpp"
#include "info.hpp"
#include "limit.hpp"

namespace ptg {

namespace detail {

class watch_awaited;

/// A callback that watches.
struct watch_hook {
  home *at;
  callback<const outcome &> over;

  static void c_over(ptg_runtime *, ptg_watch, std::uint64_t,
                     const ptg_outcome *c, void *user_data) noexcept {
    const auto &that = *static_cast<watch_hook *>(user_data);
    entered entered(that.at);
    call_alone("the callback of a watch", that.over, outcome::from_c(*c));
  }
  static void c_release(void *user_data) noexcept {
    auto *that = static_cast<watch_hook *>(user_data);
    entered entered(that->at);
    delete that;
  }
};

} // namespace detail

/// What all of them have: a runtime and a number. One that is empty, stale, or
/// of a runtime that is gone answers status::stale or status::invalid. All
/// calls are for the runtime's thread; elsewhere they answer status::thread.
class handle_ref {
public:
  handle_ref() noexcept = default;
  handle_ref(detail::home *home, std::uint64_t id) noexcept
      : home_(home), id_(id) {
  }

  /// The handle of ptg.h; 0: none.
  std::uint64_t id() const noexcept {
    return id_;
  }
  explicit operator bool() const noexcept {
    return id_ != 0;
  }
  /// The runtime, for calls of ptg.h; nullptr: it is gone.
  ptg_runtime *c_runtime() const noexcept {
    return detail::runtime_at(home_);
  }
  detail::home *home() const noexcept {
    return home_;
  }
  friend bool operator==(const handle_ref &a, const handle_ref &b) noexcept {
    return a.id_ == b.id_;
  }

protected:
  template <class Call> result<> make(Call &&call) const {
    return detail::checked(home_, std::forward<Call>(call));
  }

private:
  detail::home *home_ = nullptr;
  std::uint64_t id_ = 0;
};

class watch_ref : public handle_ref {
public:
  using handle_ref::handle_ref;

  /// Gives the watch up: its callback is dropped and never called.
  result<> remove() const {
    return make(
        [&](ptg_runtime *runtime) { return ptg_watch_remove(runtime, id()); });
  }
};

/// A task or a group, which may be watched.
class watched_ref : public handle_ref {
public:
  using handle_ref::handle_ref;

  /// Has over called once, when the task has ended or the group is closed;
  /// then the status is status::timed_out, with their number as value, if tasks
  /// were abandoned there.
  /// The waiter is who is held up by it; status::deadlock: it would be for
  /// ever.
  result<watch_ref> watch(callback<const outcome &> over,
                          const handle_ref &waiter = {}) const {
    ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
    options.waiter = waiter.id();
    options.over = detail::watch_hook::c_over;
    options.release = detail::watch_hook::c_release;
    ptg_watch made = PTG_NONE;
    result<> answer = make([&](ptg_runtime *runtime) {
      options.user_data = new detail::watch_hook{home(), std::move(over)};
      return ptg_watch_add(runtime, id(), &options, &made);
    });
    if (!answer) return answer.error();
    return watch_ref(home(), made);
  }
};

class task_ref : public watched_ref {
public:
  using watched_ref::watched_ref;

  /// Asks the task to end. Again does nothing: the first request counts.
  /// The originator is who asks; none: whose code is running.
  result<> cancel(std::string_view reason = {},
                  const handle_ref &originator = {}) const {
    ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
    if (!reason.empty()) options.reason = reason.data();
    options.reason_length = reason.size();
    options.originator = originator.id();
    return make([&](ptg_runtime *runtime) {
      return ptg_task_cancel(runtime, id(), &options);
    });
  }

  /// Ends the task where it stands, as how says; a coroutine is not gone on
  /// with.
  result<> finish(const outcome &how = {}) const {
    ptg_outcome c = how.to_c();
    return make([&](ptg_runtime *runtime) {
      return ptg_task_finish(runtime, id(), &c);
    });
  }

  /// Wakes the task after a while: it ends a sleep() and a suspend(). A later
  /// call, and the task's own waits, take the place of an earlier one; forever
  /// wakes nobody.
  result<> wake(limit after = {}) const {
    if (result<> valid = detail::check({{"after", after}}); !valid)
      return valid;
    return make([&](ptg_runtime *runtime) -> ptg_status {
      if (detail::activity::is_woken(runtime, id())) return PTG_OK;
      return ptg_task_sleep(runtime, id(), detail::plain(after));
    });
  }

  /// Asks for more time in the drain phase: for it to last wanted from now.
  /// Returns how long it lasts; status::busy: it is not in that phase.
  result<limit> extend_grace(limit wanted) const {
    std::int64_t left_ns = 0;
    result<> answer = detail::check({{"wanted", wanted}});
    if (!answer) return answer.error();
    answer = make([&](ptg_runtime *runtime) {
      return ptg_task_extend_grace(runtime, id(), detail::plain(wanted),
                                   &left_ns);
    });
    if (!answer) return answer.error();
    return limit::from_c(left_ns);
  }

  result<task_info> info() const {
    ptg_task_info c = PTG_TASK_INFO_INIT;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_task_get_info(runtime, id(), &c);
    });
    if (!answer) return answer.error();
    return task_info::from_c(c);
  }

  /// co_await ended() gives a result<>: how it ended, without an object.
  detail::watch_awaited ended() const noexcept;
};

} // namespace ptg

#endif
