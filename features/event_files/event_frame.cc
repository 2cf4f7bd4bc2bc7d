// SPDX-License-Identifier: Apache-2.0
#include "features/event_files/event_frame.h"

#include "base/check.h"
#include "base/error.h"
#include "features/little_endian.h"

namespace freshet {
namespace {

// A kind, and how long the payload is.
constexpr size_t kHeadBytes = 1 + sizeof(uint32_t);

}  // namespace

void AppendEventFrame(EventFrameKind kind, std::string_view payload,
                      std::string& out) {
  CHECK(payload.size() <= kEventFrameBytesMax);
  out += static_cast<char>(kind);
  AppendLittle(static_cast<uint32_t>(payload.size()), &out);
  out += payload;
}

void AppendReadFrame(int64_t bytes, std::string& out) {
  std::string number;
  AppendLittle(bytes, &number);
  AppendEventFrame(EventFrameKind::kRead, number, out);
}

void AppendEndFrame(const absl::Status& status, std::string& out) {
  std::string payload(1, static_cast<char>(status.code()));
  payload += std::string_view(status.message().data(), status.message().size());
  AppendEventFrame(EventFrameKind::kEnd, payload, out);
}

absl::StatusOr<std::optional<EventFrame>> TakeEventFrame(
    std::string_view& bytes) {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  const auto kind = static_cast<uint8_t>(bytes[0]);
  const auto length = LoadLittle<uint32_t>(bytes, 1);
  if (kind < static_cast<uint8_t>(EventFrameKind::kChecked) ||
      kind > static_cast<uint8_t>(EventFrameKind::kEnd) ||
      length > kEventFrameBytesMax) {
    return DataLoss("what the loader wrote is no frame of events");
  }
  if (bytes.size() - kHeadBytes < length) return std::nullopt;
  EventFrame frame;
  frame.kind = static_cast<EventFrameKind>(kind);
  frame.payload = bytes.substr(kHeadBytes, length);
  bytes.remove_prefix(kHeadBytes + length);
  return frame;
}

absl::StatusOr<int64_t> BytesOfReadFrame(std::string_view payload) {
  if (payload.size() != sizeof(int64_t)) {
    return DataLoss("a frame of progress has {} bytes", payload.size());
  }
  return LoadLittle<int64_t>(payload, 0);
}

absl::Status StatusOfEndFrame(std::string_view payload) {
  if (payload.empty()) return DataLoss("the last frame has no code");
  const std::string_view text = payload.substr(1);
  return absl::Status(static_cast<absl::StatusCode>(payload[0]),
                      absl::string_view(text.data(), text.size()));
}

}  // namespace freshet
