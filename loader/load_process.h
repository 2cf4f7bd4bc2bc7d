// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace freshet {

// All that the loader process does for one load, which `line` (a LoadSpec)
// says: enters the sandbox, loads, and tells standard output how far it is.
// Ends the process when standard input ends. The result is its exit code.
int RunLoadProcess(const std::string& line);

}  // namespace freshet
