// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/event_format.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "features/records/record_field.h"
#include "ingest/formats/avro_events.h"
#include "ingest/formats/debezium_json.h"
#include "ingest/formats/json_events.h"
#include "ingest/formats/proto/proto_events.h"

namespace freshet {
namespace {

std::vector<JsonMember> MembersOf(const StreamSource& source) {
  const std::vector<RecordField> fields = RecordFields(source);
  std::vector<JsonMember> members;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].part != RecordField::Part::kRow) continue;
    members.push_back(
        {.name = fields[i].member, .index = i, .field = fields[i].field});
  }
  return members;
}

class PlainJson : public EventFormat {
 public:
  explicit PlainJson(const StreamSource& source) : events_(MembersOf(source)) {}

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override {
    RETURN_IF_ERROR(events_.Read(value, rows));
    return true;
  }

 private:
  JsonEvents events_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventFormat>> MakeEventFormat(
    const StreamSource& source, SchemaLookup* schemas) {
  const KafkaSource* topics = source.topics();
  CHECK(topics != nullptr);
  CHECK(schemas != nullptr || !topics->schema_registry);
  if (topics->format == StreamFormat::kAvro) {
    return MakeAvroEvents(source, schemas);
  }
  if (topics->format == StreamFormat::kProtobuf) {
    return MakeProtoEvents(source, schemas);
  }
  if (topics->envelope == RecordEnvelope::kDebezium) {
    return std::make_unique<DebeziumJson>(source);
  }
  return std::make_unique<PlainJson>(source);
}

}  // namespace freshet
