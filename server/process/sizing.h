// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/settings.h"
#include "server/process/machine.h"

namespace freshet {

// Settings with nothing left to derive, and how each derived one came about.
struct Sizing {
  Settings settings;
  // Connections whose descriptor is this or greater are refused, so that files
  // can always be opened.
  int64_t fd_max = 0;
  std::vector<std::string> lines;  // For the log, a sentence each.
};

// Derives block cache, sort buffer, loader memory and descriptors from the
// machine where the settings leave them open. FAILED_PRECONDITION when the
// machine is too small, with the number needed.
absl::StatusOr<Sizing> SizeFor(const Settings& settings,
                               const Machine& machine);

// Every setting as `name` and text, in the order of docs/configuration.md.
struct NamedSetting {
  std::string name;
  std::string value;
};
std::vector<NamedSetting> ListSettings(const Settings& settings);

}  // namespace freshet
