// SPDX-License-Identifier: Apache-2.0
// What becomes of live rows as events come, definitions change and the daemon
// ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "features/check.h"
#include "features/key_codec.h"
#include "ingest/live/live_views.h"
#include "storage/live/overlaid_rows.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum EventOutcome;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour;

const std::string kFile =
    std::string(kPaymentsFile) + R"yaml(batch_feature_views:
  - name: last
    entities: [user]
    live: {source: payments}
    features: [{name: cents, type: int64}, {name: id, type: int64}]
stream_feature_views:
  - name: counts
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h]}]
)yaml";

class LiveRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    Define(kFile);
    SetIds({{1, "cents"}, {2, "id"}});
    Open();
  }

  void Define(const std::string& text) {
    ParsedFile file = ParseAndCheck(text);
    ASSERT_EQ(FormatProblems("", file.problems), "");
    definitions_ = std::move(file.definitions);
  }

  // What the catalog says of the view.
  void SetIds(const std::vector<std::pair<uint32_t, std::string>>& ids) {
    std::vector<Column> columns;
    for (const auto& [id, name] : ids) {
      columns.push_back({id, name, {.kind = Kind::kInt64}});
    }
    schema_.schema = RowSchema(1, {{"user", {.kind = Kind::kString}}}, columns);
  }

  AppliedViews Applied() const { return {definitions_, {{"last", schema_}}}; }

  void Open() {
    views_.reset();
    auto opened = LiveViews::Open(options_, Applied(), resources_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    views_ = *std::move(opened);
  }

  void Apply() { ASSERT_TRUE(views_->Apply(Applied()).ok()); }

  // Opens what a crash leaves.
  void Crash() {
    EndAsByACrash(options_.dir, views_);
    Open();
  }

  void Submit(const std::vector<Payment>& payments) {
    ASSERT_TRUE(SubmitPushed(*views_, payments).ok());
  }

  // Time, cents and id of a user's row.
  std::string Row(const std::string& user = "ann") {
    const auto features = std::make_shared<const OverlaidFeatures>(
        schema_.schema.key(), schema_.schema.columns());
    std::string key;
    AppendKeyBytes(user, /*last=*/true, &key);
    OverlaidRows rows;
    const std::vector<LiveRowsView> views = views_->served()->rows;
    if (views.size() != 1) return "no view";
    const std::vector<std::string_view> keys = {key};
    rows.LookupCached(features, *views[0].generation, nullptr, keys);
    rows.LookupDisk(keys);
    rows.Compute();
    if (rows.state(0) != RowBatch::State::kFound) return "none";
    const auto row = RowView::Parse(features->schema, rows.row(0));
    std::string text = std::to_string(row->event_time_micros() - kNow);
    for (size_t i = 0; i < features->schema.columns().size(); ++i) {
      const Value value = *row->Get(i);
      text += value.IsNull() ? " null"
                             : " " + std::to_string(std::get<int64_t>(value.v));
    }
    return text;
  }

  int64_t Count(const std::string& user = "ann") {
    const LiveWindows windows = views_->served()->windows.at(0);
    return std::get<int64_t>(
        FeaturesIn(windows.plan, *windows.generation, user, clock_.NowMicros())
            .at(0)
            .v);
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  ManualClock clock_{kNow};
  Definitions definitions_;
  ViewSchema schema_;
  LiveViews::Options options_ = {.dir = dir_.path(),
                                 .log = {.segment_bytes = 4 << 10}};
  std::unique_ptr<LiveViews> views_;
};

TEST_F(LiveRowsTest, OneSourceMakesWindowsAndRows) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1},
          {.cents = 6, .at = kNow - 10},
          {.cents = 7, .at = kNow - 30, .id = 3},
          {.user = "bob", .cents = 8, .at = kNow - 1, .id = 4}});

  EXPECT_EQ(Row(), "-10 6 null");
  EXPECT_EQ(Count(), 3);
  EXPECT_EQ(Row("bob"), "-1 8 4");
  EXPECT_EQ(Row("cid"), "none");
  const auto outcomes = views_->stats().outcomes.at("last");
  EXPECT_EQ(outcomes[static_cast<size_t>(kAdded)], 4);
}

TEST_F(LiveRowsTest, Rule17ACrashLosesNoRow) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1}});
  Crash();
  EXPECT_EQ(Row(), "-20 5 1");
  Submit({{.cents = 6, .at = kNow - 20, .id = 2}});
  Crash();
  EXPECT_EQ(Row(), "-20 6 2");  // Of one time the one that came last.
}

TEST_F(LiveRowsTest, Rule19RowsThatComeAgainInAnyOrderChangeNothing) {
  const std::vector<Payment> rows = {{.cents = 5, .at = kNow - 20, .id = 1},
                                     {.cents = 6, .at = kNow - 10, .id = 2},
                                     {.cents = 7, .at = kNow - 30, .id = 3}};
  Submit(rows);
  for (const bool crashed : {false, true}) {
    if (crashed) Crash();
    EXPECT_EQ(Row(), "-10 6 2");
    Submit({rows[2], rows[1], rows[0]});
    EXPECT_EQ(Row(), "-10 6 2");
  }
  EXPECT_EQ(Count(), 9) << "windows without ids are not idempotent";
}

// A window must not know of it yet; a row is what was said last. When it leaves
// where it waited it is no news, whatever came meanwhile.
TEST_F(LiveRowsTest, ARowOfTheNearFutureIsThereAtOnce) {
  Submit({{.cents = 5, .at = kNow + 1'000, .id = 1}});
  EXPECT_EQ(Row(), "1000 5 1");
  EXPECT_EQ(Count(), 0);
  Submit({{.cents = 6, .at = kNow + 1'000, .id = 2}});
  clock_.Set(kNow + 2'000);
  ASSERT_TRUE(views_->Release().ok());

  EXPECT_EQ(Row(), "1000 6 2");
  EXPECT_EQ(Count(), 2);
  const auto outcomes = views_->stats().outcomes.at("last");
  EXPECT_EQ(outcomes[static_cast<size_t>(kAdded)], 2);  // Each once.
  Crash();
  EXPECT_EQ(Row(), "1000 6 2");
  EXPECT_EQ(Count(), 2);
}

TEST_F(LiveRowsTest, Rule13RowsStayWhereFeaturesComeAndGoOrAreRenamed) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1}});
  std::string text = kFile;
  text.replace(text.find("{name: cents, type: int64}, "), 28,
               "{name: euro, type: int64, was: cents}, ");
  text.replace(text.find("live: {source: payments}"), 24,
               "live: {source: payments, columns: {euro: cents}}");
  Define(text);
  SetIds({{1, "euro"}, {2, "id"}});
  Apply();
  EXPECT_EQ(Row(), "-20 5 1");
  // Also when nobody says any more what it was.
  text.replace(text.find(", was: cents"), 12, "");
  Define(text);
  Apply();
  Crash();
  EXPECT_EQ(Row(), "-20 5 1");
}

TEST_F(LiveRowsTest, AnotherKeyOrSourceBeginsEmpty) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1}});
  schema_.generation = 2;
  Apply();
  EXPECT_EQ(Row(), "none");
  EXPECT_EQ(Count(), 1);  // That one stays.
  Submit({{.cents = 6, .at = kNow - 20, .id = 1}});
  EXPECT_EQ(Row(), "-20 6 1");

  std::string text = kFile;
  const std::string source = text.substr(
      text.find("  - name: payments"),
      text.find("batch_feature_views") - text.find("  - name: payments"));
  std::string other = source;
  other.replace(other.find("payments"), 8, "refunds_");
  text.replace(text.find(source), source.size(), source + other);
  text.replace(text.find("live: {source: payments}"), 24,
               "live: {source: refunds_}");
  Define(text);
  Apply();
  EXPECT_EQ(Row(), "none");
}

// What came before an apply is made by what was defined then, also where a
// crash has it made again.
TEST_F(LiveRowsTest, ACrashAfterAnApplyChangesNoRowOfBefore) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1},
          {.user = "bob", .cents = 50, .at = kNow - 20, .id = 2}});
  std::string text = kFile;
  text.replace(text.find("live: {source: payments}"), 24,
               "live: {source: payments, filter: cents < 10, "
               "columns: {id: id + 100}}");
  Define(text);
  Apply();
  Crash();

  EXPECT_EQ(Row(), "-20 5 1");
  EXPECT_EQ(Row("bob"), "-20 50 2");
  Submit({{.cents = 6, .at = kNow - 10, .id = 1}});
  Crash();
  EXPECT_EQ(Row(), "-10 6 101");
}

// A request may still have a version that was deleted a moment ago.
TEST_F(LiveRowsTest, Rule8OldRowsGoOnceTheyWereOldTwice) {
  const auto rows_left = [&](std::map<std::string, int64_t> whole_until) {
    views_->upkeep().LetRowsGo(std::move(whole_until));
    const LiveGeneration& rows = *views_->served()->rows.at(0).generation;
    EXPECT_TRUE(rows.Compact().ok());
    int left = 0;
    EXPECT_TRUE(rows.Scan("",
                          [&](std::string_view, std::string_view) {
                            ++left;
                            return true;
                          })
                    .ok());
    return left;
  };
  Submit({{.cents = 5, .at = kNow - 20, .id = 1},
          {.user = "bob", .cents = 6, .at = kNow - 10, .id = 2},
          {.user = "cid", .cents = 7, .at = kNow - 5, .id = 3}});
  EXPECT_EQ(rows_left({{"last", kNow - 20}}), 3);
  EXPECT_EQ(rows_left({{"last", kNow - 5}}), 2);
  // Something older was loaded meanwhile.
  EXPECT_EQ(rows_left({{"last", kNow - 10}}), 1);
  EXPECT_EQ(Row("cid"), "-5 7 3");
  // They count where there is no snapshot.
  Submit({{.cents = 8, .at = kNow - 20, .id = 4}});
  EXPECT_EQ(rows_left({}), 2);
  EXPECT_EQ(rows_left({{"last", kNow - 5}}), 2);
  EXPECT_EQ(Row(), "-20 8 4");
}

// A catalog that was lost gives the ids anew: another feature may have one.
TEST_F(LiveRowsTest, AnIdOfAnotherFeatureIsNotMistaken) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1}});
  views_.reset();
  SetIds({{2, "cents"}, {1, "id"}});
  Open();

  EXPECT_EQ(Row(), "none");
}

TEST_F(LiveRowsTest, AFeatureOfAnotherTypeIsNotMistaken) {
  Submit({{.cents = 5, .at = kNow - 20, .id = 1}});
  views_.reset();
  std::string text = kFile;
  text.replace(text.find("{name: cents, type: int64}, {name: id"), 37,
               "{name: cents, type: \"decimal(18,2)\"}, {name: id");
  text.replace(text.find("live: {source: payments}"), 24,
               "live: {source: payments, columns: {cents: 'CAST(cents AS "
               "DECIMAL(18,2))'}}");
  Define(text);
  schema_.schema = RowSchema(
      1, {{"user", {.kind = Kind::kString}}},
      {{1, "cents", {.kind = Kind::kDecimal, .precision = 18, .scale = 2}},
       {2, "id", {.kind = Kind::kInt64}}});
  Open();

  EXPECT_EQ(Row(), "none");
}

}  // namespace
}  // namespace freshet
