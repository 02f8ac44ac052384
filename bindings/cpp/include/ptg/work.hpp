/// @file
/// Functions on a thread of the pool.
#ifndef PTG_WORK_HPP
#define PTG_WORK_HPP

#include "group.hpp"

namespace ptg {

/// What the function can ask about its task, on its own thread.
class working {
public:
  explicit working(ptg_work *work) noexcept : work_(work) {
  }
  /// Has the task been asked to end? To be asked now and then.
  bool is_cancelled() const noexcept {
    return ptg_work_is_cancelled(work_) != 0;
  }

private:
  ptg_work *work_;
};

struct work_options {
  std::string_view name = {};
  bool is_cleanup = false;
  bool is_observed = false;
  task_ref spawner = {};
  /// Required. It runs on another thread, and is destroyed on the runtime's,
  /// or, if it does not return before the runtime ends, on its own.
  /// status::canceled: it ended because it was asked to.
  callback<working> run = {};
  callback<const outcome &> on_done = {}; ///< on the runtime's thread
};

/// Spawns a function onto a thread of the pool. A drain lets it run to its end.
/// Of an error that it fails with, status, code and message go to handlers; the
/// object stays on its thread.
inline result<task_ref> spawn_work(const group_ref &group,
                                   work_options options) {
  struct hook {
    detail::home *home;
    callback<working> run;
    callback<const outcome &> on_done;

    static ptg_status c_run(ptg_work *work, void *user_data) noexcept {
      auto &that = *static_cast<hook *>(user_data);
      result<> answer = that.run(working(work));
      if (answer) return PTG_OK;
      ptg_outcome outcome = detail::to_outcome(answer.error());
      ptg_work_set_outcome(work, &outcome);
      return outcome.status;
    }
    static void c_done(ptg_runtime *, ptg_task, const ptg_outcome *c,
                       void *user_data) noexcept {
      const auto &that = *static_cast<hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("on_done", that.on_done, outcome::from_c(*c));
    }
    static void c_release(void *user_data) noexcept {
      auto *that = static_cast<hook *>(user_data);
      detail::entered entered(that->home);
      delete that;
    }
  };

  ptg_work_options c = PTG_WORK_OPTIONS_INIT;
  c.flags = detail::spawn_flags(options);
  if (!options.name.empty()) c.name = options.name.data();
  c.name_length = options.name.size();
  c.spawner = options.spawner.id();
  c.run = options.run ? hook::c_run : nullptr;
  c.done = hook::c_done;
  c.release = hook::c_release;
  auto *made = new hook{group.home(), std::move(options.run),
                        std::move(options.on_done)};
  c.user_data = made;
  ptg_task task = PTG_NONE;
  if (group.c_runtime() == nullptr) hook::c_release(made);
  result<> answer = detail::checked(group.home(), [&](ptg_runtime *runtime) {
    return ptg_work_spawn(runtime, group.id(), &c, &task);
  });
  if (!answer) return answer.error();
  return task_ref(group.home(), task);
}

} // namespace ptg

#endif
