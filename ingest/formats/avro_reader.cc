// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/avro_reader.h"

#include <bit>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"
#include "config/value.h"
#include "features/records/field_reading.h"
#include "ingest/formats/change_op.h"

namespace freshet {
namespace {

using AvroKind = AvroType::Kind;
using Use = AvroMember::Use;

absl::Status NotAvro(std::string_view what) {
  return InvalidArgument("it is not of its schema: {}", what);
}

bool IsUtf8(std::string_view text) {
  return ValidUtf8Prefix(text) == text.size();
}

// 00112233-4455-6677-8899-aabbccddeeff.
std::string UuidText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<uint8_t>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

absl::Status AvroReader::Ended() const {
  if (in_.ok()) return absl::OkStatus();
  return NotAvro("it ends too early, or a length in it is none");
}

std::string_view AvroReader::Text() {
  const int64_t length = in_.SignedVarint();
  return length < 0 ? in_.Fail() : in_.Bytes(static_cast<size_t>(length));
}

absl::StatusOr<size_t> AvroReader::Branch(size_t type, size_t* index) {
  const AvroType& of = plan_.schema.at(type);
  *index = 0;
  if (of.kind != AvroKind::kUnion) return type;
  const int64_t branch = in_.SignedVarint();
  RETURN_IF_ERROR(Ended());
  if (branch < 0 || static_cast<uint64_t>(branch) >= of.parts.size()) {
    return NotAvro("a union has no such type");
  }
  *index = static_cast<size_t>(branch);
  return of.parts[*index];
}

absl::Status AvroReader::SkipBlocks(const AvroType& type, int depth) {
  const size_t element = type.parts[0];
  const bool is_map = type.kind == AvroKind::kMap;
  for (int64_t count; (count = in_.SignedVarint()) != 0;) {
    if (count < 0) {
      const int64_t bytes = in_.SignedVarint();
      if (bytes < 0) return NotAvro("a block has a negative length");
      in_.Bytes(static_cast<size_t>(bytes));
      continue;
    }
    // What takes no byte is not gone through: nothing bounds how many.
    if (!is_map && plan_.schema.at(element).empty) continue;
    for (int64_t i = 0; i < count && in_.ok(); ++i) {
      if (is_map) Text();
      RETURN_IF_ERROR(Skip(element, depth));
    }
  }
  return Ended();
}

absl::Status AvroReader::Skip(size_t type, int depth) {
  const AvroType& of = plan_.schema.at(type);
  if (of.empty) return absl::OkStatus();
  if (depth > kAvroDepthMax) {
    return NotAvro("values are within values too often");
  }
  switch (of.kind) {
    case AvroKind::kBool:
      in_.Bytes(1);
      break;
    case AvroKind::kInt:
    case AvroKind::kLong:
    case AvroKind::kEnum:
      in_.Varint();
      break;
    case AvroKind::kFloat:
      in_.Bytes(4);
      break;
    case AvroKind::kDouble:
      in_.Bytes(8);
      break;
    case AvroKind::kBytes:
    case AvroKind::kString:
      Text();
      break;
    case AvroKind::kFixed:
      in_.Bytes(of.bytes);
      break;
    case AvroKind::kUnion: {
      size_t index = 0;
      ASSIGN_OR_RETURN(const size_t branch, Branch(type, &index));
      return Skip(branch, depth + 1);
    }
    case AvroKind::kRecord:
      for (const size_t part : of.sized) {
        RETURN_IF_ERROR(Skip(part, depth + 1));
      }
      break;
    default:
      return SkipBlocks(of, depth + 1);
  }
  return Ended();
}

absl::Status AvroReader::ReadNumber(const AvroTarget& target, size_t branch,
                                    const AvroType& type) {
  const int64_t number = in_.SignedVarint();
  RETURN_IF_ERROR(Ended());
  using Narrow = std::numeric_limits<int32_t>;
  if (type.kind == AvroKind::kInt &&
      (number < Narrow::min() || number > Narrow::max())) {
    return NotAvro("an int has more than 32 bits");
  }
  if (target.reads[branch] == AvroRead::kInteger) {
    rows_.SetInteger(target.field, number);
    return absl::OkStatus();
  }
  const std::optional<int64_t> micros = MicrosOf(number, target.counts[branch]);
  if (!micros) return NotOfType(target.is, "no integer that fits");
  rows_.SetInteger(target.field, *micros);
  return absl::OkStatus();
}

absl::Status AvroReader::ReadText(const AvroTarget& target, AvroRead read) {
  const std::string_view text = Text();
  RETURN_IF_ERROR(Ended());
  if (!IsUtf8(text)) return NotAvro("a string is not UTF-8");
  if (IsUntold(text)) return absl::OkStatus();
  if (read == AvroRead::kText) {
    rows_.SetText(target.field, text);
    return absl::OkStatus();
  }
  const auto value = ParseValue(target.is.type, text);
  const auto* integer = value.ok() ? std::get_if<int64_t>(&value->v) : nullptr;
  if (integer == nullptr) return NotOfForm(target.is);
  rows_.SetInteger(target.field, *integer);
  return absl::OkStatus();
}

absl::Status AvroReader::ReadBytes(const AvroTarget& target,
                                   const AvroType& type, AvroRead read) {
  const std::string_view bytes =
      type.kind == AvroKind::kFixed ? in_.Bytes(type.bytes) : Text();
  RETURN_IF_ERROR(Ended());
  if (IsUntold(bytes)) return absl::OkStatus();
  if (read == AvroRead::kDecimal) {
    ASSIGN_OR_RETURN(const int64_t unscaled,
                     DecimalOf(target.is, bytes, type.scale));
    rows_.SetInteger(target.field, unscaled);
  } else if (read == AvroRead::kUuid) {
    rows_.SetText(target.field, UuidText(bytes));
  } else {
    rows_.SetText(target.field, bytes);
  }
  return absl::OkStatus();
}

absl::Status AvroReader::ReadSymbol(const AvroTarget& target,
                                    const AvroType& type) {
  const int64_t symbol = in_.SignedVarint();
  RETURN_IF_ERROR(Ended());
  if (symbol < 0 || static_cast<uint64_t>(symbol) >= type.names.size()) {
    return NotAvro("an enum has no such symbol");
  }
  rows_.SetText(target.field, type.names[static_cast<size_t>(symbol)]);
  return absl::OkStatus();
}

absl::Status AvroReader::ReadTarget(const AvroTarget& target, size_t type) {
  size_t index = 0;
  ASSIGN_OR_RETURN(const size_t branch, Branch(type, &index));
  const AvroType& of = plan_.schema.at(branch);
  const AvroRead read = target.reads[index];
  switch (read) {
    case AvroRead::kWrong:
      return WrongType(plan_.schema, branch, target.is);
    case AvroRead::kNull:
      rows_.SetNull(target.field);
      return absl::OkStatus();
    case AvroRead::kBool: {
      const auto byte = in_.Fixed<uint8_t>();
      if (byte > 1) return NotAvro("a boolean is neither 0 nor 1");
      rows_.SetInteger(target.field, byte);
      return Ended();
    }
    case AvroRead::kInteger:
    case AvroRead::kCount:
      return ReadNumber(target, index, of);
    case AvroRead::kFloat:
      rows_.SetReal(target.field, std::bit_cast<float>(in_.Fixed<uint32_t>()));
      return Ended();
    case AvroRead::kDouble:
      rows_.SetReal(target.field, std::bit_cast<double>(in_.Fixed<uint64_t>()));
      return Ended();
    case AvroRead::kText:
    case AvroRead::kParsed:
      return ReadText(target, read);
    case AvroRead::kSymbol:
      return ReadSymbol(target, of);
    case AvroRead::kBytes:
    case AvroRead::kUuid:
    case AvroRead::kDecimal:
      return ReadBytes(target, of, read);
  }
  return absl::OkStatus();
}

absl::Status AvroReader::ReadOp() {
  const std::string_view op = Text();
  RETURN_IF_ERROR(Ended());
  if (!IsChange(op)) return NoChange();
  op_ = op[0];
  return absl::OkStatus();
}

absl::StatusOr<bool> AvroReader::IsPlanned(const AvroRecord& record,
                                           size_t branch) const {
  if (plan_.schema.at(branch).kind != AvroKind::kRecord) return false;
  if (branch == record.type) return true;
  return NotAvro("a union has a record that is not the first of its records");
}

absl::Status AvroReader::MarkImage(const AvroRecord& record, size_t type,
                                   Image* image) {
  size_t index = 0;
  ASSIGN_OR_RETURN(const size_t branch, Branch(type, &index));
  ASSIGN_OR_RETURN(const bool is_row, IsPlanned(record, branch));
  if (is_row) *image = in_.rest();
  return Skip(branch, 0);
}

absl::Status AvroReader::ReadSource(size_t type) {
  size_t index = 0;
  ASSIGN_OR_RETURN(const size_t branch, Branch(type, &index));
  ASSIGN_OR_RETURN(const bool is_source, IsPlanned(plan_.source, branch));
  return is_source ? ReadRecord(plan_.source) : Skip(branch, 0);
}

absl::Status AvroReader::ReadMember(const AvroRecord& record,
                                    const AvroMember& member) {
  switch (member.use) {
    case Use::kSkip:
      return Skip(member.type, 0);
    case Use::kField:
      return ReadTarget(record.targets[member.target], member.type);
    case Use::kOp:
      return ReadOp();
    case Use::kBefore:
      return MarkImage(plan_.before, member.type, &before_);
    case Use::kAfter:
      return MarkImage(plan_.after, member.type, &after_);
    case Use::kSource:
      return ReadSource(member.type);
  }
  return absl::OkStatus();
}

absl::Status AvroReader::ReadRecord(const AvroRecord& record) {
  for (const AvroMember& member : record.members) {
    RETURN_IF_ERROR(ReadMember(record, member));
  }
  return absl::OkStatus();
}

absl::Status AvroReader::ReadChange() {
  if (op_ == 0) return NoChange();
  const bool deleted = op_ == 'd';
  const Image& image = deleted ? before_ : after_;
  if (!image) return NoImage(op_);
  in_ = ByteReader(*image);
  RETURN_IF_ERROR(ReadRecord(deleted ? plan_.before : plan_.after));
  SetOp(fields_, op_, rows_);
  return absl::OkStatus();
}

absl::Status AvroReader::Read() {
  RETURN_IF_ERROR(ReadRecord(plan_.top));
  if (!in_.AtEnd()) return NotAvro("there are bytes behind it");
  return plan_.enveloped ? ReadChange() : absl::OkStatus();
}

}  // namespace freshet
