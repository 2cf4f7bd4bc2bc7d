// SPDX-License-Identifier: Apache-2.0
#include "storage/live/overlaid_rows.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/live/live_store.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

using State = RowBatch::State;

constexpr uint32_t kNumber = 1;
constexpr uint32_t kText = 2;
constexpr uint32_t kRatio = 3;
constexpr uint32_t kLater = 9;  // Not in the version.

// What TestSchema has, one of it wider, and a feature that came later.
std::vector<Column> Features() {
  return {{kText, "text", {.kind = Kind::kString}},
          {kNumber, "number", {.kind = Kind::kInt64}},
          {kLater, "later", {.kind = Kind::kInt32}},
          {kRatio, "ratio", {.kind = Kind::kDouble}}};
}

LiveRow Row(int64_t time_micros, int64_t number, std::string_view text) {
  LiveRow row{.whole = LiveRow::Whole{.time_micros = time_micros}};
  row.cells = {{.feature = kNumber,
                .time_micros = time_micros,
                .value = Datum::Integer(number)},
               {.feature = kText,
                .time_micros = time_micros,
                .storage = Storage::kStrings,
                .value = Datum::Text(text)},
               {.feature = kLater,
                .time_micros = time_micros,
                .value = Datum::Integer(-2)}};
  return row;
}

// The version has the keys k000000 to k000003, its rows the times 1000 to 1003.
class OverlaidRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    Open();
    ASSERT_TRUE(store_->Add(3).ok());
    SetVersion(/*as_of_micros=*/1'500);
  }

  // With a cache that holds nothing.
  void Open() {
    version_.reset();
    store_.reset();
    resources_ = std::make_unique<StoreResources>(8 << 20);
    auto store = LiveStore::Open(dir_.path() + "/live", {}, *resources_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void SetVersion(int64_t as_of_micros) {
    Manifest identity = TestIdentity(++versions_);
    identity.as_of_micros = as_of_micros;
    const std::string dir = dir_.path() + "/v" + std::to_string(versions_);
    const auto manifest = BuildVersion(dir, TestRows(4), {}, identity);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    auto version = Version::Open(dir, *manifest, *resources_);
    ASSERT_TRUE(version.ok()) << version.status();
    version_ = *std::move(version);
  }

  void Put(const std::string& key, const LiveRow& row) {
    LiveBatch batch;
    batch.Merge(*store_->generations().at(3), key, EncodeLiveRow(row));
    ASSERT_TRUE(store_->Apply(batch, store_->applied() + 1).ok());
  }

  void Read(const std::vector<std::string>& keys, bool from_disk = true) {
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    const auto generation = store_->generations().at(3);
    rows_.LookupCached(features_, *generation, version_.get(), views);
    if (from_disk) rows_.LookupDisk(views);
    rows_.Compute();
    rows_.Release();
  }

  // Time, number, text and later of a row.
  std::string Text(size_t i) const {
    if (rows_.state(i) != State::kFound) return "none";
    const auto row = RowView::Parse(features_->schema, rows_.row(i));
    if (!row.ok()) return std::string(row.status().message());
    std::string text = std::to_string(row->event_time_micros());
    for (const size_t column : {1, 0, 2}) {
      text += ' ';
      if (row->IsNull(column)) {
        text += rows_.lacks(i, column) ? "lacking" : "null";
        continue;
      }
      const Value value = *row->Get(column);
      const auto* string = std::get_if<std::string>(&value.v);
      text += string != nullptr ? *string
                                : std::to_string(std::get<int64_t>(value.v));
    }
    return text;
  }

  TempDir dir_;
  std::unique_ptr<StoreResources> resources_;
  std::unique_ptr<LiveStore> store_;
  std::unique_ptr<Version> version_;
  std::shared_ptr<const OverlaidFeatures> features_ =
      std::make_shared<const OverlaidFeatures>(
          std::vector<KeyPart>{{"id", {.kind = Kind::kString}}}, Features());
  OverlaidRows rows_;
  int64_t versions_ = 0;
};

TEST_F(OverlaidRowsTest, Rules7And8) {
  SetVersion(/*as_of_micros=*/900);  // Older than its rows.
  Put("k000000", Row(2'000, 5, "new"));
  Put("k000001", Row(1'001, 5, "as old as the snapshot's"));
  Put("k000002",
      {.whole = LiveRow::Whole{.time_micros = 3'000, .deleted = true}});
  Put("k9", Row(901, 6, "only live"));
  Put("k8", Row(900, 6, "as old as the snapshot"));
  Put("k7", {.whole = LiveRow::Whole{.time_micros = 3'000, .deleted = true}});

  Read({"k000000", "k000001", "k000002", "k000003", "k9", "k8", "k7", "k6"});

  EXPECT_EQ(Text(0), "2000 5 new -2");
  EXPECT_EQ(Text(1).substr(0, 7), "1001 1 ");
  EXPECT_TRUE(rows_.lacks(1, 2));
  EXPECT_EQ(rows_.state(2), State::kDeleted);
  EXPECT_EQ(Text(3).substr(0, 7), "1003 3 ");
  EXPECT_EQ(Text(4), "901 6 only live -2");
  EXPECT_FALSE(rows_.lacks(4, 2));
  EXPECT_EQ(rows_.state(5), State::kNotFound);
  EXPECT_EQ(rows_.state(6), State::kDeleted);
  EXPECT_EQ(rows_.state(7), State::kNotFound);
}

TEST_F(OverlaidRowsTest, Rule8WhatTheWholeSnapshotIsOfHidesOlderRows) {
  Put("k000000", Row(1'500, 5, "of then"));
  Put("k000001", Row(1'501, 5, "later"));
  Put("k9", Row(1'400, 6, "before"));

  Read({"k000000", "k000001", "k9"});

  EXPECT_EQ(Text(0).substr(0, 7), "1000 0 ");
  EXPECT_EQ(Text(1), "1501 5 later -2");
  EXPECT_EQ(rows_.state(2), State::kNotFound);
}

TEST_F(OverlaidRowsTest, WithoutAVersionLiveRowsAreAllThereIs) {
  version_.reset();
  Put("a", Row(1, 5, "one"));

  Read({"a", "k000000"});

  EXPECT_EQ(Text(0), "1 5 one -2");
  EXPECT_EQ(rows_.state(1), State::kNotFound);
}

TEST_F(OverlaidRowsTest, AnotherVersionIsReadByItsOwnSchema) {
  Read({"k000000"});
  EXPECT_EQ(Text(0).substr(0, 7), "1000 0 ");
  Manifest identity = TestIdentity(++versions_);
  identity.schema = RowSchema(8, identity.schema.key(),
                              {{kLater, "later", {.kind = Kind::kInt32}}});
  RowWriter writer(identity.schema);
  writer.Begin(1'700);
  ASSERT_TRUE(writer.SetValue(0, Value(int64_t{44})).ok());
  const std::string dir = dir_.path() + "/other";
  const auto manifest = BuildVersion(
      dir, {{"k000000", std::string(writer.Finish())}}, {}, identity);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  auto version = Version::Open(dir, *manifest, *resources_);
  ASSERT_TRUE(version.ok()) << version.status();
  version_ = *std::move(version);

  Read({"k000000"});

  EXPECT_EQ(Text(0), "1700 lacking lacking 44");
}

TEST_F(OverlaidRowsTest, WhatIsNotInMemoryIsReadFromDisk) {
  Put("k000000", Row(2'000, 5, "new"));
  ASSERT_TRUE(store_->Flush().ok());
  Open();
  SetVersion(1'500);

  Read({"k000000", "k000001"}, /*from_disk=*/false);
  EXPECT_EQ(rows_.state(0), State::kNeedsDisk);
  Read({"k000000", "k000001"});
  EXPECT_EQ(Text(0), "2000 5 new -2");
  EXPECT_EQ(Text(1).substr(0, 7), "1001 1 ");
}

TEST_F(OverlaidRowsTest, AValueOfAnotherKindIsDamage) {
  LiveRow row = Row(2'000, 5, "new");
  row.cells[0].storage = Storage::kReals;
  row.cells[0].value = Datum::Real(1.5);
  Put("k000000", row);

  Read({"k000000"});

  EXPECT_EQ(rows_.state(0), State::kCorrupt);
}

// The newest stays so when files are compacted and changes merged.
TEST_F(OverlaidRowsTest, RowsAreMergedOnDiskAsInMemory) {
  for (const int64_t time : {2'000, 5'000, 3'000, 5'000, 4'000}) {
    Put("a", Row(time, ++versions_, "x"));
    ASSERT_TRUE(store_->Flush().ok());
  }
  Read({"a"});
  const std::string before = Text(0);
  ASSERT_TRUE(store_->generations().at(3)->Compact().ok());

  Read({"a"});

  EXPECT_EQ(before, "5000 5 x -2");
  EXPECT_EQ(Text(0), before);
}

TEST_F(OverlaidRowsTest, Rule10PartsOfRowsLieOverTheSnapshot) {
  const auto number = [](int64_t time_micros, int64_t value) {
    return LiveRow{.cells = {{.feature = kNumber,
                              .time_micros = time_micros,
                              .value = Datum::Integer(value)}}};
  };
  Put("k000000", number(2'000, 55));
  Put("k000001", number(1'500, 55));  // As old as the snapshot.
  Put("k000002", {.cells = {{.feature = kText,
                             .time_micros = 2'000,
                             .storage = Storage::kStrings}}});
  Put("a", number(1'600, 7));
  Put("b", {.whole = LiveRow::Whole{.time_micros = 1'600, .deleted = true}});
  Put("b", number(1'700, 8));

  Read({"k000000", "k000001", "k000002", "a", "b"});

  EXPECT_EQ(Text(0).substr(0, 8), "2000 55 ");
  EXPECT_NE(Text(0).substr(8), "null lacking");
  EXPECT_TRUE(rows_.lacks(0, 2));
  EXPECT_EQ(rows_.event_time_micros(0, 1), 2'000);  // The number's.
  EXPECT_EQ(rows_.event_time_micros(0, 0), 1'000);  // The snapshot's text.
  EXPECT_EQ(Text(1).substr(0, 7), "1001 1 ");
  EXPECT_EQ(Text(2), "2000 2 null lacking");  // A null is said.
  EXPECT_FALSE(rows_.lacks(2, 0));
  EXPECT_EQ(Text(3), "1600 7 null null");
  EXPECT_EQ(rows_.event_time_micros(3, 0), 1'600);
  EXPECT_EQ(Text(4), "1700 8 null null");
}

// Being there is what rows say: an event that says nothing of any feature
// changes nothing, also that a key was deleted, or never there.
TEST_F(OverlaidRowsTest, Rule10NothingSaidLeavesAKeyAsItWas) {
  const LiveRow nothing;
  Put("k000000", nothing);
  Put("a", nothing);
  Put("b", {.whole = LiveRow::Whole{.time_micros = 1'600, .deleted = true}});
  Put("b", nothing);
  Put("c", nothing);
  Put("c", {.cells = {{.feature = kNumber,
                       .time_micros = 1'700,
                       .value = Datum::Integer(8)}}});

  Read({"k000000", "a", "b", "c"});

  EXPECT_EQ(Text(0).substr(0, 7), "1000 0 ");
  EXPECT_EQ(rows_.state(1), State::kNotFound);
  EXPECT_EQ(rows_.state(2), State::kDeleted);
  EXPECT_EQ(Text(3), "1700 8 null null");
}

}  // namespace
}  // namespace freshet
