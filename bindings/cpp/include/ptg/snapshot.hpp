/// @file
/// A picture of groups and tasks, also of those of other languages.
#ifndef PTG_SNAPSHOT_HPP
#define PTG_SNAPSHOT_HPP

#include "group.hpp"

#include <span>

namespace ptg {

/// A picture. It belongs to who took it, and is for any thread. Its rows are
/// those of ptg.h; the texts of a row are asked for here.
class snapshot {
public:
  /// Of a group with all below it, on its runtime's thread.
  static result<snapshot> take(const group_ref &group) {
    ptg_snapshot *taken = nullptr;
    result<> answer = detail::checked(group.home(), [&](ptg_runtime *runtime) {
      return ptg_snapshot_take(runtime, group.id(), &taken);
    });
    if (!answer) return answer.error();
    return snapshot(taken);
  }

  /// Of every runtime of the process, from any thread. One that does not answer
  /// in that time is left out, see unanswered().
  static result<snapshot> take_all(limit timeout) {
    if (result<> valid = detail::check({{"timeout", timeout}}); !valid)
      return valid.error();
    ptg_snapshot *taken = nullptr;
    ptg_status status = ptg_snapshot_take_all(detail::plain(timeout), &taken);
    if (status != PTG_OK) return ptg::status(status);
    return snapshot(taken);
  }

  snapshot(snapshot &&other) noexcept
      : taken_(std::exchange(other.taken_, nullptr)),
        view_(std::exchange(other.view_, PTG_SNAPSHOT_VIEW_INIT)) {
  }
  snapshot &operator=(snapshot &&other) noexcept {
    std::swap(taken_, other.taken_);
    std::swap(view_, other.view_);
    return *this;
  }
  ~snapshot() {
    ptg_snapshot_destroy(taken_);
  }

  std::uint64_t runtimes() const noexcept {
    return view_.runtimes;
  }
  std::uint64_t unanswered() const noexcept {
    return view_.unanswered;
  }
  /// Parents before children.
  std::size_t group_count() const noexcept {
    return view_.group_count;
  }
  const ptg_snapshot_group &group(std::size_t index) const noexcept {
    return at(view_.groups, view_.group_size, index);
  }
  std::size_t task_count() const noexcept {
    return view_.task_count;
  }
  const ptg_snapshot_task &task(std::size_t index) const noexcept {
    return at(view_.tasks, view_.task_size, index);
  }
  template <class Row> std::string_view name_of(const Row &row) const noexcept {
    return {view_.strings + row.name, row.name_length};
  }

  /// As JSON, in the format of spec/snapshot.md.
  std::string json() const {
    std::size_t length = 0;
    ptg_snapshot_write_json(taken_, nullptr, 0, &length);
    std::string text(length, '\0');
    ptg_snapshot_write_json(taken_, text.data(), length + 1, &length);
    return text;
  }

private:
  explicit snapshot(ptg_snapshot *taken) noexcept : taken_(taken) {
    ptg_snapshot_get_view(taken_, &view_);
  }

  /// A later libptg may have larger rows.
  template <class Row>
  static const Row &at(const Row *rows, std::uint64_t row_size,
                       std::size_t index) noexcept {
    const char *bytes = reinterpret_cast<const char *>(rows);
    return *reinterpret_cast<const Row *>(bytes + row_size * index);
  }

  ptg_snapshot *taken_;
  ptg_snapshot_view view_ = PTG_SNAPSHOT_VIEW_INIT;
};

} // namespace ptg

#endif
