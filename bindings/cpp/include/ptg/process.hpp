/// @file
/// Child processes.
#ifndef PTG_PROCESS_HPP
#define PTG_PROCESS_HPP

#include "group.hpp"

#include <csignal>
#include <span>

namespace ptg {

struct process_options {
  std::string_view name = {};            ///< empty: the command
  std::vector<std::string> command = {}; ///< required; looked up in PATH
  std::optional<std::vector<std::string>> environment = {}; ///< none: ours
  std::string directory = {};   ///< empty: ours, as the next
  std::string stdout_path = {}; ///< appended to
  std::string stderr_path = {};
  int drain_signal = SIGTERM;
  bool is_cleanup = false; ///< see task_options, as the next
  bool is_observed = false;
  task_ref spawner = {};

  /// A line of output, without its end; the stream is PTG_STDOUT or PTG_STDERR.
  /// None: nobody reads.
  callback<std::string_view, int> on_line = {};
  callback<> on_started = {}; ///< its pid is known
  callback<const outcome &> on_done = {};
};

/// A child with all its descendants. It ends well with exit status 0; with
/// status::exit or status::signal and that as code; with status::canceled when
/// it was asked to; with status::uv and an errno when it could not be started.
class process : public task_ref {
public:
  using task_ref::task_ref;

  static result<process> spawn(const group_ref &group,
                               process_options options) {
    if (const char *wrong = mistake(options))
      return error(status::invalid, wrong);
    ptg_process_options c = PTG_PROCESS_OPTIONS_INIT;
    if (!options.name.empty()) c.name = options.name.data();
    c.name_length = options.name.size();
    std::vector<const char *> command = strings(options.command);
    c.argv = command.data();
    std::vector<const char *> environment;
    if (options.environment) environment = strings(*options.environment);
    if (options.environment) c.env = environment.data();
    c.cwd = path(options.directory);
    c.stdout_path = path(options.stdout_path);
    c.stderr_path = path(options.stderr_path);
    c.drain_signal = options.drain_signal;
    c.flags = detail::spawn_flags(options);
    c.spawner = options.spawner.id();
    c.on_line = options.on_line ? hook::c_line : nullptr;
    c.started = hook::c_started;
    c.done = hook::c_done;
    c.release = hook::c_release;
    c.user_data =
        new hook{group.home(), std::move(options.on_line),
                 std::move(options.on_started), std::move(options.on_done)};
    ptg_task made = PTG_NONE;
    if (group.c_runtime() == nullptr) hook::c_release(c.user_data);
    result<> answer = detail::checked(group.home(), [&](ptg_runtime *runtime) {
      return ptg_process_spawn(runtime, group.id(), &c, &made);
    });
    if (!answer) return answer.error();
    return process(group.home(), made);
  }

  /// Sends a signal to its process group. status::busy: it has not started.
  result<> signal(int signum) const {
    return make([&](ptg_runtime *runtime) {
      return ptg_process_signal(runtime, id(), signum);
    });
  }

  /// 0: it has not started.
  result<std::int64_t> pid() const {
    std::int64_t pid = 0;
    result<> answer = make([&](ptg_runtime *runtime) {
      return ptg_process_get_pid(runtime, id(), &pid);
    });
    if (!answer) return answer.error();
    return pid;
  }

private:
  struct hook {
    detail::home *home;
    callback<std::string_view, int> on_line;
    callback<> on_started;
    callback<const outcome &> on_done;

    static void c_line(ptg_runtime *, ptg_task, std::int32_t stream,
                       const char *line, std::size_t length,
                       void *user_data) noexcept {
      const auto &that = *static_cast<hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("on_line", that.on_line,
                         std::string_view(line, length), stream);
    }
    static void c_started(ptg_runtime *, ptg_task, void *user_data) noexcept {
      const auto &that = *static_cast<hook *>(user_data);
      detail::entered entered(that.home);
      detail::call_alone("on_started", that.on_started);
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

  /// What C would not see: its strings end at the first NUL.
  static const char *mistake(const process_options &options) noexcept {
    if (options.command.empty() || options.command.front().empty())
      return "command: there is none";
    if (has_nul(options.command)) return "command: a NUL in it";
    if (options.environment && has_nul(*options.environment))
      return "environment: a NUL in it";
    if (has_nul({&options.directory, 1})) return "directory: a NUL in it";
    if (has_nul({&options.stdout_path, 1})) return "stdout_path: a NUL in it";
    if (has_nul({&options.stderr_path, 1})) return "stderr_path: a NUL in it";
    return nullptr;
  }
  static bool has_nul(std::span<const std::string> texts) noexcept {
    for (const std::string &text : texts)
      if (text.find('\0') != text.npos) return true;
    return false;
  }
  static const char *path(const std::string &text) noexcept {
    return text.empty() ? nullptr : text.c_str();
  }
  static std::vector<const char *>
  strings(const std::vector<std::string> &texts) {
    std::vector<const char *> pointers;
    for (const std::string &text : texts)
      pointers.push_back(text.c_str());
    pointers.push_back(nullptr);
    return pointers;
  }
};

} // namespace ptg

#endif
