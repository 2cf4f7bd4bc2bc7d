// SPDX-License-Identifier: Apache-2.0
#include "features/records/record_field.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "config/names.h"

namespace freshet {
namespace {

using Part = RecordField::Part;

bool IsTimeOfEvent(std::string_view member) {
  return member == "ts_ms" || member == "ts_us" || member == "ts_ns";
}

ValueEncoding UnitOf(std::string_view member) {
  if (member.ends_with("ts_ms")) return ValueEncoding::kMillis;
  if (member.ends_with("ts_us")) return ValueEncoding::kMicros;
  if (member.ends_with("ts_ns")) return ValueEncoding::kNanos;
  return ValueEncoding::kUsual;
}

RecordField InEnvelope(const StreamField& field) {
  constexpr std::string_view kPrefix = "__";
  constexpr std::string_view kSource = "source_";
  RecordField out{.part = Part::kRow, .member = field.name, .field = field};
  std::string_view name = field.name;
  if (!name.starts_with(kPrefix)) return out;
  name.remove_prefix(kPrefix.size());
  if (name == "op") {
    out.part = Part::kOp;
  } else if (name == "deleted") {
    out.part = Part::kDeleted;
  } else if (IsTimeOfEvent(name)) {
    out.part = Part::kEnvelope;
  } else {
    // `__lsn` is `source.lsn` as `__source_lsn` is.
    out.part = Part::kSource;
    if (name.starts_with(kSource)) name.remove_prefix(kSource.size());
  }
  out.member = std::string(name);
  const bool of_time = out.part == Part::kEnvelope || out.part == Part::kSource;
  if (of_time && field.type.kind == Kind::kTimestamp &&
      field.encoding == ValueEncoding::kUsual) {
    out.field.encoding = UnitOf(name);
  }
  return out;
}

// Nullopt: there is no such place.
std::optional<RecordField> InRecord(const StreamField& field) {
  constexpr std::string_view kMember = "key.";
  constexpr std::string_view kHeader = "header.";
  const std::string_view from = field.from;
  RecordField out{.part = Part::kKey, .member = {}, .field = field};
  if (from == "key") return out;
  if (from == "timestamp") {
    out.part = Part::kTimestamp;
    return out;
  }
  for (const std::string_view prefix : {kMember, kHeader}) {
    if (!from.starts_with(prefix) || from.size() == prefix.size()) continue;
    out.part = prefix == kMember ? Part::kKeyMember : Part::kHeader;
    out.member = std::string(from.substr(prefix.size()));
    return out;
  }
  return std::nullopt;
}

// Whether it is there as bytes, of which nothing else is known.
bool IsBytes(Part part) { return part == Part::kKey || part == Part::kHeader; }

bool Takes(const RecordField& one) {
  const Kind kind = one.field.type.kind;
  const ValueEncoding encoding = one.field.encoding;
  if (IsBytes(one.part)) {
    const bool is_told =
        encoding == ValueEncoding::kText || encoding == ValueEncoding::kBinary;
    if (kind == Kind::kInt64) return is_told;
    return encoding == ValueEncoding::kUsual &&
           (kind == Kind::kString || kind == Kind::kBytes);
  }
  if (one.part == Part::kTimestamp) {
    return kind == Kind::kTimestamp && encoding == ValueEncoding::kUsual;
  }
  switch (encoding) {
    case ValueEncoding::kUsual:
      return true;
    case ValueEncoding::kBinary:
      return false;
    case ValueEncoding::kText:
      return kind == Kind::kTimestamp || kind == Kind::kDecimal;
    case ValueEncoding::kBase64:
      return kind == Kind::kBytes || kind == Kind::kDecimal;
    default:
      return kind == Kind::kTimestamp;
  }
}

// What would be taken there.
std::string_view TakenBy(const RecordField& one) {
  if (IsBytes(one.part)) {
    return "a string or bytes, or an int64 with the encoding 'text' or "
           "'binary'";
  }
  if (one.part == Part::kTimestamp) return "a timestamp without an encoding";
  switch (one.field.encoding) {
    case ValueEncoding::kText:
      return "a timestamp or a decimal";
    case ValueEncoding::kBase64:
      return "bytes or a decimal";
    case ValueEncoding::kBinary:
      return "an int64 from a key or a header";
    default:
      return "a timestamp";
  }
}

void CheckEncoding(const RecordField& one, std::vector<Problem>& problems) {
  if (Takes(one)) return;
  const StreamField& field = one.field;
  // A key, a header and a timestamp are of types of their own.
  const bool of_place = IsBytes(one.part) || one.part == Part::kTimestamp;
  const std::string what = of_place
                               ? fmt::format("from '{}' is", field.from)
                               : fmt::format("its encoding '{}' is one of",
                                             ValueEncodingName(field.encoding));
  problems.push_back(
      {field.at, fmt::format("field '{}' is {}, and {} {}", field.name,
                             field.type.ToString(), what, TakenBy(one))});
}

void CheckPlace(const StreamSource& source, const StreamField& field,
                std::vector<Problem>& problems) {
  const auto wrong = [&](std::string_view what) {
    problems.push_back(
        {field.at, fmt::format("field '{}' {}", field.name, what)});
  };
  const bool is_told =
      field.encoding != ValueEncoding::kUsual || !field.from.empty();
  if (!source.kafka && is_told) {
    wrong(fmt::format(
        "has {}, which is about records of topics, and source "
        "'{}' has no 'kafka'",
        field.from.empty() ? "an encoding" : "'from'", source.name));
  }
  if (field.from.empty()) return;
  const std::optional<RecordField> place = InRecord(field);
  if (!place) {
    wrong(
        fmt::format("is from '{}', and there are 'key', 'key.NAME', "
                    "'timestamp' and 'header.NAME'",
                    field.from));
  } else if (place->part == Part::kKeyMember && source.kafka &&
             source.kafka->format != StreamFormat::kJson) {
    wrong(
        fmt::format("is from '{}', a member of a key that is JSON, and the "
                    "format is {}",
                    field.from, StreamFormatName(source.kafka->format)));
  }
}

// JSON has no bytes, and what else a text may be that Debezium writes for them
// looks like our own.
void CheckBytes(const StreamSource& source, const RecordField& one,
                std::vector<Problem>& problems) {
  const bool is_text = source.kafka &&
                       source.kafka->format == StreamFormat::kJson &&
                       source.kafka->envelope == RecordEnvelope::kDebezium;
  if (!is_text || one.part != Part::kRow ||
      one.field.type.kind != Kind::kBytes ||
      one.field.encoding == ValueEncoding::kBase64) {
    return;
  }
  problems.push_back(
      {one.field.at,
       fmt::format("field '{}' is bytes, which Debezium writes as base64 in "
                   "JSON; add encoding: base64",
                   one.field.name)});
}

void CheckEnvelopeType(const RecordField& one, std::vector<Problem>& problems) {
  const Kind kind = one.field.type.kind;
  std::string_view is;
  if (one.part == Part::kOp && kind != Kind::kString) is = "a string";
  if (one.part == Part::kDeleted && kind != Kind::kBool &&
      kind != Kind::kString) {
    is = "a bool, or a string 'true' or 'false'";
  }
  if (is.empty()) return;
  problems.push_back(
      {one.field.at,
       fmt::format("field '{}' is {}; what the envelope says of that name is "
                   "{}",
                   one.field.name, one.field.type.ToString(), is)});
}

}  // namespace

std::vector<RecordField> RecordFields(const StreamSource& source) {
  const bool enveloped =
      source.kafka && source.kafka->envelope == RecordEnvelope::kDebezium;
  std::vector<RecordField> fields;
  for (const StreamField& field : source.fields) {
    RecordField one{.part = Part::kRow, .member = field.name, .field = field};
    if (!field.from.empty()) {
      one = InRecord(field).value_or(one);
    } else if (enveloped) {
      one = InEnvelope(field);
    }
    fields.push_back(std::move(one));
  }
  return fields;
}

void CheckRecordFields(const StreamSource& source,
                       std::vector<Problem>& problems) {
  std::map<std::pair<Part, std::string>, std::string> places;
  for (const RecordField& one : RecordFields(source)) {
    const StreamField& field = one.field;
    CheckPlace(source, field, problems);
    CheckEncoding(one, problems);
    CheckEnvelopeType(one, problems);
    CheckBytes(source, one, problems);
    // Of one name: a problem already.
    const auto [first, is_new] =
        places.emplace(std::pair(one.part, one.member), field.name);
    if (is_new || first->second == field.name) continue;
    problems.push_back(
        {field.at, fmt::format("field '{}' is the same of a record as '{}'; "
                               "remove one of them",
                               field.name, first->second)});
  }
}

}  // namespace freshet
