// first.cpp - two tasks in a group; one fails, and the other is none the worse.
#include <ptg/ptg.hpp>

#include <cstdio>
#include <stdexcept>

using namespace std::chrono_literals;

ptg::task<> greet(const ptg::runtime &runtime) {
  for (int i = 0; i < 3; i++) {
    std::puts("hello");
    auto slept = co_await ptg::this_task::sleep(100ms);
    if (!slept) co_return; // it was cancelled
  }
  runtime.request_shutdown();
  auto told = co_await ptg::this_task::draining();
  if (told) std::puts("goodbye");
}

int main() {
  auto runtime = ptg::runtime::create().value();
  auto app = runtime.root()
                 .add_group({
                     .name = "app",
                     .grace = 2s,
                     .on_error =
                         [](const ptg::failure &failure) {
                           std::printf("%s failed: %s\n", failure.name().data(),
                                       failure.error().message().c_str());
                         },
                 })
                 .value();

  app.spawn("greeter", greet(runtime)).value();
  app.spawn("clumsy", [] { throw std::runtime_error("I dropped it"); }).value();

  runtime.run().value(); // until the root group is closed
}
