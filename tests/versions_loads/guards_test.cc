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
  manifest.rows = manifest.live_rows = rows;
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
  BatchFeatureView view;
  view.guards.rows_ratio_min = 0;
  EXPECT_EQ(HoldReason(WithRows(2, 1), &before, view), "");
  EXPECT_THAT(HoldReason(WithRows(2, 0), &before, view),
              HasSubstr("guards.allow_empty"));
}

TEST(GuardsTest, EmptySnapshotIsHeldUnlessAllowed) {
  EXPECT_THAT(HoldReason(WithRows(1, 0), nullptr, {}), HasSubstr("is empty"));
  BatchFeatureView view;
  view.guards.allow_empty = true;
  EXPECT_EQ(HoldReason(WithRows(1, 0), nullptr, view), "");
}

// A version of 100 rows with one feature, `age`, and what is known of it.
Manifest WithAge(int64_t version, const ColumnStats& stats) {
  Manifest manifest = WithRows(version, 100);
  manifest.schema = RowSchema(3, {{"id", *Type::Parse("int64")}},
                              {{7, "age", *Type::Parse("int32")}});
  manifest.columns = {stats};
  return manifest;
}

BatchFeatureView ViewOfAge(const FeatureGuard& guard) {
  BatchFeatureView view;
  view.features.emplace_back();
  view.features.back().name = "age";
  view.features.back().guard = guard;
  return view;
}

TEST(GuardsTest, ManyRowsMoreAreHeldWhereThatIsAskedFor) {
  const Manifest before = WithRows(1, 100);
  BatchFeatureView view;
  EXPECT_EQ(HoldReason(WithRows(2, 100'000), &before, view), "");
  view.guards.rows_ratio_max = 1.5;
  EXPECT_EQ(HoldReason(WithRows(2, 150), &before, view), "");
  EXPECT_THAT(HoldReason(WithRows(2, 151), &before, view),
              HasSubstr("it has 151 rows, the current version 1 has 100; at "
                        "most 150 wanted (guards.rows_ratio_max 1.5)"));
  const Manifest empty = WithRows(1, 0);
  EXPECT_EQ(HoldReason(WithRows(2, 151), &empty, view), "");
}

TEST(GuardsTest, RowsThatBecameShortAreHeld) {
  Manifest before = WithRows(1, 100);
  Manifest fresh = WithRows(2, 100);
  before.row_bytes = 1000;
  fresh.row_bytes = 500;
  EXPECT_EQ(HoldReason(fresh, &before, {}), "");
  fresh.row_bytes = 499;
  EXPECT_THAT(HoldReason(fresh, &before, {}),
              HasSubstr("499 bytes of rows, the current version 1 has 1000; at "
                        "least 500 wanted (guards.bytes_ratio_min 0.5)"));
}

TEST(GuardsTest, AFeatureThatLostHalfOfItsValuesIsHeld) {
  const Manifest before = WithAge(1, {.feature_id = 7, .nulls = 20});
  EXPECT_EQ(HoldReason(WithAge(2, {.feature_id = 7, .nulls = 60}), &before, {}),
            "");
  EXPECT_THAT(
      HoldReason(WithAge(2, {.feature_id = 7, .nulls = 51, .nans = 10}),
                 &before, {}),
      HasSubstr("feature 'age' has a value in 39 % of the rows, in 80 % of the "
                "current version 1; at least 40 % wanted "
                "(guards.values_ratio_min 0.5)"));
  // Another feature of the same name has no version before.
  EXPECT_EQ(
      HoldReason(WithAge(2, {.feature_id = 8, .nulls = 100}), &before, {}), "");
}

TEST(GuardsTest, OldDataIsHeldWhereThatIsAskedFor) {
  Manifest fresh = WithRows(1, 1);
  fresh.as_of_micros = 1'388'448'000'000'000;
  fresh.built_at_micros = fresh.as_of_micros + 3'600'000'001;
  BatchFeatureView view;
  EXPECT_EQ(HoldReason(fresh, nullptr, view), "");
  view.guards.age_max_micros = 3'600'000'000;
  EXPECT_THAT(HoldReason(fresh, nullptr, view),
              HasSubstr("its data is of 2013-12-31T00:00:00Z, older than 1h "
                        "when its load began (guards.age_max)"));
  --fresh.built_at_micros;
  EXPECT_EQ(HoldReason(fresh, nullptr, view), "");
}

TEST(GuardsTest, ValuesOutsideTheRangeAreHeldFromTheFirstVersionOn) {
  const BatchFeatureView view = ViewOfAge({.min = 0, .max = 150});
  ColumnStats stats{.feature_id = 7, .min = 0, .max = 150, .distinct = 9};
  EXPECT_EQ(HoldReason(WithAge(1, stats), nullptr, view), "");
  stats.min = -1;
  stats.max = 150.5;
  EXPECT_THAT(
      HoldReason(WithAge(1, stats), nullptr, view),
      AllOf(HasSubstr("feature 'age' goes down to -1; at least 0 wanted "
                      "(guard.min)"),
            HasSubstr("feature 'age' goes up to 150.5; at most 150 wanted "
                      "(guard.max)")));
}

TEST(GuardsTest, WithoutAValueThereIsNoRange) {
  EXPECT_EQ(HoldReason(WithAge(1, {.feature_id = 7, .nulls = 100}), nullptr,
                       ViewOfAge({.min = 1, .max = 2})),
            "");
}

TEST(GuardsTest, TooManyNullsAreHeld) {
  const BatchFeatureView view = ViewOfAge({.nulls_max = 0.1});
  EXPECT_EQ(
      HoldReason(WithAge(1, {.feature_id = 7, .nulls = 10}), nullptr, view),
      "");
  EXPECT_THAT(HoldReason(WithAge(1, {.feature_id = 7, .nulls = 10, .nans = 1}),
                         nullptr, view),
              HasSubstr("feature 'age' has no value in 11 of 100 rows; at most "
                        "10 % wanted (guard.nulls_max)"));
}

TEST(GuardsTest, WhatIsJustEnoughIsNotHeldForARounding) {
  const Manifest before = WithRows(1, 100);
  BatchFeatureView view = ViewOfAge({.nulls_max = 0.3});
  view.guards.rows_ratio_min = 0.55;
  EXPECT_EQ(HoldReason(WithRows(2, 55), &before, view), "");
  EXPECT_EQ(
      HoldReason(WithAge(1, {.feature_id = 7, .nulls = 30}), nullptr, view),
      "");
}

TEST(GuardsTest, AFloatIsComparedAsAFloat) {
  Manifest fresh = WithAge(1, {.feature_id = 7,
                               .min = static_cast<double>(0.1f),
                               .max = static_cast<double>(0.1f),
                               .distinct = 1});
  fresh.schema = RowSchema(3, {{"id", *Type::Parse("int64")}},
                           {{7, "age", *Type::Parse("float")}});
  EXPECT_EQ(HoldReason(fresh, nullptr, ViewOfAge({.min = 0.1, .max = 0.1})),
            "");
}

TEST(GuardsTest, RowsOfOtherColumnsMayBeShorter) {
  Manifest before = WithAge(1, {.feature_id = 7});
  Manifest fresh = WithRows(2, 100);
  before.row_bytes = 1000;
  fresh.row_bytes = 100;
  EXPECT_EQ(HoldReason(fresh, &before, {}), "");
}

TEST(GuardsTest, SoManyReasonsAreSaidAndTheRestCounted) {
  Manifest fresh = WithRows(1, 100);
  BatchFeatureView view;
  std::vector<Column> columns;
  for (uint32_t id = 1; id <= 30; ++id) {
    columns.push_back({id, "f" + std::to_string(id), *Type::Parse("int32")});
    fresh.columns.push_back({.feature_id = id, .nulls = 100});
    view.features.emplace_back();
    view.features.back().name = columns.back().name;
    view.features.back().guard.nulls_max = 0;
  }
  fresh.schema = RowSchema(3, {{"id", *Type::Parse("int64")}}, columns);
  const std::string reason = HoldReason(fresh, nullptr, view);
  EXPECT_THAT(reason, HasSubstr("'f20'"));
  EXPECT_THAT(reason, testing::Not(HasSubstr("'f21'")));
  EXPECT_THAT(reason, HasSubstr("; and 10 things more; approve it"));
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

// 10 rows over version 1.
Manifest Upsert(int64_t live_rows) {
  Manifest fresh = WithRows(2, 10);
  fresh.base = 1;
  fresh.live_rows = live_rows;
  return fresh;
}

TEST(UpsertGuardsTest, HowManyThereAreWithWhatItIsLaidOverCounts) {
  Manifest before = WithRows(1, 1000);
  before.row_bytes = 1'000'000;
  EXPECT_EQ(HoldReason(Upsert(1000), &before, {}), "");
  EXPECT_THAT(HoldReason(Upsert(400), &before, {}),
              HasSubstr("it has 400 rows, the current version 1 has 1000"));
}

TEST(UpsertGuardsTest, OneThatChangesNothingPasses) {
  const Manifest before = WithRows(1, 1000);
  Manifest fresh = Upsert(1000);
  fresh.rows = 0;
  EXPECT_EQ(HoldReason(fresh, &before, {}), "");
}

TEST(UpsertGuardsTest, FewRowsMayHaveNoValues) {
  const Manifest before = WithAge(1, {.feature_id = 7});
  Manifest fresh = WithAge(2, {.feature_id = 7, .nulls = 10});
  fresh.base = 1;
  fresh.rows = 10;
  EXPECT_EQ(HoldReason(fresh, &before, {}), "");

  fresh.rows = 1000;
  fresh.columns[0].nulls = 1000;
  EXPECT_THAT(HoldReason(fresh, &before, {}), HasSubstr("values_ratio_min"));
}

TEST(UpsertGuardsTest, DeletedKeysHaveNoValuesToMiss) {
  Manifest fresh = WithAge(2, {.feature_id = 7, .nulls = 5});
  fresh.rows = 10;
  fresh.deleted_rows = 5;
  EXPECT_THAT(HoldReason(fresh, nullptr, ViewOfAge({.nulls_max = 0.5})),
              HasSubstr("no value in 5 of 5 rows"));
}

}  // namespace
}  // namespace freshet
