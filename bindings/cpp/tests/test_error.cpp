// test_error.cpp - failures reach handlers and waiters as they were, and
// nothing that is thrown goes through C.
#include "support.hpp"

namespace {

struct trouble {
  int number;
  std::string text;
};

ptg::task<> fail_with_object() {
  co_await ptg::or_return(co_await this_task::sleep(1s));
  auto why = ptg::error::carrying(trouble{7, "deep"}, "in trouble");
  co_await ptg::fail(why);
}

} // namespace

TEST_CASE("an error object reaches handler and waiter unharmed") {
  int handled = 0;
  scene scene({.on_error = [&](const ptg::failure &failure) {
    ptg::error error = failure.error();
    const auto *object = error.get<trouble>();
    handled = object != nullptr ? object->number : -1;
  }});
  auto task = scene.app.spawn("failing", fail_with_object());
  std::string joined;
  auto waiter = scene.app.spawn([&]() -> ptg::task<> {
    auto result = co_await task->join();
    joined = result.error().get<trouble>()->text;
  });
  scene.advance(1s);
  CHECK(handled == 7);
  CHECK(joined == "deep");
}

TEST_CASE("a failure harms no sibling and tells who and where") {
  std::string seen;
  scene scene({.name = "app", .on_error = [&](const ptg::failure &failure) {
                 seen = std::string(failure.name()) + " " +
                        std::string(failure.outcome().message()) + " " +
                        std::to_string(failure.error().code());
               }});
  auto sibling = scene.app.spawn([]() -> ptg::task<int> {
    auto slept = co_await this_task::sleep(1s);
    co_return slept ? 1 : 0;
  });
  auto failing = scene.app.spawn("failing", []() -> ptg::result<> {
    return ptg::error(status::failed, "broken", 5);
  });
  scene.advance(1s);
  CHECK(seen == "failing broken 5");
  CHECK(sibling->get().value() == 1);
  CHECK(scene.app.info()->failed == 1);
}

TEST_CASE("a failure can be words") {
  std::string seen;
  scene scene({.on_error = [&](const ptg::failure &failure) {
    seen += failure.error().message() + ". ";
  }});
  scene.app.spawn([] { return ptg::error("too heavy"); }).value();
  scene.app
      .spawn([]() -> ptg::task<> { co_await ptg::fail("too far to walk"); })
      .value();
  auto number = scene.app.spawn(
      []() -> ptg::result<int> { return ptg::error("too many"); });
  scene.advance();
  CHECK(seen == "too heavy. too far to walk. too many. ");
  CHECK(number->get().error() == status::failed);
}

TEST_CASE("an observed failure is for the waiter, and not for the handler") {
  int handled = 0;
  scene scene({.on_error = [&] { handled++; }});
  auto task = scene.app.spawn(fail_with_object(), {.is_observed = true});
  bool has_failed = false;
  auto waiter = scene.app.spawn([&]() -> ptg::task<> {
    auto result = co_await task->join();
    has_failed = !result;
  });
  scene.app.spawn(fail_with_object(), {.is_observed = true}).value();
  scene.advance(1s);
  CHECK(has_failed);
  CHECK(handled == 1); // the one that nobody waits for
}

TEST_CASE("a handler that fails passes both errors up") {
  scene scene;
  std::string seen;
  auto outer = scene.app.add_group(
      {.name = "outer", .on_error = [&](const ptg::failure &failure) {
         ptg::error task = failure.error(), handler = failure.handler_error();
         seen = task.get<trouble>()->text + " " + handler.message();
       }});
  auto inner = outer->add_group({.on_error = []() -> ptg::result<> {
    return ptg::error(status::failed, "handler broke");
  }});
  inner->spawn(fail_with_object()).value();
  scene.advance(1s);
  CHECK(seen == "deep handler broke");
}

TEST_CASE("a hook that fails is an error of the group, with its object") {
  scene scene;
  int number = 0;
  auto outer =
      scene.app.add_group({.on_error = [&](const ptg::failure &failure) {
        CHECK(failure.is_from_hook());
        number = failure.error().get<trouble>()->number;
      }});
  auto inner = outer->add_group({.on_drain = []() -> ptg::result<> {
    return ptg::error::carrying(trouble{9, ""});
  }});
  inner->shutdown().value();
  scene.advance();
  CHECK(number == 9);
}

TEST_CASE("a message that is not UTF-8 arrives all the same") {
  std::string seen;
  scene scene({.on_error = [&](const ptg::failure &failure) {
    seen = failure.error().message();
  }});
  scene.app
      .spawn(
          []() -> ptg::result<> { return ptg::error(status::failed, "\xff"); })
      .value();
  scene.advance();
  CHECK(seen == "\xff");
}

#if defined(__cpp_exceptions)

TEST_CASE("an exception of any type reaches handler and waiter") {
  std::vector<std::string> seen;
  scene scene({.on_error = [&](const ptg::failure &failure) {
    try {
      std::rethrow_exception(failure.error().exception());
    } catch (int number) {
      seen.push_back("int " + std::to_string(number));
    } catch (const trouble &trouble) {
      seen.push_back("trouble " + trouble.text);
    } catch (const std::exception &exception) {
      seen.push_back(exception.what());
    }
  }});
  scene.app.spawn([] { throw 5; }).value();
  scene.app
      .spawn([]() -> ptg::task<> {
        co_await ptg::or_return(ptg::result<>());
        throw trouble{1, "thrown"};
      })
      .value();
  auto nested = [](const char *text) -> ptg::task<> {
    co_await ptg::or_return(co_await this_task::sleep(1s));
    throw std::runtime_error(text);
  };
  auto outer = scene.app.spawn([&]() -> ptg::task<> {
    co_await ptg::or_return(co_await nested("from below"));
  });
  scene.advance(1s);
  CHECK(seen ==
        std::vector<std::string>{"int 5", "trouble thrown", "from below"});
  CHECK(outer->get().error().message() == "from below");
}

TEST_CASE("nothing that a callback throws goes through C") {
  int handled = 0;
  scene scene({.on_error = [&](const ptg::failure &failure) {
    CHECK(failure.error().exception());
    handled++;
  }});
  auto thrower = [] { throw std::runtime_error("thrown"); };
  auto group = scene.app.add_group(
      {.on_error = thrower, .on_drain = thrower, .on_closed = thrower});
  group->spawn(thrower).value();                     // whose handler throws: 1
  group->spawn([] {}, {.on_done = thrower}).value(); // nobody is told
  ptg::after(scene.app, 1s, thrower).value();        // 2
  auto queue = ptg::queue<int>::spawn(
      scene.app, {.capacity = 1, .handle = thrower, .drop = thrower});
  queue->push(1).value();        // 3
  group->watch(thrower).value(); // nobody is told
  struct thrown {
    void start(ptg::task_ref) {
      throw std::runtime_error("thrown");
    }
  };
  ptg::sort<thrown> sort;
  sort.spawn(scene.app, {}).value(); // 4
  auto remote = scene.runtime.open_remote();
  remote->post(thrower).value(); // one line on standard error
  scene.advance(1s);
  group->shutdown().value(); // two hooks, whose errors their handler refuses: 6
  scene.advance(1s);
  CHECK(handled == 6);
}

#endif
