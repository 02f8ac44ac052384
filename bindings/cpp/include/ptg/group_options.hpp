/// @file
/// How a group shall be, and how it shall end.
#ifndef PTG_GROUP_OPTIONS_HPP
#define PTG_GROUP_OPTIONS_HPP

#include "refs.hpp"

namespace ptg {

/// What a spawn meets when max_tasks tasks are live.
enum class when_full : std::uint32_t {
  refuse = PTG_FULL_REFUSE,
  queue = PTG_FULL_QUEUE,                  ///< it waits for a place
  replace_oldest = PTG_FULL_REPLACE_OLDEST ///< and the oldest is asked to end
};

/// What the failure of a task does beyond being reported.
enum class on_failure : std::uint32_t {
  report = PTG_POLICY_REPORT,
  shutdown_group = PTG_POLICY_SHUTDOWN_GROUP,
  shutdown_root = PTG_POLICY_SHUTDOWN_ROOT
};

/// Of a group. Limits that are unset are the parent's.
struct group_options {
  std::string_view name = {};  ///< need not be unique; empty: one is made up
  limit grace = {};            ///< from drain to cancel
  limit cancel_wait = {};      ///< from cancel to giving up
  limit deadline = {};         ///< for it and all below; unset: none of its own
  std::uint64_t max_tasks = 0; ///< live at once; 0: no bound
  ptg::when_full when_full = when_full::refuse;
  std::uint64_t max_queued = 0; ///< that wait for a place; 0: no bound
  ptg::on_failure on_failure = on_failure::report;
  bool is_parallel = false;   ///< its groups close together, not one by one
  bool admits_anyone = false; ///< also while it drains
  task_ref owner = {}; ///< its end shuts the group down, and waits for that
  std::uint64_t history = 0;      ///< how many ended tasks are remembered
  bool is_told_by_events = false; ///< by runtime::take_events() and not by
                                  ///< callbacks, of which there are none then

  /// Failures of its tasks, and of groups below without a handler; none: the
  /// nearest ancestor's. When it fails itself, the next ancestor's is given
  /// both errors.
  callback<const failure &> on_error = {};
  callback<> on_drain = {};  ///< when it is told to finish soon
  callback<> on_closed = {}; ///< the report of its shutdown can be read

  /// What its tasks refer to, say: it is kept until the group is gone.
  std::shared_ptr<const void> keeps = {};
};

namespace detail {

inline result<> check(const group_options &options) {
  return check({{"grace", options.grace},
                {"cancel_wait", options.cancel_wait},
                {"deadline", options.deadline}});
}

} // namespace detail

/// Of a shutdown. Limits only ever shorten those of the groups.
struct shutdown_options {
  limit grace = {};
  limit cancel_wait = {};
  limit deadline = {};        ///< from this call to all closed
  bool force = false;         ///< straight to the cancel phase
  handle_ref originator = {}; ///< who asks, for the report; none: whose code is
                              ///< running

  /// Says what is wrong with it.
  result<> check() const {
    return detail::check({{"grace", grace},
                          {"cancel_wait", cancel_wait},
                          {"deadline", deadline}});
  }
  ptg_shutdown_options to_c() const noexcept {
    ptg_shutdown_options c = PTG_SHUTDOWN_OPTIONS_INIT;
    c.flags = force ? PTG_SHUTDOWN_FORCE : 0;
    c.grace_ns = grace.to_c();
    c.cancel_wait_ns = cancel_wait.to_c();
    c.deadline_ns = deadline.to_c();
    c.originator = originator.id();
    return c;
  }
};

} // namespace ptg

#endif
