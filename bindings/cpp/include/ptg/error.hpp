/// @file
/// What went wrong: a status, a message, and the object that says more.
#ifndef PTG_ERROR_HPP
#define PTG_ERROR_HPP

#include "status.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace ptg {

namespace detail {

template <class Object> inline constexpr char tag_of = 0;

/// The part of an error that copies share.
struct cause {
  mutable std::atomic<std::uint32_t> references = 1;
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

/// Keeps a cause; or nothing. Half of a std::shared_ptr, in size and in work:
/// every task that ends moves one.
class cause_ptr {
public:
  cause_ptr() noexcept = default;
  explicit cause_ptr(const cause *made) noexcept : kept_(made) {
  }
  cause_ptr(const cause_ptr &other) noexcept : kept_(other.kept_) {
    if (kept_ != nullptr) kept_->references++;
  }
  cause_ptr(cause_ptr &&other) noexcept
      : kept_(std::exchange(other.kept_, nullptr)) {
  }
  cause_ptr &operator=(cause_ptr other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~cause_ptr() {
    if (kept_ != nullptr && --kept_->references == 0) delete kept_;
  }

  const cause *get() const noexcept {
    return kept_;
  }

private:
  const cause *kept_ = nullptr;
};

} // namespace detail

/// Why something failed. Cheap to copy; copies share the object that is
/// carried, which reaches handlers and waiters as it was.
class error {
public:
  error(ptg::status status) noexcept : status_(status) {
  }

  /// A failure, in words: status::failed.
  explicit error(std::string message)
      : error(ptg::status::failed, std::move(message)) {
  }

  /// The code is the failing thing's own: an errno, an exit status.
  error(ptg::status status, std::string message, int code = 0)
      : status_(status), code_(code) {
    if (!message.empty())
      cause_ = detail::cause_ptr(new detail::cause(std::move(message)));
  }

  /// A failure with an object of the user's own, of any type.
  template <class Object>
  static error carrying(Object object, std::string message = {}) {
    error made(ptg::status::failed);
    made.cause_ = detail::cause_ptr(
        new detail::cause_of<Object>(std::move(object), std::move(message)));
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
    const detail::cause *cause = cause_.get();
    return cause != nullptr ? cause->message : none;
  }

  /// Returns the object that is carried, if it is of this type; or nullptr.
  template <class Object> const Object *get() const noexcept {
    const detail::cause *cause = cause_.get();
    bool is_that = cause != nullptr && cause->tag == &detail::tag_of<Object>;
    return is_that ? static_cast<const Object *>(cause->object) : nullptr;
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
  detail::cause_ptr cause_;
};

namespace detail {

/// Makes an error where nothing can be thrown; without memory its words are
/// lost.
inline error worded(status status, std::string_view message,
                    int code) noexcept {
#if defined(__cpp_exceptions)
  try {
#endif
    return error(status, std::string(message), code);
#if defined(__cpp_exceptions)
  } catch (...) {
    return error(status, {}, code);
  }
#endif
}

/// The last resort for an error that there is nobody to be told of.
[[gnu::cold]] inline void tell_stderr(const char *what,
                                      const error &why) noexcept {
  std::fprintf(stderr, "ptg: %s failed: %s%s%s\n", what,
               ptg_status_name(static_cast<ptg_status>(why.status())),
               why.message().empty() ? "" : ": ", why.message().c_str());
}

} // namespace detail

} // namespace ptg

#endif
