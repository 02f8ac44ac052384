/// @file
/// Status of a call, and how a task ended.
#ifndef PTG_STATUS_HPP
#define PTG_STATUS_HPP

#include <ptg/ptg.h>

namespace ptg {

/// What a call answered, or how a task ended. The values are those of ptg.h.
enum class status : ptg_status {
  ok = PTG_OK,
  invalid = PTG_EINVAL,       ///< an argument is malformed
  no_memory = PTG_ENOMEM,     ///< nothing changed
  stale = PTG_ESTALE,         ///< what was named is gone
  kind = PTG_EKIND,           ///< a group was named where a task is wanted
  closed = PTG_ECLOSED,       ///< the group accepts no new tasks or groups
  busy = PTG_EBUSY,           ///< the object is still in use
  reentrant = PTG_EREENTRANT, ///< not allowed inside a callback
  thread = PTG_ETHREAD,       ///< not called on the runtime's thread
  range = PTG_ERANGE,         ///< too small
  canceled = PTG_ECANCELED,   ///< it ended because it was asked to
  timed_out = PTG_ETIMEDOUT,  ///< a limit ran out
  abi = PTG_EABI,             ///< built for a newer libptg or another libuv
  uv = PTG_EUV,               ///< libuv failed
  cycle = PTG_ECYCLE,         ///< the order edge would close a circle
  full = PTG_EFULL,           ///< a bound is reached
  failed = PTG_EFAILED,       ///< a task failed
  exit = PTG_EEXIT,           ///< a child process exited with another than 0
  signal = PTG_ESIGNAL,       ///< a child process was ended by a signal
  deadlock = PTG_EDEADLK      ///< who waits is part of what is waited for
};

/// Returns the name of a status as in ptg.h, "PTG_ESTALE"; it is static.
inline const char *name_of(status status) noexcept {
  return ptg_status_name(static_cast<ptg_status>(status));
}

} // namespace ptg

#endif
