// order.cpp - a server is closed before the database that it uses.
#include <ptg/ptg.hpp>

#include <iostream>

using namespace std::chrono_literals;

ptg::task<> work(std::string_view last_words) {
  auto told = co_await ptg::this_task::draining();
  if (told) std::cout << last_words << '\n';
}

int main() {
  auto runtime = ptg::runtime::create().value();
  auto server = runtime.root().add_group({.name = "server"}).value();
  auto database = runtime.root().add_group({.name = "database"}).value();
  server.stops_before(database).value(); // else the newest one is the first

  server.spawn("accept", work("the last request is answered")).value();
  database.spawn("write", work("all is written")).value();

  auto picture = ptg::snapshot::take_all(1s).value(); // from any thread
  std::cout << picture.task_count() << " tasks, " << picture.group_count()
            << " groups\n"; // and all about them: picture.json()

  runtime.request_shutdown();
  runtime.run().value();
}
