/// @file
/// What a task can say and ask about itself.
#ifndef PTG_THIS_TASK_HPP
#define PTG_THIS_TASK_HPP

#include "limit.hpp"
#include "refs.hpp"
#include "task.hpp"

#include <tuple>

namespace ptg {

namespace detail {

/// Base of what a task waits for. A cancel ends the wait once: the next wait
/// is as if there had been none, so that a task can clean up.
class wait : public suspension {
public:
  wait() = default;
  ~wait() {
    if (owner_ != nullptr) owner_->forget(*this);
  }

  bool await_ready() const noexcept {
    return false;
  }

protected:
  /// Returns false: there is nothing to wait for.
  template <class Promise>
  bool begin(std::coroutine_handle<Promise> frame) noexcept {
    owner_ = frame.promise().owner;
    return owner_->wait(*this, frame);
  }
  activity *owner() const noexcept {
    return owner_;
  }

private:
  activity *owner_ = nullptr;
};

/// What is written behind co_await; that makes the wait of it.
template <class Wait, class... Arguments> class [[nodiscard]] awaited {
public:
  using ptg_await = void;

  explicit awaited(Arguments... arguments) noexcept : arguments_(arguments...) {
  }
  Wait operator co_await() const noexcept {
    return std::make_from_tuple<Wait>(arguments_);
  }

private:
  std::tuple<Arguments...> arguments_;
};

class sleep_wait : public wait {
public:
  explicit sleep_wait(limit duration) noexcept : duration_(duration) {
    ends_with_wake = has_wake = true;
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) noexcept {
    if (!begin(frame)) return false;
    status_ =
        ptg_task_sleep(owner()->runtime(), owner()->self(), plain(duration_));
    if (status_ == PTG_OK || owner()->is_finished()) return true;
    owner()->forget(*this);
    return false;
  }
  result<> await_resume() const noexcept {
    if (is_cancelled) return status::canceled;
    if (status_ == PTG_OK) return {};
    return worded(ptg::status(status_), "a sleep is negative, or no number", 0);
  }

private:
  limit duration_;
  ptg_status status_ = PTG_OK;
};

class plain_wait : public wait {
public:
  plain_wait(bool ends_with_wake, bool ends_with_drain) noexcept {
    this->ends_with_wake = ends_with_wake;
    this->ends_with_drain = ends_with_drain;
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) noexcept {
    if (ends_with_drain && frame.promise().owner->is_draining()) return false;
    return begin(frame);
  }
  result<> await_resume() const noexcept {
    return is_cancelled ? result<>(status::canceled) : result<>();
  }
};

} // namespace detail

/// Of the task whose code is running; outside of one what they give is empty,
/// stale or false. Every wait gives status::canceled as soon as the task is
/// asked to end; a further wait is not ended again.
namespace this_task {

/// co_await sleep(100ms) gives a result<>, no earlier than that.
inline auto sleep(limit duration) noexcept {
  using namespace detail;
  return awaited<sleep_wait, limit>(duration);
}

/// co_await suspend() gives a result<> when the task is woken:
/// task_ref::wake().
inline auto suspend() noexcept {
  return detail::awaited<detail::plain_wait, bool, bool>(true, false);
}

/// co_await draining() gives a result<> when the task is told to finish soon.
inline auto draining() noexcept {
  return detail::awaited<detail::plain_wait, bool, bool>(false, true);
}

/// Has it been told to finish soon?
inline bool is_draining() noexcept {
  const detail::activity *running = detail::now_here.running;
  return running != nullptr && running->is_draining();
}

/// Has it been asked to end?
inline bool is_cancel_requested() noexcept {
  const detail::activity *running = detail::now_here.running;
  return running != nullptr && running->is_cancel_requested();
}

/// Is stopped when the task is asked to end. Callbacks of it run on the
/// runtime's thread, as code of the task; they must not throw.
inline std::stop_token stop_token() {
  detail::activity *running = detail::now_here.running;
  return running != nullptr ? running->stop_token() : std::stop_token();
}

/// Likewise, when the task is told to finish soon.
inline std::stop_token drain_token() {
  detail::activity *running = detail::now_here.running;
  return running != nullptr ? running->drain_token() : std::stop_token();
}

/// Why it shall end; to be asked in a callback of stop_token().
inline cancel_request request() noexcept {
  const detail::activity *running = detail::now_here.running;
  return running != nullptr ? running->request() : cancel_request();
}

inline task_ref ref() noexcept {
  const detail::activity *running = detail::now_here.running;
  return running != nullptr ? task_ref(running->home(), running->self())
                            : task_ref();
}

} // namespace this_task

} // namespace ptg

#endif
