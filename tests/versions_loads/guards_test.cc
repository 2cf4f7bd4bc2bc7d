// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/guards.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Manifest WithRows(int64_t version, int64_t rows) {
  Manifest manifest;
  manifest.view = "user";
  manifest.version = version;
  manifest.rows = rows;
  return manifest;
}

TEST(GuardsTest, FirstVersionOfAnySizePasses) {
  EXPECT_EQ(HoldReason(WithRows(1, 1), nullptr, {}), "");
}

TEST(GuardsTest, HalfOfTheRowsIsEnoughAndOneLessIsHeldWithTheEvidence) {
  const Manifest before = WithRows(1, 101);
  EXPECT_EQ(HoldReason(WithRows(2, 51), &before, {}), "");
  EXPECT_THAT(
      HoldReason(WithRows(2, 50), &before, {}),
      AllOf(HasSubstr("50 rows"), HasSubstr("101"), HasSubstr("at least 51"),
            HasSubstr("freshet approve user 2")));
}

TEST(GuardsTest, RatioOfZeroLetsAnySizePassButAnEmptyOne) {
  const Manifest before = WithRows(1, 100);
  const GuardSettings guards{.rows_ratio_min = 0};
  EXPECT_EQ(HoldReason(WithRows(2, 1), &before, guards), "");
  EXPECT_THAT(HoldReason(WithRows(2, 0), &before, guards),
              HasSubstr("guards.allow_empty"));
}

TEST(GuardsTest, EmptySnapshotIsHeldUnlessAllowed) {
  EXPECT_THAT(HoldReason(WithRows(1, 0), nullptr, {}), HasSubstr("is empty"));
  EXPECT_EQ(HoldReason(WithRows(1, 0), nullptr, {.allow_empty = true}), "");
}

LoadSpec Spec() {
  LoadSpec spec;
  spec.view = "user";
  spec.version = 7;
  spec.generation = 2;
  spec.schema = RowSchema(3, {{"id", *Type::Parse("int64")}},
                          {{1, "age", *Type::Parse("int32")}});
  return spec;
}

Manifest Built(const LoadSpec& spec) {
  Manifest manifest;
  manifest.view = spec.view;
  manifest.version = spec.version;
  manifest.generation = spec.generation;
  manifest.schema = spec.schema;
  manifest.as_of_micros = 99;
  return manifest;
}

TEST(GuardsTest, VersionAsAskedForPasses) {
  EXPECT_TRUE(CheckBuilt(Built(Spec()), Spec()).ok());
}

TEST(GuardsTest, EachThingThatDiffersIsNamedWithBothValues) {
  const LoadSpec spec = Spec();
  const auto message = [&](auto change) {
    Manifest built = Built(spec);
    change(built);
    const absl::Status status = CheckBuilt(built, spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    return std::string(status.message());
  };
  EXPECT_THAT(message([](Manifest& m) { m.view = "x"; }),
              AllOf(HasSubstr("view 'x'"), HasSubstr("'user'")));
  EXPECT_THAT(message([](Manifest& m) { m.version = 8; }),
              AllOf(HasSubstr("number '8'"), HasSubstr("'7'")));
  EXPECT_THAT(message([](Manifest& m) { m.generation = 1; }),
              AllOf(HasSubstr("generation '1'"), HasSubstr("'2'")));
  EXPECT_THAT(message([&](Manifest& m) {
                m.schema = RowSchema(4, spec.schema.key(), {});
              }),
              AllOf(HasSubstr("schema '4'"), HasSubstr("'3'")));
  EXPECT_THAT(message([&](Manifest& m) {
                m.schema = RowSchema(3, spec.schema.key(), {});
              }),
              HasSubstr("other columns"));
}

TEST(GuardsTest, AsOfOfTheLoadMustBeTheVersions) {
  LoadSpec spec = Spec();
  spec.has_as_of = true;
  spec.as_of_micros = 98;
  EXPECT_FALSE(CheckBuilt(Built(spec), spec).ok());
  spec.as_of_micros = 99;
  EXPECT_TRUE(CheckBuilt(Built(spec), spec).ok());
}

}  // namespace
}  // namespace freshet
