// SPDX-License-Identifier: Apache-2.0
#include "features/records/field_reading.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "base/error.h"
#include "config/names.h"

namespace freshet {
namespace {

__extension__ using Wide = __int128;
__extension__ using Bits = unsigned __int128;

constexpr std::string_view kConnect = "org.apache.kafka.connect.data.";
constexpr std::string_view kDebezium = "io.debezium.time.";

int DigitOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// False: more than 128 bits.
bool WideOf(std::string_view big_endian, Wide* out) {
  if (big_endian.empty()) return false;
  const bool negative = (static_cast<uint8_t>(big_endian.front()) & 0x80) != 0;
  const char fill = negative ? '\xff' : '\0';
  while (big_endian.size() > sizeof(Wide) && big_endian.front() == fill) {
    big_endian.remove_prefix(1);
  }
  // What is left has its sign yet.
  const bool still =
      ((static_cast<uint8_t>(big_endian.front()) & 0x80) != 0) == negative;
  if (big_endian.size() > sizeof(Wide) || !still) return false;
  Bits bits = 0;
  if (negative) bits = ~bits;
  for (const char byte : big_endian) {
    bits = bits << 8 | static_cast<uint8_t>(byte);
  }
  *out = static_cast<Wide>(bits);
  return true;
}

}  // namespace

absl::Status NotOfType(const StreamField& field, std::string_view what) {
  return FailedPrecondition("field '{}' is {}, not of type {}", field.name,
                            what, field.type.ToString());
}

absl::Status NotOfForm(const StreamField& field) {
  std::string takes = "a number within its range";
  switch (field.type.kind) {
    case Kind::kTimestamp:
      takes =
          "RFC 3339 with a zone and at most 6 fraction digits, such as "
          "2013-12-31T23:59:59Z";
      break;
    case Kind::kDecimal:
      takes = fmt::format(
          "a number of at most {} digits before the point and {} after it",
          field.type.precision - field.type.scale, field.type.scale);
      break;
    case Kind::kBytes:
      takes = "0x and two hexadecimal digits for each byte";
      break;
    default:
      break;
  }
  return FailedPrecondition("field '{}' does not fit {}: it takes {}",
                            field.name, field.type.ToString(), takes);
}

bool IsCount(ValueEncoding encoding) {
  return encoding >= ValueEncoding::kSeconds;
}

std::optional<int64_t> MicrosOf(int64_t count, ValueEncoding encoding) {
  CHECK(IsCount(encoding));
  int64_t unit = 1;
  if (encoding == ValueEncoding::kNanos) {
    return count / 1'000 - (count % 1'000 < 0 ? 1 : 0);
  }
  if (encoding == ValueEncoding::kMillis) unit = 1'000;
  if (encoding == ValueEncoding::kSeconds) unit = 1'000'000;
  if (encoding == ValueEncoding::kDays) unit = 86'400'000'000;
  int64_t micros = 0;
  if (__builtin_mul_overflow(count, unit, &micros)) return std::nullopt;
  return micros;
}

absl::StatusOr<int64_t> DecimalOf(const StreamField& field,
                                  std::string_view big_endian, int64_t scale) {
  constexpr int64_t kScaleMax = 38;
  Wide value = 0;
  if (scale < -kScaleMax || scale > kScaleMax || !WideOf(big_endian, &value)) {
    return NotOfType(field, "no number that fits");
  }
  const Wide limit = PowerOfTen(field.type.precision);
  for (int64_t at = scale; at > field.type.scale; --at) {
    if (value % 10 != 0) {
      return NotOfType(field, "a number of more places");
    }
    value /= 10;
  }
  for (int64_t at = scale; at < field.type.scale; ++at) {
    if (value >= limit || value <= -limit) break;
    value *= 10;
  }
  if (value >= limit || value <= -limit) {
    return NotOfType(field, "no number that fits");
  }
  return static_cast<int64_t>(value);
}

bool DecodeBase64(std::string_view text, std::string* out) {
  out->clear();
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const int digit = DigitOf(c);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out->push_back(static_cast<char>(bits >> have & 0xff));
  }
  // What is left over is no more than it must be, and zero.
  return (bits & ((1U << have) - 1)) == 0;
}

ValueEncoding CountOf(std::string_view meaning) {
  struct Row {
    std::string_view name;
    ValueEncoding encoding;
  };
  constexpr std::array<Row, 4> kOfDebezium = {
      {{"Timestamp", ValueEncoding::kMillis},
       {"MicroTimestamp", ValueEncoding::kMicros},
       {"NanoTimestamp", ValueEncoding::kNanos},
       {"Date", ValueEncoding::kDays}}};
  constexpr std::array<Row, 2> kOfConnect = {
      {{"Timestamp", ValueEncoding::kMillis}, {"Date", ValueEncoding::kDays}}};
  if (meaning.starts_with(kDebezium)) {
    meaning.remove_prefix(kDebezium.size());
    for (const Row& row : kOfDebezium) {
      if (row.name == meaning) return row.encoding;
    }
  } else if (meaning.starts_with(kConnect)) {
    meaning.remove_prefix(kConnect.size());
    for (const Row& row : kOfConnect) {
      if (row.name == meaning) return row.encoding;
    }
  }
  return ValueEncoding::kUsual;
}

bool IsTimeOfDay(std::string_view meaning) {
  return meaning == "io.debezium.time.Time" ||
         meaning == "io.debezium.time.MicroTime" ||
         meaning == "io.debezium.time.NanoTime" ||
         meaning == "org.apache.kafka.connect.data.Time";
}

bool IsTextOfMoment(std::string_view meaning) {
  return meaning == "io.debezium.time.ZonedTimestamp";
}

bool IsDecimal(std::string_view meaning) {
  return meaning == "org.apache.kafka.connect.data.Decimal";
}

absl::Status CheckMeaning(const StreamField& field, const Meaning& meaning) {
  const Kind kind = field.type.kind;
  const ValueEncoding count = CountOf(meaning.name);
  if (kind == Kind::kTimestamp && IsTimeOfDay(meaning.name)) {
    return NotOfType(field, "a time of day");
  }
  if (kind == Kind::kTimestamp && count != ValueEncoding::kUsual &&
      field.encoding != count) {
    return FailedPrecondition(
        "field '{}' is {}: its encoding is '{}', and its definition says {}",
        field.name, meaning.name, ValueEncodingName(count),
        field.encoding == ValueEncoding::kUsual
            ? "none"
            : "'" + ValueEncodingName(field.encoding) + "'");
  }
  if (!IsDecimal(meaning.name)) return absl::OkStatus();
  if (kind != Kind::kDecimal && kind != Kind::kBytes) {
    return NotOfType(field, "a decimal");
  }
  if (field.encoding == ValueEncoding::kText) {
    return FailedPrecondition(
        "field '{}' is {}: its encoding is 'base64', and its definition says "
        "'text'",
        field.name, meaning.name);
  }
  return absl::OkStatus();
}

}  // namespace freshet
