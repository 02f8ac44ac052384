// test_misuse.cpp - stale, closed and misused objects give an error; and who is
// current can be asked for everywhere.
#include "support.hpp"

#include <thread>

TEST_CASE("what is gone is stale, and what is empty too") {
  scene scene;
  auto task = scene.app.spawn([] {}).value();
  scene.advance();
  CHECK(task.cancel().status() == status::stale);
  CHECK(task.wake().status() == status::stale);
  CHECK(task.info().status() == status::stale);
  CHECK(task.get());
  CHECK(task.get().status() == status::stale);
  CHECK(ptg::task_ref().cancel().status() == status::stale);
  CHECK(ptg::group_ref().spawn([] {}).status() == status::stale);
  CHECK(ptg::spawned<int>().get().status() == status::stale);
}

TEST_CASE("a group in the place of a task is of the wrong kind") {
  scene scene;
  ptg::task_ref wrong(scene.app.home(), scene.app.id());
  CHECK(wrong.cancel().status() == status::kind);
}

TEST_CASE("a closed group refuses, and destroys what it was given") {
  counted::alive = 0;
  scene scene;
  ptg::group_ref root = scene.runtime.root();
  root.shutdown().value();
  scene.advance();
  auto refused = root.spawn([count = counted()] {});
  CHECK(refused.status() == status::closed);
  CHECK(root.add_group({.on_closed = [count = counted()] {}}).status() ==
        status::closed);
  CHECK(counted::alive == 0);
}

TEST_CASE("what outlives its runtime is stale, also when there is a new one") {
  counted::alive = 0;
  ptg::group_ref group;
  ptg::spawned<> task;
  {
    auto runtime = ptg::runtime::create({.manual_clock = true}).value();
    group = runtime.root().add_group()->release();
    task = group
               .spawn([]() -> ptg::task<> {
                 auto told = co_await this_task::draining();
                 static_cast<void>(told);
               })
               .value();
    runtime.advance(0s).value();
  }
  auto call = [&] {
    CHECK(group.info().status() == status::stale);
    CHECK(group.spawn([count = counted()] {}).status() == status::stale);
    CHECK(group.add_group({.on_drain = [c = counted()] {}}).status() ==
          status::stale);
    CHECK(group.watch([c = counted()] {}).status() == status::stale);
    CHECK(ptg::after(group, 1s, [c = counted()] {}).status() == status::stale);
    CHECK(task.cancel().status() == status::stale);
  };
  call();
  auto another = ptg::runtime::create({.manual_clock = true}).value();
  call();
  CHECK(task.is_done());
  CHECK(task.get()); // it took its cancel for its end
  CHECK(counted::alive == 0);
}

TEST_CASE("another thread is told so, and has a way in") {
  scene scene;
  auto remote = scene.runtime.open_remote().value();
  std::thread([&] {
    CHECK(scene.app.info().status() == status::thread);
    CHECK(scene.app.spawn([] {}).status() == status::thread);
    CHECK(remote.spawn(scene.app, [&] { scene.say("spawned"); }));
    CHECK(remote.post([&] { scene.say("posted"); }));
  }).join();
  CHECK(scene.said.empty());
  scene.advance();
  CHECK(scene.all() == "posted spawned");
}

TEST_CASE("a way in that outlives the runtime is closed") {
  counted::alive = 0;
  auto runtime = ptg::runtime::create({.manual_clock = true}).value();
  auto remote = runtime.open_remote().value();
  ptg::group_ref root = runtime.root();
  runtime = ptg::runtime::create({.manual_clock = true}).value();
  CHECK(remote.spawn(root, [c = counted()] {}).status() == status::closed);
  CHECK(remote.post([c = counted()] {}).status() == status::closed);
  CHECK(counted::alive == 0);
}

TEST_CASE("the loop is not run from inside a callback") {
  scene scene;
  status run = status::ok, destroyed = status::ok;
  scene.app
      .spawn([&] {
        run = scene.runtime.advance(1s).status();
        destroyed = scene.runtime.destroy().status();
      })
      .value();
  scene.advance();
  CHECK(run == status::reentrant);
  CHECK(destroyed == status::reentrant);
}

TEST_CASE("the current group and task are known everywhere") {
  auto runtime = ptg::runtime::create({.manual_clock = true}).value();
  std::vector<std::string> seen;
  auto look = [&](const char *where) {
    ptg::current now = ptg::get_current();
    std::string task =
        now.task ? now.task.info() ? now.task.info()->name : "ended" : "none";
    seen.push_back(std::string(where) + " " +
                   (now.group ? now.group.info()->name : "none") + " " + task);
  };
  auto app = runtime.root().add_group({.name = "app",
                                       .on_error = [&] { look("error"); },
                                       .on_drain = [&] { look("drain"); },
                                       .on_closed = [&] { look("closed"); }});
  auto body = [&]() -> ptg::task<> {
    look("start");
    std::stop_callback told(this_task::drain_token(), [&] { look("told"); });
    auto slept = co_await this_task::sleep(1s);
    look("woken");
    auto waited = co_await this_task::draining();
    look("drained");
    co_await ptg::fail(status::failed);
    static_cast<void>(slept), static_cast<void>(waited);
  };
  app->spawn(body, {.name = "task", .on_done = [&] { look("done"); }}).value();
  look("outside");
  runtime.advance(1s).value();
  app->shutdown().value();
  runtime.advance(0s).value();
  CHECK(seen == std::vector<std::string>{
                    "outside none none", "start app task", "woken app task",
                    "drain app none", "told app task", "drained app task",
                    "error app none", "done app ended", "closed app none"});
}
