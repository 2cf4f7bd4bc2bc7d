// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/file/object_reader.h"
#include "config/parse.h"

namespace freshet {

// Reads what a file defines. `file` reads the whole file's mapping; `misread`:
// that had problems of its own.
Definitions ParseDefinitions(ObjectReader& file, bool misread,
                             std::vector<Problem>& problems);

}  // namespace freshet
