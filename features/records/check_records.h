// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/parse.h"
#include "config/streams/stream_view.h"

namespace freshet {

// Checks how records of a source's topics are read: that the format has the
// schema that it needs, and that the fields are in it. Problems are added at
// the positions of what they are about.
void CheckRecords(const StreamSource& source, std::vector<Problem>& problems);

}  // namespace freshet
