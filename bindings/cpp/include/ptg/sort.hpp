/// @file
/// Tasks that are not coroutines: sorts of the user's own, made of callbacks.
#ifndef PTG_SORT_HPP
#define PTG_SORT_HPP

#include "remote.hpp"

namespace ptg {

/// A sort of task. Object is what a task of it is: it has a member
///
///     result<> start(task_ref)         runs its first step; from then on it
///                                      goes on until task_ref::finish(). What
///                                      it returns ends it if it is an error.
///
/// and may have these, of which only those are called that there are:
///
///     void drain(task_ref)             finish soon
///     void cancel(task_ref, cancel_request)      finish now; without it tasks
///                                      of this sort cannot be hurried
///     void kill(task_ref)              the cancel wait is over: end by force
///     void wake(task_ref)              the end of a task_ref::wake()
///     void done(task_ref, const outcome &)       the last thing that is called
///
/// The object is moved into the task and destroyed after done. The sort must
/// outlive its tasks.
template <class Object> class sort {
public:
  /// @param name the label under which monitors count its tasks, and the name
  /// of
  ///        those that are given none; empty: none
  explicit sort(std::string name = {}) : name_(std::move(name)) {
    type_.size = sizeof(type_);
    if (!name_.empty()) type_.name = name_.c_str();
    type_.start = holder::c_start;
    type_.done = c_done;
    if constexpr (requires(Object & o, task_ref t) { o.drain(t); })
      type_.drain = c_drain;
    if constexpr (requires(Object & o, task_ref t) {
                    o.cancel(t, cancel_request());
                  })
      type_.cancel = c_cancel;
    if constexpr (requires(Object & o, task_ref t) { o.kill(t); })
      type_.kill = c_kill;
    if constexpr (requires(Object & o, task_ref t) { o.wake(t); })
      type_.wake = c_wake;
  }
  sort(const sort &) = delete;
  sort &operator=(const sort &) = delete;

  /// As group_ref::spawn().
  result<task_ref> spawn(const group_ref &group, Object object,
                         task_options options = {}) const {
    ptg_task_options c = options.to_c();
    return spawn_by(
        group.home(), std::move(object), [&](void *user_data, ptg_task *task) {
          return detail::checked(group.home(), [&](ptg_runtime *runtime) {
            return ptg_task_spawn(runtime, group.id(), &type_, &c, user_data,
                                  task);
          });
        });
  }

  /// As remote::spawn().
  result<task_ref> spawn(const remote &remote, const group_ref &group,
                         Object object, task_options options = {}) const {
    ptg_task_options c = options.to_c();
    return spawn_by(remote.home(), std::move(object),
                    [&](void *user_data, ptg_task *task) -> result<> {
                      return ptg::status(ptg_remote_spawn(remote.c_remote(),
                                                          group.id(), &type_,
                                                          &c, user_data, task));
                    });
  }

private:
  class holder final : public detail::owned_task {
  public:
    holder(detail::home *home, Object &&object)
        : home_(home), object_(std::move(object)) {
    }

    void start(ptg_task task) noexcept override {
      call(task,
           [](auto &object, task_ref task) { return object.start(task); });
    }
    const error *why() noexcept override {
      return why_ ? &*why_ : nullptr;
    }

    /// Calls a member of the object. An exception that leaves it fails the
    /// task.
    template <class Call> void call(ptg_task task, Call &&call) noexcept {
      detail::entered entered(home_);
      result<> answer = detail::attempt([&]() -> decltype(auto) {
        return call(object_, task_ref(home_, task));
      });
      if (answer) return;
      why_ = answer.error();
      if (!detail::finish_with(detail::runtime_at(home_), task, *why_))
        why_.reset();
    }
    void let_go() noexcept {
      detail::entered entered(home_);
      delete this;
    }

    static holder &from(void *user_data) noexcept {
      return static_cast<holder &>(owned_task::from(user_data));
    }

  private:
    detail::home *home_;
    Object object_;
    std::optional<error> why_;
  };

  template <class Spawn>
  static result<task_ref> spawn_by(detail::home *home, Object &&object,
                                   Spawn &&spawn) {
    static_assert(alignof(holder) <= detail::pool::alignment);
    auto *made = new (std::nothrow) holder(home, std::move(object));
    if (made == nullptr) return status::no_memory;
    ptg_task task = PTG_NONE;
    result<> spawned = spawn(made->user_data(), &task);
    if (spawned) return task_ref(home, task);
    made->let_go();
    return spawned.error();
  }

  static void c_drain(ptg_runtime *, ptg_task task, void *user_data) noexcept {
    holder::from(user_data).call(
        task, [](auto &object, task_ref task) { object.drain(task); });
  }
  static void c_cancel(ptg_runtime *, ptg_task task,
                       const ptg_cancel_info *info, void *user_data) noexcept {
    cancel_request request{detail::text(info->reason, info->reason_length),
                           info->originator};
    holder::from(user_data).call(task, [&](auto &object, task_ref task) {
      object.cancel(task, request);
    });
  }
  static void c_kill(ptg_runtime *, ptg_task task, void *user_data) noexcept {
    holder::from(user_data).call(
        task, [](auto &object, task_ref task) { object.kill(task); });
  }
  static void c_wake(ptg_runtime *, ptg_task task, void *user_data) noexcept {
    holder::from(user_data).call(
        task, [](auto &object, task_ref task) { object.wake(task); });
  }
  static void c_done(ptg_runtime *, ptg_task task, const ptg_outcome *c,
                     void *user_data) noexcept {
    auto &that = holder::from(user_data);
    if constexpr (requires(Object & o, task_ref t) { o.done(t, outcome()); })
      that.call(task, [&](auto &object, task_ref task) {
        object.done(task, outcome::from_c(*c));
      });
    that.let_go();
  }

  std::string name_;
  ptg_task_type type_{};
};

} // namespace ptg

#endif
