// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/avro_events.h"

#include <utility>
#include <vector>

#include "base/status.h"
#include "features/records/avro_plan.h"
#include "ingest/formats/avro_reader.h"
#include "ingest/formats/framed_value.h"
#include "ingest/formats/registered_plans.h"

namespace freshet {
namespace {

absl::StatusOr<AvroPlan> PlanOf(std::string_view text,
                                const StreamSource& source) {
  ASSIGN_OR_RETURN(AvroSchema schema, ParseAvroSchema(text));
  return MakeAvroPlan(std::move(schema), source);
}

// By the schema of the definition.
class DefinedAvro : public EventFormat {
 public:
  DefinedAvro(AvroPlan plan, std::vector<RecordField> fields)
      : plan_(std::move(plan)), fields_(std::move(fields)) {}

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override {
    RETURN_IF_ERROR(AvroReader(plan_, fields_, value, rows).Read());
    return true;
  }

 private:
  const AvroPlan plan_;
  const std::vector<RecordField> fields_;
};

// By the schema that a record names.
class RegisteredAvro : public EventFormat {
 public:
  RegisteredAvro(const StreamSource& source, SchemaLookup* schemas)
      : fields_(RecordFields(source)),
        plans_(schemas, "AVRO", [source](const std::string& text) {
          return PlanOf(text, source);
        }) {}

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override {
    ASSIGN_OR_RETURN(const FramedValue framed, ParseFramed(value));
    ASSIGN_OR_RETURN(const AvroPlan* plan, plans_.Find(framed.schema));
    RETURN_IF_ERROR(AvroReader(*plan, fields_, framed.bytes, rows).Read());
    return true;
  }

 private:
  const std::vector<RecordField> fields_;
  RegisteredPlans<AvroPlan> plans_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventFormat>> MakeAvroEvents(
    const StreamSource& source, SchemaLookup* schemas) {
  if (source.kafka->schema_registry) {
    return std::make_unique<RegisteredAvro>(source, schemas);
  }
  ASSIGN_OR_RETURN(AvroPlan plan, PlanOf(source.kafka->schema, source));
  return std::make_unique<DefinedAvro>(std::move(plan), RecordFields(source));
}

}  // namespace freshet
