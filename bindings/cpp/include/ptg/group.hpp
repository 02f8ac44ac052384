/// @file
/// Groups: how they are made, ended and looked at.
#ifndef PTG_GROUP_HPP
#define PTG_GROUP_HPP

#include "detail/group_hooks.hpp"
#include "refs.hpp"
#include "report.hpp"
#include "task_options.hpp"

#include <vector>

namespace ptg {

class group;

/// A group, by its handle.
class group_ref : public watched_ref {
public:
  using watched_ref::watched_ref;

  /// Makes a group in this one.
  result<group> add_group(group_options options = {}) const;

  /// Spawns a task: a function, a coroutine function, or a task<>. Its code
  /// runs later, never inside this call. A function that can take a
  /// std::stop_token is given the task's. status::closed: the group takes no
  /// more; status::full: a bound is reached. What was refused has been
  /// destroyed.
  template <class Function> auto spawn(Function &&function) const;
  template <class Function>
  auto spawn(Function &&function, task_options options) const;
  template <class Function>
  auto spawn(std::string_view name, Function &&function) const;

  /// When both are shut down, this one is closed before later begins to drain.
  /// status::cycle: the message names the circle.
  result<> stops_before(const group_ref &later) const {
    return make([&](ptg_runtime *runtime) {
      return ptg_group_stops_before(runtime, id(), later.id());
    });
  }

  /// Begins the shutdown of the group with all below it, and returns. Again can
  /// shorten it and force it. Needs no memory.
  result<> shutdown(const shutdown_options &options = {}) const {
    if (result<> valid = options.check(); !valid) return valid;
    ptg_shutdown_options c = options.to_c();
    return make([&](ptg_runtime *runtime) {
      return ptg_group_shutdown(runtime, id(), &c);
    });
  }

  /// co_await closed() gives a result<>; status::timed_out: with tasks
  /// abandoned. status::deadlock: the task that waits is in the group.
  detail::watch_awaited closed() const noexcept;

  result<group_info> info() const {
    ptg_group_info c = PTG_GROUP_INFO_INIT;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_group_get_info(runtime, id(), &c);
    });
    if (!answer) return answer.error();
    return group_info::from_c(c);
  }

  /// Its groups, oldest first.
  result<std::vector<group_ref>> groups() const {
    return refs<group_ref>(ptg_group_list_groups);
  }
  /// Its tasks that have not ended, oldest first.
  result<std::vector<task_ref>> tasks() const {
    return refs<task_ref>(ptg_group_list_tasks);
  }
  /// Those that were given up, newest first.
  result<std::vector<task_ref>> abandoned() const {
    return refs<task_ref>(ptg_group_list_abandoned);
  }

  /// What a shutdown would do at worst, in the order of its steps.
  /// status::closed: it has begun.
  result<std::vector<plan_step>> plan() const {
    return rows<plan_step, ptg_plan_step>(ptg_group_get_plan);
  }
  /// What its shutdown did, in the order of closing. status::busy: none has
  /// begun.
  result<std::vector<report_row>> report() const {
    return rows<report_row, ptg_report_row>(ptg_group_get_report);
  }
  /// Who held it up, in the order in which they did. status::busy: it goes on.
  result<std::vector<blame_row>> blame() const {
    return rows<blame_row, ptg_blame_row>(ptg_group_get_blame);
  }
  /// The last eight failures that are not alike, the latest first.
  result<std::vector<failure_row>> failures() const {
    return rows<failure_row, ptg_failure_row>(ptg_group_list_failures);
  }
  /// Ended tasks, the latest first; see group_options::history.
  result<std::vector<history_row>> history() const {
    return rows<history_row, ptg_history_row>(ptg_group_list_history);
  }
  /// The most frequent sorts and names of tasks, here and below.
  result<std::vector<name_row>> count_names(std::size_t most) const {
    std::vector<ptg_name_row> counted(most);
    std::size_t count = 0;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_group_count_names(runtime, id(), counted.data(),
                                   sizeof(ptg_name_row), most, &count);
    });
    if (!answer) return answer.error();
    std::vector<name_row> made;
    for (std::size_t i = 0; i < count; i++)
      made.push_back(name_row::from_c(counted[i]));
    return made;
  }

private:
  /// Asks how many there are, and then for that many.
  template <class C, class List>
  result<std::vector<C>> fetch(List &&list) const {
    std::vector<C> fetched;
    std::size_t count = 0;
    result<> answer = make([&](ptg_runtime *runtime) {
      ptg_status status;
      do {
        fetched.resize(count);
        status = list(runtime, fetched.data(), fetched.size(), &count);
      } while (status == PTG_ERANGE);
      return status;
    });
    if (!answer) return answer.error();
    fetched.resize(count);
    return fetched;
  }

  template <class Ref, class List>
  result<std::vector<Ref>> refs(List list) const {
    auto found =
        fetch<std::uint64_t>([&](ptg_runtime *runtime, std::uint64_t *ids,
                                 std::size_t capacity, std::size_t *count) {
          return list(runtime, id(), ids, capacity, count);
        });
    if (!found) return found.error();
    std::vector<Ref> made;
    for (std::uint64_t id : *found)
      made.emplace_back(home(), id);
    return made;
  }

  template <class Row, class C, class List>
  result<std::vector<Row>> rows(List list) const {
    auto found = fetch<C>([&](ptg_runtime *runtime, C *rows,
                              std::size_t capacity, std::size_t *count) {
      return list(runtime, id(), rows, sizeof(C), capacity, count);
    });
    if (!found) return found.error();
    std::vector<Row> made;
    for (const C &row : *found)
      made.push_back(Row::from_c(row));
    return made;
  }
};

/// A group that belongs to this object: its end begins the group's shutdown,
/// and does not wait for that. What the tasks of the group refer to must
/// outlive them: wait for closed(), or for the end of the runtime.
class group : public group_ref {
public:
  group() noexcept = default;
  explicit group(group_ref ref) noexcept : group_ref(ref) {
  }
  group(group &&other) noexcept : group_ref(other.release()) {
  }
  group &operator=(group &&other) noexcept {
    group before(release());
    group_ref::operator=(other.release());
    return *this;
  }
  ~group() {
    if (*this) static_cast<void>(shutdown());
  }

  /// Gives it up: it goes on, and ends with its parent.
  group_ref release() noexcept {
    return std::exchange(static_cast<group_ref &>(*this), group_ref());
  }
};

inline result<group> group_ref::add_group(group_options options) const {
  ptg_runtime *runtime = c_runtime();
  if (runtime == nullptr) return status::stale;
  if (result<> valid = detail::check(options); !valid) return valid.error();
  ptg_group_options c = detail::group_hooks::to_c(home(), options);
  ptg_group made = PTG_NONE;
  ptg_status status = ptg_group_create(runtime, id(), &c, &made);
  if (status != PTG_OK) return detail::error_of(runtime, status);
  return group(group_ref(home(), made));
}

} // namespace ptg

#endif
