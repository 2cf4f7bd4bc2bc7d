// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/fixture_rows.h"

#include <limits>
#include <string>

namespace freshet {
namespace {

using namespace std::string_literals;

constexpr int64_t kOrdinaryRows = 60;

Value::List Embedding(double first) {
  Value::List list;
  for (int i = 0; i < 4; ++i) list.emplace_back(first + 0.25 * i);
  return list;
}

FixtureRow OrdinaryRow(int64_t i) {
  const std::string text = "row " + std::to_string(i);
  return {
      {Value("m"s), Value(i - 5)},
      1'380'000'000'000'000 + i,
      {Value(i % 2 == 0), Value(-i), Value((int64_t{1} << 53) + i),
       Value(0.5 * static_cast<double>(i)), Value(0.1 * static_cast<double>(i)),
       Value(text), Value("\xff"s), Value(i * 1'000'000), Value(100 * i + 25),
       Value(Value::List{Value(i), Value(), Value(-i)}),
       Value(Value::List{Value(text), Value(""s), Value()}),
       Value(Embedding(static_cast<double>(i)))}};
}

FixtureRow Extremes() {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  return {{Value("a\0b"s), Value(kMin)},
          kMin,
          {Value(true), Value(int64_t{-2147483648}), Value(kMax), Value(-0.0),
           Value(std::numeric_limits<double>::quiet_NaN()), Value(""s),
           Value("\0"s), Value(kMax), Value(int64_t{-9'999'999'999}),
           Value(Value::List{}), Value(Value::List{}), Value(Embedding(-1))}};
}

FixtureRow AllNull() {
  return {{Value(""s), Value(std::numeric_limits<int64_t>::max())},
          0,
          std::vector<Value>(FixtureSchema().columns().size())};
}

}  // namespace

RowSchema FixtureSchema() {
  return RowSchema(
      3,
      {{"name", {.kind = Kind::kString}}, {"number", {.kind = Kind::kInt64}}},
      {{1, "a_bool", {.kind = Kind::kBool}},
       {2, "an_int32", {.kind = Kind::kInt32}},
       {3, "an_int64", {.kind = Kind::kInt64}},
       {4, "a_float", {.kind = Kind::kFloat}},
       {5, "a_double", {.kind = Kind::kDouble}},
       {6, "a_string", {.kind = Kind::kString}},
       {7, "some_bytes", {.kind = Kind::kBytes}},
       {8, "a_timestamp", {.kind = Kind::kTimestamp}},
       {9, "a_decimal", {.kind = Kind::kDecimal, .precision = 10, .scale = 2}},
       {10, "int64_list", {.kind = Kind::kInt64, .list = true}},
       {11, "string_list", {.kind = Kind::kString, .list = true}},
       {12, "an_embedding", {.kind = Kind::kFloat, .fixed_length = 4}}});
}

std::vector<FixtureRow> FixtureRows() {
  std::vector<FixtureRow> rows = {AllNull(), Extremes()};
  for (int64_t i = 0; i < kOrdinaryRows; ++i) rows.push_back(OrdinaryRow(i));
  return rows;
}

}  // namespace freshet
