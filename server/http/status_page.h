// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/views_report.h"

namespace freshet {

// The page at `/`: what serves, in plain HTML. `facts` are lines about the
// daemon itself.
std::string StatusPage(const std::vector<ViewReport>& views,
                       const std::vector<std::string>& not_ready,
                       const std::vector<std::string>& sources,
                       const std::vector<std::string>& facts);

}  // namespace freshet
