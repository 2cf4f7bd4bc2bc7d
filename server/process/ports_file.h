// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

// Where a daemon listens, for those who started it with port 0.
struct Ports {
  int data = 0;
  int admin = 0;
  int http = 0;
};

// Writes `<directory>/ports.json` with the ports and our pid, whole or not at
// all: after an error there is none, not an older one either.
absl::Status WritePortsFile(const std::string& directory, const Ports& ports);

}  // namespace freshet
