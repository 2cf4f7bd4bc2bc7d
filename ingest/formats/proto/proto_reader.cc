// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/proto/proto_reader.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"
#include "config/value.h"
#include "features/byte_reader.h"
#include "features/records/field_reading.h"

namespace freshet {
namespace {

constexpr int kGroupsMax = 64;

using Wire = ProtoReader::Wire;
using Tag = ProtoReader::Tag;

absl::Status NotProto() {
  return InvalidArgument(
      "it is no message of protobuf: it ends too early, or a length or a tag "
      "in it is none");
}

// Nullopt: it is none.
std::optional<Tag> ReadTag(ByteReader& in) {
  const auto bits = in.Varint<uint64_t>();
  const uint64_t number = bits >> 3;
  const uint64_t wire = bits & 7;
  if (!in.ok() || number == 0 || number >= 1U << 29 || wire > 5) {
    return std::nullopt;
  }
  return Tag{static_cast<uint32_t>(number), static_cast<Wire>(wire)};
}

// Iteratively: a group is within a group as often as bytes say so.
absl::Status Skip(ByteReader& in, Tag tag) {
  uint32_t open[kGroupsMax];
  int groups = 0;
  while (true) {
    switch (tag.wire) {
      case Wire::kVarint:
        in.Varint<uint64_t>();
        break;
      case Wire::kFixed64:
        in.Bytes(8);
        break;
      case Wire::kBytes:
        in.LengthAndBytes();
        break;
      case Wire::kFixed32:
        in.Bytes(4);
        break;
      case Wire::kGroup:
        if (groups == kGroupsMax) return NotProto();
        open[groups++] = tag.number;
        break;
      case Wire::kGroupEnd:
        if (groups == 0 || open[--groups] != tag.number) return NotProto();
        break;
    }
    if (!in.ok()) return NotProto();
    if (groups == 0) return absl::OkStatus();
    const std::optional<Tag> next = ReadTag(in);
    if (!next) return NotProto();
    tag = *next;
  }
}

Wire WireOf(ProtoForm form) {
  switch (form) {
    case ProtoForm::kFixed32:
    case ProtoForm::kSigned32:
    case ProtoForm::kFloat:
      return Wire::kFixed32;
    case ProtoForm::kFixed64:
    case ProtoForm::kSigned64:
    case ProtoForm::kDouble:
      return Wire::kFixed64;
    case ProtoForm::kText:
    case ProtoForm::kBytes:
    case ProtoForm::kMoment:
      return Wire::kBytes;
    default:
      return Wire::kVarint;
  }
}

// Nullopt: an unsigned one that does not fit.
std::optional<int64_t> IntegerIn(const ProtoMember& member, ByteReader& in) {
  const auto fits = [](uint64_t bits) -> std::optional<int64_t> {
    if (bits > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return std::nullopt;
    }
    return static_cast<int64_t>(bits);
  };
  switch (member.form) {
    case ProtoForm::kFixed32:
      return in.Fixed<uint32_t>();
    case ProtoForm::kSigned32:
      return static_cast<int32_t>(in.Fixed<uint32_t>());
    case ProtoForm::kFixed64:
      return fits(in.Fixed<uint64_t>());
    case ProtoForm::kSigned64:
      return static_cast<int64_t>(in.Fixed<uint64_t>());
    default:
      break;
  }
  const auto bits = in.Varint<uint64_t>();
  if (member.form == ProtoForm::kUnsigned) {
    // As libprotobuf: of one of 32 bits the rest is let go.
    if (member.narrow) return static_cast<uint32_t>(bits);
    return fits(bits);
  }
  if (member.form == ProtoForm::kZigZag) {
    return UnZigZag(member.narrow ? static_cast<uint32_t>(bits) : bits);
  }
  return member.narrow ? static_cast<int32_t>(static_cast<uint32_t>(bits))
                       : static_cast<int64_t>(bits);
}

absl::Status SetInteger(const ProtoMember& member,
                        std::optional<int64_t> number, EventRows& rows) {
  if (number && member.field.type.kind == Kind::kTimestamp) {
    number = MicrosOf(*number, member.field.encoding);
  }
  if (!number) return NotOfType(member.field, "no integer that fits");
  rows.SetInteger(member.index, *number);
  return absl::OkStatus();
}

absl::Status SetSymbol(const ProtoMember& member, int64_t number,
                       EventRows& rows) {
  const auto* symbol =
      member.symbols->FindValueByNumber(static_cast<int>(number));
  if (symbol == nullptr) {
    return NotOfType(member.field, "an enum of a number without a name");
  }
  rows.SetText(member.index, symbol->name());
  return absl::OkStatus();
}

absl::Status SetText(const ProtoMember& member, std::string_view text,
                     EventRows& rows) {
  if (ValidUtf8Prefix(text) != text.size()) {
    return InvalidArgument(
        "it is no message of protobuf: a string is not "
        "UTF-8");
  }
  if (member.field.type.kind == Kind::kString) {
    rows.SetText(member.index, text);
    return absl::OkStatus();
  }
  const auto value = ParseValue(member.field.type, text);
  const auto* integer = value.ok() ? std::get_if<int64_t>(&value->v) : nullptr;
  if (integer == nullptr) return NotOfForm(member.field);
  rows.SetInteger(member.index, *integer);
  return absl::OkStatus();
}

absl::Status SetMoment(const ProtoMember& member, std::string_view bytes,
                       EventRows& rows) {
  ByteReader in(bytes);
  int64_t seconds = 0;
  int32_t nanos = 0;
  while (!in.AtEnd()) {
    const std::optional<Tag> tag = ReadTag(in);
    if (!tag) return NotProto();
    if (tag->wire == Wire::kVarint && tag->number <= 2) {
      const auto bits = in.Varint<uint64_t>();
      if (tag->number == 1) seconds = static_cast<int64_t>(bits);
      if (tag->number == 2) {
        nanos = static_cast<int32_t>(static_cast<uint32_t>(bits));
      }
    } else {
      RETURN_IF_ERROR(Skip(in, *tag));
    }
    if (!in.ok()) return NotProto();
  }
  std::optional<int64_t> micros = MicrosOf(seconds, ValueEncoding::kSeconds);
  int64_t sum = 0;
  if (nanos < 0 || nanos > 999'999'999 || !micros ||
      __builtin_add_overflow(*micros, nanos / 1'000, &sum)) {
    return NotOfType(member.field, "no moment that fits");
  }
  rows.SetInteger(member.index, sum);
  return absl::OkStatus();
}

// What stands at `in`, in the member's form.
absl::Status ReadScalar(const ProtoMember& member, ByteReader& in,
                        EventRows& rows) {
  switch (member.form) {
    case ProtoForm::kBool: {
      const bool set = in.Varint<uint64_t>() != 0;
      if (!in.ok()) return NotProto();
      rows.SetInteger(member.index, set ? 1 : 0);
      return absl::OkStatus();
    }
    case ProtoForm::kFloat:
      rows.SetReal(member.index, std::bit_cast<float>(in.Fixed<uint32_t>()));
      return in.ok() ? absl::OkStatus() : NotProto();
    case ProtoForm::kDouble:
      rows.SetReal(member.index, std::bit_cast<double>(in.Fixed<uint64_t>()));
      return in.ok() ? absl::OkStatus() : NotProto();
    case ProtoForm::kText:
    case ProtoForm::kBytes:
    case ProtoForm::kMoment: {
      const std::string_view bytes = in.LengthAndBytes();
      if (!in.ok()) return NotProto();
      if (member.form == ProtoForm::kMoment) {
        return SetMoment(member, bytes, rows);
      }
      if (member.form == ProtoForm::kText) return SetText(member, bytes, rows);
      rows.SetText(member.index, bytes);
      return absl::OkStatus();
    }
    default:
      break;
  }
  const std::optional<int64_t> number = IntegerIn(member, in);
  if (!in.ok()) return NotProto();
  if (member.form == ProtoForm::kSymbol) {
    return SetSymbol(member, number.value_or(-1), rows);
  }
  return SetInteger(member, number, rows);
}

// What one that is not there is.
absl::Status SetDefault(const ProtoMember& member, EventRows& rows) {
  switch (member.form) {
    case ProtoForm::kText:
      return SetText(member, "", rows);
    case ProtoForm::kBytes:
      rows.SetText(member.index, "");
      return absl::OkStatus();
    case ProtoForm::kFloat:
    case ProtoForm::kDouble:
      rows.SetReal(member.index, 0);
      return absl::OkStatus();
    case ProtoForm::kSymbol:
      return SetSymbol(member, 0, rows);
    default:
      return SetInteger(member, 0, rows);
  }
}

absl::Status ReadWrapped(const ProtoMember& member, std::string_view bytes,
                         EventRows& rows) {
  ByteReader in(bytes);
  bool seen = false;
  while (!in.AtEnd()) {
    const std::optional<Tag> tag = ReadTag(in);
    if (!tag) return NotProto();
    if (tag->number == 1 && tag->wire == WireOf(member.form)) {
      RETURN_IF_ERROR(ReadScalar(member, in, rows));
      seen = true;
    } else {
      RETURN_IF_ERROR(Skip(in, *tag));
    }
  }
  return seen ? absl::OkStatus() : SetDefault(member, rows);
}

absl::Status ReadMember(const ProtoMember& member, ByteReader in,
                        EventRows& rows) {
  if (!member.wrapped) return ReadScalar(member, in, rows);
  const std::string_view bytes = in.LengthAndBytes();
  if (!in.ok()) return NotProto();
  return ReadWrapped(member, bytes, rows);
}

}  // namespace

// Passes over what stands at `in`.
absl::Status ProtoReader::Note(size_t place, Tag tag, ByteReader& in) {
  const ProtoMember& member = plan_.members[place];
  if (member.form != ProtoForm::kOther) {
    const bool is_message = member.wrapped || member.form == ProtoForm::kMoment;
    if (tag.wire != (is_message ? Wire::kBytes : WireOf(member.form))) {
      return FailedPrecondition(
          "field '{}' is written as another type than its schema says",
          member.field.name);
    }
    // Parts of one message, which nobody writes.
    if (is_message && IsThere(place)) {
      return InvalidArgument("field '{}' is there twice", member.field.name);
    }
  }
  values_[place] = in.rest();
  if (member.oneof) last_of_[*member.oneof] = place;
  return Skip(in, tag);
}

bool ProtoReader::IsThere(size_t place) const {
  const std::optional<size_t> oneof = plan_.members[place].oneof;
  return values_[place] && (!oneof || last_of_[*oneof] == place);
}

absl::Status ProtoReader::Read(std::string_view bytes, EventRows& rows) {
  if (!plan_.wrong.empty()) return plan_.wrong.front().second;
  ByteReader in(bytes);
  values_.assign(plan_.members.size(), std::nullopt);
  last_of_.assign(plan_.oneofs, 0);
  while (!in.AtEnd()) {
    const std::optional<Tag> tag = ReadTag(in);
    if (!tag) return NotProto();
    const auto member = std::lower_bound(
        plan_.members.begin(), plan_.members.end(), tag->number,
        [](const ProtoMember& one, uint32_t number) {
          return one.number < number;
        });
    if (member == plan_.members.end() || member->number != tag->number) {
      RETURN_IF_ERROR(Skip(in, *tag));
      continue;
    }
    const auto place = static_cast<size_t>(member - plan_.members.begin());
    RETURN_IF_ERROR(Note(place, *tag, in));
  }
  for (size_t i = 0; i < plan_.members.size(); ++i) {
    const ProtoMember& member = plan_.members[i];
    if (IsThere(i)) {
      if (member.form == ProtoForm::kOther) continue;
      RETURN_IF_ERROR(ReadMember(member, ByteReader(*values_[i]), rows));
    } else if (!member.presence) {
      RETURN_IF_ERROR(SetDefault(member, rows));
    }
  }
  return absl::OkStatus();
}

}  // namespace freshet
