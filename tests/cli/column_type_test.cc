// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/column_type.h"

#include <gmock/gmock.h>

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr Warehouse kSnowflake = Warehouse::kSnowflake;
constexpr Warehouse kDatabricks = Warehouse::kDatabricks;
constexpr Warehouse kDuckDb = Warehouse::kDuckDb;

struct Case {
  Warehouse warehouse;
  std::string_view text;
  std::string_view type;
  TimeForm times = TimeForm::kNone;
};

TEST(ColumnTypeTest, EachWarehouseHasItsOwnWords) {
  for (const Case& one : std::initializer_list<Case>{
           {kSnowflake, "NUMBER(38,0)", "int64"},
           {kSnowflake, "NUMBER(10, 2)", "decimal(10,2)"},
           {kSnowflake, "number(9)", "int64"},
           {kSnowflake, "INTEGER", "int64"},
           {kSnowflake, "FLOAT", "double"},
           {kSnowflake, "DOUBLE  PRECISION", "double"},
           {kSnowflake, "VARCHAR(16777216)", "string"},
           {kSnowflake, "BINARY(8)", "bytes"},
           {kSnowflake, "TIMESTAMP_NTZ(9)", "timestamp", TimeForm::kLocal},
           {kSnowflake, "TIMESTAMP_LTZ", "timestamp", TimeForm::kUtc},
           {kSnowflake, "date", "timestamp", TimeForm::kDate},
           {kDatabricks, "int", "int32"},
           {kDatabricks, "bigint", "int64"},
           {kDatabricks, "float", "float"},
           {kDatabricks, "decimal(18,4)", "decimal(18,4)"},
           {kDatabricks, "decimal", "int64"},
           {kDatabricks, "array<double>", "list<double>"},
           {kDatabricks, "array<decimal(5,1)>", "list<decimal(5,1)>"},
           {kDatabricks, "timestamp", "timestamp", TimeForm::kUtc},
           {kDatabricks, "timestamp_ntz", "timestamp", TimeForm::kLocal},
           {kDuckDb, "INTEGER", "int32"},
           {kDuckDb, "UINTEGER", "int64"},
           {kDuckDb, "FLOAT", "float"},
           {kDuckDb, "DECIMAL", "decimal(18,3)"},
           {kDuckDb, "ENUM('a', 'b')", "string"},
           {kDuckDb, "VARCHAR[]", "list<string>"},
           {kDuckDb, "DECIMAL(4,1)[]", "list<decimal(4,1)>"},
           {kDuckDb, "FLOAT[128]", "float[128]"},
           {kDuckDb, "DOUBLE[3]", "list<double>"},
           {kDuckDb, "TIMESTAMP", "timestamp", TimeForm::kLocal},
           {kDuckDb, "TIMESTAMP WITH TIME ZONE", "timestamp",
            TimeForm::kMoment},
           {kDuckDb, "DATE[]", "list<timestamp>", TimeForm::kDate}}) {
    const auto column = TypeOfColumn(one.warehouse, one.text);
    ASSERT_TRUE(column.ok()) << one.text << ": " << column.status();
    EXPECT_EQ(column->type.ToString(), one.type) << one.text;
    EXPECT_EQ(column->times, one.times) << one.text;
    EXPECT_EQ(column->remark, "") << one.text;
  }
}

TEST(ColumnTypeTest, AWideDecimalIsReadWhileItsValuesFit) {
  const auto column = TypeOfColumn(kDuckDb, "DECIMAL(38,2)");
  ASSERT_TRUE(column.ok());
  EXPECT_EQ(column->type.ToString(), "decimal(18,2)");
  EXPECT_EQ(column->remark, "a value of more than 18 digits fails the load");
}

TEST(ColumnTypeTest, WhatNoFeatureIsReadFromSaysWhatToDo) {
  struct Refused {
    Warehouse warehouse;
    std::string_view text;
    std::string_view message;
  };
  for (const Refused& one : std::initializer_list<Refused>{
           {kSnowflake, "NUMBER", "does not say its scale"},
           {kSnowflake, "VARIANT", "to a text for example"},
           {kSnowflake, "VECTOR(FLOAT, 3)", "to a text for example"},
           {kSnowflake, "TIME(9)", "exclude: true"},
           {kSnowflake, "NUMBER(38,20)", "at most 18 digits"},
           {kDatabricks, "struct<a:int>", "exclude: true"},
           {kDatabricks, "array<array<int>>", "lists of lists"},
           {kDatabricks, "array<>", "no feature is read from ''"},
           {kDuckDb, "UBIGINT", "cast it to BIGINT"},
           {kDuckDb, "HUGEINT", "writes a double"},
           {kDuckDb, "INTEGER[][]", "lists of lists"},
           {kDuckDb, "DECIMAL(3,4)", "at most 18 digits"},
           {kDuckDb, "", "no feature is read from ''"},
           {Warehouse::kUnknown, "INT64", "this adapter are not known"}}) {
    const auto column = TypeOfColumn(one.warehouse, one.text);
    ASSERT_FALSE(column.ok()) << one.text;
    EXPECT_THAT(std::string(column.status().message()),
                HasSubstr(std::string(one.message)));
  }
}

TEST(ColumnTypeTest, AdaptersAreKnownByDbtsNames) {
  EXPECT_EQ(WarehouseOf("snowflake"), kSnowflake);
  EXPECT_EQ(WarehouseOf("databricks"), kDatabricks);
  EXPECT_EQ(WarehouseOf("spark"), kDatabricks);
  EXPECT_EQ(WarehouseOf("duckdb"), kDuckDb);
  EXPECT_EQ(WarehouseOf("bigquery"), Warehouse::kUnknown);
}

}  // namespace
}  // namespace freshet
