// poller.hpp - a small loop of poll(2) that has a runtime as its guest.
//
// Stands for whatever loop a program has already. Tasks wait for descriptors by
// a completion each.
#pragma once

#include <ptg/ptg.hpp>

#include <algorithm>
#include <poll.h>
#include <vector>

class poller {
public:
  /// Completes `ready` once the descriptor has one of the events. Gives up when
  /// it is destroyed.
  class watch {
  public:
    watch(poller &poller, int descriptor, short events,
          ptg::completion<> &ready)
        : poller_(poller), descriptor_(descriptor), events_(events),
          ready_(ready) {
      poller_.watches_.push_back(this);
    }
    ~watch() {
      std::erase(poller_.watches_, this);
    }
    watch(const watch &) = delete;
    watch &operator=(const watch &) = delete;

  private:
    friend class poller;
    poller &poller_;
    int descriptor_;
    short events_;
    ptg::completion<> &ready_;
  };

  /// Runs until the root group is closed.
  ptg::result<> run(ptg::runtime &runtime) {
    auto guest = runtime.descriptor();
    if (!guest) return guest.error();
    while (runtime.root().info()->state != ptg::group_state::closed) {
      wait(*guest, runtime.timeout().value());
      if (auto turned = runtime.turn(std::chrono::seconds(0)); !turned)
        return turned;
    }
    return {};
  }

private:
  void wait(int guest, ptg::limit timeout) {
    std::vector<pollfd> polled{{guest, POLLIN, 0}};
    for (const watch *watch : watches_)
      polled.push_back({watch->descriptor_, watch->events_, 0});
    using std::chrono::milliseconds;
    auto wanted = std::chrono::ceil<milliseconds>(timeout.duration());
    int ms = timeout.is_forever() ? -1 : static_cast<int>(wanted.count());
    if (poll(polled.data(), polled.size(), ms) <= 0) return;
    for (std::size_t i = 1; i < polled.size(); i++)
      if (polled[i].revents != 0) watches_[i - 1]->ready_.complete({});
  }

  std::vector<watch *> watches_;
};
