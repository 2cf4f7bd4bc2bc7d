// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"
#include "freshet/v1/push.pb.h"

namespace freshet {

// Pushes all events of a batch. Requires: its fields are the source's, and no
// row of it failed.
v1::PushRequest MakePushRequest(const StreamSource& source,
                                const EventBatch& batch);

}  // namespace freshet
