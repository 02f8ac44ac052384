// names.hpp - the suite's names for handles, both ways. A handle that has
// become stale keeps its name.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace adapter {

class names {
public:
  /// handle is what name stands for from now on; 0: nothing.
  void add(const std::string &name, std::uint64_t handle) {
    handles_[name] = handle;
    if (handle != 0) names_[handle] = name;
  }

  /// Returns nullptr if there never was such a name.
  const std::uint64_t *find(const std::string &name) const {
    auto found = handles_.find(name);
    return found != handles_.end() ? &found->second : nullptr;
  }

  /// Returns nullptr if it has none.
  const std::string *of(std::uint64_t handle) const {
    auto found = names_.find(handle);
    return found != names_.end() ? &found->second : nullptr;
  }

private:
  std::unordered_map<std::string, std::uint64_t> handles_;
  std::unordered_map<std::uint64_t, std::string> names_;
};

} // namespace adapter
