// SPDX-License-Identifier: Apache-2.0
#include "config/type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::HasSubstr;

TEST(TypeTest, EveryTypeIsReadBackFromItsText) {
  for (const char* text :
       {"bool", "int32", "int64", "float", "double", "string", "bytes",
        "timestamp", "decimal(10,2)", "decimal(18,18)", "decimal(1,0)",
        "list<bool>", "list<string>", "list<decimal(5,5)>", "float[1]",
        "float[65536]"}) {
    const auto type = Type::Parse(text);
    ASSERT_TRUE(type.ok()) << type.status();
    EXPECT_EQ(type->ToString(), text);
  }
}

TEST(TypeTest, ASpaceAfterTheCommaIsTaken) {
  EXPECT_EQ(Type::Parse("decimal(10, 2)")->ToString(), "decimal(10,2)");
}

TEST(TypeTest, WhatIsNoTypeIsRefusedByName) {
  for (const char* text : {"",
                           "int",
                           "INT64",
                           " int64",
                           "int64 ",
                           "list<>",
                           "list<list<int64>>",
                           "list<float[3]>",
                           "float[0]",
                           "float[65537]",
                           "float[-1]",
                           "float[]",
                           "double[3]",
                           "decimal",
                           "decimal()",
                           "decimal(10)",
                           "decimal(0,0)",
                           "decimal(19,2)",
                           "decimal(5,6)",
                           "decimal(5,-1)",
                           "decimal(05,2)",
                           "decimal(5,2",
                           "decimal(5,2,1)",
                           "float[3]>",
                           "list<int64"}) {
    const auto type = Type::Parse(text);
    ASSERT_EQ(type.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(type.status().message()),
                HasSubstr("'" + std::string(text) + "'"));
  }
}

TEST(TypeTest, ADecimalCutByBracesIsToldOfQuotes) {
  const auto type = Type::Parse("decimal(10");
  EXPECT_THAT(std::string(type.status().message()), HasSubstr("in quotes"));
}

TEST(TypeTest, OnlyStringsBytesAndListsAreVariable) {
  EXPECT_TRUE(Type::Parse("string")->IsVariable());
  EXPECT_TRUE(Type::Parse("bytes")->IsVariable());
  EXPECT_TRUE(Type::Parse("list<bool>")->IsVariable());
  EXPECT_FALSE(Type::Parse("float[8]")->IsVariable());
  EXPECT_FALSE(Type::Parse("decimal(9,0)")->IsVariable());
}

TEST(TypeTest, ElementsAreAsWideAsTheirKind) {
  EXPECT_EQ(ElementWidth(Kind::kBool), 1u);
  EXPECT_EQ(ElementWidth(Kind::kInt32), 4u);
  EXPECT_EQ(ElementWidth(Kind::kFloat), 4u);
  EXPECT_EQ(ElementWidth(Kind::kInt64), 8u);
  EXPECT_EQ(ElementWidth(Kind::kDouble), 8u);
  EXPECT_EQ(ElementWidth(Kind::kTimestamp), 8u);
  EXPECT_EQ(ElementWidth(Kind::kDecimal), 8u);
  EXPECT_EQ(ElementWidth(Kind::kString), 0u);
  EXPECT_EQ(ElementWidth(Kind::kBytes), 0u);
}

bool Widens(const char* from, const char* to) {
  return WidensTo(*Type::Parse(from), *Type::Parse(to));
}

TEST(TypeTest, OnlyIntegersAndFloatsWiden) {
  EXPECT_TRUE(Widens("int32", "int64"));
  EXPECT_TRUE(Widens("float", "double"));
  EXPECT_TRUE(Widens("list<int32>", "list<int64>"));
  EXPECT_TRUE(Widens("string", "string"));
  EXPECT_FALSE(Widens("int64", "int32"));
  EXPECT_FALSE(Widens("double", "float"));
  EXPECT_FALSE(Widens("int32", "double"));
  EXPECT_FALSE(Widens("int32", "list<int64>"));
  EXPECT_FALSE(Widens("float[3]", "float[4]"));
  EXPECT_FALSE(Widens("decimal(5,2)", "decimal(6,2)"));
  EXPECT_FALSE(Widens("timestamp", "int64"));
}

}  // namespace
}  // namespace freshet
