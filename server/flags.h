// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace freshet {

// What freshetd was started with.
struct Flags {
  std::string config;             // --config FILE
  std::vector<std::string> sets;  // --set name=value, each
  bool check = false;             // --check: look at the file, then end.
};

// `run` is false when the process is to end with `exit_code`: after --help,
// --version, or wrong flags, which it has then explained.
struct FlagsResult {
  bool run = false;
  int exit_code = 0;
  Flags flags;
};
FlagsResult ParseFlags(int argc, char** argv);

}  // namespace freshet
