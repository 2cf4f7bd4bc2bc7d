// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/definitions.h"
#include "config/parse.h"

namespace freshet {

// Checks what parsed definitions mean: types that keys may have, defaults that
// fit their features, times that need a zone, services whose features exist,
// one join key name with one type per service. Expands "*" in services.
// Problems are added at the positions of what they are about. Also for
// definitions that were parsed with problems: what depends on a value that was
// wrong itself is then not judged.
void CheckDefinitions(Definitions& definitions, std::vector<Problem>& problems);

// ParseFile and CheckDefinitions: every problem of a file at once, in the
// file's order.
ParsedFile ParseAndCheck(std::string_view text);

}  // namespace freshet
