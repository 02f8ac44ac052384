// operations_lists.cpp - requests that ask what there is, and get it in rows.
#include "operations.hpp"

namespace adapter {

ptg::status do_info(world &world, const request &request, json &answer) {
  bool is_group = request.has("group");
  if (is_group == request.has("task"))
    throw bad_request("info: of one group or of one task");
  auto tell = [&](const auto &info) {
    if (info) answer = describe(world, *info);
    return info.status();
  };
  if (is_group) return tell(world.group(request.handle("group")).info());
  return tell(world.task(request.handle("task")).info());
}

ptg::status do_list(world &world, const request &request, json &answer) {
  std::string what = request.text("what");
  ptg::group_ref group = world.group(request.handle("group"));
  auto tell = [&](const auto &refs) {
    if (!refs) return refs.status();
    answer["names"] = json::array();
    for (const ptg::handle_ref &ref : *refs)
      answer["names"].push_back(world.reference(ref.id()));
    return status::ok;
  };
  if (what == "groups") return tell(group.groups());
  if (what == "tasks") return tell(group.tasks());
  if (what == "abandoned") return tell(group.abandoned());
  throw bad_request("what: not known: " + what);
}

template <class Row>
static ptg::status tell_rows(world &world, json &answer,
                             const ptg::result<std::vector<Row>> &rows) {
  if (!rows) return rows.status();
  answer["rows"] = json::array();
  for (const Row &row : *rows)
    answer["rows"].push_back(describe(world, row));
  return status::ok;
}

static ptg::group_ref group_of(world &world, const request &request) {
  return world.group(request.handle("group"));
}

ptg::status do_count_names(world &world, const request &request, json &answer) {
  constexpr std::int64_t many = 100000;
  std::int64_t capacity = request.integer("capacity");
  if (capacity < 0 || capacity > many)
    throw bad_request("capacity: not from 0 to 100000");
  return tell_rows(
      world, answer,
      group_of(world, request).count_names(static_cast<std::size_t>(capacity)));
}

ptg::status do_failures(world &world, const request &request, json &answer) {
  return tell_rows(world, answer, group_of(world, request).failures());
}

ptg::status do_history(world &world, const request &request, json &answer) {
  return tell_rows(world, answer, group_of(world, request).history());
}

ptg::status do_plan(world &world, const request &request, json &answer) {
  return tell_rows(world, answer, group_of(world, request).plan());
}

ptg::status do_report(world &world, const request &request, json &answer) {
  return tell_rows(world, answer, group_of(world, request).report());
}

ptg::status do_blame(world &world, const request &request, json &answer) {
  return tell_rows(world, answer, group_of(world, request).blame());
}

/* -------------------------------------------------------------- snapshot -- */

static json describe_row(const world &world, const ptg::snapshot &taken,
                         const ptg_snapshot_group &row) {
  return {{"group", world.reference(row.group)},
          {"parent", world.reference(row.parent)},
          {"owner", world.reference(row.owner)},
          {"name", taken.name_of(row)},
          {"state", describe_word(group_states, ptg::group_state(row.state))},
          {"is_ending", row.is_ending != 0},
          {"age", row.age_ns},
          {"spawned", row.spawned},
          {"succeeded", row.succeeded},
          {"failed", row.failed},
          {"cancelled", row.cancelled},
          {"abandoned", row.abandoned},
          {"refused", row.refused}};
}

static json describe_row(const world &world, const ptg::snapshot &taken,
                         const ptg_snapshot_task &row) {
  return {{"task", world.reference(row.task)},
          {"group", world.reference(taken.group(row.group).group)},
          {"name", taken.name_of(row)},
          {"state", describe_word(task_states, ptg::task_state(row.state))},
          {"age", row.age_ns},
          {"is_cancel_requested", row.is_cancel_requested != 0},
          {"spawner", world.reference(row.spawner)}};
}

ptg::status do_snapshot(world &world, const request &request, json &answer) {
  auto taken = ptg::snapshot::take(group_of(world, request));
  if (!taken) return taken.status();
  answer["groups"] = json::array();
  for (std::size_t i = 0; i < taken->group_count(); i++)
    answer["groups"].push_back(describe_row(world, *taken, taken->group(i)));
  answer["tasks"] = json::array();
  for (std::size_t i = 0; i < taken->task_count(); i++)
    answer["tasks"].push_back(describe_row(world, *taken, taken->task(i)));
  return status::ok;
}

} // namespace adapter
