// describe.cpp - see describe.hpp.
#include "describe.hpp"

namespace adapter {

json describe_limit(ptg::limit limit) {
  if (!limit.is_set()) return nullptr;
  if (limit.is_forever()) return "forever";
  if (limit.to_c() == PTG_AT_ONCE) return "at_once";
  return limit.to_c();
}

/// Where 0 is a duration of no time, and not none.
static json describe_span(std::int64_t ns) {
  return ns != 0 ? describe_limit(ptg::limit::from_c(ns)) : json(0);
}

json describe_optional(const std::optional<std::string> &text) {
  return text ? json(*text) : json();
}

json describe_text(const char *data, std::string_view text) {
  return data != nullptr ? json(text) : json();
}

static json describe_flags(const ptg::outcome &outcome) {
  json flags = json::array();
  if (outcome.is_cancel_requested) flags.push_back("cancel_requested");
  if (outcome.has_never_run) flags.push_back("never_ran");
  if (outcome.is_abandoned) flags.push_back("abandoned");
  if (outcome.is_killed) flags.push_back("killed");
  return flags;
}

json describe_outcome(const world &world, const ptg::outcome &outcome) {
  return {{"status", describe_word(statuses, outcome.status)},
          {"code", outcome.code},
          {"value", static_cast<std::int64_t>(outcome.value)},
          {"message", describe_text(outcome.message_data, outcome.message())},
          {"flags", describe_flags(outcome)},
          {"reason", describe_text(outcome.reason_data, outcome.reason())},
          {"originator", world.reference(outcome.originator)}};
}

json describe(const world &world, const ptg::group_info &info) {
  /* An age of 0 may be that of a task, or nobody's. */
  bool has_tasks = info.live + info.abandoned != info.late;
  return {{"name", info.name},
          {"parent", world.reference(info.parent)},
          {"state", describe_word(group_states, info.state)},
          {"is_ending", info.is_ending},
          {"children", info.children},
          {"spawned", info.spawned},
          {"live", info.live},
          {"pending", info.pending},
          {"queued", info.queued},
          {"succeeded", info.succeeded},
          {"failed", info.failed},
          {"cancelled", info.cancelled},
          {"abandoned", info.abandoned},
          {"late", info.late},
          {"killed", info.killed},
          {"refused", info.refused},
          {"peak", info.peak},
          {"grace", describe_span(info.grace.to_c())},
          {"cancel_wait", describe_span(info.cancel_wait.to_c())},
          {"deadline", describe_limit(info.deadline)},
          {"phase_left", describe_limit(info.phase_left)},
          {"oldest_age", has_tasks ? json(info.oldest_age.count()) : json()},
          {"created_at", world.instant(info.created)},
          {"owner", world.reference(info.owner)}};
}

json describe(const world &world, const ptg::task_info &info) {
  return {{"name", info.name},
          {"type", describe_optional(info.type)},
          {"group", world.reference(info.group)},
          {"state", describe_word(task_states, info.state)},
          {"age", info.age.count()},
          {"is_cancel_requested", info.is_cancel_requested},
          {"is_killed", info.is_killed},
          {"reason", describe_optional(info.reason)},
          {"originator", world.reference(info.originator)},
          {"spawner", world.reference(info.spawner)},
          {"place", describe_optional(info.place)}};
}

json describe(const world &world, const ptg::plan_step &step) {
  return {{"group", world.reference(step.group)},
          {"waits_for", world.reference(step.waits_for)},
          {"begin", describe_span(step.begin_ns)},
          {"cancel", describe_span(step.cancel_ns)},
          {"closed", describe_span(step.closed_ns)},
          {"is_critical", step.is_critical}};
}

json describe(const world &world, const ptg::report_row &row) {
  auto at = [&](const ptg::report_row::instant &instant) {
    return instant ? world.instant(*instant) : json();
  };
  return {{"group", world.reference(row.group)},
          {"parent", world.reference(row.parent)},
          {"state", describe_word(group_states, row.state)},
          {"waited_for", world.reference(row.waited_for)},
          {"begun_at", at(row.begun)},
          {"drain_at", at(row.drain)},
          {"cancel_at", at(row.cancel)},
          {"closed_at", at(row.closed)},
          {"drained", row.drained},
          {"cancelled", row.cancelled},
          {"failed", row.failed},
          {"refused", row.refused},
          {"abandoned", row.abandoned},
          {"killed", row.killed},
          {"originator", world.reference(row.originator)}};
}

json describe(const world &world, const ptg::blame_row &row) {
  return {{"group", world.reference(row.group)},
          {"held", row.held.count()},
          {"abandoned", row.abandoned},
          {"task", world.reference(row.task)},
          {"task_name", row.task != 0 ? json(row.task_name) : json()},
          {"task_held", row.task_held.count()}};
}

json describe(const world &world, const ptg::failure_row &row) {
  return {{"name", row.name},
          {"failed", describe_word(statuses, row.status)},
          {"code", row.code},
          {"message", row.message.empty() ? json() : json(row.message)},
          {"count", row.count},
          {"first_at", world.instant(row.first)},
          {"last_at", world.instant(row.last)}};
}

json describe(const world &world, const ptg::history_row &row) {
  return {{"task", world.reference(row.task)},
          {"name", row.name},
          {"ended", describe_word(statuses, row.how.status)},
          {"code", row.how.code},
          {"flags", describe_flags(row.how)},
          {"spawner", world.reference(row.spawner)},
          {"originator", world.reference(row.originator)},
          {"spawned_at", world.instant(row.spawned)},
          {"ended_at", world.instant(row.ended)}};
}

json describe(const world &, const ptg::name_row &row) {
  return {{"type", describe_optional(row.type)},
          {"name", row.name},
          {"count", row.count}};
}

} // namespace adapter
