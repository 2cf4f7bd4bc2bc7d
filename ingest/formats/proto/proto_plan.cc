// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/proto/proto_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "features/records/field_reading.h"
#include "features/records/record_field.h"
#include "ingest/formats/proto/proto_file_parts.h"

namespace freshet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

constexpr size_t kSymbolBytesMax = 1'024;

// By the file that it is in: a file of one's own may have messages of the same
// names. All of that file are wrappers.
bool IsWrapper(const Descriptor& message) {
  return message.file()->name() == "google/protobuf/wrappers.proto";
}

bool IsTimestamp(const Descriptor& message) {
  return message.file()->name() == "google/protobuf/timestamp.proto";
}

struct Integer {
  ProtoForm form;
  bool narrow;
  bool fits_int32;
};

// Nullopt: it is none.
std::optional<Integer> IntegerOf(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_INT32:
      return Integer{ProtoForm::kVarint, true, true};
    case FieldDescriptor::TYPE_INT64:
      return Integer{ProtoForm::kVarint, false, false};
    case FieldDescriptor::TYPE_UINT32:
      return Integer{ProtoForm::kUnsigned, true, false};
    case FieldDescriptor::TYPE_UINT64:
      return Integer{ProtoForm::kUnsigned, false, false};
    case FieldDescriptor::TYPE_SINT32:
      return Integer{ProtoForm::kZigZag, true, true};
    case FieldDescriptor::TYPE_SINT64:
      return Integer{ProtoForm::kZigZag, false, false};
    case FieldDescriptor::TYPE_FIXED32:
      return Integer{ProtoForm::kFixed32, true, false};
    case FieldDescriptor::TYPE_FIXED64:
      return Integer{ProtoForm::kFixed64, false, false};
    case FieldDescriptor::TYPE_SFIXED32:
      return Integer{ProtoForm::kSigned32, true, true};
    case FieldDescriptor::TYPE_SFIXED64:
      return Integer{ProtoForm::kSigned64, false, false};
    case FieldDescriptor::TYPE_ENUM:
      return Integer{ProtoForm::kVarint, true, true};
    default:
      return std::nullopt;
  }
}

// Whether a scalar is of the field's type; what is read of it then.
bool SetScalar(const FieldDescriptor& is, ProtoMember& member) {
  const StreamField& field = member.field;
  const Kind kind = field.type.kind;
  if (const std::optional<Integer> integer = IntegerOf(is.type())) {
    member.form = integer->form;
    member.narrow = integer->narrow;
    if (is.enum_type() != nullptr && kind == Kind::kString) {
      member.form = ProtoForm::kSymbol;
      member.symbols = is.enum_type();
      for (int i = 0; i < is.enum_type()->value_count(); ++i) {
        // Of a byte or two it would be a text.
        const std::string& name = is.enum_type()->value(i)->name();
        if (name.size() > kSymbolBytesMax) return false;
      }
      return true;
    }
    if (kind == Kind::kTimestamp) return IsCount(field.encoding);
    return kind == Kind::kInt64 ||
           (kind == Kind::kInt32 && integer->fits_int32);
  }
  switch (is.type()) {
    case FieldDescriptor::TYPE_BOOL:
      member.form = ProtoForm::kBool;
      return kind == Kind::kBool;
    case FieldDescriptor::TYPE_FLOAT:
      member.form = ProtoForm::kFloat;
      return kind == Kind::kFloat || kind == Kind::kDouble;
    case FieldDescriptor::TYPE_DOUBLE:
      member.form = ProtoForm::kDouble;
      return kind == Kind::kDouble;
    case FieldDescriptor::TYPE_STRING:
      member.form = ProtoForm::kText;
      return kind == Kind::kString ||
             ((kind == Kind::kTimestamp || kind == Kind::kDecimal) &&
              field.encoding == ValueEncoding::kText);
    case FieldDescriptor::TYPE_BYTES:
      member.form = ProtoForm::kBytes;
      return kind == Kind::kBytes;
    default:
      return false;
  }
}

bool SetMember(const FieldDescriptor& is, ProtoMember& member) {
  if (is.is_repeated()) return false;
  member.presence = is.has_presence();
  const Descriptor* message = is.message_type();
  if (message == nullptr) return SetScalar(is, member);
  if (is.type() != FieldDescriptor::TYPE_MESSAGE) return false;
  if (IsWrapper(*message)) {
    member.wrapped = true;
    return SetScalar(*message->field(0), member);
  }
  member.form = ProtoForm::kMoment;
  return IsTimestamp(*message) && member.field.type.kind == Kind::kTimestamp &&
         member.field.encoding == ValueEncoding::kUsual;
}

std::string TypeText(const FieldDescriptor& is) {
  std::string type = is.type_name();
  if (is.message_type() != nullptr) type = is.message_type()->full_name();
  if (is.enum_type() != nullptr) type = is.enum_type()->full_name();
  if (is.is_map()) return "a map";
  return is.is_repeated() ? "repeated " + type : type;
}

absl::Status WrongMember(const FieldDescriptor& is, const StreamField& field) {
  const bool is_count = field.type.kind == Kind::kTimestamp &&
                        !is.is_repeated() && IntegerOf(is.type()).has_value();
  if (!is_count) return NotOfType(field, TypeText(is));
  return FailedPrecondition(
      "field '{}' is {}, and its definition does not say of what since 1970: "
      "give it an encoding",
      field.name, TypeText(is));
}

// Notes which members are of oneofs, and the others of these.
void AddOneofs(const Descriptor& message, ProtoPlan& plan) {
  const size_t fields = plan.members.size();
  std::map<const OneofDescriptor*, size_t> places;
  std::set<uint32_t> numbers;
  for (size_t i = 0; i < fields; ++i) {
    ProtoMember& member = plan.members[i];
    numbers.insert(member.number);
    const FieldDescriptor* is =
        message.FindFieldByNumber(static_cast<int>(member.number));
    const OneofDescriptor* oneof = is->real_containing_oneof();
    if (oneof == nullptr) continue;
    member.oneof = places.emplace(oneof, places.size()).first->second;
  }
  for (const auto& [oneof, place] : places) {
    for (int i = 0; i < oneof->field_count(); ++i) {
      const auto number = static_cast<uint32_t>(oneof->field(i)->number());
      if (numbers.contains(number)) continue;
      plan.members.push_back({.number = number,
                              .form = ProtoForm::kOther,
                              .presence = true,
                              .oneof = place});
    }
  }
  plan.oneofs = places.size();
}

ProtoPlan PlanOf(std::shared_ptr<const ProtoFile> file,
                 const Descriptor& message, const StreamSource& source) {
  ProtoPlan plan{.file = std::move(file)};
  for (int i = 0; i < message.field_count(); ++i) {
    plan.names.push_back(message.field(i)->name());
  }
  const std::vector<RecordField> fields = RecordFields(source);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].part != RecordField::Part::kRow) continue;
    const FieldDescriptor* is = message.FindFieldByName(fields[i].member);
    if (is == nullptr) {
      plan.missing.push_back(i);
      continue;
    }
    ProtoMember member{.number = static_cast<uint32_t>(is->number()),
                       .index = i,
                       .field = fields[i].field};
    if (SetMember(*is, member)) {
      plan.members.push_back(std::move(member));
    } else {
      plan.wrong.emplace_back(i, WrongMember(*is, fields[i].field));
    }
  }
  AddOneofs(message, plan);
  std::sort(plan.members.begin(), plan.members.end(),
            [](const ProtoMember& a, const ProtoMember& b) {
              return a.number < b.number;
            });
  return plan;
}

void CheckSource(const StreamSource& source, std::vector<Problem>& problems) {
  const KafkaSource& kafka = *source.kafka;
  const auto wrong = [&](const absl::Status& status) {
    problems.push_back(
        {kafka.schema_at, fmt::format("source '{}', schema: {}", source.name,
                                      std::string(status.message()))});
  };
  auto file = ParseProtoFile(kafka.schema);
  if (!file.ok()) return wrong(file.status());
  const absl::StatusOr<ProtoPlan> plan =
      MakeProtoPlan(*std::move(file), {.name = kafka.message}, source);
  if (!plan.ok()) return wrong(plan.status());
  for (const size_t index : plan->missing) {
    const StreamField& field = source.fields[index];
    problems.push_back(
        {field.at,
         fmt::format("field '{}' is not in the schema; {}", field.name,
                     NearestText(field.name, plan->names))});
  }
  for (const auto& [index, status] : plan->wrong) {
    problems.push_back(
        {source.fields[index].at, "schema: " + std::string(status.message())});
  }
}

}  // namespace

absl::StatusOr<ProtoPlan> MakeProtoPlan(std::shared_ptr<const ProtoFile> file,
                                        const ProtoMessage& message,
                                        const StreamSource& source) {
  ASSIGN_OR_RETURN(const Descriptor* found, file->Find(message));
  return PlanOf(std::move(file), *found, source);
}

void CheckProtoSources(const Definitions& definitions,
                       std::vector<Problem>& problems) {
  for (const StreamSource& source : definitions.stream_sources) {
    if (source.misread || !source.kafka ||
        source.kafka->format != StreamFormat::kProtobuf ||
        source.kafka->schema.empty() || source.kafka->message.empty()) {
      continue;
    }
    CheckSource(source, problems);
  }
}

}  // namespace freshet
