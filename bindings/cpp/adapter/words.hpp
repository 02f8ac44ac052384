// words.hpp - the words of the protocol and the values that they stand for.
#pragma once

#include <ptg/ptg.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace adapter {

template <class Value> struct word {
  std::string_view text;
  Value value;
};

using ptg::status;
inline constexpr auto statuses = std::to_array<word<status>>({
    {"ok", status::ok},
    {"invalid", status::invalid},
    {"nomem", status::no_memory},
    {"stale", status::stale},
    {"kind", status::kind},
    {"closed", status::closed},
    {"busy", status::busy},
    {"reentrant", status::reentrant},
    {"thread", status::thread},
    {"range", status::range},
    {"canceled", status::canceled},
    {"timeout", status::timed_out},
    {"version", status::abi},
    {"system", status::uv},
    {"cycle", status::cycle},
    {"full", status::full},
    {"failed", status::failed},
    {"exit", status::exit},
    {"signal", status::signal},
    {"deadlock", status::deadlock},
});

inline constexpr auto group_states = std::to_array<word<ptg::group_state>>({
    {"open", ptg::group_state::open},
    {"draining", ptg::group_state::draining},
    {"cancelling", ptg::group_state::cancelling},
    {"closed", ptg::group_state::closed},
});

inline constexpr auto task_states = std::to_array<word<ptg::task_state>>({
    {"pending", ptg::task_state::pending},
    {"running", ptg::task_state::running},
    {"abandoned", ptg::task_state::abandoned},
});

inline constexpr auto full_modes = std::to_array<word<ptg::when_full>>({
    {"refuse", ptg::when_full::refuse},
    {"queue", ptg::when_full::queue},
    {"replace_oldest", ptg::when_full::replace_oldest},
});

inline constexpr auto policies = std::to_array<word<ptg::on_failure>>({
    {"report", ptg::on_failure::report},
    {"shutdown_group", ptg::on_failure::shutdown_group},
    {"shutdown_root", ptg::on_failure::shutdown_root},
});

inline constexpr auto event_kinds = std::to_array<word<ptg::event_kind>>({
    {"start", ptg::event_kind::start},
    {"wake", ptg::event_kind::wake},
    {"drain", ptg::event_kind::drain},
    {"cancel", ptg::event_kind::cancel},
    {"kill", ptg::event_kind::kill},
    {"done", ptg::event_kind::done},
    {"error", ptg::event_kind::error},
    {"group_drain", ptg::event_kind::group_drain},
    {"group_closed", ptg::event_kind::group_closed},
});

inline constexpr auto overlaps = std::to_array<word<ptg::overlap>>({
    {"skip", ptg::overlap::skip},
    {"allow", ptg::overlap::allow},
    {"replace", ptg::overlap::replace},
});

} // namespace adapter
