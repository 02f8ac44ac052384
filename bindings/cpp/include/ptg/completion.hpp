/// @file
/// How a task waits for anything that is no task and no group.
#ifndef PTG_COMPLETION_HPP
#define PTG_COMPLETION_HPP

#include "this_task.hpp"

namespace ptg {

template <class Value> class completion;

namespace detail {

template <class Value> class completion_wait : public wait {
public:
  explicit completion_wait(completion<Value> *awaited) noexcept
      : awaited_(awaited) {
  }
  ~completion_wait() {
    leave();
  }

  bool await_ready() const noexcept {
    return awaited_->is_complete() || awaited_->waiter_ != nullptr;
  }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) noexcept {
    if (!begin(frame)) return false;
    awaited_->waiter_ = this;
    return true;
  }
  result<Value> await_resume() noexcept {
    // Who goes on may end the completion, before this is at an end itself.
    completion<Value> *awaited = leave();
    if (is_cancelled) return status::canceled;
    if (awaited == nullptr) return status::stale;
    if (!awaited->is_complete() || awaited->waiter_ != nullptr)
      return status::busy;
    return awaited->take();
  }

private:
  friend class completion<Value>;

  void tell() noexcept {
    owner()->end_wait(*this);
  }
  completion<Value> *leave() noexcept {
    if (awaited_ != nullptr && awaited_->waiter_ == this)
      awaited_->waiter_ = nullptr;
    return std::exchange(awaited_, nullptr);
  }

  completion<Value> *awaited_; // nullptr: it is gone
};

} // namespace detail

/// A result that will be there later, for one task to wait for: what a callback
/// of a socket, of a library, of whatever the host's loop has, completes. For
/// the runtime's thread; from another one, see remote::post().
template <class Value = void> class completion {
public:
  completion() noexcept = default;
  completion(const completion &) = delete;
  completion &operator=(const completion &) = delete;

  /// Who waits is given status::stale.
  ~completion() {
    if (waiter_ == nullptr) return;
    waiter_->awaited_ = nullptr;
    waiter_->tell();
  }

  /// The first time counts. Who waits goes on later, never inside this call.
  void complete(result<Value> how) {
    if (how_) return;
    how_ = std::move(how);
    if (waiter_ != nullptr) waiter_->tell();
  }

  bool is_complete() const noexcept {
    return how_.has_value();
  }

  /// co_await wait() gives a result<Value>, and makes this as new.
  /// status::busy: another task waits.
  auto wait() noexcept {
    using namespace detail;
    return awaited<completion_wait<Value>, completion *>(this);
  }

private:
  friend class detail::completion_wait<Value>;

  result<Value> take() noexcept {
    result<Value> taken = *std::move(how_);
    how_.reset();
    return taken;
  }

  std::optional<result<Value>> how_;
  detail::completion_wait<Value> *waiter_ = nullptr;
};

} // namespace ptg

#endif
