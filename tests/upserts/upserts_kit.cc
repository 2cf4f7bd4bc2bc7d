// SPDX-License-Identifier: Apache-2.0
#include "tests/upserts/upserts_kit.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "config/timestamp.h"
#include "features/key_codec.h"
#include "features/row_codec.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;

std::string KeyOf(int64_t key) {
  std::string bytes;
  AppendKeyInt64(key, &bytes);
  return bytes;
}

// Of the first feature.
int64_t ValueOf(const Version& version, std::string_view bytes) {
  const auto row = RowView::Parse(version.schema(), bytes);
  CHECK(row.ok());
  return std::get<int64_t>(row->Get(0)->v);
}

const Version& CurrentOf(const Serving::SetPtr& set) {
  const ServedView* view = set->FindView("user");
  CHECK(view != nullptr && view->current != nullptr);
  return *view->current;
}

}  // namespace

UpsertsTest::UpsertsTest() {
  options_.directory = dir_.File("store");
  options_.clock = &clock_;
  options_.storage.disk_reserve_bytes = 1 << 20;
  options_.storage.block_cache_bytes = 8 << 20;
  options_.load.loader = FRESHET_LOAD;
  options_.load.roots = {dir_.path()};
  options_.say = [](const std::string& sentence, bool trouble) {
    EXPECT_FALSE(trouble) << sentence;
  };
  Open();
  Define("{name: n, type: int64}",
         "rows_ratio_min: 0, bytes_ratio_min: 0, allow_empty: true", 3);
}

void UpsertsTest::Open() {
  Close();
  auto opened = Store::Open(options_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
}

void UpsertsTest::Define(const std::string& features, const std::string& guards,
                         int64_t versions) {
  ApplyRequest request;
  request.text = fmt::format(
      R"(
project: test
entities:
  - name: user
    join_keys: [{{name: user_id, type: int64}}]
batch_feature_views:
  - name: user
    entities: [user]
    source: {{path: user.csv, format: csv, mode: upsert, duplicates: latest,
             timestamp_field: ts, deleted_field: gone}}
    features: [{}]
    guards: {{{}}}
    retention: {{versions: {}}}
)",
      features, guards, versions);
  request.author = "test";
  const auto applied = store_->definitions().Apply(request);
  CHECK(applied.ok() && applied->applied);
}

LoadJob UpsertsTest::Load(const std::vector<Change>& changes, bool full,
                          bool activate) {
  std::string text = "user_id,n,m,ts,gone\n";
  for (const Change& change : changes) {
    text += fmt::format("{},{},{},{},{}\n", change.key,
                        change.value ? std::to_string(*change.value) : "",
                        change.value ? std::to_string(*change.value + 1) : "",
                        FormatTimestamp(change.seconds * kSecond),
                        !change.value.has_value());
  }
  LoadRequest request;
  request.view = "user";
  request.path = dir_.File(fmt::format("snapshot{}.csv", ++snapshots_));
  request.full = full;
  request.no_activate = !activate;
  request.who = "test";
  CHECK(WriteFileSynced(request.path, text).ok());
  auto job = store_->loads().Start(request);
  EXPECT_TRUE(job.ok()) << job.status();
  while (job.ok() && !job->ended()) {
    job = store_->loads().WaitForChange(job->id, job->revision,
                                        std::chrono::seconds(60));
  }
  return job.ok() ? *job : LoadJob{};
}

int64_t UpsertsTest::Upsert(const std::vector<Change>& changes, bool full) {
  const LoadJob job = Load(changes, full);
  EXPECT_EQ(job.outcome, JobOutcome::kActive) << job.message;
  return job.version;
}

void UpsertsTest::WaitForFolds() {
  ASSERT_TRUE(store_->loads().WaitForFolds(std::chrono::seconds(60)));
}

const ViewRecord& UpsertsTest::view() const {
  state_ = store_->catalog().state();
  return state_->views.at("user");
}

const Manifest& UpsertsTest::current() const {
  const ViewRecord& record = view();
  const VersionRecord* version = record.Find(record.current);
  CHECK(version != nullptr);
  return version->manifest;
}

size_t UpsertsTest::layers() const {
  const ViewRecord& record = view();
  return record.Chain(*record.Find(record.current)).size();
}

Content UpsertsTest::Served() const {
  const Serving::SetPtr set = store_->serving().Current();
  const Version& version = CurrentOf(set);
  Content content;
  const absl::Status scanned =
      version.Scan([&](std::string_view key, std::string_view row) {
        const auto parts = DecodeKey(version.schema().key(), key);
        CHECK(parts.ok());
        content[std::get<int64_t>((*parts)[0].v)] = ValueOf(version, row);
        return true;
      });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return content;
}

Content UpsertsTest::LookedUp(int64_t end) const {
  const Serving::SetPtr set = store_->serving().Current();
  const Version& version = CurrentOf(set);
  std::vector<std::string> keys;
  for (int64_t key = 0; key < end; ++key) keys.push_back(KeyOf(key));
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  RowBatch rows;
  version.LookupCached(views, rows);
  if (rows.needs_disk() > 0) version.LookupDisk(views, rows);
  Content content;
  for (size_t i = 0; i < views.size(); ++i) {
    using State = RowBatch::State;
    const State state = rows.state(i);
    EXPECT_TRUE(state == State::kFound || state == State::kDeleted ||
                state == State::kNotFound);
    if (state == State::kFound) {
      content[static_cast<int64_t>(i)] = ValueOf(version, rows.row(i));
    }
  }
  return content;
}

}  // namespace freshet
