/// @file
/// Tasks that do something after a while, or again and again.
#ifndef PTG_TIMER_HPP
#define PTG_TIMER_HPP

#include "group.hpp"

namespace ptg {

/// What a periodic timer does when the task of its last firing goes on.
enum class overlap : std::uint32_t {
  skip = PTG_OVERLAP_SKIP,      ///< this firing is left out, and counted
  allow = PTG_OVERLAP_ALLOW,    ///< both run
  replace = PTG_OVERLAP_REPLACE ///< the last one is cancelled
};

/// A firing; what it is called with.
struct firing {
  task_ref timer;
  task_ref started = {}; ///< to be set to the task that was spawned for it, if
                         ///< one was; the overlap policy applies to that
};

struct timer_options {
  std::string_view name = {};
  limit after = {}; ///< to the first firing; unset: every
  limit every = {}; ///< unset: it fires once
  ptg::overlap overlap = overlap::skip;
  bool is_observed = false; ///< see task_options
  task_ref spawner = {};
  callback<firing &> fire = {}; ///< required; its failure ends the timer
  callback<const outcome &> on_done = {};
};

struct timer_info {
  std::uint64_t fired;
  std::uint64_t skipped; ///< by the overlap policy
  std::uint64_t missed;  ///< because the loop was too busy
};

/// A timer. It ends after its firing, or, periodic, when it is told to drain or
/// cancelled.
class timer : public task_ref {
public:
  using task_ref::task_ref;

  static result<timer> spawn(const group_ref &group, timer_options options) {
    result<> valid =
        detail::check({{"after", options.after}, {"every", options.every}});
    if (!valid) return valid.error();
    auto *hook = new timer_hook{group.home(), std::move(options.fire),
                                std::move(options.on_done), std::nullopt};
    ptg_timer_options c = PTG_TIMER_OPTIONS_INIT;
    if (!options.name.empty()) c.name = options.name.data();
    c.name_length = options.name.size();
    c.after_ns = options.after.to_c();
    c.every_ns = options.every.to_c();
    c.overlap = static_cast<std::uint32_t>(options.overlap);
    c.fire = hook->fire ? timer_hook::c_fire : nullptr;
    c.done = timer_hook::c_done;
    c.release = timer_hook::c_release;
    c.user_data = hook;
    c.flags = options.is_observed ? PTG_SPAWN_OBSERVED : 0;
    c.spawner = options.spawner.id();
    ptg_task made = PTG_NONE;
    if (group.c_runtime() == nullptr) timer_hook::c_release(hook);
    result<> answer = detail::checked(group.home(), [&](ptg_runtime *runtime) {
      return ptg_timer_spawn(runtime, group.id(), &c, &made);
    });
    if (!answer) return answer.error();
    return timer(group.home(), made);
  }

  result<timer_info> counts() const {
    ptg_timer_info c = PTG_TIMER_INFO_INIT;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_timer_get_info(runtime, id(), &c);
    });
    if (!answer) return answer.error();
    return timer_info{c.fired, c.skipped, c.missed};
  }

private:
  struct timer_hook {
    detail::home *home;
    callback<firing &> fire;
    callback<const outcome &> on_done;
    std::optional<detail::failing> failing;

    static ptg_status c_fire(ptg_runtime *runtime, ptg_task task,
                             void *user_data, ptg_task *started) noexcept {
      auto &that = *static_cast<timer_hook *>(user_data);
      detail::entered entered(that.home);
      firing now{task_ref(that.home, task)};
      result<> answer = that.fire(now);
      *started = now.started.id();
      if (answer) return PTG_OK;
      that.failing.emplace(task, answer.error());
      detail::finish_with(runtime, task, answer.error());
      return PTG_EFAILED;
    }
    static void c_done(ptg_runtime *, ptg_task, const ptg_outcome *c,
                       void *user_data) noexcept {
      const auto &that = *static_cast<timer_hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("on_done", that.on_done, outcome::from_c(*c));
    }
    static void c_release(void *user_data) noexcept {
      auto *that = static_cast<timer_hook *>(user_data);
      detail::entered entered(that->home);
      delete that;
    }
  };
};

/// Calls a function once, after a while.
inline result<timer> after(const group_ref &group, limit delay,
                           callback<firing &> fire) {
  return timer::spawn(group, {.after = delay, .fire = std::move(fire)});
}

/// Calls a function every so often, first after that time.
inline result<timer> every(const group_ref &group, limit period,
                           callback<firing &> fire) {
  return timer::spawn(group, {.every = period, .fire = std::move(fire)});
}

} // namespace ptg

#endif
