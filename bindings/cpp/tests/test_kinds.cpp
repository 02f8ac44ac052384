// test_kinds.cpp - timers, queues, work, processes and snapshots.
#include "support.hpp"

#include <algorithm>
#include <thread>

TEST_CASE("a timer fires once, or again and again until it is told to drain") {
  scene scene;
  ptg::after(scene.app, 2s, [&] { scene.say("once"); }).value();
  auto every = ptg::every(scene.app, 1s, [&] { scene.say("tick"); }).value();
  scene.advance(3s);
  CHECK(scene.all() == "tick once tick tick");
  CHECK(every.counts()->fired == 3);
  scene.app.shutdown().value();
  scene.advance(3s);
  CHECK(scene.said.size() == 4);
}

TEST_CASE("a firing says which task it started, and the overlap is seen") {
  scene scene;
  auto every =
      ptg::every(scene.app, 1s, [&](ptg::firing &now) -> ptg::result<> {
        auto task = scene.app.spawn([]() -> ptg::task<> {
          auto slept = co_await this_task::sleep(1500ms);
          static_cast<void>(slept);
        });
        if (!task) return task.error();
        now.started = *task;
        return {};
      });
  scene.advance(4s);
  CHECK(every->counts()->fired == 2);
  CHECK(every->counts()->skipped == 2);
}

TEST_CASE("a queue handles its messages in order, and says when it is full") {
  scene scene;
  auto queue = ptg::queue<std::unique_ptr<int>>::spawn(
      scene.app, {.capacity = 2,
                  .handle =
                      [&](std::unique_ptr<int> &message) {
                        scene.say(std::to_string(*message));
                      },
                  .has_room = [&] { scene.say("room"); }});
  CHECK(queue->push(std::make_unique<int>(1)));
  CHECK(queue->push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  CHECK(queue->push(std::move(third)).status() == status::full);
  CHECK(*third == 3); // it stays the caller's
  scene.advance();
  CHECK(queue->push(std::move(third)));
  CHECK(queue->close());
  CHECK(queue->push(std::make_unique<int>(4)).status() == status::closed);
  scene.advance();
  CHECK(scene.all() == "1 2 room 3");
}

TEST_CASE("what a cancelled queue has left is dropped and destroyed") {
  counted::alive = 0;
  scene scene;
  int dropped = 0;
  auto queue = ptg::queue<counted>::spawn(
      scene.app,
      {.capacity = 8,
       .handle = [&](counted &, ptg::handling &now) -> ptg::result<> {
         auto task = scene.app.spawn([]() -> ptg::task<> {
           auto slept = co_await this_task::sleep(1h);
           static_cast<void>(slept);
         });
         now.started = *task;
         return {};
       },
       .drop = [&] { dropped++; }});
  for (int i = 0; i < 3; i++)
    queue->push(counted()).value();
  scene.advance();
  queue->cancel().value();
  scene.advance();
  CHECK(dropped == 2);
  CHECK(counted::alive == 0);
}

TEST_CASE("groups of C and of C++ stand in one snapshot") {
  scene scene({.name = "of C++"});
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = "of C";
  ptg_group made = PTG_NONE;
  REQUIRE(ptg_group_create(scene.runtime.c_runtime(), scene.app.id(), &options,
                           &made) == PTG_OK);
  ptg::group_ref of_c(scene.app.home(), made);
  of_c.spawn("inside", [] {}).value();
  auto second = ptg::runtime::create({.manual_clock = true}).value();

  auto all = ptg::snapshot::take_all(0s).value();
  CHECK(all.runtimes() == 2);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < all.group_count(); i++)
    names.push_back(all.name_of(all.group(i)));
  CHECK(names.size() == 4);
  CHECK(std::ranges::count(names, "of C") == 1);
  CHECK(std::ranges::count(names, "of C++") == 1);
  REQUIRE(all.task_count() == 1);
  CHECK(all.name_of(all.task(0)) == "inside");
  CHECK(all.json().find("\"of C\"") != std::string::npos);

  auto one = ptg::snapshot::take(scene.app).value();
  CHECK(one.group_count() == 2);
}

TEST_CASE("a runtime that C made can be joined") {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  ptg_runtime *runtime = nullptr;
  REQUIRE(ptg_runtime_create(&options, &runtime) == PTG_OK);
  bool has_run = false;
  {
    ptg::joined joined(runtime);
    joined.root().spawn([&] { has_run = true; }).value();
    ptg_runtime_advance(runtime, 0);
    ptg_group_shutdown(runtime, joined.root().id(), nullptr);
    ptg_runtime_advance(runtime, 0);
    CHECK(ptg_runtime_destroy(runtime) == PTG_OK);
  }
  CHECK(has_run);
}

TEST_CASE("work runs on another thread and ends as its function says") {
  auto runtime = ptg::runtime::create().value();
  std::vector<std::string> said;
  auto loop = std::this_thread::get_id();
  auto group =
      runtime.root().add_group({.on_error = [&](const ptg::failure &failure) {
        said.push_back(failure.error().message() + " " +
                       std::to_string(failure.error().code()));
      }});
  std::thread::id elsewhere;
  bool is_here = false;
  ptg::spawn_work(
      *group,
      {.run =
           [&](ptg::working work) {
             if (!work.is_cancelled()) elsewhere = std::this_thread::get_id();
           },
       .on_done = [&] { is_here = std::this_thread::get_id() == loop; }})
      .value();
  ptg::spawn_work(*group, {.run = []() -> ptg::result<> {
    return ptg::error(status::failed, "at work", 3);
  }}).value();
  group->shutdown().value();
  runtime.root().shutdown().value();
  runtime.run().value();
  CHECK(elsewhere != std::thread::id());
  CHECK(elsewhere != loop);
  CHECK(is_here);
  CHECK(said == std::vector<std::string>{"at work 3"});
}

TEST_CASE("a process is a task, with its lines and its end") {
  auto runtime = ptg::runtime::create().value();
  std::vector<std::string> said;
  auto group = runtime.root().add_group({.on_error = [] {}}).value();
  auto done = [&](const ptg::outcome &outcome) {
    said.push_back(std::string(ptg::name_of(outcome.status)) + " " +
                   std::to_string(outcome.code));
  };
  ptg::process::spawn(group,
                      {.command = {"sh", "-c", "echo $WORD; exit 3"},
                       .environment = {{"WORD=hello", "PATH=/bin:/usr/bin"}},
                       .on_line =
                           [&](std::string_view line, int stream) {
                             CHECK(stream == PTG_STDOUT);
                             said.emplace_back(line);
                           },
                       .on_done = done})
      .value();
  group
      .spawn([&]() -> ptg::task<> {
        auto tasks = group.tasks().value();
        auto ended = co_await tasks.front().ended();
        said.push_back(ptg::name_of(ended.status()));
        auto sleeper = ptg::process::spawn(
            group, {.command = {"sleep", "1000"}, .on_done = done});
        CHECK(sleeper->pid().value() == 0);
        runtime.request_shutdown();
      })
      .value();
  runtime.run().value();
  std::string all;
  for (const std::string &text : said)
    all += text + "; ";
  CHECK(all == "hello; PTG_EEXIT 3; PTG_EEXIT; PTG_ECANCELED 15; ");
}
