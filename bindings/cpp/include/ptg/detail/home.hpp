/// @file
/// Where a runtime is found, and which callback of one is running.
#ifndef PTG_DETAIL_HOME_HPP
#define PTG_DETAIL_HOME_HPP

#include "../result.hpp"

#include <atomic>
#include <mutex>
#include <new>

namespace ptg::detail {

/// Every object of the binding names its runtime by the runtime's home, which
/// outlives it: homes are used again and never freed. What names a runtime that
/// is gone finds none, or another one, where its handle is stale.
struct home {
  std::atomic<ptg_runtime *> runtime{nullptr}; // nullptr: it is gone
  std::uint32_t users = 0; // a runtime, and who joined it; 0: it is free
  home *next = nullptr;
};

inline std::mutex homes_mutex;
inline home *homes = nullptr;

/// Takes a home for a runtime; nullptr: there is no memory. With the mutex
/// held.
inline home *take_home_locked() noexcept {
  home *at = homes;
  while (at != nullptr && at->users > 0)
    at = at->next;
  if (at == nullptr) {
    at = new (std::nothrow) home;
    if (at == nullptr) return nullptr;
    at->next = homes;
    homes = at;
  }
  at->users = 1;
  return at;
}

/// For a runtime that is about to be made. Its address is no use yet: it may
/// be that of one that another thread has just destroyed.
inline home *take_home() noexcept {
  std::scoped_lock lock(homes_mutex);
  return take_home_locked();
}

/// Takes part in the home of a runtime, a new one if it has none yet.
inline home *join_home(ptg_runtime *runtime) noexcept {
  std::scoped_lock lock(homes_mutex);
  for (home *at = homes; at != nullptr; at = at->next) {
    if (at->runtime.load(std::memory_order_relaxed) != runtime) continue;
    at->users++;
    return at;
  }
  home *taken = take_home_locked();
  if (taken != nullptr)
    taken->runtime.store(runtime, std::memory_order_relaxed);
  return taken;
}

/// Gives a home back. The last one frees it.
inline void leave_home(home *home) noexcept {
  std::scoped_lock lock(homes_mutex);
  if (--home->users == 0) home->runtime.store(nullptr);
}

/// Returns the runtime; nullptr: it is gone, or there never was one.
inline ptg_runtime *runtime_at(const home *home) noexcept {
  if (home == nullptr) return nullptr;
  return home->runtime.load(std::memory_order_relaxed);
}

/// The last word on a call that failed.
[[gnu::cold]] inline error error_of(ptg_runtime *runtime,
                                    ptg_status status) noexcept {
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  bool is_known =
      ptg_runtime_get_error(runtime, &info) == PTG_OK && info.status == status;
  if (!is_known) return error(ptg::status(status));
  return worded(ptg::status(status), {info.message, info.message_length},
                info.uv_status);
}

/// Makes a call that answers a status: call(runtime).
template <class Call> result<> checked(const home *home, Call &&call) {
  ptg_runtime *runtime = runtime_at(home);
  if (runtime == nullptr) return status::stale;
  ptg_status answer = call(runtime);
  if (answer == PTG_OK) return {};
  return error_of(runtime, answer);
}

class activity;

/// What is running on this thread.
struct here {
  detail::home *home = nullptr; // whose callback; nullptr: none
  activity *running = nullptr;  // the task whose code it is; nullptr: no task's
};
inline constinit thread_local here now_here{};

/// Stands on the stack of every callback.
class entered {
public:
  explicit entered(home *home, activity *running = nullptr) noexcept
      : before_(now_here) {
    now_here = {home, running};
  }
  ~entered() {
    now_here = before_;
  }
  entered(const entered &) = delete;
  entered &operator=(const entered &) = delete;

private:
  here before_;
};

} // namespace ptg::detail

#endif
