/// @file
/// The handler and the hooks of a group, as C calls them.
#ifndef PTG_DETAIL_GROUP_HOOKS_HPP
#define PTG_DETAIL_GROUP_HOOKS_HPP

#include "../group_options.hpp"

namespace ptg::detail {

/// What C is given along with a group.
class group_hooks {
public:
  /// Moves the callbacks out of options. The call that is made with what this
  /// returns frees them, also when it fails.
  static ptg_group_options to_c(home *home, group_options &options) {
    auto *hooks = new group_hooks(home, options);
    ptg_group_options c = PTG_GROUP_OPTIONS_INIT;
    c.flags = (options.is_parallel ? PTG_GROUP_PARALLEL : 0) |
              (options.admits_anyone ? PTG_GROUP_ADMITS_ANYONE : 0) |
              (options.is_told_by_events ? PTG_GROUP_EVENTS : 0);
    if (!options.name.empty()) c.name = options.name.data();
    c.name_length = options.name.size();
    c.grace_ns = options.grace.to_c();
    c.cancel_wait_ns = options.cancel_wait.to_c();
    c.deadline_ns = options.deadline.to_c();
    c.max_tasks = options.max_tasks;
    c.when_full = static_cast<std::uint32_t>(options.when_full);
    c.max_queued = options.max_queued;
    c.on_failure = static_cast<std::uint32_t>(options.on_failure);
    c.owner = options.owner.id();
    c.history = options.history;
    c.on_error = hooks->on_error_ ? c_error : nullptr;
    c.on_drain = hooks->on_drain_ ? c_drain : nullptr;
    c.on_closed = hooks->on_closed_ ? c_closed : nullptr;
    c.release = c_release;
    c.user_data = hooks;
    return c;
  }

private:
  group_hooks(home *home, group_options &options) noexcept
      : home_(home), on_error_(std::move(options.on_error)),
        on_drain_(std::move(options.on_drain)),
        on_closed_(std::move(options.on_closed)),
        keeps_(std::move(options.keeps)) {
  }

  ptg_status answer(std::optional<failing> &kept, std::uint64_t key,
                    result<> answered) {
    if (answered) return PTG_OK;
    kept.emplace(key, answered.error());
    return static_cast<ptg_status>(answered.status());
  }

  static ptg_status c_error(ptg_runtime *runtime, const ptg_error *error,
                            void *user_data) noexcept {
    auto &that = *static_cast<group_hooks *>(user_data);
    entered entered(that.home_);
    ptg_group group = PTG_NONE;
    ptg_runtime_get_current(runtime, nullptr, &group);
    return that.answer(that.handler_failed_, failure::key_of_handler(group),
                       that.on_error_(failure{*error}));
  }

  static ptg_status c_drain(ptg_runtime *, ptg_group group,
                            void *user_data) noexcept {
    auto &that = *static_cast<group_hooks *>(user_data);
    entered entered(that.home_);
    return that.answer(that.hook_failed_, group, that.on_drain_());
  }

  static ptg_status c_closed(ptg_runtime *, ptg_group group,
                             void *user_data) noexcept {
    auto &that = *static_cast<group_hooks *>(user_data);
    entered entered(that.home_);
    return that.answer(that.hook_failed_, group, that.on_closed_());
  }

  static void c_release(void *user_data) noexcept {
    auto *that = static_cast<group_hooks *>(user_data);
    entered entered(that->home_);
    delete that;
  }

  home *home_;
  callback<const failure &> on_error_;
  callback<> on_drain_;
  callback<> on_closed_;
  std::shared_ptr<const void> keeps_;
  std::optional<failing> hook_failed_;
  std::optional<failing> handler_failed_;
};

} // namespace ptg::detail

#endif
