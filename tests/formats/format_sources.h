// SPDX-License-Identifier: Apache-2.0
// Sources of topics in each format, for tests.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/streams/stream_view.h"

namespace freshet {

inline const Type kInt32 = {.kind = Kind::kInt32};
inline const Type kInt64 = {.kind = Kind::kInt64};
inline const Type kReal = {.kind = Kind::kDouble};
inline const Type kText = {.kind = Kind::kString};
inline const Type kBytes = {.kind = Kind::kBytes};
inline const Type kTime = {.kind = Kind::kTimestamp};

inline StreamField Field(const std::string& name, Type type,
                         ValueEncoding encoding = ValueEncoding::kUsual) {
  return {.name = name, .type = type, .encoding = encoding};
}

inline StreamSource AvroSource(std::vector<StreamField> fields,
                               std::string_view schema) {
  StreamSource source{.name = "s", .fields = std::move(fields)};
  source.kafka =
      KafkaSource{.format = StreamFormat::kAvro, .schema = std::string(schema)};
  return source;
}

// A schema of Avro of one field, `f`.
inline std::string OneField(std::string_view type) {
  return fmt::format(R"({{"type": "record", "name": "R",
                          "fields": [{{"name": "f", "type": {}}}]}})",
                     type);
}

inline StreamSource ProtoSource(std::vector<StreamField> fields,
                                std::string_view file,
                                const std::string& message) {
  StreamSource source{.name = "s", .fields = std::move(fields)};
  source.kafka = KafkaSource{.format = StreamFormat::kProtobuf,
                             .schema = std::string(file),
                             .message = message};
  return source;
}

inline StreamSource DebeziumSource(std::vector<StreamField> fields) {
  StreamSource source{.name = "users", .fields = std::move(fields)};
  source.kafka = KafkaSource{.envelope = RecordEnvelope::kDebezium};
  return source;
}

}  // namespace freshet
