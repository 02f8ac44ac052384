// test_memory.cpp - out of memory: each allocation of the binding fails once,
// and then nothing is lost, left over, or ended.
#include "support.hpp"

#include <cstdlib>
#include <new>

#if defined(__cpp_exceptions)

namespace {

long room = -1; // for so many more blocks; -1: without end

void *take(std::size_t size, std::size_t alignment = alignof(max_align_t)) {
  if (room == 0) {
    room = -1;
    return nullptr;
  }
  if (room > 0) room--;
  std::size_t blocks = (size + alignment - 1) / alignment;
  return std::aligned_alloc(alignment, blocks * alignment);
}

void *or_throw(void *taken) {
  if (taken == nullptr) throw std::bad_alloc();
  return taken;
}

const char *const words = "more words than have room in a string itself";

ptg::task<int> half() {
  auto slept = co_await this_task::sleep(1s);
  if (!slept) co_return ptg::error(words);
  co_return 4;
}

struct actor {
  counted count;

  ptg::result<> start(ptg::task_ref task) {
    return task.wake(1s);
  }
  void wake(ptg::task_ref) {
    throw std::runtime_error(words);
  }
};

/// A little of everything.
void play() {
  // Before the runtime: when that ends a task refers to it.
  ptg::result<ptg::spawned<int>> coroutine = status::stale;
  auto runtime = ptg::runtime::create(
      {.root = {.keeps = std::make_shared<counted>()}, .manual_clock = true});
  if (!runtime) return;
  auto app = runtime->root().add_group(
      {.on_error =
           [c = counted()](const ptg::failure &why) {
             static_cast<void>(why.error());
           },
       .on_closed = [c = counted()] { return ptg::error(words); }});
  if (!app) return;
  coroutine = app->spawn([c = counted()]() -> ptg::task<int> {
    std::stop_callback told(this_task::stop_token(), [] {});
    co_return co_await half();
  });
  auto waiter = app->spawn([&, c = counted()]() -> ptg::task<> {
    if (!coroutine) co_return;
    auto joined = co_await coroutine->join();
    co_await ptg::or_return(std::move(joined));
  });
  auto function =
      app->spawn([c = counted()] { throw std::runtime_error(words); },
                 {.on_done = [c = counted()] {}});
  ptg::sort<actor> actors;
  auto acted = actors.spawn(*app, {});
  auto timer = ptg::after(*app, 1s, [c = counted()]() -> ptg::result<> {
    return ptg::error(words);
  });
  auto queue = ptg::queue<counted>::spawn(
      *app, {.capacity = 2, .handle = [c = counted()](counted &) {}});
  if (queue) static_cast<void>(queue->push(counted()));
  auto remote = runtime->open_remote();
  if (!remote) return;
  auto sent = remote->spawn(*app, [c = counted()] {}, {.on_done = [] {}});
  auto posted = remote->post([c = counted()] {});
  auto watch = app->watch([c = counted()] {});
  runtime->advance(500ms).value();
  if (coroutine) static_cast<void>(coroutine->cancel());
  runtime->advance(2s).value();
  app->shutdown().value();
  runtime->advance(1h).value();
  static_cast<void>(app->report());
}

} // namespace

void *operator new(std::size_t size) {
  return or_throw(take(size));
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
  return take(size);
}
void *operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(take(size, std::size_t(alignment)));
}
void *operator new(std::size_t size, std::align_val_t alignment,
                   const std::nothrow_t &) noexcept {
  return take(size, std::size_t(alignment));
}
void operator delete(void *block) noexcept {
  std::free(block);
}
void operator delete(void *block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void *block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete(void *block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

TEST_CASE("without memory nothing is lost, and the program goes on") {
  counted::alive = 0;
  long points = 0;
  for (bool has_failed = true; has_failed; points++) {
    room = points;
    try {
      play();
    } catch (const std::bad_alloc &) {
      // From where the binding keeps callbacks, texts and rows.
    }
    has_failed = room < 0;
    room = -1;
    REQUIRE(counted::alive == 0);
  }
  CHECK(points > 30);
}

#endif
