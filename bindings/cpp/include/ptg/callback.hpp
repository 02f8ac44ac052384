/// @file
/// A function that is kept to be called later.
#ifndef PTG_CALLBACK_HPP
#define PTG_CALLBACK_HPP

#include "result.hpp"

#include <concepts>
#include <memory>

namespace ptg {

namespace detail {

template <class Function, class... Arguments>
concept callable =
    std::invocable<Function &, Arguments...> || std::invocable<Function &>;

} // namespace detail

/// A function of the user's: anything that can be called with the arguments, or
/// with none of them, and returns nothing or a result<>. It need not be
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
      if constexpr (std::invocable<Function &, Arguments...>)
        return detail::attempt(function, std::forward<Arguments>(arguments)...);
      else
        return detail::attempt(function);
    }
  };

  std::unique_ptr<target> target_;
};

} // namespace ptg

#endif
