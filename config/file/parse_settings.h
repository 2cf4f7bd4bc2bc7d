// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/file/yaml_tree.h"
#include "config/parse.h"

namespace freshet {

// Reads the mapping under `settings:`.
Settings ParseSettings(const YamlNode& node, std::vector<Problem>& problems);

}  // namespace freshet
