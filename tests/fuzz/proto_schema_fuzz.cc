// SPDX-License-Identifier: Apache-2.0
// A .proto file, then a zero byte and a message by it: both read or refused.
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
                 {"i", {.kind = Kind::kInt32}},
                 {"l", {.kind = Kind::kInt64}},
                 {"r", {.kind = Kind::kDouble}},
                 {"s", {.kind = Kind::kString}},
                 {"x", {.kind = Kind::kBytes}},
                 {"t", {.kind = Kind::kTimestamp}},
                 {"n", {.kind = Kind::kTimestamp}, {}, ValueEncoding::kNanos}}};
  source.kafka =
      freshet::KafkaSource{.format = freshet::StreamFormat::kProtobuf,
                           .schema = std::string(input.substr(0, end)),
                           .message = "M"};
  auto format = freshet::MakeEventFormat(source, nullptr);
  if (!format.ok() || end == input.npos) return 0;
  freshet::EventRows rows(source.fields);
  rows.Begin(0, 0);
  (*format)->Read(input.substr(end + 1), rows).IgnoreError();
  return 0;
}
