// support.hpp - what the tests share: a runtime on a manual clock.
#pragma once

#include <ptg/ptg.hpp>

#if !defined(__cpp_exceptions)
#define DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS
#endif
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using ptg::status;
namespace this_task = ptg::this_task;

/// A runtime in which time moves when it is told to, and what it said.
struct scene {
  std::vector<std::string> said;
  ptg::runtime runtime = ptg::runtime::create({.manual_clock = true}).value();
  ptg::group app;

  explicit scene(ptg::group_options options = {})
      : app(runtime.root().add_group(std::move(options)).value()) {
  }

  void say(std::string text) {
    said.push_back(std::move(text));
  }
  void advance(ptg::limit duration = {}) {
    runtime.advance(duration).value();
  }
  std::string all() const {
    std::string joined;
    for (const std::string &text : said)
      joined += (joined.empty() ? "" : " ") + text;
    return joined;
  }
};

/// Counts the objects of it that there are.
struct counted {
  static inline int alive = 0;

  counted() {
    alive++;
  }
  counted(const counted &) {
    alive++;
  }
  counted(counted &&) noexcept {
    alive++;
  }
  counted &operator=(const counted &) = default;
  ~counted() {
    alive--;
  }
};
