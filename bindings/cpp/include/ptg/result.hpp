/// @file
/// A value or an error, as std::expected will be in C++23.
#ifndef PTG_RESULT_HPP
#define PTG_RESULT_HPP

#include "error.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace ptg {

namespace detail {

/// A value was taken that is not there: a mistake of the caller's.
[[noreturn]] inline void no_value(const error &error) noexcept {
  std::fprintf(stderr, "ptg::result: no value: %s %s\n",
               name_of(error.status()), error.message().c_str());
  std::abort();
}

} // namespace detail

/// Either a value or an error; what calls and co_await give. To look at the
/// wrong one of the two ends the program, also without exceptions.
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

  Value &value() & {
    check();
    return *std::get_if<0>(&held_);
  }
  const Value &value() const & {
    check();
    return *std::get_if<0>(&held_);
  }
  // By value: what is left of a temporary result must outlive it, in a range
  // of a for loop, say.
  Value value() && {
    check();
    return std::move(*std::get_if<0>(&held_));
  }
  Value &operator*() & {
    return value();
  }
  const Value &operator*() const & {
    return value();
  }
  Value operator*() && {
    return std::move(*this).value();
  }
  Value *operator->() {
    return &value();
  }
  const Value *operator->() const {
    return &value();
  }

  template <class Other> Value value_or(Other &&other) const & {
    return has_value() ? value() : Value(std::forward<Other>(other));
  }
  template <class Other> Value value_or(Other &&other) && {
    return has_value() ? std::move(*this).value()
                       : Value(std::forward<Other>(other));
  }

  const ptg::error &error() const noexcept {
    if (has_value()) std::abort();
    return *std::get_if<1>(&held_);
  }

  /// Returns status::ok, or that of the error.
  ptg::status status() const noexcept {
    return has_value() ? ptg::status::ok : error().status();
  }

private:
  void check() const noexcept {
    if (!has_value()) detail::no_value(error());
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
  void value() const noexcept {
    if (!has_value()) detail::no_value(error_);
  }
  const ptg::error &error() const noexcept {
    if (has_value()) std::abort();
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

/// result<Value> for a function that returns Value or result<Value>.
template <class Function, class... Arguments>
using attempted = typename as_result<
    std::decay_t<std::invoke_result_t<Function, Arguments...>>>::type;

/// The exception that is being handled, as an error.
inline error caught() noexcept {
#if defined(__cpp_exceptions)
  try {
    throw;
  } catch (const std::exception &exception) {
    return error::carrying(std::current_exception(), exception.what());
  } catch (...) {
    return error::carrying(std::current_exception(), "unknown exception");
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

} // namespace detail

} // namespace ptg

#endif
