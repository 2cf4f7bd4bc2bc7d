// SPDX-License-Identifier: Apache-2.0
#include "features/row_schema.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

Column MakeColumn(uint32_t id, Type type) {
  return Column{id, "f" + std::to_string(id), type};
}

TEST(RowSchemaTest, FixedSlotsStandInOrderAndEndsOfVariableOnesAfterThem) {
  const RowSchema schema(
      7, {},
      {MakeColumn(1, {.kind = Kind::kString}),
       MakeColumn(2, {.kind = Kind::kBool}),
       MakeColumn(3, {.kind = Kind::kInt64, .list = true}),
       MakeColumn(4, {.kind = Kind::kFloat, .fixed_length = 3}),
       MakeColumn(5, {.kind = Kind::kInt32})});

  // 13 bytes of header, one of null bits.
  EXPECT_EQ(schema.slot_offset(1), 14u);
  EXPECT_EQ(schema.slot_offset(3), 15u);
  EXPECT_EQ(schema.slot_width(3), 12u);
  EXPECT_EQ(schema.slot_offset(4), 27u);
  EXPECT_EQ(schema.ends_offset(), 31u);
  EXPECT_EQ(schema.slot_offset(0), 31u);
  EXPECT_EQ(schema.slot_offset(2), 35u);
  EXPECT_EQ(schema.variable_offset(), 39u);
}

TEST(RowSchemaTest, NullBitsTakeOneByteForEightColumns) {
  std::vector<Column> columns;
  for (uint32_t i = 0; i < 9; ++i) {
    columns.push_back(MakeColumn(i, {.kind = Kind::kBool}));
  }
  const RowSchema schema(1, {}, columns);

  EXPECT_EQ(schema.slot_offset(0), kRowHeaderBytes + 2);
}

TEST(RowSchemaTest, ColumnsAreFoundByTheIdThatStaysThroughRenames) {
  const RowSchema schema(1, {}, {MakeColumn(9, {}), MakeColumn(4, {})});

  EXPECT_EQ(schema.FindColumn(4), std::optional<size_t>(1));
  EXPECT_EQ(schema.FindColumn(9), std::optional<size_t>(0));
  EXPECT_EQ(schema.FindColumn(5), std::nullopt);
}

TEST(RowSchemaDeathTest, TwoColumnsOfOneIdAreACallersBug) {
  EXPECT_DEATH(RowSchema(1, {}, {MakeColumn(2, {}), MakeColumn(2, {})}),
               "CheckParts");
}

TEST(RowSchemaTest, ASchemaFromOutsideThatCannotBeIsRefused) {
  const Type wide{.kind = Kind::kFloat, .fixed_length = 65536};
  std::vector<Column> columns;
  for (uint32_t i = 0; i < 64; ++i) columns.push_back(MakeColumn(i, wide));

  EXPECT_FALSE(RowSchema::Create(1, {}, columns).ok());
  EXPECT_FALSE(
      RowSchema::Create(1, {}, {MakeColumn(2, {}), MakeColumn(2, {})}).ok());
  EXPECT_FALSE(RowSchema::Create(1, {{"k", {.kind = Kind::kDouble}}}, {}).ok());
  EXPECT_FALSE(
      RowSchema::Create(1, {{"k", {.kind = Kind::kInt64, .list = true}}}, {})
          .ok());
  columns.pop_back();
  EXPECT_TRUE(
      RowSchema::Create(1, {{"k", {.kind = Kind::kBytes}}}, columns).ok());
}

}  // namespace
}  // namespace freshet
