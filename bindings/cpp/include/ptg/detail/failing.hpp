/// @file
/// The errors of tasks and hooks that have failed, on their way to a handler.
#ifndef PTG_DETAIL_FAILING_HPP
#define PTG_DETAIL_FAILING_HPP

#include "../error.hpp"

namespace ptg::detail {

/// The error with which a task or a hook of a group failed. C carries its
/// status, code and message; the rest waits here, for as long as this object
/// lives, to be found by the handle. The list is that of the runtime's thread,
/// oldest first, and that is the order in which errors are asked for.
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

/// Ends a task with an error, of which C carries what it can.
inline void finish_with(ptg_runtime *runtime, ptg_task task,
                        const error &why) noexcept {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = static_cast<ptg_status>(why.status());
  outcome.code = why.code();
  outcome.message = why.message().data();
  outcome.message_length = why.message().size();
  if (outcome.message_length == 0) outcome.message = nullptr;
  ptg_task_finish(runtime, task, &outcome);
}

} // namespace ptg::detail

#endif
