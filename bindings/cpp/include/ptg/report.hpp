/// @file
/// What a shutdown would do, what it did, and who held it up.
#ifndef PTG_REPORT_HPP
#define PTG_REPORT_HPP

#include "info.hpp"

namespace ptg {

/// One group of a plan: a shutdown in which every task uses up every limit.
/// Times count from its beginning.
struct plan_step {
  std::uint64_t group;
  std::uint64_t waits_for; ///< whose closing lets its drain begin; 0: nobody's
  bool is_critical;        ///< on the critical path
  std::int64_t begin_ns;   ///< PTG_FOREVER: not bounded, as the next
  std::int64_t cancel_ns;
  std::int64_t closed_ns;

  static plan_step from_c(const ptg_plan_step &c) noexcept {
    return {.group = c.group,
            .waits_for = c.waits_for,
            .is_critical = c.is_critical != 0,
            .begin_ns = c.begin_ns,
            .cancel_ns = c.cancel_ns,
            .closed_ns = c.closed_ns};
  }
};

/// One group of a report. Instants are on the runtime's clock.
struct report_row {
  using instant = std::optional<std::chrono::nanoseconds>;

  std::uint64_t group;
  std::uint64_t parent;     ///< 0: it is the root
  std::uint64_t waited_for; ///< whose closing let its drain begin; 0: nobody's
  std::uint64_t originator; ///< who asked for the shutdown; 0: outside
  std::string name;
  group_state state;
  instant begun; ///< nothing: it has not happened, as the next
  instant drain;
  instant cancel;
  instant closed;
  std::uint64_t drained; ///< tasks, since the beginning, as the next
  std::uint64_t cancelled;
  std::uint64_t failed;
  std::uint64_t refused;
  std::uint64_t abandoned;
  std::uint64_t killed;

  static report_row from_c(const ptg_report_row &c) {
    auto at = [](std::int64_t ns) {
      return ns != 0 ? instant(detail::ns(ns)) : instant();
    };
    return {.group = c.group,
            .parent = c.parent,
            .waited_for = c.waited_for,
            .originator = c.originator,
            .name = detail::copy(c.name, c.name_length),
            .state = group_state(c.state),
            .begun = at(c.begun_ns),
            .drain = at(c.drain_ns),
            .cancel = at(c.cancel_ns),
            .closed = at(c.closed_ns),
            .drained = c.drained,
            .cancelled = c.cancelled,
            .failed = c.failed,
            .refused = c.refused,
            .abandoned = c.abandoned,
            .killed = c.killed};
  }
};

/// One group of the chain that decided how long a shutdown took.
struct blame_row {
  std::uint64_t group;
  std::string name;
  std::chrono::nanoseconds held; ///< the parts add up to the whole
  std::uint64_t abandoned;
  std::uint64_t task; ///< who ended last, or was given up; 0: nobody
  std::string task_name;
  std::chrono::nanoseconds task_held;

  static blame_row from_c(const ptg_blame_row &c) {
    return {.group = c.group,
            .name = detail::copy(c.name, c.name_length),
            .held = detail::ns(c.held_ns),
            .abandoned = c.abandoned,
            .task = c.task,
            .task_name = detail::copy(c.task_name, c.task_name_length),
            .task_held = detail::ns(c.task_held_ns)};
  }
};

} // namespace ptg

#endif
