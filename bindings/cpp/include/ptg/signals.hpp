/// @file
/// SIGTERM and SIGINT shut a runtime down.
#ifndef PTG_SIGNALS_HPP
#define PTG_SIGNALS_HPP

#include "runtime.hpp"

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace ptg {

/// While this lives, SIGTERM and SIGINT do what they do in `ptg run`: the first
/// one asks for the shutdown of the root group, the second forces it, the third
/// ends the process. One of these at a time, destroyed before the runtime.
class shutdown_on_signals {
public:
  explicit shutdown_on_signals(const runtime &runtime) noexcept {
    count_ = 0;
    runtime_ = runtime.c_runtime();
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, &before_term_);
    sigaction(SIGINT, &action, &before_int_);
  }
  ~shutdown_on_signals() {
    sigaction(SIGTERM, &before_term_, nullptr);
    sigaction(SIGINT, &before_int_, nullptr);
    runtime_ = nullptr;
  }
  shutdown_on_signals(const shutdown_on_signals &) = delete;
  shutdown_on_signals &operator=(const shutdown_on_signals &) = delete;

private:
  static void handle(int signum) {
    int before = count_.fetch_add(1), error = errno;
    if (before >= 2) _exit(128 + signum);
    if (ptg_runtime *there = runtime_.load())
      ptg_runtime_request_shutdown(there, before);
    errno = error; // of what was interrupted
  }

  static inline std::atomic<ptg_runtime *> runtime_ = nullptr;
  static inline std::atomic<int> count_ = 0;

  struct sigaction before_term_ {};
  struct sigaction before_int_ {};
};

} // namespace ptg

#endif
