// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/file/yaml_tree.h"
#include "config/parse.h"
#include "config/streams/live_source.h"
#include "config/streams/stream_view.h"

namespace freshet {

// One item of `stream_sources`, and of `stream_feature_views`. What is wrong is
// a problem, and as if it were not there.
StreamSource ParseStreamSource(const YamlNode& node,
                               std::vector<Problem>& problems);
WindowedView ParseStreamView(const YamlNode& node,
                             std::vector<Problem>& problems);

// `live` of a view.
LiveSource ParseLiveRows(const YamlNode& node, std::vector<Problem>& problems);

}  // namespace freshet
