/// @file
/// How long something may take.
#ifndef PTG_LIMIT_HPP
#define PTG_LIMIT_HPP

#include "result.hpp"

#include <chrono>
#include <initializer_list>
#include <limits>

namespace ptg {

/// A limit in time: a std::chrono duration, forever, or unset, which in options
/// means "as before": inherited, or the default. Durations are rounded up to
/// nanoseconds; a negative one is refused as status::invalid by every call.
class limit {
public:
  constexpr limit() noexcept = default;

  template <class Rep, class Period>
  constexpr limit(std::chrono::duration<Rep, Period> duration) noexcept
      : ns_(from(duration)) {
  }

  /// No limit.
  static constexpr limit forever() noexcept {
    return limit(PTG_FOREVER);
  }

  /// As ptg.h has it: 0 is unset, and PTG_FOREVER and PTG_AT_ONCE are meant.
  static constexpr limit from_c(std::int64_t ns) noexcept {
    return limit(ns);
  }
  constexpr std::int64_t to_c() const noexcept {
    return ns_;
  }

  constexpr bool is_set() const noexcept {
    return ns_ != 0;
  }
  constexpr bool is_forever() const noexcept {
    return ns_ == PTG_FOREVER;
  }

  /// Returns the duration: none for one that is unset, the longest for forever.
  constexpr std::chrono::nanoseconds duration() const noexcept {
    if (is_forever()) return std::chrono::nanoseconds::max();
    return std::chrono::nanoseconds(ns_ > 0 ? ns_ : 0);
  }

  /// It was made of a negative duration, or of what is no number.
  constexpr bool is_refused() const noexcept {
    return ns_ == refused;
  }

  friend constexpr bool operator==(limit, limit) noexcept = default;

private:
  static constexpr std::int64_t refused = -3;

  explicit constexpr limit(std::int64_t ns) noexcept : ns_(ns) {
  }

  template <class Duration>
  static constexpr std::int64_t from(Duration duration) noexcept {
    using seconds = std::chrono::duration<long double>;
    constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
    if (!(duration >= Duration::zero())) return refused; // or not a number
    if (duration == Duration::zero()) return PTG_AT_ONCE;
    if (seconds(duration).count() > longest / 1e9L) return longest;
    return std::chrono::ceil<std::chrono::nanoseconds>(duration).count();
  }

  std::int64_t ns_ = 0;
};

/// No limit.
inline constexpr limit forever = limit::forever();

namespace detail {

/// A limit, and what it is called.
struct named_limit {
  const char *name;
  limit given;
};

/// What is wrong with times, in the words of who gave them.
inline result<> check(std::initializer_list<named_limit> limits) {
  for (const named_limit &limit : limits)
    if (limit.given.is_refused())
      return error(status::invalid,
                   limit.name + std::string(" is negative, or no number"));
  return {};
}

/// Of a call that takes a plain duration, where 0 is none at all.
constexpr std::int64_t plain(limit limit) noexcept {
  return limit.to_c() == PTG_AT_ONCE ? 0 : limit.to_c();
}

} // namespace detail

} // namespace ptg

#endif
