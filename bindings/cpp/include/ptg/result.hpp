/// @file
/// A value or an error, as std::expected will be in C++23.
#ifndef PTG_RESULT_HPP
#define PTG_RESULT_HPP

#include "error.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

namespace ptg {

namespace detail {

/// Where the caller stands; std::source_location, which clang 14 lacks.
struct place {
  const char *file = nullptr; // nullptr: not known
  int line = 0;

  static constexpr place here(const char *file = __builtin_FILE(),
                              int line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

/// Something was taken that is not there: a mistake of the caller's.
[[noreturn, gnu::cold]] inline void no_such(const char *what, const char *why,
                                            const std::string &message,
                                            place where) noexcept {
  if (where.file != nullptr)
    std::fprintf(stderr, "%s:%d: ", where.file, where.line);
  std::fprintf(stderr, "ptg::result: %s: %s%s%s\n", what, why,
               message.empty() ? "" : ": ", message.c_str());
  std::abort();
}
[[noreturn, gnu::cold]] inline void no_value(const error &error,
                                             place where) noexcept {
  no_such("no value", name_of(error.status()), error.message(), where);
}
[[noreturn, gnu::cold]] inline void no_error(place where) noexcept {
  no_such("no error", "all went well", {}, where);
}

} // namespace detail

/// Either a value or an error; what calls and co_await give. To look at the
/// wrong one of the two ends the program, also without exceptions, and says
/// where that was.
template <class Value = void> class [[nodiscard]] result {
public:
  using value_type = Value;

  template <class From = Value>
  requires std::is_constructible_v<Value, From> &&
      (!std::is_same_v<std::remove_cvref_t<From>, result>)&&(
          !std::is_same_v<std::remove_cvref_t<From>, error>)result(From &&value)
      : held_(std::in_place_index<0>, std::forward<From>(value)) {
  }
  result(ptg::error error) : held_(std::in_place_index<1>, std::move(error)) {
  }
  result(ptg::status status) requires(!std::is_same_v<Value, ptg::status>)
      : held_(std::in_place_index<1>, status) {
  }

  bool has_value() const noexcept {
    return held_.index() == 0;
  }
  explicit operator bool() const noexcept {
    return has_value();
  }

  Value &value(detail::place where = detail::place::here()) & {
    check(where);
    return *std::get_if<0>(&held_);
  }
  const Value &value(detail::place where = detail::place::here()) const & {
    check(where);
    return *std::get_if<0>(&held_);
  }
  // By value: what is left of a temporary result must outlive it, in a range
  // of a for loop, say.
  Value value(detail::place where = detail::place::here()) && {
    check(where);
    return std::move(*std::get_if<0>(&held_));
  }
  // These cannot know where they are used.
  Value &operator*() & {
    return value({});
  }
  const Value &operator*() const & {
    return value({});
  }
  Value operator*() && {
    return std::move(*this).value({});
  }
  Value *operator->() {
    return &value({});
  }
  const Value *operator->() const {
    return &value({});
  }

  template <class Other> Value value_or(Other &&other) const & {
    return has_value() ? value() : Value(std::forward<Other>(other));
  }
  template <class Other> Value value_or(Other &&other) && {
    return has_value() ? std::move(*this).value()
                       : Value(std::forward<Other>(other));
  }

  const ptg::error &
  error(detail::place where = detail::place::here()) const noexcept {
    if (has_value()) detail::no_error(where);
    return *std::get_if<1>(&held_);
  }

  /// Returns status::ok, or that of the error.
  ptg::status status() const noexcept {
    return has_value() ? ptg::status::ok : error().status();
  }

private:
  void check(detail::place where) const noexcept {
    if (!has_value()) detail::no_value(error(), where);
  }

  std::variant<Value, ptg::error> held_;
};

/// Well, or an error.
template <> class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() noexcept : error_(ptg::status::ok) {
  }
  result(ptg::error error) noexcept : error_(std::move(error)) {
  }
  result(ptg::status status) noexcept : error_(status) {
  }

  bool has_value() const noexcept {
    return error_.status() == ptg::status::ok;
  }
  explicit operator bool() const noexcept {
    return has_value();
  }
  void value(detail::place where = detail::place::here()) const noexcept {
    if (!has_value()) detail::no_value(error_, where);
  }
  const ptg::error &
  error(detail::place where = detail::place::here()) const noexcept {
    if (has_value()) detail::no_error(where);
    return error_;
  }

  /// Returns status::ok, or that of the error.
  ptg::status status() const noexcept {
    return error_.status();
  }

private:
  ptg::error error_; // of status ok: there is none
};

namespace detail {

template <class Type> struct as_result { using type = result<Type>; };
template <class Value> struct as_result<result<Value>> {
  using type = result<Value>;
};
template <> struct as_result<error> { using type = result<>; };

/// result<Value> for a function that returns Value or result<Value>; an error
/// by itself is that of a result<>.
template <class Function, class... Arguments>
using attempted = typename as_result<
    std::decay_t<std::invoke_result_t<Function, Arguments...>>>::type;

[[noreturn, gnu::cold]] inline void throw_no_memory() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

/// The exception that is being handled, as an error.
inline error caught() noexcept {
#if defined(__cpp_exceptions)
  try {
    try {
      throw;
    } catch (const std::exception &exception) {
      return error::carrying(std::current_exception(), exception.what());
    } catch (...) {
      return error::carrying(std::current_exception(), "unknown exception");
    }
  } catch (...) {
    return status::no_memory; // for the error
  }
#else
  std::abort();
#endif
}

/// Calls a function of the user's. What leaves it as an exception is an error
/// from here on.
template <class Function, class... Arguments>
attempted<Function, Arguments...> attempt(Function &&function,
                                          Arguments &&...arguments) noexcept {
  using answer = std::invoke_result_t<Function, Arguments...>;
#if defined(__cpp_exceptions)
  try {
#endif
    if constexpr (std::is_void_v<answer>) {
      std::invoke(std::forward<Function>(function),
                  std::forward<Arguments>(arguments)...);
      return {};
    } else {
      return std::invoke(std::forward<Function>(function),
                         std::forward<Arguments>(arguments)...);
    }
#if defined(__cpp_exceptions)
  } catch (...) {
    return caught();
  }
#endif
}

/// Calls what has nobody to tell of its failure.
template <class Function, class... Arguments>
void call_alone(const char *what, const Function &function,
                Arguments &&...arguments) noexcept {
  result<> answer = function(std::forward<Arguments>(arguments)...);
  if (!answer) tell_stderr(what, answer.error());
}

} // namespace detail

} // namespace ptg

#endif
