// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/column_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"

namespace freshet {
namespace {

constexpr uint8_t kPrecisionMax = 18;  // Of Freshet's decimals.
constexpr uint32_t kFixedLengthMax = 65'536;
constexpr size_t kTextMax = 256;

struct Named {
  std::string_view name;
  Kind kind;
  TimeForm times = TimeForm::kNone;
};

constexpr TimeForm kLocal = TimeForm::kLocal;
constexpr TimeForm kUtc = TimeForm::kUtc;

// All integers of Snowflake's are NUMBER(38,0), which it unloads as decimals.
// What it has with a zone it cannot unload: it has to be converted, to UTC.
constexpr Named kSnowflake[] = {
    {"int", Kind::kInt64},
    {"integer", Kind::kInt64},
    {"bigint", Kind::kInt64},
    {"smallint", Kind::kInt64},
    {"tinyint", Kind::kInt64},
    {"byteint", Kind::kInt64},
    {"float", Kind::kDouble},
    {"float4", Kind::kDouble},
    {"float8", Kind::kDouble},
    {"double", Kind::kDouble},
    {"double precision", Kind::kDouble},
    {"real", Kind::kDouble},
    {"boolean", Kind::kBool},
    {"varchar", Kind::kString},
    {"char", Kind::kString},
    {"character", Kind::kString},
    {"character varying", Kind::kString},
    {"char varying", Kind::kString},
    {"nchar", Kind::kString},
    {"nvarchar", Kind::kString},
    {"nvarchar2", Kind::kString},
    {"string", Kind::kString},
    {"text", Kind::kString},
    {"binary", Kind::kBytes},
    {"varbinary", Kind::kBytes},
    {"date", Kind::kTimestamp, TimeForm::kDate},
    {"datetime", Kind::kTimestamp, kLocal},
    {"timestamp_ntz", Kind::kTimestamp, kLocal},
    {"timestampntz", Kind::kTimestamp, kLocal},
    {"timestamp without time zone", Kind::kTimestamp, kLocal},
    {"timestamp_ltz", Kind::kTimestamp, kUtc},
    {"timestampltz", Kind::kTimestamp, kUtc},
    {"timestamp with local time zone", Kind::kTimestamp, kUtc},
    {"timestamp_tz", Kind::kTimestamp, kUtc},
    {"timestamptz", Kind::kTimestamp, kUtc},
    {"timestamp with time zone", Kind::kTimestamp, kUtc},
    // TIMESTAMP is one of the three, by a parameter; by default this.
    {"timestamp", Kind::kTimestamp, kLocal},
};

// Spark writes a TIMESTAMP as INT96, or with a zone where it was told to.
constexpr Named kDatabricks[] = {
    {"boolean", Kind::kBool},
    {"byte", Kind::kInt32},
    {"tinyint", Kind::kInt32},
    {"short", Kind::kInt32},
    {"smallint", Kind::kInt32},
    {"int", Kind::kInt32},
    {"integer", Kind::kInt32},
    {"long", Kind::kInt64},
    {"bigint", Kind::kInt64},
    {"float", Kind::kFloat},
    {"real", Kind::kFloat},
    {"double", Kind::kDouble},
    {"string", Kind::kString},
    {"varchar", Kind::kString},
    {"char", Kind::kString},
    {"binary", Kind::kBytes},
    {"date", Kind::kTimestamp, TimeForm::kDate},
    {"timestamp", Kind::kTimestamp, kUtc},
    {"timestamp_ltz", Kind::kTimestamp, kUtc},
    {"timestamp_ntz", Kind::kTimestamp, kLocal},
};

constexpr Named kDuckDb[] = {
    {"boolean", Kind::kBool},
    {"bool", Kind::kBool},
    {"tinyint", Kind::kInt32},
    {"smallint", Kind::kInt32},
    {"integer", Kind::kInt32},
    {"int", Kind::kInt32},
    {"int1", Kind::kInt32},
    {"int2", Kind::kInt32},
    {"int4", Kind::kInt32},
    {"utinyint", Kind::kInt32},
    {"usmallint", Kind::kInt32},
    {"uinteger", Kind::kInt64},
    {"bigint", Kind::kInt64},
    {"int8", Kind::kInt64},
    {"float", Kind::kFloat},
    {"float4", Kind::kFloat},
    {"real", Kind::kFloat},
    {"double", Kind::kDouble},
    {"float8", Kind::kDouble},
    {"varchar", Kind::kString},
    {"char", Kind::kString},
    {"bpchar", Kind::kString},
    {"text", Kind::kString},
    {"string", Kind::kString},
    {"enum", Kind::kString},
    {"blob", Kind::kBytes},
    {"bytea", Kind::kBytes},
    {"binary", Kind::kBytes},
    {"varbinary", Kind::kBytes},
    {"date", Kind::kTimestamp, TimeForm::kDate},
    {"timestamp", Kind::kTimestamp, kLocal},
    {"datetime", Kind::kTimestamp, kLocal},
    {"timestamp without time zone", Kind::kTimestamp, kLocal},
    {"timestamp_s", Kind::kTimestamp, kLocal},
    {"timestamp_ms", Kind::kTimestamp, kLocal},
    {"timestamp_us", Kind::kTimestamp, kLocal},
    {"timestamp_ns", Kind::kTimestamp, kLocal},
    {"timestamptz", Kind::kTimestamp, TimeForm::kMoment},
    {"timestamp with time zone", Kind::kTimestamp, TimeForm::kMoment},
};

std::span<const Named> TypesOf(Warehouse warehouse) {
  switch (warehouse) {
    case Warehouse::kSnowflake:
      return kSnowflake;
    case Warehouse::kDatabricks:
      return kDatabricks;
    case Warehouse::kDuckDb:
      return kDuckDb;
    case Warehouse::kUnknown:
      break;
  }
  return {};
}

// A type without its numbers: `timestamp(6) with time zone` is the name
// `timestamp with time zone` and the number 6.
struct Words {
  std::string name;
  std::vector<int> numbers;
};

// Lower case, one blank between words, none at the ends.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  if (!plain.empty() && plain.back() == ' ') plain.pop_back();
  return plain;
}

Words WordsOf(const std::string& plain) {
  const size_t open = plain.find('(');
  const size_t close = plain.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return {plain, {}};
  }
  Words words{Plain(plain.substr(0, open) + " " + plain.substr(close + 1)), {}};
  const char* at = plain.data() + open + 1;
  const char* const end = plain.data() + close;
  while (at < end) {
    int number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc()) words.numbers.push_back(number);
    at = error == std::errc() ? next : at + 1;
  }
  return words;
}

bool IsDecimal(std::string_view name) {
  return name == "decimal" || name == "numeric" || name == "dec" ||
         name == "number";
}

absl::StatusOr<ColumnType> Decimal(Warehouse warehouse, const Words& words) {
  int precision = warehouse == Warehouse::kDuckDb ? 18 : 10;
  int scale = warehouse == Warehouse::kDuckDb ? 3 : 0;
  if (words.numbers.empty() && warehouse == Warehouse::kSnowflake) {
    return InvalidArgument(
        "'{}' does not say its scale: declare the column's data_type as "
        "number(p,s)",
        words.name);
  }
  if (!words.numbers.empty()) {
    precision = words.numbers[0];
    scale = words.numbers.size() > 1 ? words.numbers[1] : 0;
  }
  ColumnType column;
  if (scale == 0) return column;  // int64.
  if (precision < 1 || scale < 0 || scale > precision ||
      scale > kPrecisionMax) {
    return InvalidArgument(
        "a decimal has at most {} digits, {} of which may stand after the "
        "point: cast it in the model",
        kPrecisionMax, kPrecisionMax);
  }
  column.type.kind = Kind::kDecimal;
  column.type.precision =
      static_cast<uint8_t>(std::min<int>(precision, kPrecisionMax));
  column.type.scale = static_cast<uint8_t>(scale);
  if (precision > kPrecisionMax) {
    column.remark = fmt::format("a value of more than {} digits fails the load",
                                kPrecisionMax);
  }
  return column;
}

std::string Advice(std::string_view name) {
  if (name == "hugeint" || name == "uhugeint") {
    return "Parquet has no such integer, and DuckDB writes a double: cast it "
           "to BIGINT in the model";
  }
  if (name == "ubigint") return "cast it to BIGINT in the model";
  if (name == "uuid" || name == "json" || name == "variant" ||
      name == "object" || name == "array" || name == "vector") {
    return "cast it in the model, to a text for example";
  }
  return "cast it in the model, or leave the column out with exclude: true";
}

// Of a list: the text of its elements' type, and their number if it is fixed.
struct ListText {
  std::string element;
  uint32_t fixed_length = 0;
};

std::optional<ListText> ListOf(Warehouse warehouse, const std::string& plain) {
  if (warehouse == Warehouse::kDatabricks && plain.starts_with("array<") &&
      plain.ends_with('>')) {
    return ListText{plain.substr(6, plain.size() - 7), 0};
  }
  const size_t open = plain.rfind('[');
  if (warehouse != Warehouse::kDuckDb || !plain.ends_with(']') ||
      open == std::string::npos) {
    return std::nullopt;
  }
  ListText list{plain.substr(0, open), 0};
  std::from_chars(plain.data() + open + 1, plain.data() + plain.size() - 1,
                  list.fixed_length);
  return list;
}

absl::StatusOr<ColumnType> ScalarType(Warehouse warehouse,
                                      const std::string& plain) {
  const Words words = WordsOf(plain);
  if (IsDecimal(words.name)) return Decimal(warehouse, words);
  for (const Named& named : TypesOf(warehouse)) {
    if (named.name != words.name) continue;
    ColumnType column;
    column.type.kind = named.kind;
    column.times = named.times;
    return column;
  }
  return InvalidArgument("no feature is read from '{}': {}", plain,
                         Advice(words.name));
}

}  // namespace

Warehouse WarehouseOf(std::string_view adapter) {
  if (adapter == "snowflake") return Warehouse::kSnowflake;
  if (adapter == "duckdb") return Warehouse::kDuckDb;
  if (adapter == "databricks" || adapter == "spark") {
    return Warehouse::kDatabricks;
  }
  return Warehouse::kUnknown;
}

bool IsBareDecimal(Warehouse warehouse, std::string_view text) {
  const Words words = WordsOf(Plain(text));
  return warehouse == Warehouse::kSnowflake && IsDecimal(words.name) &&
         words.numbers.empty();
}

absl::StatusOr<ColumnType> TypeOfColumn(Warehouse warehouse,
                                        std::string_view text) {
  if (warehouse == Warehouse::kUnknown) {
    return InvalidArgument(
        "the column types of this adapter are not known, only those of "
        "Snowflake, Databricks and DuckDB: say the feature's type");
  }
  if (text.size() > kTextMax) {
    return InvalidArgument("no feature is read from a type of {} characters",
                           text.size());
  }
  const std::string plain = Plain(text);
  const auto list = ListOf(warehouse, plain);
  if (!list.has_value()) return ScalarType(warehouse, plain);
  if (ListOf(warehouse, list->element).has_value()) {
    return InvalidArgument("no feature is read from lists of lists, '{}'",
                           plain);
  }
  auto column = ScalarType(warehouse, list->element);
  if (!column.ok()) return column;
  column->type.list = true;
  if (list->fixed_length > 0 && list->fixed_length <= kFixedLengthMax &&
      column->type.kind == Kind::kFloat) {
    column->type.list = false;
    column->type.fixed_length = list->fixed_length;
  }
  return column;
}

}  // namespace freshet
