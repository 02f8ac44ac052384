/// @file
/// Tasks and groups that call nothing, but are told by events: for a scheduler
/// of one's own.
#ifndef PTG_EVENTS_HPP
#define PTG_EVENTS_HPP

#include "remote.hpp"

namespace ptg {

/// What an event says; the names are those of the callbacks.
enum class event_kind : std::uint32_t {
  start = PTG_EVENT_START,
  wake = PTG_EVENT_WAKE,
  drain = PTG_EVENT_DRAIN,
  cancel = PTG_EVENT_CANCEL,
  kill = PTG_EVENT_KILL,
  done = PTG_EVENT_DONE,
  error = PTG_EVENT_ERROR,
  group_drain = PTG_EVENT_GROUP_DRAIN,
  group_closed = PTG_EVENT_GROUP_CLOSED
};

/// What a task or a group is told; see runtime::take_events().
struct event {
  event_kind kind;
  group_ref group;             ///< the task's; or that it is about; of an
                               ///< error: whose handler is asked
  task_ref task;               ///< none: it is about the group
  group_ref from;              ///< of an error: where it happened
  void *user_data = nullptr;   ///< what its task was spawned with
  ptg::outcome outcome = {};   ///< of done and error
  cancel_request request = {}; ///< of cancel

  static event from_c(detail::home *home, const ptg_event &c) {
    event made{event_kind(c.kind), {home, c.group}, {home, c.task}, {}};
    std::string_view text = detail::text(c.text, c.text_length);
    if (made.kind == event_kind::cancel) made.request = {text, c.originator};
    if (made.kind == event_kind::error) made.from = {home, c.originator};
    if (made.kind == event_kind::done || made.kind == event_kind::error) {
      ptg_outcome how = PTG_OUTCOME_INIT;
      how.status = c.status;
      how.flags = c.flags;
      how.code = c.code;
      how.value = c.value;
      how.message = c.text;
      how.message_length = c.text_length;
      made.outcome = outcome::from_c(how);
    }
    // That of a group is the binding's.
    bool is_of_task = c.task != PTG_NONE && made.kind != event_kind::error;
    if (is_of_task)
      made.user_data =
          reinterpret_cast<void *>(static_cast<std::uintptr_t>(c.user_data));
    return made;
  }
};

/// A sort of task that is told by events. It is over when task_ref::finish()
/// says so. The sort must outlive its tasks.
class event_sort {
public:
  /// @param name the label under which monitors count its tasks; empty: none
  /// @param is_killable its tasks can be hurried by force: see event_kind::kill
  explicit event_sort(std::string name = {}, bool is_killable = false)
      : name_(std::move(name)) {
    type_.size = sizeof(type_);
    type_.flags =
        PTG_TASK_TYPE_EVENTS | (is_killable ? PTG_TASK_TYPE_KILLABLE : 0);
    if (!name_.empty()) type_.name = name_.c_str();
  }
  event_sort(const event_sort &) = delete;
  event_sort &operator=(const event_sort &) = delete;

  /// As group_ref::spawn(); events of the task tell user_data, which stays the
  /// caller's. It has no on_done.
  result<task_ref> spawn(const group_ref &group, void *user_data,
                         const task_options &options = {}) const {
    if (options.on_done) return refused();
    ptg_task_options c = options.to_c();
    ptg_task task = PTG_NONE;
    result<> spawned = detail::checked(group.home(), [&](ptg_runtime *runtime) {
      return ptg_task_spawn(runtime, group.id(), &type_, &c, user_data, &task);
    });
    if (!spawned) return spawned.error();
    return task_ref(group.home(), task);
  }

  /// As remote::spawn().
  result<task_ref> spawn(const remote &remote, const group_ref &group,
                         void *user_data,
                         const task_options &options = {}) const {
    if (options.on_done) return refused();
    ptg_task_options c = options.to_c();
    ptg_task task = PTG_NONE;
    ptg_status status = ptg_remote_spawn(remote.c_remote(), group.id(), &type_,
                                         &c, user_data, &task);
    if (status != PTG_OK) return ptg::status(status);
    return task_ref(remote.home(), task);
  }

private:
  static error refused() {
    return error(status::invalid, "on_done: the task is told by events");
  }

  std::string name_;
  ptg_task_type type_{};
};

} // namespace ptg

#endif
