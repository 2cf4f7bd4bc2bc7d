// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/definitions.h"

namespace freshet {

// What it means that fields of a batch view changed, other than its key and its
// features: `ttl: instant`, one for each group of fields with one effect. That
// it has no snapshots any more is the caller's to tell.
std::vector<std::string> FieldChanges(const BatchFeatureView& was,
                                      const BatchFeatureView& now);

}  // namespace freshet
