// SPDX-License-Identifier: Apache-2.0
#include "server/push/column_values.h"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/status.h"
#include "config/value.h"
#include "freshet/v1/push.pb.h"

namespace freshet {
namespace {

// In `nulls`.
constexpr char kAbsent = 2;

// What an array of values is called, and how many there are.
struct ArrayLength {
  std::string_view name;
  size_t values = 0;
};

// Those that are not empty.
std::vector<ArrayLength> ArraysOf(const v1::EventColumn& column) {
  std::vector<ArrayLength> arrays;
  const auto add = [&arrays](std::string_view name, int size) {
    if (size > 0) arrays.push_back({name, static_cast<size_t>(size)});
  };
  add("bools", column.bools_size());
  add("integers", column.integers_size());
  add("doubles", column.doubles_size());
  add("strings", column.strings_size());
  add("bytes", column.bytes_size());
  return arrays;
}

bool ComesIn(const Type& type, std::string_view array) {
  switch (type.kind) {
    case Kind::kBool:
      return array == "bools";
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kTimestamp:
      return array == "integers";
    case Kind::kDecimal:
      return array == "integers" || array == "strings";
    case Kind::kFloat:
    case Kind::kDouble:
      return array == "doubles" || array == "integers";
    case Kind::kString:
      return array == "strings";
    case Kind::kBytes:
      return array == "bytes";
  }
  return false;
}

bool AllNull(const v1::EventColumn& column) {
  const std::string& nulls = column.nulls();
  return !nulls.empty() && nulls.find('\0') == nulls.npos;
}

absl::Status CheckMeaning(const v1::EventColumn& column, const Type& type) {
  const bool time = type.kind == Kind::kTimestamp;
  switch (column.integer_meaning()) {
    case v1::INTEGER_MEANING_UNSPECIFIED:
      return absl::OkStatus();
    case v1::INTEGER_MEANING_NUMBER:
      if (!time) return absl::OkStatus();
      return InvalidArgument(
          "column '{}' holds numbers, and its type is timestamp; how many "
          "microseconds one of them is, is not said",
          column.name());
    case v1::INTEGER_MEANING_TIMESTAMP:
      if (time) return absl::OkStatus();
      return InvalidArgument("column '{}' holds timestamps, and its type is {}",
                             column.name(), type.ToString());
    default:
      return InvalidArgument("column '{}' has the unknown integer_meaning {}",
                             column.name(),
                             static_cast<int>(column.integer_meaning()));
  }
}

absl::Status CheckArrays(const v1::EventColumn& column, const Type& type,
                         const std::vector<ArrayLength>& arrays) {
  if (arrays.size() == 1 && ComesIn(type, arrays[0].name)) {
    return arrays[0].name == "integers" ? CheckMeaning(column, type)
                                        : absl::OkStatus();
  }
  std::vector<std::string_view> names;
  for (const ArrayLength& array : arrays) names.push_back(array.name);
  return InvalidArgument("column '{}' holds {}, and its type is {}",
                         column.name(), fmt::join(names, " and "),
                         type.ToString());
}

// Units of a decimal of this precision, or of this scale.
int64_t PowerOfTen(int digits) {
  int64_t power = 1;
  for (int digit = 0; digit < digits; ++digit) power *= 10;
  return power;
}

// One column, row by row.
class ColumnReader {
 public:
  ColumnReader(const v1::EventColumn& column, ValueColumn& out)
      : column_(column), type_(out.type), out_(out) {}

  absl::Status Read(const std::vector<size_t>& chosen);

 private:
  absl::Status Set(size_t to, int from);
  absl::Status SetInteger(size_t to, int from);
  absl::Status SetDecimal(size_t to, int from);
  absl::Status SetReal(size_t to, int from);
  template <typename T>
  absl::Status Misfit(int row, const T& value, std::string_view what) const {
    return InvalidArgument("column '{}', row {}: {} is {}", column_.name(), row,
                           value, what);
  }

  const v1::EventColumn& column_;
  const Type type_;
  ValueColumn& out_;
};

absl::Status ColumnReader::SetInteger(size_t to, int from) {
  using Int32 = std::numeric_limits<int32_t>;
  const int64_t value = column_.integers(from);
  out_.integers[to] = value;
  if (type_.kind == Kind::kInt32 &&
      (value < Int32::min() || value > Int32::max())) {
    return Misfit(from, value, "no int32");
  }
  return absl::OkStatus();
}

absl::Status ColumnReader::SetDecimal(size_t to, int from) {
  if (column_.strings_size() > 0) {
    const std::string& text = column_.strings(from);
    const auto value = ParseValue(type_, text);
    const auto* units = value.ok() ? std::get_if<int64_t>(&value->v) : nullptr;
    if (units == nullptr) {
      return InvalidArgument(
          "column '{}', row {}: {}", column_.name(), from,
          value.ok() ? "'null' is no decimal; a null stands in 'nulls'"
                     : std::string(value.status().message()));
    }
    out_.integers[to] = *units;
    return absl::OkStatus();
  }
  const int64_t value = column_.integers(from);
  const bool whole = column_.integer_meaning() == v1::INTEGER_MEANING_NUMBER;
  const int64_t unit = whole ? PowerOfTen(type_.scale) : 1;
  const int64_t most = (PowerOfTen(type_.precision) - 1) / unit;
  if (value < -most || value > most) {
    return Misfit(
        from, value,
        fmt::format("{}beyond {}", whole ? "" : "in units ", type_.ToString()));
  }
  out_.integers[to] = value * unit;
  return absl::OkStatus();
}

absl::Status ColumnReader::SetReal(size_t to, int from) {
  const bool narrow = type_.kind == Kind::kFloat;
  if (column_.integers_size() > 0) {
    const int64_t most = int64_t{1} << (narrow ? 24 : 53);
    const int64_t value = column_.integers(from);
    if (value < -most || value > most) {
      return Misfit(
          from, value,
          fmt::format("beyond what every {} can tell apart", type_.ToString()));
    }
    out_.reals[to] = static_cast<double>(value);
    return absl::OkStatus();
  }
  const double value = column_.doubles(from);
  out_.reals[to] = narrow ? static_cast<float>(value) : value;
  if (std::isfinite(value) && !std::isfinite(out_.reals[to])) {
    return Misfit(from, value, "beyond a float");
  }
  return absl::OkStatus();
}

absl::Status ColumnReader::Set(size_t to, int from) {
  switch (type_.kind) {
    case Kind::kBool:
      out_.integers[to] = column_.bools(from) ? 1 : 0;
      return absl::OkStatus();
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kTimestamp:
      return SetInteger(to, from);
    case Kind::kDecimal:
      return SetDecimal(to, from);
    case Kind::kFloat:
    case Kind::kDouble:
      return SetReal(to, from);
    case Kind::kString:
      out_.strings[to] = column_.strings(from);
      return absl::OkStatus();
    case Kind::kBytes:
      out_.strings[to] = column_.bytes(from);
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status ColumnReader::Read(const std::vector<size_t>& chosen) {
  for (size_t to = 0; to < chosen.size(); ++to) {
    if (IsNullAt(column_, chosen[to])) continue;
    out_.states[to] = RowState::kValue;
    RETURN_IF_ERROR(Set(to, static_cast<int>(chosen[to])));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<size_t> CheckColumn(const v1::EventColumn& column,
                                   const Type& type) {
  const std::vector<ArrayLength> arrays = ArraysOf(column);
  size_t values = 0;
  for (const ArrayLength& array : arrays) values += array.values;
  const size_t nulls = column.nulls().size();
  if (AllNull(column) && (values == 0 || values == nulls)) return nulls;
  if (!arrays.empty()) RETURN_IF_ERROR(CheckArrays(column, type, arrays));
  if (nulls == 0 || nulls == values) return values;
  return InvalidArgument(
      "column '{}' has {} values and {} bytes in 'nulls'; there is one for "
      "each value, or none at all",
      column.name(), values, nulls);
}

bool IsNullAt(const v1::EventColumn& column, size_t row) {
  return !column.nulls().empty() && column.nulls()[row] != 0;
}

std::vector<uint8_t> AbsentIn(const v1::EventColumn& column,
                              const std::vector<size_t>& chosen) {
  std::vector<uint8_t> absent;
  if (column.nulls().find(kAbsent) == std::string::npos) return absent;
  for (const size_t row : chosen) {
    absent.push_back(column.nulls()[row] == kAbsent ? 1 : 0);
  }
  return absent;
}

absl::Status FillColumn(const v1::EventColumn& column,
                        const std::vector<size_t>& chosen, ValueColumn& out) {
  return ColumnReader(column, out).Read(chosen);
}

}  // namespace freshet
