// adapter.hpp - the adapter: what it drives, and what it has to remember.
//
// A request comes in as a line, is carried out by a function of operations.hpp,
// and answered. What the implementation calls meanwhile goes out as a call,
// inside of which requests are carried out again.
#pragma once

#include "request.hpp"

#include <memory>
#include <set>

namespace adapter {

struct reply {
  ptg::status status = ptg::status::ok;
  std::uint64_t started = 0;
};

class world {
public:
  std::optional<ptg::runtime> runtime; // nothing: not made, or destroyed
  std::optional<ptg::remote> remote;   // a way in; it outlives the runtime
  class names names;

  /// Carries out requests until the end of the input, or until the `return` of
  /// the call that is made; returns that.
  json run();

  /// Makes a call, and returns what the suite answers.
  reply call(json call);

  /// Begins a call about a task or a group, which was given along with `as`.
  json begin(const char *what, const char *field, std::uint64_t handle,
             const std::string &as) const;

  /// Throws away what there is, in whatever state, without a word.
  void throw_away();
  ptg::status begin_runtime(ptg::group_options root);

  ptg::group_ref group(std::uint64_t handle) const {
    return {home_, handle};
  }
  ptg::task_ref task(std::uint64_t handle) const {
    return {home_, handle};
  }
  ptg::watch_ref watch(std::uint64_t handle) const {
    return {home_, handle};
  }

  json reference(std::uint64_t handle) const;
  json instant(std::chrono::nanoseconds instant) const {
    return (instant - began_).count();
  }
  bool is_silent() const {
    return is_silent_;
  }

private:
  json answer(const json &body);
  void end_runtime();

  ptg::detail::home *home_ = nullptr;
  std::chrono::nanoseconds began_{};
  int calls_ = 0; // that the suite has not returned from
  bool is_silent_ = false;
  bool is_over_ = false; // there is nothing more to read
};

/// Is given along with everything that the suite names: its end is a note.
class given {
public:
  given(world &world, std::string as) : world_(world), as_(std::move(as)) {
  }
  ~given() {
    if (!world_.is_silent()) write_line({{"note", "release"}, {"of", as_}});
  }
  given(const given &) = delete;
  given &operator=(const given &) = delete;

  world &in() const {
    return world_;
  }
  const std::string &as() const {
    return as_;
  }

private:
  world &world_;
  std::string as_;
};
using given_ptr = std::shared_ptr<const given>;

/// A call about a task, and what the suite says to it.
inline reply call_task(const given_ptr &given, const char *what,
                       std::uint64_t task, json more = json::object()) {
  json call = given->in().begin(what, "task", task, given->as());
  call.update(more);
  return given->in().call(std::move(call));
}

} // namespace adapter
