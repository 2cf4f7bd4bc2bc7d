// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "versions/catalog_state.h"

namespace freshet {

struct CatalogChange {
  bool trouble = false;  // Somebody should look.
  std::string sentence;
};

// What a commit did to versions without being asked for it by name: deletions,
// versions found corrupt, fallbacks. For the log.
std::vector<CatalogChange> ChangesOf(const CatalogState& before,
                                     const CatalogState& after);

}  // namespace freshet
