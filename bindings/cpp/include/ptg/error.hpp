/// @file
/// What went wrong: a status, a message, and the object that says more.
#ifndef PTG_ERROR_HPP
#define PTG_ERROR_HPP

#include "status.hpp"

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace ptg {

namespace detail {

template <class Object> inline constexpr char tag_of = 0;

/// The part of an error that copies share.
struct cause {
  std::string message;
  const void *tag = nullptr; // &tag_of<Object>
  const void *object = nullptr;

  explicit cause(std::string message) : message(std::move(message)) {
  }
  virtual ~cause() = default;
};

template <class Object> struct cause_of final : cause {
  Object carried;

  cause_of(Object value, std::string message)
      : cause(std::move(message)), carried(std::move(value)) {
    tag = &tag_of<Object>;
    object = &carried;
  }
};

} // namespace detail

/// Why something failed. Cheap to copy; copies share the object that is
/// carried, which reaches handlers and waiters as it was.
class error {
public:
  error(ptg::status status) noexcept : status_(status) {
  }

  /// The code is the failing thing's own: an errno, an exit status.
  error(ptg::status status, std::string message, int code = 0)
      : status_(status), code_(code) {
    if (!message.empty())
      cause_ = std::make_shared<detail::cause>(std::move(message));
  }

  /// A failure with an object of the user's own, of any type.
  template <class Object>
  static error carrying(Object object, std::string message = {}) {
    error made(ptg::status::failed);
    made.cause_ = std::make_shared<detail::cause_of<Object>>(
        std::move(object), std::move(message));
    return made;
  }

  ptg::status status() const noexcept {
    return status_;
  }
  int code() const noexcept {
    return code_;
  }

  /// In UTF-8; empty: there is none. Good as long as a copy of the error is.
  const std::string &message() const noexcept {
    static const std::string none;
    return cause_ ? cause_->message : none;
  }

  /// Returns the object that is carried, if it is of this type; or nullptr.
  template <class Object> const Object *get() const noexcept {
    bool is_that = cause_ && cause_->tag == &detail::tag_of<Object>;
    return is_that ? static_cast<const Object *>(cause_->object) : nullptr;
  }

  /// Returns the exception that left a task or a handler; empty: none did.
  std::exception_ptr exception() const noexcept {
    const auto *carried = get<std::exception_ptr>();
    return carried ? *carried : std::exception_ptr();
  }

  bool operator==(ptg::status status) const noexcept {
    return status_ == status;
  }

private:
  ptg::status status_;
  int code_ = 0;
  std::shared_ptr<const detail::cause> cause_;
};

} // namespace ptg

#endif
