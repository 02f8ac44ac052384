/// @file
/// The errors of tasks and hooks that have failed, on their way to a handler.
/// C carries the status, code and message of one; the rest waits here.
#ifndef PTG_DETAIL_FAILING_HPP
#define PTG_DETAIL_FAILING_HPP

#include "../error.hpp"
#include "pool.hpp"

namespace ptg::detail {

/// A task whose user data is an object of C++: this. Such a task is known by
/// the start in its type.
class owned_task : public pooled {
public:
  /// The error with which it failed; nullptr: it is no such task, or something
  /// else ended it.
  static const error *why(const ptg_error &c) noexcept {
    bool is_one = c.task_type != nullptr && c.task_type->start == c_start;
    return is_one ? from(c.task_user_data).why() : nullptr;
  }

  void *user_data() noexcept {
    return this;
  }
  static ptg_status c_start(ptg_runtime *, ptg_task task,
                            void *user_data) noexcept {
    from(user_data).start(task);
    return PTG_OK;
  }

protected:
  virtual ~owned_task() = default;

  virtual void start(ptg_task task) noexcept = 0;
  virtual const error *why() noexcept = 0;

  static owned_task &from(void *user_data) noexcept {
    return *static_cast<owned_task *>(user_data);
  }
};

/// The error of anything else: of a hook, or of a sort of task that comes with
/// libptg. It waits for as long as this object lives, to be found by the
/// handle. The list is that of the runtime's thread, oldest first, and that is
/// the order in which errors are asked for.
class failing {
public:
  failing(std::uint64_t who, error why) : who_(who), why_(std::move(why)) {
    previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = this;
    last_ = this;
  }
  ~failing() {
    (previous_ != nullptr ? previous_->next_ : first_) = next_;
    (next_ != nullptr ? next_->previous_ : last_) = previous_;
  }
  failing(const failing &) = delete;
  failing &operator=(const failing &) = delete;

  /// Returns nullptr if nothing is known of it.
  static const error *find(std::uint64_t who) noexcept {
    for (failing *at = first_; at != nullptr; at = at->next_)
      if (at->who_ == who) return &at->why_;
    return nullptr;
  }

private:
  static inline constinit thread_local failing *first_ = nullptr;
  static inline constinit thread_local failing *last_ = nullptr;

  std::uint64_t who_; // a task or a group
  error why_;
  failing *previous_ = nullptr;
  failing *next_ = nullptr;
};

/// An error as C carries it, as far as it can: good as long as the error is.
/// Something that is no status of a failure is a failure all the same.
inline ptg_outcome to_outcome(const error &why) noexcept {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = static_cast<ptg_status>(why.status());
  if (outcome.status >= PTG_OK) outcome.status = PTG_EFAILED;
  outcome.code = why.code();
  outcome.message = why.message().data();
  outcome.message_length = why.message().size();
  if (outcome.message_length == 0) outcome.message = nullptr;
  return outcome;
}

/// Ends a task with an error. Returns false: it was ended before, by its own
/// code, and then the error is told here.
inline bool finish_with(ptg_runtime *runtime, ptg_task task, const error &why,
                        std::uint64_t value = 0) noexcept {
  ptg_outcome outcome = to_outcome(why);
  outcome.value = value;
  if (ptg_task_finish(runtime, task, &outcome) == PTG_OK) return true;
  tell_stderr("a task that was finished", why);
  return false;
}

} // namespace ptg::detail

#endif
