// SPDX-License-Identifier: Apache-2.0
#include "tests/feed/feed_kit.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <sstream>
#include <variant>

#include "base/check.h"
#include "base/file.h"
#include "config/timestamp.h"
#include "features/check.h"
#include "features/key_codec.h"
#include "features/streams/event_rows.h"
#include "ingest/feed/stop_flag.h"
#include "storage/live/window_rows.h"
#include "tests/fakes/copy_dir.h"

namespace freshet {
namespace {

constexpr char kDefinitions[] = R"yaml(
project: shop
entities: [{name: user, join_keys: [{name: user, type: string}]}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: at, type: timestamp}
    timestamp_field: at
    kafka: {brokers: ["mock:1"], topics: [payments], format: json}
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    aggregations:
      - {column: cents, functions: [count], windows: [1h]}
)yaml";

}  // namespace

std::string Payment(const std::string& user, int64_t cents) {
  return fmt::format(R"({{"user": "{}", "cents": {}, "at": "{}"}})", user,
                     cents, FormatTimestamp(kFeedNow - kFeedMinute));
}

void AppendPayments(MockCluster& cluster, const std::string& topic,
                    int32_t partition, int count) {
  const std::string payment = Payment("ann", 1);
  for (int i = 0; i < count; ++i) {
    // The same each time, so that another cluster can have the same log.
    cluster.Append(topic, partition,
                   {.value = payment, .timestamp_ms = 1'500'000'000'000 + i});
  }
}

FeedKit::FeedKit(const MockCluster& cluster) {
  ParsedFile file = ParseAndCheck(kDefinitions);
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  definitions_ = std::move(file.definitions);
  KafkaOf(*this).cluster = cluster.Settings();
}

void FeedKit::Open() {
  auto views =
      LiveViews::Open({.dir = dir_.path()}, {definitions_}, resources_, clock);
  ASSERT_TRUE(views.ok()) << views.status();
  views_ = *std::move(views);
  feeds_ = std::make_unique<Feeds>(
      *views_, clock,
      Feeds::Options{.dead_letters_dir = dir_.File("dead_letters"),
                     .say = [](const std::string&, bool) {}});
  feeds_->Begin();
}

void FeedKit::Close() {
  feeds_.reset();
  views_.reset();
}

void FeedKit::Crash() {
  // The store before the log: what it lacks, that has.
  const std::string copy = dir_.File("copy");
  for (const char* part : {"live", "change_log"}) {
    std::filesystem::create_directories(copy);
    CopyOfOneMoment(dir_.File(part), copy + "/" + part);
  }
  Close();
  for (const char* part : {"live", "change_log"}) {
    std::filesystem::remove_all(dir_.File(part));
    std::filesystem::rename(copy + "/" + part, dir_.File(part));
  }
}

void FeedKit::Apply() {
  feeds_->End(definitions_);
  const absl::Status applied = views_->Apply({definitions_});
  EXPECT_TRUE(applied.ok()) << applied;
  feeds_->Begin();
}

int64_t FeedKit::Count(const std::string& user, int64_t now_micros) const {
  const LiveWindows view = views_->served()->windows.at(0);
  const auto features =
      std::make_shared<const WindowFeatures>(view.plan, std::vector<size_t>{0});
  std::string key;
  AppendKeyBytes(user, /*last=*/true, &key);
  const std::string_view keys[] = {key};
  WindowRows rows;
  const WindowTiles tiles{.live = view.generation.get()};
  rows.LookupCached(features, tiles, keys, now_micros);
  rows.LookupDisk(tiles);
  rows.Compute();
  const auto row = RowView::Parse(features->schema, rows.row(0));
  CHECK(row.ok());
  return std::get<int64_t>(row->Get(0)->v);
}

SourceState FeedKit::State() const {
  const std::vector<SourceState> states = feeds_->states();
  CHECK(states.size() == 1);
  return states[0];
}

std::vector<std::string> FeedKit::DeadLetters() const {
  std::vector<std::string> lines;
  const auto text = ReadFile(dir_.File("dead_letters/payments.jsonl"));
  std::istringstream in(text.value_or(""));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

KafkaSource& KafkaOf(FeedKit& kit) {
  return *kit.definitions().stream_sources[0].kafka;
}

void MakePushLog(FeedKit& kit) {
  StreamSource& source = kit.definitions().stream_sources[0];
  source.id_field = "cents";
  source.push_log = PushLogSource{.read = *source.kafka};
  source.kafka.reset();
}

absl::Status PushPayments(FeedKit& kit, const std::vector<int64_t>& cents,
                          int64_t at_micros) {
  const StreamSource& source = kit.definitions().stream_sources[0];
  EventRows rows(source.fields);
  for (const int64_t amount : cents) {
    rows.Begin(0, 0);
    rows.SetText(0, "ann");
    rows.SetInteger(1, amount);
    rows.SetInteger(2, at_micros);
  }
  const auto push = [&] {
    std::promise<absl::Status> answer;
    kit.feeds().Push(
        source,
        {.source = source.name,
         .fields = source.fields,
         .events = rows.batch()},
        nullptr, [&](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  };
  absl::Status pushed;
  EXPECT_TRUE(Until([&] {
    pushed = push();
    return std::string(pushed.message()).find("not known yet") ==
           std::string::npos;
  })) << pushed;
  return pushed;
}

bool Until(const std::function<bool()>& done) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  StopFlag never;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    never.WaitFor(std::chrono::milliseconds(5));
  }
  return true;
}

bool UntilCount(const FeedKit& kit, int64_t count) {
  return Until([&] { return kit.Count() == count; });
}

}  // namespace freshet
