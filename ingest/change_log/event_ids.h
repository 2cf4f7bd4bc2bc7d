// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "features/streams/event_codec.h"

namespace freshet {

// Calls `visit` with each event that has an id in `field`, and with the id as
// bytes; with none if the events have no such field, or of a type that is no
// id.
void ForEachId(
    const LoggedEvents& logged, const std::string& field,
    const std::function<void(size_t row, std::string_view id)>& visit);

}  // namespace freshet
