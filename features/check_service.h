// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/definitions.h"
#include "config/parse.h"

namespace freshet {

// Checks that the service's features exist, each once, and that a join key
// has one type in all of its views. Replaces "*" by the features of its view.
void CheckService(const Definitions& definitions, FeatureService& service,
                  std::vector<Problem>& problems);

// "; did you mean 'a' or 'b'?", or "" if none of `names` is near.
std::string DidYouMean(std::string_view wanted,
                       const std::vector<std::string>& names);

}  // namespace freshet
