// request.cpp - see request.hpp.
#include "request.hpp"

#include <algorithm>

namespace adapter {

const json *request::get(const char *field) const {
  if (!body_.is_object()) return nullptr;
  auto found = body_.find(field);
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

bool request::flag(const char *field) const {
  const json *value = get(field);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse(field, "neither true nor false");
  return value->get<bool>();
}

std::int64_t request::integer(const char *field) const {
  const json *value = get(field);
  if (value == nullptr) return 0;
  if (!value->is_number_integer()) refuse(field, "not an integer");
  return value->get<std::int64_t>();
}

ptg::limit request::duration(const char *field) const {
  const json *value = get(field);
  if (value == nullptr || !value->is_string())
    return ptg::limit::from_c(integer(field));
  if (*value == "forever") return ptg::forever;
  if (*value == "at_once") return std::chrono::nanoseconds(0);
  refuse(field, "not a duration");
}

std::string request::text(const char *field) const {
  const json *value = get(field);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(field, "not a string");
  return value->get<std::string>();
}

std::uint64_t request::handle(const char *field) const {
  const json *value = get(field);
  if (value == nullptr) return 0;
  if (value->is_number_integer()) return value->get<std::uint64_t>();
  if (!value->is_string()) refuse(field, "neither a name nor a handle");
  const std::uint64_t *found = names_.find(value->get<std::string>());
  if (found == nullptr) refuse(field, "nothing has this name");
  return *found;
}

bool request::tells(std::string_view word, bool otherwise) const {
  const json *list = get("tells");
  if (list == nullptr) return otherwise;
  return std::ranges::any_of(*list,
                             [&](const json &told) { return told == word; });
}

void request::check_tells(std::initializer_list<std::string_view> known) const {
  const json *list = get("tells");
  if (list == nullptr) return;
  if (!list->is_array()) refuse("tells", "not a list");
  for (const json &told : *list)
    if (!told.is_string() ||
        std::ranges::find(known, told.get<std::string_view>()) == known.end())
      refuse("tells", "has a word that is not known");
}

request request::inside(const char *field) const {
  const json *value = get(field);
  if (value == nullptr) return *this;
  if (!value->is_object()) refuse(field, "not an object");
  return request(*value, names_);
}

} // namespace adapter
