/// @file
/// How a task waits for tasks and groups.
#ifndef PTG_WAIT_HPP
#define PTG_WAIT_HPP

#include "group.hpp"
#include "this_task.hpp"

namespace ptg {

namespace detail {

/// Waits until something is over.
class watch_wait : public wait {
public:
  explicit watch_wait(std::uint64_t watched) noexcept : watched_(watched) {
  }
  ~watch_wait() {
    if (watch_ != PTG_NONE) ptg_watch_remove(owner()->runtime(), watch_);
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) noexcept {
    if (!begin(frame)) return false;
    ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
    options.waiter = owner()->self();
    options.over = c_over;
    options.user_data = this;
    ptg_runtime *runtime = owner()->runtime();
    ptg_status status = ptg_watch_add(runtime, watched_, &options, &watch_);
    if (status == PTG_OK) return true;
    outcome_ = error_of(runtime, status);
    if (owner()->is_finished()) return true;
    owner()->forget(*this);
    return false;
  }

  result<> await_resume() noexcept {
    if (is_cancelled) return status::canceled;
    return std::move(outcome_);
  }

private:
  static void c_over(ptg_runtime *, ptg_watch, std::uint64_t,
                     const ptg_outcome *c, void *user_data) noexcept {
    auto &that = *static_cast<watch_wait *>(user_data);
    that.watch_ = PTG_NONE;
    that.outcome_ = outcome::from_c(*c).error();
    that.owner()->end_wait(that);
  }

  std::uint64_t watched_;
  ptg_watch watch_ = PTG_NONE;
  result<> outcome_;
};

class watch_awaited : public awaited<watch_wait, std::uint64_t> {
  using awaited::awaited;
};

} // namespace detail

inline detail::watch_awaited task_ref::ended() const noexcept {
  return detail::watch_awaited(id());
}

inline detail::watch_awaited group_ref::closed() const noexcept {
  return detail::watch_awaited(id());
}

} // namespace ptg

#endif
