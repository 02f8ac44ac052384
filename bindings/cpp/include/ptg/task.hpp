/// @file
/// The coroutine that a task is made of.
#ifndef PTG_TASK_HPP
#define PTG_TASK_HPP

#include "detail/activity.hpp"

namespace ptg {

template <class Value> class task;

namespace detail {

template <class Value> struct promise;

/// What awaiting gives back; the frames of a task pass results by it.
template <class Type> using result_of = typename as_result<Type>::type;

/// What a coroutine may co_await: what the binding knows how to wait for. A
/// frame must not be resumed but by its task, see completion.
template <class Type>
concept awaitable = requires {
  typename std::remove_cvref_t<Type>::ptg_await;
};

struct promise_base {
  activity *owner = nullptr;            // from its start on
  std::coroutine_handle<> continuation; // who awaits it; none: the task

  static void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    return pool::take(size);
  }
  static void *operator new(std::size_t size) noexcept {
    return pool::take(size);
  }
  static void operator delete(void *frame, std::size_t size) noexcept {
    pool::give_back(frame, size);
  }

  std::suspend_always initial_suspend() const noexcept {
    return {};
  }

  struct final_awaiter {
    bool await_ready() const noexcept {
      return false;
    }
    template <class Promise>
    std::coroutine_handle<>
    await_suspend(std::coroutine_handle<Promise> frame) const noexcept {
      return frame.promise().leave();
    }
    void await_resume() const noexcept {
    }
  };
  final_awaiter final_suspend() const noexcept {
    return {};
  }

  /// Where to go on once the result is there.
  std::coroutine_handle<> leave() const noexcept {
    if (continuation) return continuation;
    owner->body_is_over();
    return std::noop_coroutine();
  }

  template <awaitable Awaitable>
  Awaitable await_transform(Awaitable awaitable) const noexcept {
    return awaitable;
  }
};

template <class Value> struct promise final : promise_base {
  std::optional<result_of<Value>> outcome;

  task<Value> get_return_object() noexcept;
  static task<Value> get_return_object_on_allocation_failure() noexcept;

  template <class From>
  requires std::constructible_from<result_of<Value>, From>
  void return_value(From &&value) {
    outcome.emplace(std::forward<From>(value));
  }
  void unhandled_exception() noexcept {
    fail(caught());
  }
  void fail(error why) noexcept {
    outcome.emplace(std::move(why));
  }
  result_of<Value> take() noexcept {
    // Not every compiler warns of it.
    if (!outcome)
      return worded(status::failed, "it ended without a co_return", 0);
    return *std::move(outcome);
  }
};

template <> struct promise<void> final : promise_base {
  result<> outcome; // well, until something fails

  task<void> get_return_object() noexcept;
  static task<void> get_return_object_on_allocation_failure() noexcept;

  void return_void() noexcept {
  }
  void unhandled_exception() noexcept {
    fail(caught());
  }
  void fail(error why) noexcept {
    outcome = std::move(why);
  }
  result<> take() noexcept {
    return std::move(outcome);
  }
};

} // namespace detail

/// A coroutine. It does nothing until it is spawned into a group, or awaited by
/// another one, which gives a result: its value, or why it failed.
///
/// A task<> ends well by co_return or by running to its end, and fails by
/// co_await fail(...), by co_await or_return(...), or by an exception that
/// leaves it. A task<Value>, and a task<result<>>, may also co_return an error.
///
/// The arguments of a coroutine are copied into it; what they refer to, and a
/// lambda that is not spawned itself, must outlive it.
template <class Value = void> class [[nodiscard]] task {
public:
  using promise_type = detail::promise<Value>;
  using result_type = detail::result_of<Value>;
  using ptg_await = void;

  task() noexcept = default;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept
      : frame_(frame) {
  }
  task(task &&other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {
  }
  task &operator=(task &&other) noexcept {
    if (auto before = std::exchange(frame_, nullptr)) before.destroy();
    frame_ = std::exchange(other.frame_, nullptr);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  /// False: there was no memory for it, or it was moved from.
  explicit operator bool() const noexcept {
    return frame_ != nullptr;
  }

  /* -- for co_await: it runs at once, within the task that awaits it -- */

  bool await_ready() const noexcept {
    return frame_ == nullptr;
  }
  template <class Promise>
  std::coroutine_handle<>
  await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    frame_.promise().owner = awaiting.promise().owner;
    frame_.promise().continuation = awaiting;
    return frame_;
  }
  result_type await_resume() noexcept {
    return take();
  }

  /* -- for a task of a group -- */

  /// Runs it up to its first wait.
  void begin(detail::activity &owner) noexcept {
    frame_.promise().owner = &owner;
    frame_.resume();
  }

  /// Takes the result and ends the frame.
  result_type take() noexcept {
    if (frame_ == nullptr) return status::no_memory;
    result_type taken = frame_.promise().take();
    std::exchange(frame_, nullptr).destroy();
    return taken;
  }

private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class Value>
task<Value> promise<Value>::get_return_object() noexcept {
  return task<Value>(
      std::coroutine_handle<promise<Value>>::from_promise(*this));
}
template <class Value>
task<Value> promise<Value>::get_return_object_on_allocation_failure() noexcept {
  return {};
}
inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}
inline task<void>
promise<void>::get_return_object_on_allocation_failure() noexcept {
  return {};
}

template <class Value> struct [[nodiscard]] or_return {
  using ptg_await = void;
  result<Value> outcome;

  bool await_ready() const noexcept {
    return outcome.has_value();
  }
  template <class Promise>
  std::coroutine_handle<>
  await_suspend(std::coroutine_handle<Promise> frame) noexcept {
    frame.promise().fail(outcome.error());
    return frame.promise().leave();
  }
  Value await_resume() {
    if constexpr (!std::is_void_v<Value>) return *std::move(outcome);
  }
};

} // namespace detail

/// co_await or_return(result): its value; or the coroutine ends here with that
/// error, as by co_return.
template <class Value>
detail::or_return<Value> or_return(result<Value> outcome) noexcept {
  return {std::move(outcome)};
}

/// co_await fail(error): the coroutine ends here with that error; or, in words,
/// with status::failed.
inline detail::or_return<void> fail(error why) noexcept {
  return {result<>(std::move(why))};
}
inline detail::or_return<void> fail(std::string message) {
  return fail(error(std::move(message)));
}

} // namespace ptg

#endif
