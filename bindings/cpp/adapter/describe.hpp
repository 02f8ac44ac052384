// describe.hpp - what the binding says, in the words of the protocol.
#pragma once

#include "adapter.hpp"

namespace adapter {

/// The word of a value.
template <class Words, class Value>
json describe_word(const Words &words, Value value) {
  for (const auto &word : words)
    if (word.value == value) return word.text;
  return "not known: " + std::to_string(static_cast<long long>(value));
}

json describe_limit(ptg::limit limit);
json describe_optional(const std::optional<std::string> &text);

/// Of a text that may be none.
json describe_text(const char *data, std::string_view text);

json describe_outcome(const world &world, const ptg::outcome &outcome);
json describe(const world &world, const ptg::group_info &info);
json describe(const world &world, const ptg::task_info &info);
json describe(const world &world, const ptg::plan_step &step);
json describe(const world &world, const ptg::report_row &row);
json describe(const world &world, const ptg::blame_row &row);
json describe(const world &world, const ptg::failure_row &row);
json describe(const world &world, const ptg::history_row &row);
json describe(const world &world, const ptg::name_row &row);

} // namespace adapter
