// SPDX-License-Identifier: Apache-2.0
// For config/canonical/ only.
#pragma once

#include "config/canonical/canonical_fields.h"
#include "config/streams/live_source.h"
#include "config/streams/stream_view.h"

namespace freshet {

CanonicalFields::Json CanonicalSource(const StreamSource& source);
CanonicalFields::Json CanonicalLiveRows(const LiveSource& live);
CanonicalFields::Json CanonicalStreamView(const WindowedView& view);

}  // namespace freshet
