// soak.cpp - ten million short tasks of every kind; memory stays flat.
#include <ptg/ptg.hpp>

#include <cstdio>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr long tasks = 10000000;
constexpr long alive = 1000;
constexpr long warm = tasks / 10;
constexpr long allowed_kib = 1024;

long resident_kib() {
  long pages = 0, ignored = 0;
  std::FILE *file = std::fopen("/proc/self/statm", "r");
  if (std::fscanf(file, "%ld %ld", &ignored, &pages) != 2) pages = -1;
  std::fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/// Of eight tasks: plain, with a value, nested, sleeping, failing with an
/// object, cancelled before and after their start, and joined.
void spawn(ptg::group_ref group, long number) {
  auto nap = []() -> ptg::task<int> {
    auto slept = co_await ptg::this_task::sleep(0s);
    co_return slept ? 1 : 0;
  };
  auto nest = [=]() -> ptg::task<int> {
    auto nested = co_await nap();
    co_return *nested + 1;
  };
  switch (number % 8) {
  case 0:
    return group.spawn([] {}).value(), void();
  case 1:
    return group.spawn("named", [] { return 5; }).value(), void();
  case 2:
    return group.spawn(nest).value(), void();
  case 3:
    return group.spawn(nap()).value(), void();
  case 4:
    group
        .spawn([]() -> ptg::result<> {
          return ptg::error::carrying(std::string(100, 'x'), "soaked");
        })
        .value();
    return;
  case 5:
    return group.spawn(nap).value().cancel("soak").value();
  case 6:
    group
        .spawn([]() -> ptg::task<> {
          std::stop_callback told(ptg::this_task::stop_token(), [] {});
          ptg::this_task::ref().cancel("itself").value();
          auto slept = co_await ptg::this_task::sleep(1h);
          static_cast<void>(slept);
        })
        .value();
    return;
  default:
    group
        .spawn([=]() -> ptg::task<> {
          auto task = group.spawn(nap()).value();
          auto joined = co_await task.join();
          static_cast<void>(joined);
        })
        .value();
  }
}

} // namespace

int main() {
  auto runtime = ptg::runtime::create().value();
  auto group =
      runtime.root().add_group({.name = "soak", .on_error = [] {}}).value();
  long before = 0;
  for (long done = 0; done < tasks; done += alive) {
    if (done == warm) before = resident_kib();
    for (long i = 0; i < alive; i++)
      spawn(group, i);
    while (group.info()->live > 0)
      runtime.turn(ptg::forever).value();
  }
  long grown = resident_kib() - before;
  std::printf("soak: %ld tasks, memory grew by %ld KiB, allowed are %ld\n",
              tasks, grown, allowed_kib);
  return grown <= allowed_kib ? 0 : 1;
}
