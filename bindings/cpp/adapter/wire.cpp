// wire.cpp - see wire.hpp.
#include "wire.hpp"

#include <cerrno>
#include <iostream>
#include <unistd.h>

namespace adapter {

std::optional<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

void write_line(const json &object) {
  constexpr int exit_no_reader = 4;
  std::string line = object.dump() + '\n';
  for (std::size_t at = 0; at < line.size();) {
    ssize_t written = write(STDOUT_FILENO, &line[at], line.size() - at);
    if (written >= 0)
      at += static_cast<std::size_t>(written);
    else if (errno != EINTR)
      _exit(exit_no_reader);
  }
}

} // namespace adapter
