// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/debezium_json.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "features/records/record_field.h"
#include "ingest/formats/change_op.h"
#include "ingest/formats/connect_schema.h"
#include "ingest/formats/json_value_parts.h"

namespace freshet {
namespace {

using Json = simdjson::ondemand::value;
using Part = RecordField::Part;

constexpr size_t kSchemaBytesMax = 1 << 20;

JsonMembers MembersOf(const std::vector<RecordField>& all, Part part) {
  std::vector<JsonField> fields;
  std::vector<std::string> names;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].part != part) continue;
    const StreamField& field = all[i].field;
    fields.push_back({.index = i,
                      .field = field,
                      .scale = field.type.scale,
                      .of_row = part == Part::kRow});
    names.push_back(all[i].member);
  }
  return JsonMembers(std::move(fields), std::move(names));
}

// What stands in an envelope: texts of JSON, within the record's own; none
// where it is not there, or null.
struct Envelope {
  std::optional<std::string_view> schema;
  std::optional<std::string_view> payload;
  std::optional<std::string_view> before;
  std::optional<std::string_view> after;
  std::optional<std::string_view> source;
  bool wrapped = false;  // There is a payload, also if it is null.
  char op = 0;           // 0: none.

  std::optional<std::string_view>* Find(std::string_view name) {
    if (name == "schema") return &schema;
    if (name == "payload") return &payload;
    if (name == "before") return &before;
    if (name == "after") return &after;
    if (name == "source") return &source;
    return nullptr;
  }
};

// How a row is read, by the schema beside it.
struct RowReading {
  RowReading(const std::vector<RecordField>& all, std::string_view by)
      : schema(by), members(MembersOf(all, Part::kRow)) {
    if (by.empty()) return;
    const RowMeanings meanings(by);
    for (size_t i = 0; i < members.fields().size(); ++i) {
      JsonField& to = members.fields()[i];
      const Meaning* meaning = meanings.Find(members.names()[i]);
      if (meaning == nullptr) continue;
      fits.Update(CheckMeaning(to.field, *meaning));
      if (!IsDecimal(meaning->name)) continue;
      to.field.encoding = ValueEncoding::kBase64;
      to.scale = meaning->scale;
      to.by_schema = true;
    }
  }

  const std::string schema;  // "": there is none.
  JsonMembers members;
  absl::Status fits;
};

absl::Status TakeObject(std::string_view name, Json& value,
                        std::optional<std::string_view>* text) {
  if (text->has_value()) {
    return InvalidArgument("its '{}' is there twice", name);
  }
  ASSIGN_OR_RETURN(*text, ObjectText(name, value));
  return absl::OkStatus();
}

absl::Status TakeOp(Json& value, char* op) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || *op != 0 ||
      !IsChange(text)) {
    return NoChange();
  }
  *op = text[0];
  return absl::OkStatus();
}

}  // namespace

struct DebeziumJson::Parts {
  explicit Parts(const StreamSource& of)
      : fields(RecordFields(of)),
        source(MembersOf(fields, Part::kSource)),
        envelope(MembersOf(fields, Part::kEnvelope)) {}

  absl::Status Split(std::string_view text, EventRows& rows, Envelope* out);
  absl::Status ReadMembers(std::string_view text, JsonMembers& members,
                           EventRows& rows);
  absl::Status ReadChange(const Envelope& change, EventRows& rows);
  // Never null, and valid until the next call.
  RowReading* ReadingBy(std::string_view schema);

  const std::vector<RecordField> fields;
  JsonMembers source;
  JsonMembers envelope;
  JsonText json;
  std::vector<std::unique_ptr<RowReading>> readings;
  size_t oldest = 0;  // Of readings.
};

DebeziumJson::DebeziumJson(const StreamSource& source)
    : parts_(std::make_unique<Parts>(source)) {}

DebeziumJson::~DebeziumJson() = default;

absl::Status DebeziumJson::Parts::Split(std::string_view text, EventRows& rows,
                                        Envelope* out) {
  ASSIGN_OR_RETURN(simdjson::ondemand::object object, json.Open(text));
  envelope.Begin();
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name)) {
      return NotJson(error);
    }
    Json value;
    if (const auto error = member.value().get(value)) return NotJson(error);
    if (name == "op") {
      RETURN_IF_ERROR(TakeOp(value, &out->op));
    } else if (auto* part = out->Find(name); part != nullptr) {
      out->wrapped = out->wrapped || name == "payload";
      RETURN_IF_ERROR(TakeObject(name, value, part));
    } else {
      RETURN_IF_ERROR(envelope.Read(name, value, rows));
    }
  }
  return json.CheckEnd();
}

absl::Status DebeziumJson::Parts::ReadMembers(std::string_view text,
                                              JsonMembers& members,
                                              EventRows& rows) {
  ASSIGN_OR_RETURN(simdjson::ondemand::object object, json.Open(text));
  return members.ReadAll(object, rows);
}

// All records of a topic have the same, or a few while a table is altered.
RowReading* DebeziumJson::Parts::ReadingBy(std::string_view schema) {
  constexpr size_t kKeptMax = 8;
  for (const auto& known : readings) {
    if (known->schema == schema) return known.get();
  }
  auto reading = std::make_unique<RowReading>(fields, schema);
  RowReading* const made = reading.get();
  if (readings.size() < kKeptMax) {
    readings.push_back(std::move(reading));
  } else {
    readings[oldest] = std::move(reading);
    oldest = (oldest + 1) % kKeptMax;
  }
  return made;
}

absl::Status DebeziumJson::Parts::ReadChange(const Envelope& change,
                                             EventRows& rows) {
  if (change.op == 0) return NoChange();
  const std::string_view schema = change.schema.value_or("");
  if (schema.size() > kSchemaBytesMax) {
    return InvalidArgument("its 'schema' has {} bytes; at most {} are read",
                           schema.size(), kSchemaBytesMax);
  }
  RowReading& row = *ReadingBy(schema);
  RETURN_IF_ERROR(row.fits);
  const std::optional<std::string_view>& image =
      change.op == 'd' ? change.before : change.after;
  if (!image) return NoImage(change.op);
  RETURN_IF_ERROR(ReadMembers(*image, row.members, rows));
  if (change.source) RETURN_IF_ERROR(ReadMembers(*change.source, source, rows));
  SetOp(fields, change.op, rows);
  return absl::OkStatus();
}

absl::StatusOr<bool> DebeziumJson::Read(std::string_view value,
                                        EventRows& rows) {
  Parts& parts = *parts_;
  parts.json.Take(value);
  Envelope change;
  RETURN_IF_ERROR(parts.Split(parts.json.text(), rows, &change));
  if (change.wrapped) {
    if (change.op != 0) return NoChange();
    // A tombstone, with its schema.
    if (!change.payload) return false;
    Envelope inner;
    RETURN_IF_ERROR(parts.Split(*change.payload, rows, &inner));
    if (inner.wrapped) return NoChange();
    inner.schema = change.schema;
    change = inner;
  } else if (change.schema) {
    return NoChange();
  }
  RETURN_IF_ERROR(parts.ReadChange(change, rows));
  return true;
}

}  // namespace freshet
