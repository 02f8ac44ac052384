// adapter.cpp - how requests come in and calls go out; see adapter.hpp, and
// spec/adapter.md for what is spoken.
#include "operations.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace adapter {

static constexpr operation_row operations[] = {
    {"hello", "", false, do_hello},
    {"reset", "", false, do_reset},
    {"advance", "by", true, do_advance},
    {"destroy", "", true, do_destroy},
    {"request_shutdown", "", true, do_request_shutdown},
    {"time", "", true, do_time},
    {"current", "", true, do_current},
    {"take", "capacity", true, do_take},
    {"group", "as in", true, do_group},
    {"edge", "first later", true, do_edge},
    {"shutdown", "group", true, do_shutdown},
    {"watch", "as on", true, do_watch},
    {"unwatch", "watch", true, do_unwatch},
    {"post", "as", false, do_post},
    {"spawn", "as in", true, do_spawn},
    {"finish", "task", true, do_finish},
    {"cancel", "task", true, do_cancel},
    {"sleep", "task for", true, do_sleep},
    {"extend_grace", "task for", true, do_extend_grace},
    {"info", "", true, do_info},
    {"list", "what group", true, do_list},
    {"count_names", "group capacity", true, do_count_names},
    {"failures", "group", true, do_failures},
    {"history", "group", true, do_history},
    {"plan", "group", true, do_plan},
    {"report", "group", true, do_report},
    {"blame", "group", true, do_blame},
    {"snapshot", "group", true, do_snapshot},
    {"timer", "as in", true, do_timer},
    {"timer_info", "task", true, do_timer_info},
    {"queue", "as in capacity", true, do_queue},
    {"push", "queue message", true, do_push},
    {"queue_close", "queue", true, do_queue_close},
    {"queue_info", "queue", true, do_queue_info},
};

const operation_row *find_operation(const std::string &name) {
  for (const operation_row &row : operations)
    if (name == row.name) return &row;
  return nullptr;
}

static std::string name_of_operation(const json &body) {
  auto found = body.find("op");
  if (found == body.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

json world::answer(const json &body) {
  request request(body, names);
  const operation_row *row = find_operation(name_of_operation(body));
  if (row == nullptr) throw bad_request("no such operation");
  std::istringstream fields(row->fields);
  for (std::string field; fields >> field;)
    if (!request.has(field.c_str())) throw bad_request(field + ": left out");
  if (row->carry_out == do_reset && calls_ > 0)
    throw bad_request("reset: not inside a call");
  json answer = json::object();
  bool is_there =
      request.flag("remote") ? remote.has_value() : runtime.has_value();
  ptg::status status = row->needs_runtime && !is_there
                           ? ptg::status::invalid
                           : row->carry_out(*this, request, answer);
  answer["status"] = describe_word(statuses, status);
  return answer;
}

json world::run() {
  while (std::optional<std::string> line = read_line()) {
    json answered;
    try {
      json body = json::parse(*line);
      if (calls_ > 0 && name_of_operation(body) == "return") return body;
      answered = answer(body);
    } catch (const json::parse_error &error) {
      answered = {{"status", "unsupported"}, {"why", error.what()}};
    } catch (const bad_request &error) {
      answered = {{"status", "unsupported"}, {"why", error.what()}};
    }
    if (!is_over_) write_line(answered);
  }
  is_over_ = is_silent_ = true;
  return json::object();
}

json world::reference(std::uint64_t handle) const {
  if (handle == 0) return nullptr;
  const std::string *name = names.of(handle);
  return name != nullptr ? json(*name) : json(handle);
}

json world::begin(const char *what, const char *field, std::uint64_t handle,
                  const std::string &as) const {
  const std::string *name = names.of(handle);
  bool is_right = name == nullptr || *name == as;
  json who = is_right ? reference(handle)
                      : json(*name + ", with what was given along with " + as);
  return {{"call", what},
          {field, who},
          {"at", runtime ? instant(runtime->now().value_or(began_)) : json()}};
}

reply world::call(json call) {
  if (is_silent_) return {};
  write_line(call);
  calls_++;
  json body = run();
  calls_--;
  request request(body, names);
  try {
    return {request.word("status", statuses), request.handle("started")};
  } catch (const bad_request &error) {
    std::fprintf(stderr, "in a return: %s\n", error.what());
    return {};
  }
}

ptg::status world::begin_runtime(ptg::group_options root) {
  auto made =
      ptg::runtime::create({.root = std::move(root), .manual_clock = true});
  if (!made) return made.status();
  runtime = *std::move(made);
  home_ = runtime->home();
  names.add("root", runtime->root().id());
  began_ = runtime->now().value_or(began_);
  if (auto opened = runtime->open_remote()) remote = *std::move(opened);
  return ptg::status::ok;
}

void world::end_runtime() {
  using namespace std::chrono_literals;
  constexpr int attempts = 100, exit_cannot_end = 3;
  ptg::shutdown_options at_once{
      .grace = 0s, .cancel_wait = 0s, .deadline = 0s, .force = true};
  for (int i = 0; i < attempts && runtime; i++) {
    static_cast<void>(runtime->root().shutdown(at_once));
    static_cast<void>(runtime->advance(i * 1s));
    while (!runtime->take_events()->empty())
      ;
    if (runtime->destroy()) runtime.reset();
  }
  if (runtime) std::exit(exit_cannot_end);
}

void world::throw_away() {
  is_silent_ = true;
  end_runtime();
  remote.reset();
  names = {};
  is_silent_ = is_over_;
}

} // namespace adapter

int main() {
  adapter::world world;
  world.run();
  world.throw_away();
}
