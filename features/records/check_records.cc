// SPDX-License-Identifier: Apache-2.0
#include "features/records/check_records.h"

#include <fmt/format.h>

#include <string>

#include "config/names.h"
#include "features/records/avro_plan.h"
#include "features/records/record_field.h"

namespace freshet {
namespace {

// Where schemas come from: one way, for a format that needs one.
void CheckSchemas(const StreamSource& source, std::vector<Problem>& problems) {
  const KafkaSource& kafka = *source.kafka;
  const bool has_schema = !kafka.schema.empty();
  const bool has_registry = kafka.schema_registry.has_value();
  const std::string format = StreamFormatName(kafka.format);
  const auto wrong = [&](std::string_view what) {
    problems.push_back(
        {kafka.at, fmt::format("source '{}' {}", source.name, what)});
  };
  if (kafka.format == StreamFormat::kJson) {
    if (has_schema || has_registry || !kafka.message.empty()) {
      wrong(fmt::format("has '{}', and its format is json, which needs none",
                        has_schema     ? "schema"
                        : has_registry ? "schema_registry"
                                       : "message"));
    }
    return;
  }
  if (has_schema == has_registry) {
    wrong(fmt::format(
        "has format {} and {}; values are written by a 'schema' that all of "
        "them share, or each by one of a 'schema_registry'",
        format,
        has_schema ? "both a 'schema' and a 'schema_registry'"
                   : "neither a 'schema' nor a 'schema_registry'"));
  }
  const bool wants_message =
      kafka.format == StreamFormat::kProtobuf && has_schema && !has_registry;
  if (wants_message == kafka.message.empty()) {
    wrong(
        wants_message
            ? "has a schema of protobuf and no 'message', the name of the one "
              "that its values are"
            : "has a 'message', which is about a 'schema' of protobuf");
  }
  if (kafka.format == StreamFormat::kProtobuf &&
      kafka.envelope != RecordEnvelope::kNone) {
    wrong(fmt::format("has envelope {}, which is read of json and avro",
                      RecordEnvelopeName(kafka.envelope)));
  }
  if (!has_registry) return;
  const absl::Status registry = CheckSchemaRegistry(*kafka.schema_registry);
  if (registry.ok()) return;
  problems.push_back({kafka.schema_registry->at,
                      fmt::format("source '{}': {}", source.name,
                                  std::string(registry.message()))});
}

}  // namespace

void CheckRecords(const StreamSource& source, std::vector<Problem>& problems) {
  CheckRecordFields(source, problems);
  if (!source.kafka) return;
  const size_t before = problems.size();
  CheckSchemas(source, problems);
  if (problems.size() > before || source.kafka->schema.empty()) return;
  // Of protobuf, whoever has its parser does: ingest/formats/.
  if (source.kafka->format != StreamFormat::kAvro) return;
  CheckAvroSource(source, problems);
}

}  // namespace freshet
