/// @file
/// How a task shall be spawned.
#ifndef PTG_TASK_OPTIONS_HPP
#define PTG_TASK_OPTIONS_HPP

#include "refs.hpp"

namespace ptg {

namespace detail {

template <class Options>
std::uint32_t spawn_flags(const Options &options) noexcept {
  return (options.is_cleanup ? PTG_SPAWN_CLEANUP : 0) |
         (options.is_observed ? PTG_SPAWN_OBSERVED : 0);
}

} // namespace detail

/// Of a task.
struct task_options {
  std::string_view name = {};  ///< need not be unique
  std::string_view place = {}; ///< where in the source
  bool is_cleanup = false;  ///< taken from inside by a group that is cancelling
  bool is_observed = false; ///< a failure is for who waits for it, if anybody
                            ///< does, and not for a handler
  task_ref spawner = {};    ///< on whose behalf; none: whose code is running
  callback<const outcome &> on_done = {}; ///< once, however it ended

  ptg_task_options to_c() const noexcept {
    ptg_task_options c = PTG_TASK_OPTIONS_INIT;
    c.flags = detail::spawn_flags(*this);
    if (!name.empty()) c.name = name.data();
    c.name_length = name.size();
    c.spawner = spawner.id();
    if (!place.empty()) c.place = place.data();
    c.place_length = place.size();
    return c;
  }
};

} // namespace ptg

#endif
