// SPDX-License-Identifier: Apache-2.0
#include "features/records/avro_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"
#include "config/nearest.h"
#include "features/records/field_reading.h"

namespace freshet {
namespace {

using AvroKind = AvroType::Kind;
using Part = RecordField::Part;
using Use = AvroMember::Use;

// What a schema says of a time that is a number.
struct SaidCount {
  ValueEncoding encoding = ValueEncoding::kUsual;  // Nothing.
  // Whether it is a moment, and not a day or what a clock somewhere shows:
  // the definition must say that it is read as UTC's.
  bool moment = false;
};

SaidCount CountSaid(const AvroType& type) {
  const std::string_view logical = type.logical;
  if (logical == "date") return {.encoding = ValueEncoding::kDays};
  const ValueEncoding meant = CountOf(type.meaning);
  // Connect's own name for it stands for either.
  const bool moment =
      !logical.starts_with("local-") && meant == ValueEncoding::kUsual;
  if (logical.ends_with("timestamp-millis")) {
    return {ValueEncoding::kMillis, moment};
  }
  if (logical.ends_with("timestamp-micros")) {
    return {ValueEncoding::kMicros, moment};
  }
  if (logical.ends_with("timestamp-nanos")) {
    return {ValueEncoding::kNanos, moment};
  }
  return {.encoding = meant};
}

// How a number is a time; kUsual: it is none.
ValueEncoding CountFor(const AvroType& type, const StreamField& field) {
  const bool of_day =
      type.logical.starts_with("time-") || IsTimeOfDay(type.meaning);
  if (of_day || field.type.kind != Kind::kTimestamp) {
    return ValueEncoding::kUsual;
  }
  const SaidCount said = CountSaid(type);
  if (field.encoding == ValueEncoding::kUsual) {
    return said.moment ? said.encoding : ValueEncoding::kUsual;
  }
  const bool agrees =
      said.encoding == ValueEncoding::kUsual || said.encoding == field.encoding;
  return agrees && IsCount(field.encoding) ? field.encoding
                                           : ValueEncoding::kUsual;
}

AvroRead ReadOfNumber(const AvroType& type, const StreamField& field) {
  if (CountFor(type, field) != ValueEncoding::kUsual) return AvroRead::kCount;
  const Kind kind = field.type.kind;
  const bool fits = kind == Kind::kInt64 ||
                    (kind == Kind::kInt32 && type.kind == AvroKind::kInt);
  return fits ? AvroRead::kInteger : AvroRead::kWrong;
}

AvroRead ReadOfBytes(const AvroType& type, const StreamField& field) {
  switch (field.type.kind) {
    case Kind::kBytes:
      return AvroRead::kBytes;
    case Kind::kDecimal:
      // Without the logical type nothing says the scale.
      if (type.logical != "decimal" || field.encoding == ValueEncoding::kText) {
        return AvroRead::kWrong;
      }
      return AvroRead::kDecimal;
    case Kind::kString:
      return type.logical == "uuid" ? AvroRead::kUuid : AvroRead::kWrong;
    default:
      return AvroRead::kWrong;
  }
}

AvroRead ReadOfText(const AvroType& type, const StreamField& field) {
  const bool is_told = field.encoding == ValueEncoding::kText;
  switch (field.type.kind) {
    case Kind::kString:
      return AvroRead::kText;
    case Kind::kTimestamp:
      return is_told || (field.encoding == ValueEncoding::kUsual &&
                         IsTextOfMoment(type.meaning))
                 ? AvroRead::kParsed
                 : AvroRead::kWrong;
    case Kind::kDecimal:
      return is_told ? AvroRead::kParsed : AvroRead::kWrong;
    default:
      return AvroRead::kWrong;
  }
}

AvroRead ReadOf(const AvroType& type, const StreamField& field) {
  const Kind kind = field.type.kind;
  switch (type.kind) {
    case AvroKind::kNull:
      return AvroRead::kNull;
    case AvroKind::kBool:
      return kind == Kind::kBool ? AvroRead::kBool : AvroRead::kWrong;
    case AvroKind::kInt:
    case AvroKind::kLong:
      return ReadOfNumber(type, field);
    case AvroKind::kFloat:
      return kind == Kind::kFloat || kind == Kind::kDouble ? AvroRead::kFloat
                                                           : AvroRead::kWrong;
    case AvroKind::kDouble:
      return kind == Kind::kDouble ? AvroRead::kDouble : AvroRead::kWrong;
    case AvroKind::kBytes:
    case AvroKind::kFixed:
      return ReadOfBytes(type, field);
    case AvroKind::kString:
      return ReadOfText(type, field);
    case AvroKind::kEnum:
      return kind == Kind::kString ? AvroRead::kSymbol : AvroRead::kWrong;
    default:
      return AvroRead::kWrong;
  }
}

// The type itself, or a union's branches.
std::vector<size_t> BranchesOf(const AvroSchema& schema, size_t type) {
  const AvroType& of = schema.at(type);
  return of.kind == AvroKind::kUnion ? of.parts : std::vector<size_t>{type};
}

std::optional<size_t> RecordIn(const AvroSchema& schema, size_t type) {
  for (const size_t branch : BranchesOf(schema, type)) {
    if (schema.at(branch).kind == AvroKind::kRecord) return branch;
  }
  return std::nullopt;
}

AvroTarget TargetOf(const AvroSchema& schema, size_t type, size_t index,
                    const StreamField& field) {
  AvroTarget target{.field = index, .is = field};
  for (const size_t branch : BranchesOf(schema, type)) {
    target.reads.push_back(ReadOf(schema.at(branch), field));
    target.counts.push_back(CountFor(schema.at(branch), field));
  }
  return target;
}

class Planner {
 public:
  Planner(AvroPlan& plan, const StreamSource& source)
      : plan_(plan), fields_(RecordFields(source)) {}

  absl::Status Run();

 private:
  // Of a record, the fields that are in such a part.
  AvroRecord Of(size_t record, Part part) const;
  absl::Status PlanEnvelope();

  AvroPlan& plan_;
  const std::vector<RecordField> fields_;
};

AvroRecord Planner::Of(size_t record, Part part) const {
  std::map<std::string_view, size_t> wanted;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].part == part) wanted[fields_[i].member] = i;
  }
  AvroRecord out{.type = record};
  const AvroType& type = plan_.schema.at(record);
  for (size_t i = 0; i < type.parts.size(); ++i) {
    AvroMember member{.type = type.parts[i]};
    const auto found = wanted.find(type.names[i]);
    if (found != wanted.end()) {
      member.use = Use::kField;
      member.target = out.targets.size();
      out.targets.push_back(TargetOf(plan_.schema, member.type, found->second,
                                     fields_[found->second].field));
    }
    out.members.push_back(member);
  }
  return out;
}

absl::Status Planner::PlanEnvelope() {
  plan_.top = Of(plan_.schema.root, Part::kEnvelope);
  const AvroType& root = plan_.schema.at(plan_.schema.root);
  bool has_op = false;
  bool has_after = false;
  for (size_t i = 0; i < root.parts.size(); ++i) {
    AvroMember& member = plan_.top.members[i];
    const std::string& name = root.names[i];
    if (name == "op") {
      member.use = Use::kOp;
      has_op = plan_.schema.at(member.type).kind == AvroKind::kString;
    }
    const std::optional<size_t> record = RecordIn(plan_.schema, member.type);
    if (!record) continue;
    if (name == "before") {
      member.use = Use::kBefore;
      plan_.before = Of(*record, Part::kRow);
    } else if (name == "after") {
      member.use = Use::kAfter;
      plan_.after = Of(*record, Part::kRow);
      has_after = true;
    } else if (name == "source") {
      member.use = Use::kSource;
      plan_.source = Of(*record, Part::kSource);
    }
  }
  if (has_op && has_after) return absl::OkStatus();
  return InvalidArgument(
      "{} is no change event of Debezium, with a record 'after' and a string "
      "'op'",
      Describe(plan_.schema, plan_.schema.root));
}

absl::Status Planner::Run() {
  const size_t root = plan_.schema.root;
  if (plan_.schema.at(root).kind != AvroKind::kRecord) {
    return InvalidArgument("it is {}, not a record",
                           Describe(plan_.schema, root));
  }
  if (plan_.enveloped) return PlanEnvelope();
  plan_.top = Of(root, Part::kRow);
  return absl::OkStatus();
}

// Whether a field is read from any value at all.
bool IsRead(const AvroTarget& target) {
  return std::any_of(
      target.reads.begin(), target.reads.end(), [](AvroRead read) {
        return read != AvroRead::kWrong && read != AvroRead::kNull;
      });
}

// The names beside which a field would stand.
std::vector<std::string> NamesBeside(const AvroPlan& plan, Part part) {
  size_t record = plan.schema.root;
  for (size_t i = 0; i < plan.top.members.size(); ++i) {
    const Use use = plan.top.members[i].use;
    const bool is_it = (part == Part::kRow && use == Use::kAfter) ||
                       (part == Part::kSource && use == Use::kSource);
    if (!is_it) continue;
    record = RecordIn(plan.schema, plan.top.members[i].type).value_or(record);
  }
  return plan.schema.at(record).names;
}

void CheckField(const AvroPlan& plan, const RecordField& field, size_t index,
                std::vector<Problem>& problems) {
  const bool is_member = field.part == Part::kRow ||
                         field.part == Part::kEnvelope ||
                         field.part == Part::kSource;
  if (!is_member) return;
  const AvroRecord* of = &plan.top;
  if (plan.enveloped && field.part == Part::kRow) of = &plan.after;
  if (field.part == Part::kSource) of = &plan.source;
  for (const AvroMember& member : of->members) {
    if (member.use != Use::kField) continue;
    const AvroTarget& target = of->targets[member.target];
    if (target.field != index) continue;
    if (IsRead(target)) return;
    problems.push_back(
        {field.field.at,
         "schema: " +
             std::string(
                 WrongType(plan.schema, member.type, field.field).message())});
    return;
  }
  problems.push_back(
      {field.field.at,
       fmt::format("field '{}' is not in the schema; {}", field.field.name,
                   NearestText(field.member, NamesBeside(plan, field.part)))});
}

}  // namespace

absl::StatusOr<AvroPlan> MakeAvroPlan(AvroSchema schema,
                                      const StreamSource& source) {
  AvroPlan plan{.schema = std::move(schema), .top = {}};
  plan.enveloped = source.kafka->envelope == RecordEnvelope::kDebezium;
  RETURN_IF_ERROR(Planner(plan, source).Run());
  return plan;
}

absl::Status WrongType(const AvroSchema& schema, size_t type,
                       const StreamField& field) {
  const std::vector<size_t> branches = BranchesOf(schema, type);
  const bool nullable =
      branches.size() == 2 && schema.at(branches[0]).kind == AvroKind::kNull;
  if (nullable) type = branches[1];
  const AvroType& of = schema.at(type);
  const bool is_number =
      of.kind == AvroKind::kInt || of.kind == AvroKind::kLong;
  if (field.type.kind != Kind::kTimestamp || !is_number) {
    return NotOfType(field, Describe(schema, type));
  }
  const ValueEncoding said = CountSaid(of).encoding;
  if (said == ValueEncoding::kUsual) {
    return FailedPrecondition(
        "field '{}' is {}, and its definition does not say of what since 1970: "
        "give it an encoding",
        field.name, Describe(schema, type));
  }
  return FailedPrecondition(
      "field '{}' is {}: its encoding is '{}', and its definition says {}",
      field.name, of.meaning.empty() ? Describe(schema, type) : of.meaning,
      ValueEncodingName(said),
      field.encoding == ValueEncoding::kUsual
          ? "none"
          : "'" + ValueEncodingName(field.encoding) + "'");
}

void CheckAvroSource(const StreamSource& source,
                     std::vector<Problem>& problems) {
  const KafkaSource& kafka = *source.kafka;
  const auto wrong = [&](const absl::Status& status) {
    problems.push_back(
        {kafka.schema_at, fmt::format("source '{}', schema: {}", source.name,
                                      std::string(status.message()))});
  };
  absl::StatusOr<AvroSchema> schema = ParseAvroSchema(kafka.schema);
  if (!schema.ok()) return wrong(schema.status());
  const absl::StatusOr<AvroPlan> plan =
      MakeAvroPlan(*std::move(schema), source);
  if (!plan.ok()) return wrong(plan.status());
  const std::vector<RecordField> fields = RecordFields(source);
  for (size_t i = 0; i < fields.size(); ++i) {
    CheckField(*plan, fields[i], i, problems);
  }
}

}  // namespace freshet
