// SPDX-License-Identifier: Apache-2.0
#include "features/streams/event_codec.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/byte_reader.h"

namespace freshet {
namespace {

// A record of the change log is shorter; so are these.
constexpr uint64_t kRowsMax = 1 << 20;
constexpr uint64_t kFieldsMax = 4'096;

// Each is what the one before is and something more, and is written only where
// there is something of that.
constexpr uint8_t kWithPositions = 2;
constexpr uint8_t kWithAbsent = 3;
static_assert(kWithAbsent == kEventsFormat);

// Room for a bit of each row, all 0; returns where it begins.
size_t AppendBits(size_t rows, std::string* out) {
  const size_t begin = out->size();
  out->append((rows + 7) / 8, '\0');
  return begin;
}

void SetBit(size_t begin, size_t row, std::string* out) {
  char& bits = (*out)[begin + row / 8];
  bits = static_cast<char>(static_cast<uint8_t>(bits) | 1U << (row % 8));
}

std::string_view ReadBits(ByteReader& in, size_t rows) {
  return in.Bytes((rows + 7) / 8);
}

bool BitAt(std::string_view bits, size_t row) {
  return ((static_cast<uint8_t>(bits[row / 8]) >> (row % 8)) & 1) != 0;
}

void AppendColumn(const ValueColumn& column, size_t rows, std::string* out) {
  const size_t present = AppendBits(rows, out);
  for (size_t row = 0; row < rows; ++row) {
    CHECK(!IsFailure(column.states[row]));
    if (column.states[row] != RowState::kValue) continue;
    SetBit(present, row, out);
    switch (StorageOf(column.type.kind)) {
      case Storage::kIntegers:
        AppendVarint(ZigZag(column.integers[row]), out);
        break;
      case Storage::kReals:
        AppendLittle(column.reals[row], out);
        break;
      case Storage::kStrings:
        AppendLengthAndBytes(column.strings[row], out);
        break;
    }
  }
}

void ReadColumn(ByteReader& in, size_t rows, ValueColumn& column) {
  const std::string_view present = ReadBits(in, rows);
  // Of damaged bytes there may be more rows than memory.
  if (!in.ok()) return;
  column.Resize(rows);
  for (size_t row = 0; row < rows && in.ok(); ++row) {
    if (!BitAt(present, row)) continue;
    column.states[row] = RowState::kValue;
    switch (StorageOf(column.type.kind)) {
      case Storage::kIntegers:
        column.integers[row] = in.SignedVarint();
        break;
      case Storage::kReals:
        column.reals[row] = in.Fixed<double>();
        break;
      case Storage::kStrings:
        column.strings[row] = in.LengthAndBytes();
        break;
    }
  }
}

void AppendPosition(const PartitionPosition& position, std::string* out) {
  AppendLengthAndBytes(position.topic, out);
  AppendVarint(ZigZag(position.partition), out);
  AppendVarint(ZigZag(position.next), out);
  out->push_back(position.last ? 1 : 0);
  if (!position.last) return;
  AppendVarint(ZigZag(position.last->offset), out);
  AppendLittle(position.last->hash, out);
}

void ReadPositions(ByteReader& in, std::vector<PartitionPosition>& positions) {
  const auto count = in.Varint();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    PartitionPosition& position = positions.emplace_back();
    position.topic = in.LengthAndBytes();
    position.partition = static_cast<int32_t>(in.SignedVarint());
    position.next = in.SignedVarint();
    const auto has_last = in.Fixed<uint8_t>();
    if (has_last > 1) in.Fail();
    if (has_last != 1) continue;
    const auto offset = in.SignedVarint();
    position.last = {.offset = offset, .hash = in.Fixed<uint64_t>()};
  }
}

bool HasAbsent(const EventBatch& events) {
  return std::any_of(
      events.absent.begin(), events.absent.end(), [](const auto& absent) {
        return std::find(absent.begin(), absent.end(), 1) != absent.end();
      });
}

uint8_t FormatOf(const LoggedEvents& logged) {
  if (HasAbsent(logged.events)) return kWithAbsent;
  return logged.positions.empty() ? 1 : kWithPositions;
}

void AppendAbsent(const EventBatch& events, std::string* out) {
  for (size_t field = 0; field < events.fields.size(); ++field) {
    const size_t absent = AppendBits(events.rows, out);
    for (size_t row = 0; row < events.rows; ++row) {
      if (IsAbsent(events, field, row)) SetBit(absent, row, out);
    }
  }
}

void ReadAbsent(ByteReader& in, EventBatch& events) {
  for (size_t field = 0; field < events.fields.size(); ++field) {
    const std::string_view bits = ReadBits(in, events.rows);
    if (!in.ok()) return;
    std::vector<uint8_t>& absent = events.absent.emplace_back();
    for (size_t row = 0; row < events.rows; ++row) {
      absent.push_back(BitAt(bits, row) ? 1 : 0);
    }
  }
}

absl::StatusOr<StreamField> ReadField(ByteReader& in) {
  StreamField field;
  field.name = in.LengthAndBytes();
  const auto type = Type::Parse(in.LengthAndBytes());
  if (!type.ok() || type->list || type->fixed_length > 0) {
    return DataLoss("events have a field of no type of theirs");
  }
  field.type = *type;
  return field;
}

}  // namespace

int32_t PartitionAmongTopics(std::string_view topic, int32_t partition) {
  constexpr int kPartitionBits = 16;
  constexpr int32_t kPartitionMask = (1 << kPartitionBits) - 1;
  constexpr uint64_t kTopicMask = 0x7fff;
  const auto hash = static_cast<int32_t>(Xxh3(topic) & kTopicMask);
  return hash << kPartitionBits | (partition & kPartitionMask);
}

const PartitionPosition* PositionOf(
    int32_t number, const std::vector<PartitionPosition>& positions) {
  for (const PartitionPosition& position : positions) {
    if (position.partition == number ||
        PartitionAmongTopics(position.topic, position.partition) == number) {
      return &position;
    }
  }
  return nullptr;
}

void AppendEvents(const LoggedEvents& logged, std::string* out) {
  const EventBatch& events = logged.events;
  CHECK(logged.fields.size() == events.fields.size());
  const uint8_t format = FormatOf(logged);
  out->push_back(static_cast<char>(format));
  AppendLengthAndBytes(logged.source, out);
  AppendLittle(logged.arrival_micros, out);
  AppendVarint(events.rows, out);
  AppendVarint(logged.fields.size(), out);
  for (const StreamField& field : logged.fields) {
    AppendLengthAndBytes(field.name, out);
    AppendLengthAndBytes(field.type.ToString(), out);
  }
  int64_t before = 0;
  for (size_t row = 0; row < events.rows; ++row) {
    AppendVarint(ZigZag(events.partitions[row]), out);
    // Wraps round where it has to, and back.
    AppendVarint(
        ZigZag(static_cast<int64_t>(static_cast<uint64_t>(events.offsets[row]) -
                                    static_cast<uint64_t>(before))),
        out);
    before = events.offsets[row];
  }
  for (const ValueColumn& column : events.fields) {
    AppendColumn(column, events.rows, out);
  }
  if (format < kWithPositions) return;
  AppendVarint(logged.positions.size(), out);
  for (const PartitionPosition& position : logged.positions) {
    AppendPosition(position, out);
  }
  if (format >= kWithAbsent) AppendAbsent(events, out);
}

absl::StatusOr<LoggedEvents> DecodeEvents(std::string_view record) {
  ByteReader in(record);
  const auto format = in.Fixed<uint8_t>();
  if (format > kEventsFormat) {
    return FailedPrecondition(
        "events of format {}, this release reads up to {}", format,
        kEventsFormat);
  }
  LoggedEvents logged;
  logged.source = in.LengthAndBytes();
  logged.arrival_micros = in.Fixed<int64_t>();
  const auto rows = in.Varint();
  const auto fields = in.Varint();
  if (!in.ok() || format == 0 || rows > kRowsMax || fields > kFieldsMax) {
    return DataLoss("{} bytes are no events", record.size());
  }
  for (uint64_t i = 0; i < fields; ++i) {
    ASSIGN_OR_RETURN(StreamField field, ReadField(in));
    logged.fields.push_back(std::move(field));
  }
  EventBatch& events = logged.events;
  events.rows = rows;
  uint64_t offset = 0;
  for (uint64_t row = 0; row < rows && in.ok(); ++row) {
    events.partitions.push_back(static_cast<int32_t>(in.SignedVarint()));
    offset += static_cast<uint64_t>(in.SignedVarint());
    events.offsets.push_back(static_cast<int64_t>(offset));
  }
  for (const StreamField& field : logged.fields) {
    if (!in.ok()) break;
    events.fields.emplace_back();
    events.fields.back().type = field.type;
    ReadColumn(in, rows, events.fields.back());
  }
  if (format >= kWithPositions) ReadPositions(in, logged.positions);
  if (format >= kWithAbsent) ReadAbsent(in, events);
  if (in.ok() && in.AtEnd()) return logged;
  return DataLoss("events of source '{}' are damaged", logged.source);
}

}  // namespace freshet
