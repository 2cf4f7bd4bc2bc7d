// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/record_origin.h"

#include <charconv>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"
#include "features/records/field_reading.h"

namespace freshet {
namespace {

using Part = RecordField::Part;

std::optional<int64_t> NumberOf(std::string_view bytes,
                                ValueEncoding encoding) {
  int64_t number = 0;
  if (encoding == ValueEncoding::kText) {
    const char* const end = bytes.data() + bytes.size();
    const auto [at, error] = std::from_chars(bytes.data(), end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
  }
  if (bytes.size() != sizeof(number)) return std::nullopt;
  uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(bits);
}

}  // namespace

RecordOrigin::RecordOrigin(const StreamSource& source) {
  const std::vector<RecordField> fields = RecordFields(source);
  std::vector<JsonMember> members;
  for (size_t i = 0; i < fields.size(); ++i) {
    const RecordField& one = fields[i];
    switch (one.part) {
      case Part::kKeyMember:
        members.push_back({.name = one.member, .index = i, .field = one.field});
        break;
      case Part::kKey:
      case Part::kTimestamp:
      case Part::kHeader:
        places_.push_back({.index = i, .is = one});
        break;
      default:
        break;
    }
  }
  if (members.empty()) return;
  key_ = std::make_unique<JsonEvents>(std::move(members));
}

absl::Status RecordOrigin::ReadBytes(const Place& place, std::string_view bytes,
                                     EventRows& rows) const {
  const StreamField& field = place.is.field;
  if (field.type.kind == Kind::kInt64) {
    const std::optional<int64_t> number = NumberOf(bytes, field.encoding);
    if (!number) return NotOfType(field, "no integer that fits");
    rows.SetInteger(place.index, *number);
    return absl::OkStatus();
  }
  if (field.type.kind == Kind::kString &&
      ValidUtf8Prefix(bytes) != bytes.size()) {
    return NotOfType(field, "no UTF-8");
  }
  rows.SetText(place.index, bytes);
  return absl::OkStatus();
}

absl::Status RecordOrigin::ReadHeader(const Place& place,
                                      const KafkaRecord& record,
                                      EventRows& rows) const {
  for (auto header = record.headers.rbegin(); header != record.headers.rend();
       ++header) {
    if (header->name != place.is.member) continue;
    if (header->value) return ReadBytes(place, *header->value, rows);
    rows.SetNull(place.index);
    break;
  }
  return absl::OkStatus();
}

absl::Status RecordOrigin::Read(const KafkaRecord& record, EventRows& rows) {
  for (const Place& place : places_) {
    if (place.is.part == Part::kHeader) {
      RETURN_IF_ERROR(ReadHeader(place, record, rows));
    } else if (place.is.part == Part::kTimestamp) {
      if (record.timestamp_type == KafkaTime::kNone) continue;
      rows.SetInteger(place.index, record.timestamp_micros);
    } else if (record.key) {
      RETURN_IF_ERROR(ReadBytes(place, *record.key, rows));
    }
  }
  if (key_ == nullptr || !record.key) return absl::OkStatus();
  const absl::Status read = key_->ReadPayload(*record.key, rows);
  return absl::IsInvalidArgument(read) ? Annotate(read, "its key") : read;
}

}  // namespace freshet
