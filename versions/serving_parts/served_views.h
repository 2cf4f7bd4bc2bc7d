// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/definitions.h"
#include "versions/catalog_state.h"
#include "versions/serving_set.h"

namespace freshet {

using VersionKey = std::pair<std::string, int64_t>;  // View, version.
using OpenVersions = std::map<VersionKey, std::shared_ptr<const Version>>;

// What must be open: of each defined view the current, labelled and pinned
// versions that can serve.
std::set<VersionKey> WantedOpen(const CatalogState& state,
                                const Definitions& definitions);

struct ServedViewSources {
  const OpenVersions& open;
  // What served before: a view whose current version could not be opened keeps
  // that one, if its key is the same.
  const ServingSet& before;
  // Why versions that ought to be open are not.
  const std::map<VersionKey, std::string>& trouble;
  const ServedLive& live;
};

// The views to serve, in the order of the definitions.
std::vector<ServedView> MakeServedViews(const CatalogState& state,
                                        const Definitions& definitions,
                                        const ServedViewSources& sources);

// Gives windows the current versions of their histories, where these were made
// of the tiles that are read; and says of the others that they are not.
std::vector<ServedWindows> WithHistories(std::vector<ServedWindows> windows,
                                         std::vector<ServedView>& views);

}  // namespace freshet
