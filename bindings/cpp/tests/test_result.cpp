// test_result.cpp - results, errors and limits.
#include "support.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// What a process says that ends itself by this.
template <class Mistake> std::string last_words(Mistake &&mistake) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    mistake();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  char part[256];
  for (ssize_t n; (n = read(ends[0], part, sizeof(part))) > 0;)
    words.append(part, static_cast<std::size_t>(n));
  close(ends[0]);
  int how = 0;
  REQUIRE(waitpid(child, &how, 0) == child);
  CHECK(WIFSIGNALED(how));
  CHECK(WTERMSIG(how) == SIGABRT);
  return words;
}

std::string at_line(int line, const char *words) {
  return __FILE__ + (":" + std::to_string(line)) + ": " + words;
}

} // namespace

TEST_CASE("a result has a value or an error") {
  ptg::result<int> good = 7;
  ptg::result<int> bad = ptg::error(status::full, "no room", 3);
  CHECK(good);
  CHECK(*good == 7);
  CHECK(good.status() == status::ok);
  CHECK_FALSE(bad);
  CHECK(bad.value_or(9) == 9);
  CHECK(bad.error() == status::full);
  CHECK(bad.error().message() == "no room");
  CHECK(bad.error().code() == 3);
}

TEST_CASE("a result of nothing is well or an error") {
  CHECK(ptg::result<>());
  CHECK(ptg::result<>(status::ok));
  CHECK(ptg::result<>(status::stale).error() == status::stale);
}

TEST_CASE("to take what is not there ends the program, which says where") {
  ptg::result<int> good = 7, bad = ptg::error(status::full, "no room");
  int line = __LINE__ + 1;
  auto take_value = [&] { static_cast<void>(bad.value()); };
  auto take_error = [&] { static_cast<void>(good.error()); };
  auto take_nothing = [] { ptg::result<>(status::stale).value(); };
  auto take_no_error = [] { static_cast<void>(ptg::result<>().error()); };
  auto take_by_star = [&] { static_cast<void>(*bad); };
  CHECK(last_words(take_value) ==
        at_line(line, "ptg::result: no value: PTG_EFULL: no room\n"));
  CHECK(last_words(take_error) ==
        at_line(line + 1, "ptg::result: no error: all went well\n"));
  CHECK(last_words(take_nothing) ==
        at_line(line + 2, "ptg::result: no value: PTG_ESTALE\n"));
  CHECK(last_words(take_no_error) ==
        at_line(line + 3, "ptg::result: no error: all went well\n"));
  CHECK(last_words(take_by_star) ==
        "ptg::result: no value: PTG_EFULL: no room\n");
}

TEST_CASE("an error carries an object of any type, and copies share it") {
  struct detail {
    std::string text;
  };
  ptg::error first = ptg::error::carrying(detail{"x"}, "message");
  ptg::error second = first;
  CHECK(second.get<detail>()->text == "x");
  CHECK(second.get<detail>() == first.get<detail>());
  CHECK(second.get<int>() == nullptr);
  CHECK(second.message() == "message");
}

TEST_CASE("a limit is a duration, forever or unset, and never rounded down") {
  CHECK_FALSE(ptg::limit().is_set());
  CHECK(ptg::limit(0s).is_set());
  CHECK(ptg::limit(0s).to_c() == PTG_AT_ONCE);
  CHECK(ptg::limit(2s).to_c() == 2000000000);
  CHECK(ptg::limit(std::chrono::duration<double, std::nano>(1.2)).to_c() == 2);
  CHECK(ptg::limit(std::chrono::hours::max()).duration() ==
        std::chrono::nanoseconds::max());
  CHECK(ptg::forever.is_forever());
}

TEST_CASE("a negative limit is refused, also one that C knows as forever") {
  scene scene;
  ptg::limit negative = -1ns;
  CHECK(scene.app.shutdown({.grace = negative}).status() == status::invalid);
  CHECK(scene.runtime.root().add_group({.grace = -2ns}).status() ==
        status::invalid);
}

TEST_CASE("a callback takes the arguments it has a use for") {
  int sum = 0;
  ptg::callback<int, int> both = [&](int a, int b) { sum += a * b; };
  ptg::callback<int, int> first = [&](int a) { sum += a; };
  ptg::callback<int, int> none = [&] { sum += 100; };
  CHECK(both(2, 3));
  CHECK(first(4, 5));
  CHECK(none(6, 7));
  CHECK(sum == 110);
  ptg::callback<int> failing = [](int) -> ptg::result<> {
    return status::full;
  };
  CHECK(failing(1).status() == status::full);
}
