// test_lives.cpp - who outlives whom, and what is late, or twice, or in vain.
#include "support.hpp"

#include <limits>
#include <thread>

TEST_CASE("what another thread spawned may be over before its spawn returns") {
  counted::alive = 0;
  constexpr int many = 2000;
  auto runtime = ptg::runtime::create().value();
  auto remote = runtime.open_remote().value();
  int ended = 0;
  std::jthread sender([&] {
    for (int i = 0; i < many;) {
      auto sent =
          remote.spawn(runtime.root(), [] {}, {.on_done = [&] { ended++; }});
      i += sent ? 1 : 0;
      if (!sent) std::this_thread::yield();
    }
    runtime.request_shutdown();
  });
  runtime.run().value();
  sender.join();
  CHECK(ended == many);
}

TEST_CASE("what is on its way when the root closes is given back") {
  counted::alive = 0;
  scene scene;
  auto remote = scene.runtime.open_remote().value();
  scene.runtime.root().shutdown().value();
  std::string how;
  auto sent = remote.spawn(scene.app, [count = counted()] {},
                           {.on_done = [&](const ptg::outcome &outcome) {
                             how = ptg::name_of(outcome.status);
                           }});
  CHECK(sent);
  CHECK(remote.post([count = counted()] {}));
  scene.advance();
  CHECK(scene.runtime.destroy());
  CHECK_FALSE(how.empty()); // of a function that ran, or of a refusal
  CHECK(counted::alive == 0);
}

TEST_CASE("a join outlives the object that it is a join of") {
  scene scene;
  std::vector<ptg::spawned<int>> spawned;
  spawned.push_back(scene.app
                        .spawn([]() -> ptg::task<int> {
                          auto slept = co_await this_task::sleep(1s);
                          co_return slept ? 1 : 0;
                        })
                        .value());
  auto waiter = scene.app.spawn([&]() -> ptg::task<int> {
    auto joined = co_await spawned.front().join();
    co_return joined.value_or(-1);
  });
  scene.advance();
  spawned.clear();
  spawned.shrink_to_fit();
  scene.advance(1s);
  CHECK(waiter->get().value() == 1);
}

TEST_CASE("a completion may end while what it gave is in use") {
  scene scene;
  auto number = std::make_unique<ptg::completion<int>>();
  auto use = [&](ptg::result<int> got) {
    number.reset();
    return got.value();
  };
  auto task = scene.app.spawn(
      [&]() -> ptg::task<int> { co_return use(co_await number->wait()); });
  scene.advance();
  number->complete(5);
  scene.advance();
  CHECK(task->get().value() == 5);
}

TEST_CASE("who comes second to a completion takes nothing away") {
  scene scene;
  ptg::completion<int> number;
  auto wait = [&]() -> ptg::task<ptg::result<int>> {
    auto got = co_await number.wait();
    co_return got;
  };
  auto first = scene.app.spawn(wait);
  scene.advance();
  auto second = scene.app.spawn(wait);
  scene.app.spawn([&] { number.complete(5); }).value();
  auto third = scene.app.spawn(wait);
  scene.advance();
  CHECK(first->get().value() == 5);
  CHECK(second->get().status() == status::busy);
  CHECK(third->get().status() == status::busy);
}

TEST_CASE("a wake from elsewhere does not put off the end of another wait") {
  scene scene;
  ptg::completion<> done;
  auto task = scene.app.spawn([&]() -> ptg::task<> {
    auto told = co_await done.wait();
    if (told) scene.say("told");
  });
  scene.advance();
  done.complete({});
  task->wake(ptg::forever).value();
  scene.advance();
  CHECK(scene.all() == "told");
}

TEST_CASE("what would have woken a cancelled wait does not end a later one") {
  scene scene;
  ptg::completion<> done;
  auto suspend = [&]() -> ptg::task<> {
    auto woken = co_await this_task::suspend();
    if (woken) scene.say("woken");
  };
  auto sleeper = scene.app.spawn([&]() -> ptg::task<> {
    auto slept = co_await this_task::sleep(1h);
    scene.say(ptg::name_of(slept.status()));
    co_await ptg::or_return(co_await suspend());
  });
  auto waiter = scene.app.spawn([&]() -> ptg::task<> {
    std::stop_callback late(this_task::stop_token(),
                            [&] { done.complete({}); });
    auto told = co_await done.wait();
    scene.say(ptg::name_of(told.status()));
    co_await ptg::or_return(co_await suspend());
  });
  scene.advance();
  sleeper->cancel().value();
  waiter->cancel().value();
  scene.advance(2h);
  CHECK(scene.all() == "PTG_ECANCELED PTG_ECANCELED");
  sleeper->wake().value();
  scene.advance();
  CHECK(scene.all() == "PTG_ECANCELED PTG_ECANCELED woken");
}

TEST_CASE("a task that its stop callback has finished is not gone on with") {
  counted::alive = 0;
  scene scene;
  auto body = [&](bool is_drained) {
    return [&, is_drained, count = counted()]() -> ptg::task<int> {
      auto token =
          is_drained ? this_task::drain_token() : this_task::stop_token();
      std::stop_callback end(token, [] {
        this_task::ref().finish({.status = status::full}).value();
      });
      auto told = co_await this_task::draining();
      scene.say("went on");
      co_return told ? 1 : 0;
    };
  };
  auto cancelled = scene.app.spawn(body(false), {.is_observed = true});
  auto drained = scene.app.spawn(body(true), {.is_observed = true});
  scene.app.watch([] {}).value();
  scene.advance();
  cancelled->cancel().value();
  scene.advance();
  scene.app.shutdown().value();
  scene.advance();
  CHECK(scene.said.empty());
  CHECK(cancelled->get().status() == status::full);
  CHECK(drained->get().status() == status::full);
  CHECK(counted::alive == 0);
}

TEST_CASE("a task that finishes itself stops at its next wait, and is what it "
          "said") {
  scene scene;
  auto ends = scene.app.spawn([&]() -> ptg::task<int> {
    this_task::ref().finish({.status = status::canceled}).value();
    for (int i = 0; i < 10; i++) {
      auto slept = co_await this_task::sleep(1s);
      scene.say(ptg::name_of(slept.status()));
    }
    co_return 1;
  });
  auto waits = scene.app.spawn([&]() -> ptg::task<> {
    this_task::ref().finish().value();
    auto ended = co_await ends->ended();
    scene.say(ptg::name_of(ended.status()));
  });
  auto returns = scene.app.spawn([]() -> int {
    this_task::ref().finish({.status = status::canceled}).value();
    return 1;
  });
  scene.advance(20s);
  CHECK(scene.said.empty());
  CHECK(ends->get().status() == status::canceled);
  CHECK(waits->get());
  CHECK(returns->get().status() == status::canceled);
}

TEST_CASE("something that is no status of a failure is a failure") {
  scene scene({.on_error = [] {}});
  auto errno_like = [] { return ptg::error(ptg::status(11)); };
  auto plain = scene.app.spawn(errno_like).value();
  auto later = scene.app
                   .spawn([]() -> ptg::task<> {
                     co_await ptg::fail(ptg::error(status::ok));
                   })
                   .value();
  scene.advance();
  CHECK(plain.is_done());
  CHECK_FALSE(plain.get());
  CHECK(later.is_done());
  CHECK(scene.app.info()->failed >= 1);
}

TEST_CASE("a runtime that was destroyed does not end the next one") {
  auto make = [] {
    return ptg::runtime::create({.manual_clock = true}).value();
  };
  std::optional<ptg::runtime> first = make();
  first->root().shutdown().value();
  first->advance(0s).value();
  CHECK(first->destroy());
  CHECK(first->destroy().status() == status::stale);
  auto second = make();
  first.reset();
  CHECK(second.root().info()->state == ptg::group_state::open);
}

TEST_CASE("several may join a runtime, and leave it") {
  scene scene;
  std::optional<ptg::joined> one(scene.runtime.c_runtime());
  std::optional<ptg::joined> two(scene.runtime.c_runtime());
  one.reset();
  CHECK(two->root().info());
  CHECK(scene.app.info());
  two.reset();
  CHECK(scene.app.info());
}

TEST_CASE("the words of a failed timer or queue reach who waits for it") {
  scene scene({.on_error = [] {}});
  auto fail = [] { return ptg::error(status::full, "no paper", 3); };
  auto timer = ptg::after(scene.app, 1s, fail).value();
  auto queue =
      ptg::queue<int>::spawn(scene.app, {.capacity = 4, .handle = fail})
          .value();
  for (int i = 0; i < 2; i++)
    queue.push(i).value();
  auto tell = [&](const ptg::outcome &how) {
    scene.say(std::string(how.message()) + " " + std::to_string(how.code) +
              " " + std::to_string(how.value));
  };
  timer.watch(tell).value();
  queue.watch(tell).value();
  scene.advance(1s);
  CHECK(scene.all() == "no paper 3 2 no paper 3 0");
}

TEST_CASE("a NUL in what a process is given is refused, and told where") {
  scene scene;
  std::string nul("a\0b", 3);
  auto wrong = [&](ptg::process_options options) {
    auto refused = ptg::process::spawn(scene.app, std::move(options));
    CHECK(refused.status() == status::invalid);
    return refused.error().message();
  };
  CHECK(wrong({}) == "command: there is none");
  CHECK(wrong({.command = {""}}) == "command: there is none");
  CHECK(wrong({.command = {"echo", nul}}) == "command: a NUL in it");
  CHECK(wrong({.command = {"echo"}, .environment = {{nul}}}) ==
        "environment: a NUL in it");
  CHECK(wrong({.command = {"echo"}, .directory = nul}) ==
        "directory: a NUL in it");
}

TEST_CASE("the failure of an observed timer or queue is for who waits") {
  int handled = 0, told = 0;
  scene scene({.on_error = [&] { handled++; }});
  auto fail = [] { return ptg::error("no paper"); };
  auto timer = ptg::timer::spawn(
      scene.app, {.after = 1s, .is_observed = true, .fire = fail});
  auto queue = ptg::queue<int>::spawn(
      scene.app, {.capacity = 1, .is_observed = true, .handle = fail});
  timer->watch([&] { told++; }).value();
  queue->watch([&] { told++; }).value();
  queue->push(1).value();
  scene.advance(1s);
  CHECK(told == 2);
  CHECK(handled == 0);
}

TEST_CASE("a process can clean up") {
  auto options_of = [](bool is_cleanup) {
    return ptg::process_options{.command = {"true"}, .is_cleanup = is_cleanup};
  };
  auto runtime = ptg::runtime::create().value();
  bool is_clean = false;
  runtime.root()
      .spawn([&]() -> ptg::task<> {
        auto told = co_await this_task::sleep(ptg::forever);
        CHECK(told.status() == status::canceled);
        auto refused = ptg::process::spawn(runtime.root(), options_of(false));
        CHECK(refused.status() == status::closed);
        auto child = ptg::process::spawn(runtime.root(), options_of(true));
        auto ended = co_await child.value().ended();
        is_clean = bool(ended);
      })
      .value();
  runtime.turn(0s).value();
  runtime.request_shutdown(true);
  runtime.run().value();
  CHECK(is_clean);
}

TEST_CASE("what is refused is refused in the words of who gave it") {
  using seconds = std::chrono::duration<double>;
  scene scene;
  ptg::limit nothing = seconds(std::numeric_limits<double>::quiet_NaN());
  auto words = [](const auto &refused) {
    CHECK(refused.status() == status::invalid);
    return refused.error().message();
  };
  CHECK(words(scene.app.shutdown({.grace = nothing})) ==
        "grace is negative, or no number");
  CHECK(words(scene.app.add_group({.deadline = -1s})) ==
        "deadline is negative, or no number");
  CHECK(words(ptg::every(scene.app, -1s, [] {})) ==
        "every is negative, or no number");
  CHECK(words(scene.runtime.advance(nothing)) ==
        "duration is negative, or no number");
  CHECK(words(ptg::runtime::create({.root = {.cancel_wait = -1s}})) ==
        "cancel_wait is negative, or no number");
  CHECK(words(ptg::runtime::create({.unref = true})) ==
        "unref is for a borrowed loop");
  auto sleeper = scene.app.spawn([]() -> ptg::task<> {
    co_await ptg::or_return(co_await this_task::sleep(-1s));
  });
  scene.advance();
  CHECK(words(sleeper->get()) == "a sleep is negative, or no number");
}
