// SPDX-License-Identifier: Apache-2.0
// A schema of Avro, then a zero byte and a value by it: both read or refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/formats/event_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using freshet::Kind;
  using freshet::ValueEncoding;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t end = input.find('\0');
  freshet::StreamSource source{
      .name = "s",
      .fields = {{"b", {.kind = Kind::kBool}},
                 {"l", {.kind = Kind::kInt64}},
                 {"d", {.kind = Kind::kDecimal, .precision = 9, .scale = 2}},
                 {"r", {.kind = Kind::kDouble}},
                 {"s", {.kind = Kind::kString}},
                 {"x", {.kind = Kind::kBytes}},
                 {"t", {.kind = Kind::kTimestamp}, {}, ValueEncoding::kMillis},
                 {"__op", {.kind = Kind::kString}}}};
  source.kafka =
      freshet::KafkaSource{.format = freshet::StreamFormat::kAvro,
                           .schema = std::string(input.substr(0, end))};
  for (const auto envelope :
       {freshet::RecordEnvelope::kNone, freshet::RecordEnvelope::kDebezium}) {
    source.kafka->envelope = envelope;
    auto format = freshet::MakeEventFormat(source, nullptr);
    if (!format.ok() || end == input.npos) continue;
    freshet::EventRows rows(source.fields);
    rows.Begin(0, 0);
    (*format)->Read(input.substr(end + 1), rows).IgnoreError();
  }
  return 0;
}
