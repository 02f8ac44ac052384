// test_cancel.cpp - how tasks are told to end, and waits with them.
#include "support.hpp"

TEST_CASE(
    "a cancel ends the wait under way, once, so that a task can clean up") {
  scene scene;
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    auto slept = co_await this_task::sleep(1h);
    scene.say(ptg::name_of(slept.status()));
    auto cleaned = co_await this_task::sleep(1s);
    scene.say(ptg::name_of(cleaned.status()));
  });
  scene.advance();
  CHECK(task->cancel("enough"));
  scene.advance(1s);
  CHECK(scene.all() == "PTG_ECANCELED PTG_OK");
  CHECK(task->get());
}

TEST_CASE("a task that is cancelled before its first step never runs") {
  counted::alive = 0;
  scene scene;
  bool has_run = false;
  auto task = scene.app.spawn([&, count = counted()] { has_run = true; });
  CHECK(task->cancel());
  scene.advance();
  CHECK_FALSE(has_run);
  CHECK(task->get().status() == status::canceled);
  CHECK(counted::alive == 0);
}

TEST_CASE("each task has a stop token of its own") {
  scene scene;
  std::stop_token first, second;
  auto body = [](std::stop_token &out) {
    return [&out](std::stop_token token) -> ptg::task<> {
      out = token;
      auto told = co_await this_task::draining();
      static_cast<void>(told);
    };
  };
  auto a = scene.app.spawn(body(first));
  auto b = scene.app.spawn(body(second));
  scene.advance();
  CHECK(first.stop_possible());
  a->cancel().value();
  scene.advance();
  CHECK(first.stop_requested());
  CHECK_FALSE(second.stop_requested());
}

TEST_CASE("a stop callback knows who asked and why") {
  scene scene;
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    std::stop_callback told(this_task::stop_token(), [&] {
      scene.say(std::string(this_task::request().reason));
      CHECK(this_task::is_cancel_requested());
    });
    auto slept = co_await this_task::sleep(1h);
    static_cast<void>(slept);
  });
  scene.advance();
  task->cancel("too slow").value();
  scene.advance();
  CHECK(scene.all() == "too slow");
}

TEST_CASE("a drain is told by token, flag and wait, and ends no other wait") {
  scene scene({.grace = 10s});
  scene.app
      .spawn([&]() -> ptg::task<> {
        std::stop_callback told(this_task::drain_token(),
                                [&] { scene.say("token"); });
        auto slept = co_await this_task::sleep(2s);
        scene.say(slept && this_task::is_draining() ? "slept" : "no");
      })
      .value();
  scene.app
      .spawn([&]() -> ptg::task<> {
        auto told = co_await this_task::draining();
        scene.say(told ? "wait" : "no");
      })
      .value();
  scene.advance(1s);
  scene.app.shutdown().value();
  scene.advance();
  CHECK(scene.all() == "wait token");
  scene.advance(1s);
  CHECK(scene.all() == "wait token slept");
}

TEST_CASE("a cancel of who waits does not cancel what it waits for") {
  scene scene;
  auto task = scene.app.spawn([]() -> ptg::task<int> {
    auto slept = co_await this_task::sleep(2s);
    co_return slept ? 1 : 0;
  });
  auto waiter = scene.app.spawn([&]() -> ptg::task<> {
    auto joined = co_await task->join();
    scene.say(ptg::name_of(joined.status()));
  });
  scene.advance(1s);
  waiter->cancel().value();
  scene.advance(1s);
  CHECK(scene.all() == "PTG_ECANCELED");
  CHECK(task->get().value() == 1);
}

TEST_CASE("who would wait for ever is told so") {
  scene scene;
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    auto closed = co_await scene.app.closed();
    scene.say(ptg::name_of(closed.status()));
    auto ended = co_await this_task::ref().ended();
    scene.say(ptg::name_of(ended.status()));
  });
  scene.advance();
  CHECK(scene.all() == "PTG_EDEADLK PTG_EDEADLK");
}

TEST_CASE("a completion wakes its waiter later, and outlives it or not") {
  scene scene;
  ptg::completion<int> number;
  auto first = scene.app.spawn([&]() -> ptg::task<> {
    auto got = co_await number.wait();
    scene.say(std::to_string(*got));
  });
  scene.advance();
  number.complete(5);
  CHECK(scene.said.empty());
  scene.advance();
  auto second = scene.app.spawn([&]() -> ptg::task<> {
    auto got = co_await number.wait();
    scene.say(ptg::name_of(got.status()));
  });
  scene.advance();
  second->cancel().value();
  scene.advance();
  number.complete(6); // nobody waits any more
  auto gone = std::make_unique<ptg::completion<>>();
  auto third = scene.app.spawn([&]() -> ptg::task<> {
    auto got = co_await gone->wait();
    scene.say(ptg::name_of(got.status()));
  });
  scene.advance();
  gone.reset();
  scene.advance();
  CHECK(scene.all() == "5 PTG_ECANCELED PTG_ESTALE");
}
