// request.hpp - a request of the suite, and how its fields are read.
//
// A field that is left out reads as unset. One that is wrong throws
// bad_request, before anything is done.
#pragma once

#include "names.hpp"
#include "wire.hpp"
#include "words.hpp"

#include <stdexcept>

namespace adapter {

struct bad_request : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class request {
public:
  request(const json &body, const names &names) : body_(body), names_(names) {
  }

  bool has(const char *field) const {
    return get(field) != nullptr;
  }
  bool flag(const char *field) const;
  std::int64_t integer(const char *field) const;
  ptg::limit duration(const char *field) const;
  std::string text(const char *field) const;

  /// What the field names: a name of the suite, or a handle as it is.
  std::uint64_t handle(const char *field) const;

  /// The value of the word that the field is.
  template <class Words>
  auto word(const char *field, const Words &words) const {
    std::string given = text(field);
    if (given.empty()) return words.front().value;
    for (const auto &word : words)
      if (word.text == given) return word.value;
    throw bad_request(std::string(field) + ": not known: " + given);
  }

  /// Is the word in the list `tells`?
  bool tells(std::string_view word, bool otherwise) const;

  /// Throws if the list `tells` has another word than these.
  void check_tells(std::initializer_list<std::string_view> known) const;

  request inside(const char *field) const;

private:
  const json *get(const char *field) const;
  [[noreturn]] static void refuse(const char *field, const char *why) {
    throw bad_request(std::string(field) + ": " + why);
  }

  const json &body_;
  const names &names_;
};

} // namespace adapter
