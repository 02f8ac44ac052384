// wire.hpp - lines of JSON: standard input and output.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace adapter {

using json = nlohmann::json;

/// Returns the next line; nothing at the end of the input.
std::optional<std::string> read_line();

/// Writes a line, at once. With nobody to read it the program ends.
void write_line(const json &object);

} // namespace adapter
