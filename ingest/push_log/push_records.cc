// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_records.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/value.h"
#include "ingest/formats/json_event_writer.h"

namespace freshet {
namespace {

// librdkafka's default of message.max.bytes.
constexpr size_t kMessageBytesMax = 1'000'000;
// More than a record has on the wire besides key and value.
constexpr size_t kWireBytes = 256;
// What librdkafka and this daemon hold for a record besides them, about.
constexpr int64_t kHeldBytes = 512;

size_t RecordBytesMax(const KafkaSettings& cluster) {
  size_t most = kMessageBytesMax;
  const auto set = cluster.properties.find("message.max.bytes");
  if (set != cluster.properties.end()) {
    const std::string& text = set->second;
    // One that is no number librdkafka has refused.
    std::from_chars(text.data(), text.data() + text.size(), most);
  }
  return most - std::min(most, kWireBytes);
}

// Null: records have no key.
const ValueColumn* KeysOf(const StreamSource& source,
                          const LoggedEvents& events) {
  const std::string& field = source.push_log->key_field.empty()
                                 ? source.id_field
                                 : source.push_log->key_field;
  for (size_t i = 0; i < events.fields.size(); ++i) {
    if (events.fields[i].name == field) return &events.events.fields[i];
  }
  return nullptr;
}

std::optional<std::string> KeyOf(const ValueColumn* keys, size_t row) {
  if (keys == nullptr || keys->states[row] != RowState::kValue) {
    return std::nullopt;
  }
  switch (StorageOf(keys->type.kind)) {
    case Storage::kStrings:
      return std::string(keys->strings[row]);
    case Storage::kReals:
      return FormatValue(keys->type, Value(keys->reals[row]));
    case Storage::kIntegers:
      break;
  }
  const int64_t value = keys->integers[row];
  return FormatValue(keys->type, keys->type.kind == Kind::kBool
                                     ? Value(value != 0)
                                     : Value(value));
}

}  // namespace

int64_t LeastBytes(const LoggedEvents& events) {
  return static_cast<int64_t>(events.events.rows) * kHeldBytes;
}

absl::StatusOr<PushRecords> MakePushRecords(const StreamSource& source,
                                            const LoggedEvents& events,
                                            size_t value_bytes_max) {
  const size_t record_bytes_max = RecordBytesMax(source.push_log->read.cluster);
  const JsonEventWriter writer(events.fields);
  const ValueColumn* keys = KeysOf(source, events);
  PushRecords made;
  made.records.reserve(events.events.rows);
  for (size_t row = 0; row < events.events.rows; ++row) {
    PushRecords::Record& record = made.records.emplace_back();
    record.key = KeyOf(keys, row);
    RETURN_IF_ERROR(writer.Append(events.events, row, &record.value));
    const size_t bytes =
        record.value.size() + (record.key ? record.key->size() : 0);
    if (bytes > record_bytes_max || record.value.size() > value_bytes_max) {
      return InvalidArgument(
          "an event, number {} of those that were not rejected, has {} bytes "
          "in the push log; at most {} are taken",
          row, bytes, std::min(record_bytes_max, value_bytes_max));
    }
    made.bytes += static_cast<int64_t>(bytes) + kHeldBytes;
  }
  return made;
}

}  // namespace freshet
