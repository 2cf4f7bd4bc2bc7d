// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/streams/event_codec.h"

namespace freshet {

// The events with the fields of `source` as it is defined now: what they lack,
// or have of a type that does not become the field's, they say nothing of.
// Strings point to where those of `logged` do.
EventBatch FittedTo(const StreamSource& source, const LoggedEvents& logged);

}  // namespace freshet
