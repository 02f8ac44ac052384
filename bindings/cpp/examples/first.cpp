// first.cpp - three tasks in a group; two fail, and the third is none the
// worse.
#include <ptg/ptg.hpp>

#include <iostream>
#include <stdexcept>

using namespace std::chrono_literals;

ptg::task<> greet(const ptg::runtime &runtime) {
  for (int i = 0; i < 3; i++) {
    std::cout << "hello\n";
    auto slept = co_await ptg::this_task::sleep(100ms);
    if (!slept) co_return; // it was cancelled
  }
  runtime.request_shutdown();
  auto told = co_await ptg::this_task::draining();
  if (told) std::cout << "goodbye\n";
}

void tell(const ptg::failure &failure) {
  std::cout << failure.name() << " failed: " << failure.error().message()
            << '\n';
}

int main() {
  auto runtime = ptg::runtime::create().value();
  auto app = runtime.root()
                 .add_group({.name = "app", .grace = 2s, .on_error = tell})
                 .value();

  app.spawn("greeter", greet(runtime)).value();
  app.spawn("clumsy", [] { throw std::runtime_error("I dropped it"); }).value();
  app.spawn("honest", [] { return ptg::error("it is too heavy"); }).value();

  runtime.run().value(); // until the root group is closed
}
