// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "features/byte_reader.h"
#include "features/streams/event_rows.h"
#include "ingest/formats/proto/proto_plan.h"

namespace freshet {

// Reads messages of protobuf by a plan. What a message costs is bounded by its
// length: what is no member is passed over as bytes, and of a member that is
// there more than once the last one alone is read, as of a oneof's members. Not
// thread-safe.
class ProtoReader {
 public:
  enum class Wire : uint8_t {
    kVarint = 0,
    kFixed64 = 1,
    kBytes = 2,
    kGroup = 3,
    kGroupEnd = 4,
    kFixed32 = 5,
  };
  struct Tag {
    uint32_t number = 0;
    Wire wire = Wire::kVarint;
  };

  explicit ProtoReader(ProtoPlan plan) : plan_(std::move(plan)) {}

  // As EventFormat's.
  absl::Status Read(std::string_view bytes, EventRows& rows);

 private:
  absl::Status Note(size_t place, Tag tag, ByteReader& in);
  bool IsThere(size_t place) const;

  ProtoPlan plan_;
  // Of this message: the bytes from where a member's value begins.
  std::vector<std::optional<std::string_view>> values_;
  std::vector<size_t> last_of_;  // Of each oneof, if any: its last member.
};

}  // namespace freshet
