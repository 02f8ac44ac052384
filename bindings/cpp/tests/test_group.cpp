// test_group.cpp - groups, their shutdown, and the end of the runtime.
#include "support.hpp"

#include <thread>

namespace {

ptg::task<> park() {
  auto told = co_await this_task::draining();
  static_cast<void>(told);
}

ptg::task<> ignore_all() {
  for (;;) {
    auto slept = co_await this_task::sleep(1h);
    static_cast<void>(slept);
  }
}

} // namespace

TEST_CASE("the end of a group object begins the group's shutdown") {
  scene scene;
  ptg::group_ref ref;
  {
    ptg::group group = scene.app.add_group({.name = "short"}).value();
    group.spawn(park()).value();
    ref = group;
    scene.advance();
    CHECK(ref.info()->state == ptg::group_state::open);
  }
  CHECK(ref.info()->is_ending);
  scene.advance();
  CHECK(ref.info().status() == status::stale);
}

TEST_CASE("a group that was moved or released is not shut down by its object") {
  scene scene;
  ptg::group_ref ref;
  {
    ptg::group group = scene.app.add_group().value();
    ptg::group moved = std::move(group);
    ref = moved.release();
  }
  scene.advance();
  CHECK(ref.info()->state == ptg::group_state::open);
}

TEST_CASE("groups close in the declared order, and the report says so") {
  scene scene;
  std::vector<ptg::report_row> rows;
  ptg::group top =
      scene.app
          .add_group({.name = "top",
                      .on_closed =
                          [&] {
                            rows = scene.app.groups()->front().report().value();
                          }})
          .value();
  ptg::group db = top.add_group({.name = "db"}).value();
  ptg::group web = top.add_group({.name = "web"}).value();
  CHECK(web.stops_before(db));
  CHECK(db.stops_before(web).status() == status::cycle);
  CHECK_FALSE(db.stops_before(web).error().message().empty());
  for (const ptg::group *group : {&db, &web, &top})
    group->spawn(park()).value();
  scene.advance();
  CHECK(top.plan()->size() == 3);
  top.shutdown().value();
  scene.advance();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "web");
  CHECK(rows[1].name == "db");
  CHECK(rows[2].name == "top");
  CHECK(rows[0].drained == 1);
}

TEST_CASE("the report names the task whose code asked for the shutdown") {
  scene scene;
  ptg::group_ref top = scene.app.add_group().value().release();
  auto asks = scene.app
                  .spawn([&]() -> ptg::task<> {
                    auto slept = co_await this_task::sleep(1s);
                    if (slept) top.shutdown().value();
                  })
                  .value();
  top.spawn(ignore_all()).value();
  scene.advance(1s);
  CHECK(top.report()->front().originator == asks.id());
}

TEST_CASE("a shutdown can name who asks, also from another thread") {
  scene scene;
  auto asks = scene.app.spawn(ignore_all()).value();
  ptg::group_ref here = scene.app.add_group().value().release();
  ptg::group_ref there = scene.app.add_group().value().release();
  for (const ptg::group_ref &group : {here, there})
    group.spawn(ignore_all()).value();
  ptg::remote remote = scene.runtime.open_remote().value();
  here.shutdown({.originator = asks}).value();
  std::jthread([&] {
    remote.shutdown(there, {.originator = scene.app}).value();
  }).join();
  scene.advance();
  CHECK(here.report()->front().originator == asks.id());
  CHECK(there.report()->front().originator == scene.app.id());
}

TEST_CASE("an ended tree keeps its report while an abandoned task goes on") {
  scene scene;
  ptg::group_ref top =
      scene.app.add_group({.name = "top", .grace = 1s, .cancel_wait = 1s})
          .value()
          .release();
  ptg::group_ref empty = top.add_group({.name = "empty"}).value().release();
  ptg::task_ref stuck = top.add_group({.name = "low"})
                            .value()
                            .release()
                            .spawn(ignore_all())
                            .value();
  scene.advance();
  top.shutdown().value();
  scene.advance(2s);
  REQUIRE(top.report());
  CHECK(top.report()->size() == 3);
  CHECK(top.blame()->size() == 3);
  CHECK(empty.info()->state == ptg::group_state::closed);
  stuck.finish().value();
  scene.advance();
  CHECK(top.report().status() == status::stale);
  CHECK(empty.info().status() == status::stale);
}

TEST_CASE("who ignores a cancel is abandoned, and ends with the runtime") {
  counted::alive = 0;
  std::string how;
  scene scene;
  {
    ptg::group group =
        scene.app.add_group({.grace = 1s, .cancel_wait = 1s}).value();
    group
        .spawn([count = counted()] { return ignore_all(); },
               {.name = "stuck",
                .on_done =
                    [&](const ptg::outcome &outcome) {
                      how = ptg::name_of(outcome.status);
                    }})
        .value();
    scene.advance();
    bool is_told = false;
    scene.app
        .spawn([&, ref = ptg::group_ref(group)]() -> ptg::task<> {
          auto closed = co_await ref.closed();
          is_told = closed.status() == status::timed_out;
        })
        .value();
    scene.advance();
    group.shutdown().value();
    scene.advance(2s);
    CHECK(is_told);
  }
  CHECK(counted::alive == 1);
  scene.runtime.root().shutdown().value();
  scene.advance(1s);
  CHECK(scene.runtime.destroy());
  CHECK(how == "PTG_ETIMEDOUT");
  CHECK(counted::alive == 0);
}

TEST_CASE("the end of the runtime ends all that is in it, in order") {
  counted::alive = 0;
  std::string said;
  {
    auto runtime = ptg::runtime::create({.manual_clock = true}).value();
    auto group =
        runtime.root()
            .add_group({.on_closed = [&, c = counted()] { said += "closed "; }})
            .value();
    group
        .spawn([&, c = counted()]() -> ptg::task<> {
          counted local;
          auto slept = co_await this_task::sleep(1h);
          said += std::string(ptg::name_of(slept.status())) + " ";
        })
        .value();
    group.spawn([c = counted()] { return ignore_all(); }).value();
    runtime.advance(1s).value();
    CHECK(counted::alive == 4);
    group.release();
  }
  CHECK(said == "PTG_ECANCELED closed ");
  CHECK(counted::alive == 0);
}

TEST_CASE("a real runtime runs until its root is closed") {
  auto runtime = ptg::runtime::create().value();
  bool is_told = false;
  runtime.root()
      .spawn([&]() -> ptg::task<> {
        auto slept = co_await this_task::sleep(1ms);
        static_cast<void>(slept);
        runtime.request_shutdown();
        auto told = co_await this_task::draining();
        is_told = bool(told);
      })
      .value();
  CHECK(runtime.run());
  CHECK(is_told);
  CHECK(runtime.destroy());
}

TEST_CASE("a bound refuses or queues, and counts") {
  scene scene;
  auto group = scene.app.add_group({.max_tasks = 1}).value();
  group.spawn(park()).value();
  auto refused = group.spawn(park());
  CHECK(refused.status() == status::full);
  auto queued = scene.app.add_group(
      {.max_tasks = 1, .when_full = ptg::when_full::queue, .max_queued = 1});
  queued->spawn(park()).value();
  queued->spawn(park()).value();
  CHECK(queued->spawn(park()).status() == status::full);
  CHECK(queued->info()->queued == 1);
}

TEST_CASE("a group is bound to its owner") {
  scene scene;
  auto owner = scene.app.spawn(park()).value();
  auto owned = scene.app.add_group({.owner = owner}).value().release();
  owned.spawn(park()).value();
  scene.advance();
  owner.cancel().value();
  scene.advance();
  CHECK(owned.info().status() == status::stale);
}

TEST_CASE("failures, history and names can be looked at") {
  scene scene({.history = 4, .on_error = [] {}});
  for (int i = 0; i < 3; i++)
    scene.app
        .spawn("flaky",
               []() -> ptg::result<> {
                 return ptg::error(status::failed, "again");
               })
        .value();
  scene.app.spawn("parked", park()).value();
  scene.advance();
  auto failures = scene.app.failures().value();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].count == 3);
  CHECK(failures[0].message == "again");
  CHECK(scene.app.history()->size() == 3);
  CHECK(scene.app.history()->front().how.status == status::failed);
  CHECK(scene.app.count_names(8)->front().name == "parked");
}
