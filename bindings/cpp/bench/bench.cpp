// bench.cpp - what the binding costs beside the C API, measured in one run.
//
// Prints name, ours and baseline in ns a task, the ratio and its goal; medians
// of interleaved rounds.
#include <ptg/ptg.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr long tasks = 1000000; // a round
constexpr long alive = 1000;    // at a time
constexpr int rounds = 7;
constexpr double goal = 1.3;

long ended;

/* ------------------------------------------------------------- the C API -- */

ptg_status c_start(ptg_runtime *runtime, ptg_task task, void *) {
  return ptg_task_finish(runtime, task, nullptr);
}
void c_done(ptg_runtime *, ptg_task, const ptg_outcome *, void *) {
  ended++;
}
constexpr ptg_task_type c_type = {sizeof(ptg_task_type),
                                  0,
                                  "noop",
                                  c_start,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  c_done,
                                  nullptr};

void spawn_c(ptg::group_ref group) {
  ptg_task task;
  if (ptg_task_spawn(group.c_runtime(), group.id(), &c_type, nullptr, nullptr,
                     &task) != PTG_OK)
    std::abort();
}

/// As C programs do that have something to say to their task.
struct c_state {
  long *ended;
};
void c_state_done(ptg_runtime *, ptg_task, const ptg_outcome *,
                  void *user_data) {
  auto *state = static_cast<c_state *>(user_data);
  ++*state->ended;
  std::free(state);
}
constexpr ptg_task_type c_state_type = {sizeof(ptg_task_type),
                                        0,
                                        "state",
                                        c_start,
                                        nullptr,
                                        nullptr,
                                        nullptr,
                                        nullptr,
                                        c_state_done,
                                        nullptr};

void spawn_c_state(ptg::group_ref group) {
  ptg_task task;
  auto *state = static_cast<c_state *>(std::malloc(sizeof(c_state)));
  if (state == nullptr) std::abort();
  state->ended = &ended;
  if (ptg_task_spawn(group.c_runtime(), group.id(), &c_state_type, nullptr,
                     state, &task) != PTG_OK)
    std::abort();
}

/* ----------------------------------------------------------- the binding -- */

ptg::task<> count() {
  ended++;
  co_return;
}

void spawn_function(ptg::group_ref group) {
  group.spawn([] { ended++; }).value();
}
void spawn_coroutine(ptg::group_ref group) {
  group.spawn(count).value();
}
void spawn_task(ptg::group_ref group) {
  group.spawn(count()).value();
}

/* ------------------------------------------------------------- measuring -- */

struct way {
  const char *name;
  void (*spawn)(ptg::group_ref);
  std::vector<double> ns = {};

  double median() {
    std::nth_element(ns.begin(), ns.begin() + rounds / 2, ns.end());
    return ns[rounds / 2];
  }
};

double measure(const ptg::runtime &runtime, ptg::group_ref group, way &way) {
  auto begin = std::chrono::steady_clock::now();
  for (long done = 0; done < tasks; done += alive) {
    long aim = ended + alive;
    for (long i = 0; i < alive; i++)
      way.spawn(group);
    while (ended < aim)
      runtime.turn(0s).value();
  }
  std::chrono::duration<double, std::nano> took =
      std::chrono::steady_clock::now() - begin;
  return took.count() / tasks;
}

} // namespace

int main() {
  auto runtime = ptg::runtime::create().value();
  auto group = runtime.root().add_group({.name = "bench"}).value();
  way base{"spawn to done, C", spawn_c};
  way state{"spawn to done, C with state", spawn_c_state};
  way ours[] = {{"spawn to done, function", spawn_function},
                {"spawn to done, coroutine function", spawn_coroutine},
                {"spawn to done, coroutine", spawn_task}};
  for (int i = 0; i <= rounds; i++) // the first is to warm up
    for (way *way : {&base, &state, &ours[0], &ours[1], &ours[2]}) {
      double ns = measure(runtime, group, *way);
      if (i > 0) way->ns.push_back(ns);
    }
  for (way *baseline : {&base, &state})
    for (way &way : ours)
      std::printf("%s / %s\t%.1f\t%.1f\t%.2f\t%.1f\n", way.name,
                  baseline->name + 15, way.median(), baseline->median(),
                  way.median() / baseline->median(), goal);
}
