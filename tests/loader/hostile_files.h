// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace freshet {

// A file that nobody should send, for a view with the one join key `id`
// (string) and no timestamp field.
struct HostileFile {
  std::string what;  // [A-Za-z0-9]: the test's name.
  std::string name;  // Its name says the format.
  std::function<std::string()> make;
};

std::vector<HostileFile> HostileText();
std::vector<HostileFile> HostileFooters();  // Parquet.
std::vector<HostileFile> HostilePages();    // Parquet.
std::vector<HostileFile> HostileArrow();

}  // namespace freshet
