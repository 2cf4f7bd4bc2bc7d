// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// What the loader tells of a file of events, one after the other:
//
//   kChecked       once, when it was read whole and is right
//   kRow, kRead    each event; now and then how many bytes are read of the file
//   kEnd           last: that this was all, or what is wrong
enum class EventFrameKind : uint8_t {
  kChecked = 1,  // A byte for each field: 1 if the file has a column for it.
  kRow = 2,      // A row of EventRowSchema.
  kRead = 3,     // MakeReadFrame's number.
  kEnd = 4,      // MakeEndFrame's status.
};

struct EventFrame {
  EventFrameKind kind = EventFrameKind::kEnd;
  std::string_view payload;
};

inline constexpr size_t kEventFrameBytesMax = 64 << 20;

// Requires: `payload` has at most kEventFrameBytesMax.
void AppendEventFrame(EventFrameKind kind, std::string_view payload,
                      std::string& out);
void AppendReadFrame(int64_t bytes, std::string& out);
void AppendEndFrame(const absl::Status& status, std::string& out);

// The frame at the beginning of `bytes`, which then begins behind it; nullopt:
// it is not there whole. DATA_LOSS: that is no frame.
absl::StatusOr<std::optional<EventFrame>> TakeEventFrame(
    std::string_view& bytes);
// Of kRead. DATA_LOSS if the payload is not AppendReadFrame's.
absl::StatusOr<int64_t> BytesOfReadFrame(std::string_view payload);
// Of kEnd: what was given to AppendEndFrame. DATA_LOSS too if it was nothing.
absl::Status StatusOfEndFrame(std::string_view payload);

}  // namespace freshet
