// test_task.cpp - tasks from their spawn to their end.
#include "support.hpp"

TEST_CASE("a spawn runs nothing of the task before it returns") {
  scene scene;
  bool has_run = false;
  auto task = scene.app.spawn([&] { has_run = true; });
  CHECK(task);
  CHECK_FALSE(has_run);
  scene.advance();
  CHECK(has_run);
  CHECK(task->is_done());
  CHECK(task->get());
}

TEST_CASE("a task is a function, a coroutine function or a coroutine") {
  scene scene;
  auto coroutine = [](int base) -> ptg::task<int> {
    auto slept = co_await this_task::sleep(1s);
    co_return slept ? base + 1 : 0;
  };
  auto plain = scene.app.spawn([] { return 5; }).value();
  auto function = scene.app.spawn([&] { return coroutine(10); }).value();
  auto object = scene.app.spawn(coroutine(20)).value();
  scene.advance(1s);
  CHECK(plain.get().value() == 5);
  CHECK(function.get().value() == 11);
  CHECK(object.get().value() == 21);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"

TEST_CASE("a coroutine that forgets its co_return fails") {
  scene scene({.on_error = [] {}});
  auto forgetful = scene.app.spawn([]() -> ptg::task<std::string> {
    auto slept = co_await this_task::sleep(1s);
    if (!slept) co_return "hurried";
  });
  scene.advance(1s);
  CHECK(forgetful->get().error().message() == "it ended without a co_return");
}

#pragma GCC diagnostic pop

TEST_CASE("what a lambda captures lives as long as its coroutine") {
  counted::alive = 0;
  scene scene;
  std::string seen;
  scene.app
      .spawn([&seen, text = std::string(100, 'x'),
              count = counted()]() -> ptg::task<> {
        co_await ptg::or_return(co_await this_task::sleep(1s));
        seen = text;
      })
      .value();
  CHECK(counted::alive == 1);
  scene.advance(1s);
  CHECK(seen == std::string(100, 'x'));
  CHECK(counted::alive == 0);
}

TEST_CASE("a coroutine awaits another, which gives its value or its error") {
  scene scene;
  auto half = [](int of) -> ptg::task<ptg::result<int>> {
    auto slept = co_await this_task::sleep(1s);
    if (!slept) co_return slept.error();
    if (of % 2 != 0) co_return ptg::error(status::failed, "odd");
    co_return of / 2;
  };
  auto task = scene.app.spawn([&]() -> ptg::task<std::string> {
    auto good = co_await half(8);
    auto bad = co_await half(3);
    co_return std::to_string(*good) + " " + bad.error().message();
  });
  scene.advance(2s);
  CHECK(task->get().value() == "4 odd");
}

TEST_CASE("or_return ends a coroutine with the error, and its locals with it") {
  counted::alive = 0;
  scene scene;
  bool went_on = false;
  auto inner = [&]() -> ptg::task<int> {
    counted local;
    ptg::result<int> bad = ptg::error(status::full, "no room");
    int value = co_await ptg::or_return(bad);
    went_on = true;
    co_return value;
  };
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    counted local;
    int value = co_await ptg::or_return(co_await inner());
    went_on = value != 0;
  });
  scene.advance();
  CHECK(task->get().error().message() == "no room");
  CHECK_FALSE(went_on);
  CHECK(counted::alive == 0);
}

TEST_CASE("a join gives the result, also after the end, and once") {
  scene scene;
  auto task = scene.app.spawn([]() -> ptg::task<std::string> {
    auto slept = co_await this_task::sleep(1s);
    co_return slept ? "done" : "hurried";
  });
  auto before = scene.app.spawn([&]() -> ptg::task<> {
    auto joined = co_await task->join();
    scene.say(joined.value());
  });
  scene.advance(1s);
  auto after = scene.app.spawn([&]() -> ptg::task<> {
    auto joined = co_await task->join();
    scene.say(ptg::name_of(joined.status()));
  });
  scene.advance();
  CHECK(scene.all() == "done PTG_ESTALE");
}

TEST_CASE("a name, a place and a spawner are kept with the task") {
  scene scene;
  ptg::task_ref inner;
  auto outer = scene.app.spawn("outer", [&]() -> ptg::task<> {
    auto spawned = scene.app.spawn(
        [&]() -> ptg::task<> {
          auto told = co_await this_task::draining();
          static_cast<void>(told);
        },
        {.name = "inner", .place = "here.cpp:1"});
    inner = *spawned;
    auto told = co_await this_task::draining();
    static_cast<void>(told);
  });
  scene.advance(3s);
  ptg::task_info info = inner.info().value();
  CHECK(info.name == "inner");
  CHECK(info.place == "here.cpp:1");
  CHECK(info.spawner == outer->id());
  CHECK(info.age == 3s);
  CHECK(info.state == ptg::task_state::running);
}

TEST_CASE("on_done is told once, and what it was given is released after") {
  counted::alive = 0;
  scene scene;
  scene.app
      .spawn([] {}, {.on_done =
                         [&, count = counted()](const ptg::outcome &outcome) {
                           scene.say(ptg::name_of(outcome.status));
                         }})
      .value();
  scene.advance();
  CHECK(scene.all() == "PTG_OK");
  CHECK(counted::alive == 0);
}

TEST_CASE("a task that is finished from outside is not gone on with") {
  counted::alive = 0;
  scene scene;
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    counted local;
    auto slept = co_await this_task::sleep(1s);
    if (slept) scene.say("went on");
  });
  scene.advance();
  CHECK(task->finish());
  CHECK(task->finish().status() == status::stale);
  scene.advance(2s);
  CHECK(scene.said.empty());
  CHECK(counted::alive == 0);
  CHECK(task->get());
}

TEST_CASE("a sort of callbacks is told what it has members for") {
  struct actor {
    std::vector<std::string> *said;

    void start(ptg::task_ref task) {
      said->push_back("start");
      task.wake(1s).value();
    }
    void wake(ptg::task_ref task) {
      said->push_back("wake");
      task.finish({.value = 42}).value();
    }
    void done(ptg::task_ref, const ptg::outcome &outcome) {
      said->push_back("done " + std::to_string(outcome.value));
    }
  };
  ptg::sort<actor> actors("actor");
  scene scene;
  auto task = actors.spawn(scene.app, actor{&scene.said});
  CHECK(task->info()->type == "actor");
  scene.advance(1s);
  CHECK(scene.all() == "start wake done 42");
}
