// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/value_reader.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <string>

#include "base/error.h"
#include "features/key_codec.h"
#include "loader/rows/decimal.h"
#include "loader/rows/moment.h"

namespace freshet {
namespace {

using ArrowType = arrow::Type;

template <typename ArrayT, typename Out>
absl::Status ReadNumber(const arrow::Array& values, int64_t i,
                        const ValueReader&, Slot* slot) {
  slot->Set(static_cast<Out>(static_cast<const ArrayT&>(values).Value(i)));
  return absl::OkStatus();
}

absl::Status ReadBool(const arrow::Array& values, int64_t i, const ValueReader&,
                      Slot* slot) {
  const bool value = static_cast<const arrow::BooleanArray&>(values).Value(i);
  slot->Set(static_cast<uint8_t>(value ? 1 : 0));
  return absl::OkStatus();
}

template <typename ArrayT>
absl::Status ReadIntAsDecimal(const arrow::Array& values, int64_t i,
                              const ValueReader& reader, Slot* slot) {
  const int64_t value = static_cast<const ArrayT&>(values).Value(i);
  return SetDecimal(value, reader.to(), slot);
}

// Decimals of 32 to 256 bits: little-endian two's complement.
absl::StatusOr<int64_t> UnscaledInt64(const arrow::Array& values, int64_t i) {
  const auto& array = static_cast<const arrow::FixedSizeBinaryArray&>(values);
  const std::string_view bytes = array.GetView(i);
  const bool negative = (static_cast<uint8_t>(bytes.back()) & 0x80) != 0;
  const char fill = negative ? '\xff' : '\0';
  char low[8];
  for (size_t b = 0; b < sizeof(low); ++b) {
    low[b] = b < bytes.size() ? bytes[b] : fill;
  }
  int64_t value;
  std::memcpy(&value, low, sizeof(value));
  for (size_t b = sizeof(low); b < bytes.size(); ++b) {
    if (bytes[b] != fill || (value < 0) != negative) {
      return InvalidArgument("a decimal is out of the range of int64");
    }
  }
  return value;
}

absl::Status ReadDecimal(const arrow::Array& values, int64_t i,
                         const ValueReader& reader, Slot* slot) {
  const absl::StatusOr<int64_t> value = UnscaledInt64(values, i);
  if (!value.ok()) return value.status();
  return SetDecimal(*value, reader.to(), slot);
}

absl::Status ReadDecimalAsInt64(const arrow::Array& values, int64_t i,
                                const ValueReader&, Slot* slot) {
  const absl::StatusOr<int64_t> value = UnscaledInt64(values, i);
  if (!value.ok()) return value.status();
  slot->Set(*value);
  return absl::OkStatus();
}

template <typename ArrayT>
absl::Status ReadBytes(const arrow::Array& values, int64_t i,
                       const ValueReader&, Slot* slot) {
  slot->bytes = static_cast<const ArrayT&>(values).GetView(i);
  return absl::OkStatus();
}

template <typename ArrayT>
absl::Status ReadString(const arrow::Array& values, int64_t i,
                        const ValueReader&, Slot* slot) {
  slot->bytes = static_cast<const ArrayT&>(values).GetView(i);
  if (!IsValidUtf8(slot->bytes)) {
    return InvalidArgument(
        "the text is not valid UTF-8; declare the type bytes to keep it");
  }
  return absl::OkStatus();
}

template <bool kLocal>
absl::Status ReadTimestamp(const arrow::Array& values, int64_t i,
                           const ValueReader& reader, Slot* slot) {
  const int64_t value =
      static_cast<const arrow::TimestampArray&>(values).Value(i);
  const int64_t per_second = reader.units_per_second();
  Moment at;
  if (per_second > 1'000'000) {
    // Nanoseconds: towards the past, before 1970 as well.
    at.micros = value / 1'000 - (value % 1'000 < 0 ? 1 : 0);
    at.nanos = static_cast<uint16_t>(value - at.micros * 1'000);
  } else if (__builtin_mul_overflow(value, 1'000'000 / per_second,
                                    &at.micros)) {
    return CheckMicros(value < 0 ? kMicrosMin - 1 : kMicrosMax + 1);
  }
  if constexpr (kLocal) at.micros = reader.time().zone->ToUtcMicros(at.micros);
  return SetMoment(at, slot);
}

template <typename ArrayT>
absl::Status ReadDay(const arrow::Array& values, int64_t i,
                     const ValueReader& reader, Slot* slot) {
  int64_t days = static_cast<const ArrayT&>(values).Value(i);
  if constexpr (std::is_same_v<ArrayT, arrow::Date64Array>) {
    constexpr int64_t kMillisPerDay = 86'400'000;
    if (days % kMillisPerDay != 0) {
      return InvalidArgument("the date {} ms since 1970 is not a whole day",
                             days);
    }
    days /= kMillisPerDay;
  }
  if (days < kDaysMin || days > kDaysMax) {
    return InvalidArgument(
        "the date {} days since 1970 lies outside the years 1 to 9999", days);
  }
  return SetMoment({reader.time().DayMicros(days)}, slot);
}

bool IsDecimal(const arrow::DataType& type) {
  switch (type.id()) {
    case ArrowType::DECIMAL32:
    case ArrowType::DECIMAL64:
    case ArrowType::DECIMAL128:
    case ArrowType::DECIMAL256:
      return true;
    default:
      return false;
  }
}

int32_t ScaleOf(const arrow::DataType& type) {
  return static_cast<const arrow::DecimalType&>(type).scale();
}

// What the refusal of a pair of types suggests.
std::string WayOut(const arrow::DataType& from, const Type& to) {
  const bool is_text =
      from.id() == ArrowType::STRING || from.id() == ArrowType::LARGE_STRING;
  if (to.kind == Kind::kTimestamp && is_text) {
    return "write it as a timestamp in the job that makes the file";
  }
  if (IsDecimal(from) && to.kind == Kind::kDecimal) {
    return fmt::format("the scales differ: {} and {}", ScaleOf(from), to.scale);
  }
  return "only conversions that keep every value are made: change the type "
         "in the definition, or cast in the job that makes the file";
}

}  // namespace

// Integers that fit both int32 and int64.
template <typename Out>
ValueReader::ReadFn ValueReader::SelectSmallInteger(int arrow_id) {
  switch (arrow_id) {
    case ArrowType::INT8:
      return ReadNumber<arrow::Int8Array, Out>;
    case ArrowType::INT16:
      return ReadNumber<arrow::Int16Array, Out>;
    case ArrowType::INT32:
      return ReadNumber<arrow::Int32Array, Out>;
    case ArrowType::UINT8:
      return ReadNumber<arrow::UInt8Array, Out>;
    case ArrowType::UINT16:
      return ReadNumber<arrow::UInt16Array, Out>;
    default:
      return nullptr;
  }
}

ValueReader::ReadFn ValueReader::Select(const arrow::DataType& from) {
  const ArrowType::type id = from.id();
  switch (to_.kind) {
    case Kind::kBool:
      return id == ArrowType::BOOL ? ReadBool : nullptr;
    case Kind::kInt32:
      return SelectSmallInteger<int32_t>(id);
    case Kind::kInt64:
      if (id == ArrowType::INT64) return ReadNumber<arrow::Int64Array, int64_t>;
      if (id == ArrowType::UINT32) {
        return ReadNumber<arrow::UInt32Array, int64_t>;
      }
      if (const ReadFn read = SelectSmallInteger<int64_t>(id)) return read;
      return IsDecimal(from) && ScaleOf(from) == 0 ? ReadDecimalAsInt64
                                                   : nullptr;
    case Kind::kFloat:
      return id == ArrowType::FLOAT ? ReadNumber<arrow::FloatArray, float>
                                    : nullptr;
    case Kind::kDouble:
      if (id == ArrowType::FLOAT) return ReadNumber<arrow::FloatArray, double>;
      return id == ArrowType::DOUBLE ? ReadNumber<arrow::DoubleArray, double>
                                     : nullptr;
    case Kind::kString:
      if (id == ArrowType::STRING || id == ArrowType::BINARY) {
        return ReadString<arrow::BinaryArray>;
      }
      return id == ArrowType::LARGE_STRING || id == ArrowType::LARGE_BINARY
                 ? ReadString<arrow::LargeBinaryArray>
                 : nullptr;
    case Kind::kBytes:
      if (id == ArrowType::STRING || id == ArrowType::BINARY) {
        return ReadBytes<arrow::BinaryArray>;
      }
      if (id == ArrowType::LARGE_STRING || id == ArrowType::LARGE_BINARY) {
        return ReadBytes<arrow::LargeBinaryArray>;
      }
      return id == ArrowType::FIXED_SIZE_BINARY
                 ? ReadBytes<arrow::FixedSizeBinaryArray>
                 : nullptr;
    case Kind::kTimestamp:
      return SelectTimestamp(from);
    case Kind::kDecimal:
      if (IsDecimal(from)) {
        return ScaleOf(from) == to_.scale ? ReadDecimal : nullptr;
      }
      if (to_.scale != 0) return nullptr;
      if (id == ArrowType::INT32) return ReadIntAsDecimal<arrow::Int32Array>;
      return id == ArrowType::INT64 ? ReadIntAsDecimal<arrow::Int64Array>
                                    : nullptr;
  }
  return nullptr;
}

ValueReader::ReadFn ValueReader::SelectTimestamp(const arrow::DataType& from) {
  switch (from.id()) {
    case ArrowType::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(from);
      switch (type.unit()) {
        case arrow::TimeUnit::SECOND:
          units_per_second_ = 1;
          break;
        case arrow::TimeUnit::MILLI:
          units_per_second_ = 1'000;
          break;
        case arrow::TimeUnit::MICRO:
          units_per_second_ = 1'000'000;
          break;
        case arrow::TimeUnit::NANO:
          units_per_second_ = 1'000'000'000;
          break;
      }
      if (!type.timezone().empty()) return ReadTimestamp<false>;
      return time_.zone != nullptr ? ReadTimestamp<true> : nullptr;
    }
    case ArrowType::DATE32:
    case ArrowType::DATE64:
      if (time_.zone == nullptr || time_.at_day == DayPoint::kNone) {
        return nullptr;
      }
      return from.id() == ArrowType::DATE32 ? ReadDay<arrow::Date32Array>
                                            : ReadDay<arrow::Date64Array>;
    default:
      return nullptr;
  }
}

absl::StatusOr<ValueReader> ValueReader::Create(const arrow::DataType& from,
                                                const Type& to,
                                                const TimeRules& time) {
  ValueReader reader;
  reader.to_ = to;
  reader.time_ = time;
  reader.read_ = reader.Select(from);
  if (reader.read_ != nullptr) return reader;

  if (to.kind == Kind::kTimestamp && from.id() == ArrowType::TIMESTAMP) {
    return InvalidArgument(
        "it is {}, a time without zone; give {}zone (for example UTC)",
        from.ToString(), time.given_by);
  }
  if (to.kind == Kind::kTimestamp &&
      (from.id() == ArrowType::DATE32 || from.id() == ArrowType::DATE64)) {
    return InvalidArgument(
        "it is {}, a date; give {}zone and {}at (start_of_day or end_of_day)",
        from.ToString(), time.given_by, time.given_by);
  }
  return InvalidArgument("{} {}, which is not loaded as {}: {}",
                         to.list ? "its elements are" : "it is",
                         from.ToString(), to.ToString(), WayOut(from, to));
}

}  // namespace freshet
