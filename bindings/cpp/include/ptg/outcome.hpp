/// @file
/// How a task ended, why one is asked to, and what a handler is told.
#ifndef PTG_OUTCOME_HPP
#define PTG_OUTCOME_HPP

#include "detail/failing.hpp"
#include "result.hpp"

#include <chrono>
#include <string_view>

namespace ptg {

namespace detail {

inline std::string_view text(const char *text, std::size_t length) noexcept {
  return text != nullptr ? std::string_view(text, length) : std::string_view();
}

} // namespace detail

/// How a task ended. Texts are good during the callback only.
struct outcome {
  ptg::status status = ptg::status::ok;
  bool is_cancel_requested = false;   ///< it had been asked to end
  bool has_never_run = false;         ///< it was over before its first step
  bool is_abandoned = false;          ///< it ended late, given up before
  bool is_killed = false;             ///< it was ended by force
  int code = 0;                       ///< the task's own: an errno, a signal
  std::uint64_t value = 0;            ///< the task's own
  const char *message_data = nullptr; ///< nullptr: it had none
  std::size_t message_length = 0;
  const char *reason_data = nullptr; ///< nullptr: it was not asked to end
  std::size_t reason_length = 0;
  std::uint64_t originator = 0; ///< the task or group that asked; 0: outside

  std::string_view message() const noexcept {
    return detail::text(message_data, message_length);
  }
  std::string_view reason() const noexcept {
    return detail::text(reason_data, reason_length);
  }

  /// As an error without an object.
  ptg::error error() const noexcept {
    return detail::worded(status, message(), code);
  }

  /// Of what a task says itself: status, code, value and message.
  ptg_outcome to_c() const noexcept {
    ptg_outcome c = PTG_OUTCOME_INIT;
    c.status = static_cast<ptg_status>(status);
    c.code = code;
    c.value = value;
    c.message = message_data;
    c.message_length = message_length;
    return c;
  }

  static outcome from_c(const ptg_outcome &c) noexcept {
    return {.status = ptg::status(c.status),
            .is_cancel_requested =
                (c.flags & PTG_OUTCOME_CANCEL_REQUESTED) != 0,
            .has_never_run = (c.flags & PTG_OUTCOME_NEVER_RAN) != 0,
            .is_abandoned = (c.flags & PTG_OUTCOME_ABANDONED) != 0,
            .is_killed = (c.flags & PTG_OUTCOME_KILLED) != 0,
            .code = c.code,
            .value = c.value,
            .message_data = c.message,
            .message_length = c.message != nullptr ? c.message_length : 0,
            .reason_data = c.reason,
            .reason_length = c.reason != nullptr ? c.reason_length : 0,
            .originator = c.originator};
  }
};

/// That a task shall end, as it is told to it.
struct cancel_request {
  std::string_view reason;      ///< good during the callback only
  std::uint64_t originator = 0; ///< the task or group that asked; 0: outside
};

enum class group_state : std::uint32_t {
  open = PTG_GROUP_OPEN,
  draining = PTG_GROUP_DRAINING,
  cancelling = PTG_GROUP_CANCELLING,
  closed = PTG_GROUP_CLOSED
};

/// What an error handler is told. Good during the handler only.
struct failure {
  const ptg_error &c;

  /// Under which the error of a group's handler is kept; no handle is so large.
  static constexpr std::uint64_t key_of_handler(std::uint64_t group) noexcept {
    return group | std::uint64_t(1) << 63;
  }

  /// With the object that the task failed with, if it is a task of C++.
  ptg::error error() const {
    const ptg::error *kept = detail::owned_task::why(c);
    if (kept == nullptr)
      kept = detail::failing::find(is_from_hook() ? c.group : c.task);
    return kept != nullptr ? *kept : outcome().error();
  }
  ptg::outcome outcome() const noexcept {
    return ptg::outcome::from_c(*c.outcome);
  }
  std::string_view name() const noexcept { ///< of the task
    return detail::text(c.name, c.name_length);
  }
  std::chrono::nanoseconds age() const noexcept { ///< of the task
    return std::chrono::nanoseconds(c.age_ns);
  }
  std::uint64_t group() const noexcept { ///< where it happened
    return c.group;
  }
  group_state state() const noexcept { ///< of that group
    return group_state(c.group_state);
  }
  std::uint64_t task() const noexcept { ///< 0: it was a hook
    return c.task;
  }
  bool is_during_cancel() const noexcept {
    return (c.flags & PTG_ERROR_DURING_CANCEL) != 0;
  }
  bool is_from_hook() const noexcept {
    return (c.flags & PTG_ERROR_FROM_HOOK) != 0;
  }

  /// The group whose handler failed on this error before; 0: none did.
  std::uint64_t failed_handler() const noexcept {
    return c.failed_handler;
  }
  ptg::status handler_status() const noexcept { ///< how that failed
    return ptg::status(c.handler_status);
  }
  /// What that handler failed with.
  ptg::error handler_error() const {
    const ptg::error *kept =
        detail::failing::find(key_of_handler(c.failed_handler));
    return kept != nullptr ? *kept : ptg::error(handler_status());
  }
};

} // namespace ptg

#endif
