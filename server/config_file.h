// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/settings.h"

namespace freshet {

// The daemon's own file, read and checked.
struct ConfigFile {
  std::string path;  // Absolute.
  std::string text;
  Settings settings;  // With the overrides; paths made absolute.
};

// Reads the file and lays `sets` (`name=value`, names as in the file, with or
// without `settings.`) over its settings. INVALID_ARGUMENT lists all problems,
// one `file:line:column: message` a line.
absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path,
                                          const std::vector<std::string>& sets);

}  // namespace freshet
