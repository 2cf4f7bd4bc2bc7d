// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "versions/catalog.h"
#include "versions/layout.h"

namespace freshet {

// A fold that is cut short leaves two directories of one version: before its
// commit the new one is of no use, after it the old one. Removes, of those in
// `whole`, what the catalog does not name; where only another than that is
// there (the newer copy of the catalog was lost), it is named from here on.
// Returns what it did, one sentence each.
std::vector<std::string> SettleFolds(Catalog& catalog, const std::string& dir,
                                     const std::string& view,
                                     std::set<VersionFold>& whole);

}  // namespace freshet
