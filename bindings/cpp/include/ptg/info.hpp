/// @file
/// What there is: groups and tasks as they are now, and as they were.
#ifndef PTG_INFO_HPP
#define PTG_INFO_HPP

#include "limit.hpp"
#include "outcome.hpp"

#include <optional>
#include <string>

namespace ptg {

namespace detail {

inline std::string copy(const char *text, std::size_t length) {
  return std::string(detail::text(text, length));
}
inline std::chrono::nanoseconds ns(std::int64_t ns) noexcept {
  return std::chrono::nanoseconds(ns);
}

} // namespace detail

/// A group as it is now; counts are of its own tasks, without those below.
/// spawned == live + succeeded + failed + cancelled + abandoned.
struct group_info {
  std::uint64_t group;
  std::uint64_t parent; ///< 0: it is the root
  std::uint64_t owner;  ///< the task that it is bound to; 0: none
  std::string name;
  group_state state;
  bool is_parallel;
  bool is_ending;         ///< a shutdown was asked for, here or above
  std::uint64_t children; ///< groups in it that are not closed
  std::uint64_t spawned;
  std::uint64_t live;    ///< neither ended nor abandoned
  std::uint64_t pending; ///< of live: not started
  std::uint64_t queued;  ///< of pending: waiting for a place
  std::uint64_t peak;    ///< the most that were live at once
  std::uint64_t succeeded;
  std::uint64_t failed;
  std::uint64_t cancelled;
  std::uint64_t abandoned;
  std::uint64_t late;   ///< of abandoned: ended since
  std::uint64_t killed; ///< ended by force
  std::uint64_t refused;
  std::chrono::nanoseconds created; ///< on the runtime's clock
  limit grace;                      ///< its own or inherited, as the next
  limit cancel_wait;
  limit deadline;   ///< unset: none of its own
  limit phase_left; ///< unset: it is in no phase
  std::chrono::nanoseconds
      oldest_age; ///< of a task that has not ended; 0: none

  static group_info from_c(const ptg_group_info &c) {
    return {.group = c.group,
            .parent = c.parent,
            .owner = c.owner,
            .name = detail::copy(c.name, c.name_length),
            .state = group_state(c.state),
            .is_parallel = (c.flags & PTG_GROUP_PARALLEL) != 0,
            .is_ending = c.is_ending != 0,
            .children = c.children,
            .spawned = c.spawned,
            .live = c.live,
            .pending = c.pending,
            .queued = c.queued,
            .peak = c.peak,
            .succeeded = c.succeeded,
            .failed = c.failed,
            .cancelled = c.cancelled,
            .abandoned = c.abandoned,
            .late = c.late,
            .killed = c.killed,
            .refused = c.refused,
            .created = detail::ns(c.created_ns),
            .grace = limit::from_c(c.grace_ns),
            .cancel_wait = limit::from_c(c.cancel_wait_ns),
            .deadline = limit::from_c(c.deadline_ns),
            .phase_left = limit::from_c(c.phase_left_ns),
            .oldest_age = detail::ns(c.oldest_age_ns)};
  }
};

enum class task_state : std::uint32_t {
  pending = PTG_TASK_PENDING, ///< accepted, not started
  running = PTG_TASK_RUNNING,
  abandoned = PTG_TASK_ABANDONED ///< running, and its group has given it up
};

/// A task as it is now.
struct task_info {
  std::uint64_t task;
  std::uint64_t group;
  std::uint64_t spawner;    ///< 0: not known
  std::uint64_t originator; ///< of the request to end; 0: none, or outside
  std::string name;
  std::optional<std::string> type;   ///< of its sort
  std::optional<std::string> reason; ///< why it was asked to end
  std::optional<std::string> place;  ///< where it was spawned
  task_state state;
  bool is_cancel_requested;
  bool is_killed;
  std::chrono::nanoseconds age;

  static task_info from_c(const ptg_task_info &c) {
    using text = std::optional<std::string>;
    auto copy = [](const char *data, std::size_t length) {
      return data != nullptr ? text(std::string(data, length)) : text();
    };
    return {.task = c.task,
            .group = c.group,
            .spawner = c.spawner,
            .originator = c.originator,
            .name = detail::copy(c.name, c.name_length),
            .type = c.type_name != nullptr ? text(c.type_name) : text(),
            .reason = copy(c.reason, c.reason_length),
            .place = copy(c.place, c.place_length),
            .state = task_state(c.state),
            .is_cancel_requested = c.is_cancel_requested != 0,
            .is_killed = c.is_killed != 0,
            .age = detail::ns(c.age_ns)};
  }
};

/// Failures of a group's tasks and hooks that are alike.
struct failure_row {
  ptg::status status;
  int code;
  std::uint64_t count;
  std::chrono::nanoseconds first; ///< on the runtime's clock
  std::chrono::nanoseconds last;
  std::string name;    ///< of the task; empty: a hook
  std::string message; ///< empty: it had none

  static failure_row from_c(const ptg_failure_row &c) {
    return {.status = ptg::status(c.status),
            .code = c.code,
            .count = c.count,
            .first = detail::ns(c.first_ns),
            .last = detail::ns(c.last_ns),
            .name = detail::copy(c.name, c.name_length),
            .message = detail::copy(c.message, c.message_length)};
  }
};

/// A task that has ended; see group_options::history.
struct history_row {
  std::uint64_t task; ///< stale
  std::uint64_t spawner;
  std::uint64_t originator;
  std::string name;
  outcome how; ///< without texts
  std::chrono::nanoseconds spawned;
  std::chrono::nanoseconds ended;

  static history_row from_c(const ptg_history_row &c) {
    ptg_outcome how = PTG_OUTCOME_INIT;
    how.status = c.status;
    how.flags = c.flags;
    how.code = c.code;
    how.originator = c.originator;
    return {.task = c.task,
            .spawner = c.spawner,
            .originator = c.originator,
            .name = detail::copy(c.name, c.name_length),
            .how = outcome::from_c(how),
            .spawned = detail::ns(c.spawned_ns),
            .ended = detail::ns(c.ended_ns)};
  }
};

/// How many tasks there are of a sort and name.
struct name_row {
  std::uint64_t count;
  std::optional<std::string> type;
  std::string name;

  static name_row from_c(const ptg_name_row &c) {
    std::optional<std::string> type;
    if (c.type_name != nullptr) type = c.type_name;
    return {.count = c.count,
            .type = std::move(type),
            .name = detail::copy(c.name, c.name_length)};
  }
};

} // namespace ptg

#endif
