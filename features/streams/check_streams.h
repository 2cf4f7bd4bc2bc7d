// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/definitions.h"
#include "config/parse.h"
#include "config/streams/stream_view.h"

namespace freshet {

// Checks what a parsed source means: that it has a time, and fields that events
// can have. Problems are added at the positions of what they are about.
void CheckStreamSource(const StreamSource& source,
                       std::vector<Problem>& problems);

// The same of a view of that source: that its expressions compile, its
// functions are for their columns, and its key is there. `keys`: the join keys
// of its entities, in order. Requires: CheckStreamSource found nothing.
void CheckStreamView(const WindowedView& view, const StreamSource& source,
                     const std::vector<JoinKey>& keys,
                     std::vector<Problem>& problems);

// The same of the live rows of a view. Requires besides: it has some, and the
// source is theirs.
void CheckLiveRows(const BatchFeatureView& view, const StreamSource& source,
                   const std::vector<JoinKey>& keys,
                   std::vector<Problem>& problems);

// The same of the files that the past of a stream view of that source lies in.
// Requires: the view is such a history, and CheckStreamSource found nothing.
void CheckHistory(const BatchFeatureView& view, const StreamSource& source,
                  std::vector<Problem>& problems);

}  // namespace freshet
