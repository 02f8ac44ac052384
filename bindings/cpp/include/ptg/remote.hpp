/// @file
/// The way in from other threads.
#ifndef PTG_REMOTE_HPP
#define PTG_REMOTE_HPP

#include "group.hpp"
#include "spawn.hpp"

namespace ptg {

/// A way in. All its calls are for any thread. What is sent arrives on the
/// runtime's thread, in the order in which a thread sent it; a spawn that is
/// refused there ends with the refusal. status::full: too much is on its way,
/// try again; status::closed: the root group is closed, or the runtime gone.
class remote {
public:
  remote(detail::home *home, ptg_remote *opened) noexcept
      : home_(home), opened_(opened) {
  }
  remote(remote &&other) noexcept
      : home_(other.home_), opened_(std::exchange(other.opened_, nullptr)) {
  }
  remote &operator=(remote &&other) noexcept {
    remote moved(std::move(other));
    std::swap(home_, moved.home_);
    std::swap(opened_, moved.opened_);
    return *this;
  }
  /// It must not be in use any more.
  ~remote() {
    ptg_remote_close(opened_);
  }

  /// As group_ref::spawn(). The function is run, and destroyed, on the
  /// runtime's thread; one that is refused here is destroyed here.
  template <class Function>
  result<task_ref> spawn(const group_ref &group, Function &&function,
                         task_options options = {}) const {
    auto made = detail::make_activity(home_, std::forward<Function>(function));
    if (made == nullptr) return status::no_memory;
    ptg_task_options c = options.to_c();
    if (options.on_done) made->on_done(std::move(options.on_done));
    ptg_task task = PTG_NONE;
    ptg_status status = ptg_remote_spawn(opened_, group.id(), &made->type(), &c,
                                         made->user_data(), &task);
    if (status != PTG_OK) return ptg::status(status);
    static_cast<void>(made.release()); // C's, and maybe gone
    return task_ref(home_, task);
  }

  result<> cancel(const task_ref &task, std::string_view reason = {},
                  const handle_ref &originator = {}) const {
    ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
    if (!reason.empty()) options.reason = reason.data();
    options.reason_length = reason.size();
    options.originator = originator.id();
    return answered(ptg_remote_cancel(opened_, task.id(), &options));
  }

  result<> finish(const task_ref &task, const outcome &how = {}) const {
    ptg_outcome c = how.to_c();
    return answered(ptg_remote_finish(opened_, task.id(), &c));
  }

  result<> shutdown(const group_ref &group,
                    const shutdown_options &options = {}) const {
    if (result<> valid = options.check(); !valid) return valid;
    ptg_shutdown_options c = options.to_c();
    return answered(ptg_remote_shutdown(opened_, group.id(), &c));
  }

  /// Has a function called on the runtime's thread; it is destroyed there too,
  /// called or not.
  result<> post(callback<> function) const {
    auto *posted = new posted_hook{home_, std::move(function)};
    return answered(ptg_remote_post(opened_, posted_hook::c_call,
                                    posted_hook::c_release, posted));
  }

  /// For calls of ptg.h.
  ptg_remote *c_remote() const noexcept {
    return opened_;
  }
  detail::home *home() const noexcept {
    return home_;
  }

private:
  struct posted_hook {
    detail::home *home;
    callback<> function;

    static void c_call(ptg_runtime *, void *user_data) noexcept {
      const auto &that = *static_cast<posted_hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("a posted function", that.function);
    }
    static void c_release(void *user_data) noexcept {
      auto *that = static_cast<posted_hook *>(user_data);
      detail::entered entered(that->home);
      delete that;
    }
  };

  static result<> answered(ptg_status status) noexcept {
    return ptg::status(status);
  }

  detail::home *home_;
  ptg_remote *opened_;
};

} // namespace ptg

#endif
