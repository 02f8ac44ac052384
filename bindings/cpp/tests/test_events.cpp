// test_events.cpp - tasks and groups that are told by events.
#include "support.hpp"

namespace {

using kind = ptg::event_kind;

std::vector<kind> kinds_of(const std::vector<ptg::event> &events) {
  std::vector<kind> kinds;
  for (const ptg::event &event : events)
    kinds.push_back(event.kind);
  return kinds;
}

} // namespace

TEST_CASE("a task is told by events from its start to its end") {
  ptg::event_sort jobs("job", true);
  scene scene({.cancel_wait = 1s});
  int mine = 0;
  auto task = jobs.spawn(scene.app, &mine, {.name = "a"}).value();
  CHECK(task.info()->type == "job");
  scene.advance();
  auto started = scene.runtime.take_events().value();
  CHECK(kinds_of(started) == std::vector{kind::start});
  CHECK(started[0].task == task);
  CHECK(started[0].group == scene.app);
  CHECK(started[0].user_data == &mine);
  task.wake(1s).value();
  scene.advance(1s);
  task.cancel("enough").value();
  scene.advance();
  auto asked = scene.runtime.take_events().value();
  CHECK(kinds_of(asked) == std::vector{kind::wake, kind::cancel});
  CHECK(asked[1].request.reason == "enough");
  task.finish({.status = status::failed, .code = 5}).value();
  scene.advance();
  auto ended = scene.runtime.take_events().value();
  CHECK(kinds_of(ended) == std::vector{kind::done});
  CHECK(ended[0].outcome.status == status::failed);
  CHECK(ended[0].outcome.code == 5);
  CHECK(ended[0].outcome.is_cancel_requested);
  CHECK(task.info().status() == status::stale);
}

TEST_CASE("one that can be hurried by force is told so") {
  ptg::event_sort jobs("job", true);
  scene scene({.grace = 1s, .cancel_wait = 1s});
  auto task = jobs.spawn(scene.app, nullptr).value();
  scene.advance();
  CHECK(kinds_of(scene.runtime.take_events().value()) ==
        std::vector{kind::start});
  scene.app.shutdown().value();
  scene.advance(2s);
  CHECK(kinds_of(scene.runtime.take_events().value()) ==
        std::vector{kind::drain, kind::cancel, kind::kill});
  task.finish().value();
  scene.advance();
  auto ended = scene.runtime.take_events().value();
  CHECK(ended[0].outcome.is_killed);
}

TEST_CASE("a group is told its errors, its drain and its closing") {
  scene scene;
  auto told = scene.app.add_group({.is_told_by_events = true}).value();
  auto below = told.add_group({.name = "below"}).value();
  auto failed =
      below.spawn([]() -> ptg::result<> { return ptg::error(status::full); });
  scene.advance();
  auto errors = scene.runtime.take_events().value();
  CHECK(kinds_of(errors) == std::vector{kind::error});
  CHECK(errors[0].group == told);
  CHECK(errors[0].from == below);
  CHECK(errors[0].task == *failed);
  CHECK(errors[0].outcome.status == status::full);
  told.shutdown().value();
  scene.advance();
  auto ended = scene.runtime.take_events().value();
  CHECK(kinds_of(ended) == std::vector{kind::group_drain, kind::group_closed});
  CHECK(ended[0].group == told);
  CHECK_FALSE(ended[0].task);
}

TEST_CASE("events come in portions, and hold up only what they are about") {
  ptg::event_sort jobs;
  scene scene;
  for (int i = 0; i < 3; i++)
    jobs.spawn(scene.app, nullptr).value();
  auto other = scene.app.spawn([] { return 7; }).value();
  scene.advance();
  CHECK(other.get().value() == 7);
  CHECK(scene.runtime.take_events(0)->empty());
  CHECK(scene.runtime.take_events(2)->size() == 2);
  CHECK(scene.runtime.take_events(2)->size() == 1);
  CHECK(scene.runtime.take_events()->empty());
}

TEST_CASE("another thread spawns tasks that are told by events") {
  ptg::event_sort jobs;
  scene scene;
  auto remote = scene.runtime.open_remote().value();
  int mine = 0;
  auto task = jobs.spawn(remote, scene.app, &mine).value();
  scene.advance();
  auto events = scene.runtime.take_events().value();
  CHECK(kinds_of(events) == std::vector{kind::start});
  CHECK(events[0].task == task);
  CHECK(events[0].user_data == &mine);
}

TEST_CASE("what is told by events has no callbacks") {
  ptg::event_sort jobs;
  scene scene;
  CHECK(jobs.spawn(scene.app, nullptr, {.on_done = [] {}}).status() ==
        status::invalid);
  CHECK(scene.app.add_group({.is_told_by_events = true, .on_drain = [] {}})
            .status() == status::invalid);
}

TEST_CASE("a runtime ends although nobody takes the events") {
  ptg::event_sort jobs;
  for (bool is_manual : {true, false}) {
    auto runtime = ptg::runtime::create(
                       {.root = {.cancel_wait = 1ms, .is_told_by_events = true},
                        .manual_clock = is_manual})
                       .value();
    jobs.spawn(runtime.root(), nullptr).value();
    ptg::group_ref root = runtime.root();
    runtime = ptg::runtime::create({.manual_clock = true}).value();
    CHECK(root.info().status() == status::stale);
  }
}

TEST_CASE("a group keeps what it was given until it is gone") {
  counted::alive = 0;
  scene scene;
  auto kept = scene.app.add_group({.keeps = std::make_shared<counted>()});
  CHECK(counted::alive == 1);
  kept->shutdown().value();
  scene.advance();
  CHECK(counted::alive == 0);
  ptg::group_ref root = scene.runtime.root();
  root.shutdown().value();
  scene.advance();
  auto refused = root.add_group({.keeps = std::make_shared<counted>()});
  CHECK(refused.status() == status::closed);
  CHECK(counted::alive == 0);
}
