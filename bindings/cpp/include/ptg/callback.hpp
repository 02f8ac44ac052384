/// @file
/// A function that is kept to be called later.
#ifndef PTG_CALLBACK_HPP
#define PTG_CALLBACK_HPP

#include "result.hpp"

#include <concepts>
#include <memory>
#include <tuple>

namespace ptg {

namespace detail {

/// Can it be called with the first Count of the arguments?
template <class Function, class Arguments, std::size_t... Index>
constexpr bool takes(std::index_sequence<Index...>) {
  return std::invocable<Function &, std::tuple_element_t<Index, Arguments>...>;
}

/// How many of the arguments it is called with: as many as it takes; -1: it can
/// be called with none of them either.
template <class Function, class Arguments,
          std::size_t Count = std::tuple_size_v<Arguments>>
constexpr int arity() {
  if constexpr (takes<Function, Arguments>(std::make_index_sequence<Count>()))
    return Count;
  else if constexpr (Count > 0)
    return arity<Function, Arguments, Count - 1>();
  else
    return -1;
}

template <class Function, class... Arguments>
concept callable = arity<Function, std::tuple<Arguments...>>()
>= 0;

} // namespace detail

/// A function of the user's: anything that can be called with the arguments, or
/// the first ones of them, and returns nothing or a result<>. It need not be
/// copyable. An exception that leaves it is an error that it returned.
template <class... Arguments> class callback {
public:
  callback() noexcept = default;
  callback(std::nullptr_t) noexcept {
  }

  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, callback>) &&
      detail::callable<std::decay_t<Function>, Arguments...> callback(
          Function &&function)
      : target_(std::make_unique<holder<std::decay_t<Function>>>(
            std::forward<Function>(function))) {
  }

  explicit operator bool() const noexcept {
    return target_ != nullptr;
  }

  /// One that is empty does nothing.
  result<> operator()(Arguments... arguments) const noexcept {
    if (target_ == nullptr) return {};
    return target_->call(std::forward<Arguments>(arguments)...);
  }

private:
  struct target {
    virtual ~target() = default;
    virtual result<> call(Arguments... arguments) noexcept = 0;
  };

  template <class Function> struct holder final : target {
    Function function;

    template <class From>
    explicit holder(From &&from) : function(std::forward<From>(from)) {
    }
    result<> call(Arguments... arguments) noexcept override {
      using all = std::tuple<Arguments...>;
      constexpr int count = detail::arity<Function, all>();
      return call(all(std::forward<Arguments>(arguments)...),
                  std::make_index_sequence<count>());
    }
    template <std::size_t... Index>
    result<> call([[maybe_unused]] std::tuple<Arguments...> arguments,
                  std::index_sequence<Index...>) noexcept {
      return detail::attempt(
          function,
          std::forward<std::tuple_element_t<Index, std::tuple<Arguments...>>>(
              std::get<Index>(arguments))...);
    }
  };

  std::unique_ptr<target> target_;
};

} // namespace ptg

#endif
