// SPDX-License-Identifier: Apache-2.0
// A change of a row by Debezium in JSON: read or refused.
#include <cstdint>
#include <string_view>

#include "ingest/formats/event_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using freshet::Kind;
  using freshet::ValueEncoding;
  static const freshet::StreamSource source = [] {
    freshet::StreamSource made{
        .name = "s",
        .fields = {
            {"id", {.kind = Kind::kInt64}},
            {"s", {.kind = Kind::kString}},
            {"d", {.kind = Kind::kDecimal, .precision = 9, .scale = 2}},
            {"t", {.kind = Kind::kTimestamp}, {}, ValueEncoding::kMicros},
            {"__op", {.kind = Kind::kString}},
            {"__source_ts_ms", {.kind = Kind::kTimestamp}}}};
    made.kafka =
        freshet::KafkaSource{.envelope = freshet::RecordEnvelope::kDebezium};
    return made;
  }();
  static const auto format = freshet::MakeEventFormat(source, nullptr).value();
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  freshet::EventRows rows(source.fields);
  rows.Begin(0, 0);
  format->Read(input, rows).IgnoreError();
  return 0;
}
