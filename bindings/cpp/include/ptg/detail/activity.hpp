/// @file
/// A coroutine that is a task of a group.
#ifndef PTG_DETAIL_ACTIVITY_HPP
#define PTG_DETAIL_ACTIVITY_HPP

#include "../callback.hpp"
#include "../outcome.hpp"
#include "home.hpp"

#include <coroutine>
#include <optional>
#include <stop_token>

namespace ptg::detail {

/// What a task waits for; stands in the frame that waits. A cancel goes on with
/// the frame in any case, once.
struct suspension {
  std::coroutine_handle<> frame;
  bool is_over = false;
  bool has_wake = false; // of its own, on its way
  bool is_cancelled = false;
  bool ends_with_wake = false;
  bool ends_with_drain = false;

  suspension() = default;
  suspension(const suspension &) = delete;
  suspension &operator=(const suspension &) = delete;
};

/// A task, from its spawn to its end: what C is given as user data. All of its
/// code runs in callbacks of its own (start, wake, drain, cancel), so that C
/// always knows whose code is running. What ends a wait from elsewhere asks for
/// a wake. C is given no release: done does that too.
class activity : public owned_task {
public:
  /// Of a coroutine, and of a plain function, which nothing can hurry.
  static const ptg_task_type coroutine_type, function_type;

  activity(const activity &) = delete;
  activity &operator=(const activity &) = delete;

  ptg_runtime *runtime() const noexcept {
    return runtime_at(home_);
  }
  detail::home *home() const noexcept {
    return home_;
  }
  ptg_task self() const noexcept {
    return self_;
  }
  bool is_draining() const noexcept {
    return is_draining_;
  }
  bool is_cancel_requested() const noexcept {
    return is_cancel_requested_;
  }
  bool is_done() const noexcept {
    return is_done_;
  }
  /// Has it been finished, by whomever? Its done comes then, and nothing else:
  /// it must not be gone on with.
  bool is_finished() const noexcept {
    void *user_data = nullptr;
    return ptg_task_get_user_data(runtime(), self_, &coroutine_type,
                                  &user_data) != PTG_OK;
  }
  /// Is a wake on its way that must not be replaced?
  static bool is_woken(ptg_runtime *runtime, ptg_task task) noexcept {
    void *user_data = nullptr;
    if (ptg_task_get_user_data(runtime, task, &coroutine_type, &user_data) !=
        PTG_OK)
      return false;
    const suspension *waiting = from(user_data).waiting_;
    return waiting != nullptr && waiting->is_over;
  }
  std::stop_token drain_token() {
    return token_of(more().drain, is_draining_);
  }
  std::stop_token stop_token() {
    return token_of(more().stop, is_cancel_requested_);
  }
  /// The request, while the task is being told of it.
  cancel_request request() const noexcept {
    return more_ != nullptr ? more_->request : cancel_request();
  }
  void on_done(callback<const outcome &> told) {
    more().on_done = std::move(told);
  }

  /// Returns false if the wait is over before it began: a cancel came that no
  /// wait was told of yet.
  bool wait(suspension &suspension, std::coroutine_handle<> frame) noexcept {
    if (is_cancel_due_) {
      is_cancel_due_ = false;
      suspension.is_cancelled = true;
      return false;
    }
    suspension.frame = frame;
    waiting_ = &suspension;
    return true;
  }

  /// The frame that waits is being destroyed, or does not wait after all.
  void forget(const suspension &suspension) noexcept {
    if (waiting_ == &suspension) waiting_ = nullptr;
  }

  /// The wait is over, as something outside of the task's code says.
  void end_wait(suspension &suspension) noexcept {
    if (suspension.is_cancelled) return; // it is gone on with as it is
    suspension.is_over = suspension.has_wake = true;
    if (ptg_runtime *there = runtime()) ptg_task_sleep(there, self_, 0);
  }

  /// The outermost coroutine has nothing more to do.
  void body_is_over() noexcept {
    is_body_over_ = true;
  }

  void retain() noexcept {
    references_++;
  }
  /// The last one deletes.
  void let_go() noexcept {
    if (--references_ == 0) delete this;
  }

protected:
  explicit activity(detail::home *home) noexcept : home_(home) {
  }

  /// Ends the task if its coroutine is over.
  virtual void look() noexcept = 0;
  /// An end that nobody in here saw: keeps it as the result, if there is none.
  virtual void keep(const outcome &outcome) noexcept = 0;
  /// Drops all but the result.
  virtual void clear() noexcept {
    if (has_more()) more_->on_done = nullptr;
  }

  /// Does anybody but C refer to it?
  bool is_shared() const noexcept {
    return references_ > 1;
  }
  bool is_body_over() const noexcept {
    return is_body_over_;
  }
  void set_self(ptg_task task) noexcept {
    self_ = task;
  }

  /// What few tasks need.
  struct extras {
    virtual ~extras() = default;
    callback<const outcome &> on_done;
    std::stop_source drain{std::nostopstate};
    std::stop_source stop{std::nostopstate};
    cancel_request request;
  };
  /// Returns nullptr when there is no memory.
  virtual std::unique_ptr<extras> make_extras() const noexcept = 0;

  extras *try_more() noexcept {
    if (more_ == nullptr) more_ = make_extras();
    return more_.get();
  }
  extras &more() {
    if (try_more() == nullptr) throw_no_memory();
    return *more_;
  }
  bool has_more() const noexcept {
    return more_ != nullptr;
  }

private:
  /* -- what C calls, besides start -- */

  static activity &from(void *user_data) noexcept {
    return static_cast<activity &>(owned_task::from(user_data));
  }

  static void c_wake(ptg_runtime *, ptg_task, void *user_data) noexcept {
    activity &that = from(user_data);
    entered entered(that.home_, &that);
    const suspension *waiting = that.waiting_;
    if (waiting == nullptr) return;
    if (waiting->is_over || waiting->ends_with_wake) that.go_on();
  }

  static void c_drain(ptg_runtime *, ptg_task, void *user_data) noexcept {
    activity &that = from(user_data);
    entered entered(that.home_, &that);
    that.is_draining_ = true;
    if (that.more_ != nullptr) that.more_->drain.request_stop();
    if (that.waiting_ == nullptr || !that.waiting_->ends_with_drain) return;
    // A stop callback may have finished it.
    if (!that.is_finished()) that.go_on();
  }

  static void c_cancel(ptg_runtime *runtime, ptg_task task,
                       const ptg_cancel_info *info, void *user_data) noexcept {
    activity &that = from(user_data);
    entered entered(that.home_, &that);
    suspension *waiting = that.waiting_;
    that.is_cancel_requested_ = true;
    that.is_cancel_due_ = waiting == nullptr;
    if (waiting != nullptr) waiting->is_cancelled = true;
    // Or it would end a later wait.
    if (waiting != nullptr && waiting->has_wake)
      ptg_task_sleep(runtime, task, PTG_FOREVER);
    if (that.more_ != nullptr) {
      that.more_->request = {text(info->reason, info->reason_length),
                             info->originator};
      that.more_->stop.request_stop();
      that.more_->request.reason = {};
    }
    if (waiting != nullptr && !that.is_finished()) that.go_on();
  }

  static void c_done(ptg_runtime *, ptg_task, const ptg_outcome *c,
                     void *user_data) noexcept {
    activity &that = from(user_data);
    entered entered(that.home_);
    that.is_done_ = true;
    if (that.is_shared() || that.has_more()) that.tell(outcome::from_c(*c));
    that.let_go();
  }
  [[gnu::noinline]] void tell(const outcome &outcome) noexcept {
    if (is_shared()) keep(outcome);
    if (has_more()) call_alone("on_done", more_->on_done, outcome);
    if (is_shared()) clear();
  }

  static std::stop_token token_of(std::stop_source &source, bool is_stopped) {
    if (!source.stop_possible()) {
      source = std::stop_source();
      if (is_stopped) source.request_stop();
    }
    return source.get_token();
  }

  void go_on() noexcept {
    std::coroutine_handle<> frame = waiting_->frame;
    waiting_ = nullptr;
    frame.resume();
    look();
  }

  detail::home *home_;
  ptg_task self_ = PTG_NONE;
  suspension *waiting_ = nullptr;
  std::unique_ptr<extras> more_;
  std::uint32_t references_ = 1; // C's own
  bool is_draining_ : 1 = false;
  bool is_cancel_requested_ : 1 = false;
  bool is_cancel_due_ : 1 = false; // and no wait was told of it yet
  bool is_body_over_ : 1 = false;
  bool is_done_ : 1 = false;
};

/// Keeps a task's result; or nothing.
template <class Activity> class activity_ptr {
public:
  activity_ptr() noexcept = default;
  explicit activity_ptr(Activity *kept) noexcept : kept_(kept) {
    if (kept_ != nullptr) kept_->retain();
  }
  activity_ptr(const activity_ptr &other) noexcept : activity_ptr(other.kept_) {
  }
  activity_ptr(activity_ptr &&other) noexcept
      : kept_(std::exchange(other.kept_, nullptr)) {
  }
  activity_ptr &operator=(activity_ptr other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~activity_ptr() {
    if (kept_ != nullptr) kept_->let_go();
  }

  Activity *operator->() const noexcept {
    return kept_;
  }
  explicit operator bool() const noexcept {
    return kept_ != nullptr;
  }

private:
  Activity *kept_ = nullptr;
};

inline constexpr ptg_task_type activity::coroutine_type = {
    sizeof(ptg_task_type),
    0,
    nullptr,
    c_start,
    c_drain,
    c_cancel,
    nullptr,
    c_wake,
    c_done,
    nullptr};
inline constexpr ptg_task_type activity::function_type = {sizeof(ptg_task_type),
                                                          0,
                                                          nullptr,
                                                          c_start,
                                                          nullptr,
                                                          nullptr,
                                                          nullptr,
                                                          nullptr,
                                                          c_done,
                                                          nullptr};

} // namespace ptg::detail

#endif
