// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/definitions.h"
#include "config/parse.h"
#include "features/check_service.h"

namespace freshet {

// Checks stream sources, and what comes from them: windows and live rows. What
// depends on something that was wrong itself is not judged.
void CheckStreams(const Definitions& definitions, const DefinitionIndex& index,
                  std::vector<Problem>& problems);

}  // namespace freshet
