// SPDX-License-Identifier: Apache-2.0
#include "tests/live_applier/live_kit.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "features/streams/tile_collector.h"
#include "storage/live/window_rows.h"
#include "storage/version_writer.h"
#include "tests/fakes/copy_dir.h"

namespace freshet {

const StreamSource& Payments() {
  static const StreamSource source = {
      .name = "payments",
      .fields = {{"user", {.kind = Kind::kString}},
                 {"cents", {.kind = Kind::kInt64}},
                 {"at", {.kind = Kind::kTimestamp}},
                 {"id", {.kind = Kind::kInt64}}},
      .timestamp_field = "at"};
  return source;
}

LoggedEvents PaymentEvents(const std::vector<Payment>& payments,
                           int64_t arrival_micros, int64_t first) {
  LoggedEvents logged{.source = Payments().name,
                      .arrival_micros = arrival_micros,
                      .fields = Payments().fields};
  EventBatch& events = logged.events;
  events.rows = payments.size();
  for (const StreamField& field : logged.fields) {
    ValueColumn& column = events.fields.emplace_back();
    column.type = field.type;
    column.Resize(events.rows);
  }
  for (size_t row = 0; row < payments.size(); ++row) {
    const Payment& payment = payments[row];
    events.partitions.push_back(0);
    events.offsets.push_back(first + static_cast<int64_t>(row));
    const bool there[] = {payment.user.has_value(), payment.cents.has_value(),
                          payment.at.has_value(), payment.id.has_value()};
    for (size_t i = 0; i < 4; ++i) {
      if (there[i]) events.fields[i].states[row] = RowState::kValue;
    }
    if (payment.user) events.fields[0].strings[row] = *payment.user;
    events.fields[1].integers[row] = payment.cents.value_or(0);
    events.fields[2].integers[row] = payment.at.value_or(0);
    events.fields[3].integers[row] = payment.id.value_or(0);
  }
  return logged;
}

std::unique_ptr<const Version> HistoryKit::Make(
    StoreResources& resources) const {
  CHECK(MakeDir(dir).ok());
  Manifest identity;
  identity.schema =
      RowSchema(1, plan->event.key, {{1, "tiles", {.kind = Kind::kBytes}}});
  identity.history = TileHistory{.span = span};
  LoggedEvents logged = PaymentEvents(payments, 0, 0);
  logged.events.offsets = offsets;
  TileCollector collector(*plan);
  collector.Add(logged.events, span.end_micros);
  std::map<std::string, std::string> blocks;
  collector.Take([&](std::string_view key, std::string_view block) {
    blocks.emplace(key, block);
  });
  auto version = VersionWriter::Create(dir, identity, {});
  CHECK(version.ok());
  RowWriter writer(identity.schema);
  for (const auto& [key, block] : blocks) {
    writer.Begin(0);
    writer.SetBytes(kTileBlockColumn, block);
    CHECK((*version)->Add(key, writer.Finish()).ok());
  }
  const auto manifest = (*version)->Finish();
  CHECK(manifest.ok());
  auto opened = Version::Open(dir, *manifest, resources);
  CHECK(opened.ok());
  return *std::move(opened);
}

absl::Status SubmitPushed(LiveViews& views,
                          const std::vector<Payment>& payments) {
  std::promise<absl::Status> done;
  LoggedEvents events = PaymentEvents(payments, 0, 0);
  events.events.partitions.clear();
  events.events.offsets.clear();
  views.Submit(std::move(events),
               [&](absl::Status status) { done.set_value(status); });
  return done.get_future().get();
}

void EndAsByACrash(const std::string& dir, std::unique_ptr<LiveViews>& views) {
  const std::string copy = dir + "/copy";
  CopyOfOneMoment(dir + "/live", copy);
  views.reset();  // Writes to files what a crash would not.
  std::filesystem::remove_all(dir + "/live");
  std::filesystem::rename(copy, dir + "/live");
}

namespace {

// Of a source of payments, by user.
std::shared_ptr<const WindowedViewPlan> PlanOf(const WindowedView& view,
                                               const StreamSource& source) {
  auto plan =
      WindowedViewPlan::Make(source, view, {{"user", {.kind = Kind::kString}}});
  EXPECT_TRUE(plan.ok()) << plan.status();
  CHECK(plan.ok());
  return std::make_shared<const WindowedViewPlan>(*std::move(plan));
}

}  // namespace

LiveKit::LiveKit() { Crash(); }

std::vector<LiveView> LiveKit::ViewsToApply() const {
  std::vector<LiveView> views;
  for (const View& view : views_) {
    views.push_back({.source = view.source,
                     .plan = view.plan,
                     .generation = store_->generations().at(view.generation),
                     .first_record = view.first_record});
  }
  return views;
}

void LiveKit::AddView(const WindowedView& view, const StreamSource& source) {
  const uint64_t generation =
      LiveApplier::kPositionsGeneration + 1 + views_.size();
  const auto added = store_->Add(generation);
  ASSERT_TRUE(added.ok()) << added.status();
  views_.push_back({.source = source,
                    .plan = PlanOf(view, source),
                    .generation = generation,
                    .first_record = log_->next()});
  const absl::Status status = applier_->SetViews(ViewsToApply());
  ASSERT_TRUE(status.ok()) << status;
}

void LiveKit::Close() {
  applier_.reset();
  store_.reset();
  log_.reset();
}

void LiveKit::Remove(const std::string& which) {
  Close();
  std::filesystem::remove_all(dir_.path() + "/" + which);
}

absl::Status LiveKit::Open() {
  Close();
  ASSIGN_OR_RETURN(
      log_, ChangeLog::Open(dir_.path() + "/log", {.segment_bytes = 16 << 10}));
  ASSIGN_OR_RETURN(store_,
                   LiveStore::Open(dir_.path() + "/live", {}, resources_));
  ASSIGN_OR_RETURN(applier_, LiveApplier::Open(*log_, *store_, ViewsToApply()));
  return absl::OkStatus();
}

void LiveKit::Crash() {
  const std::string live = dir_.path() + "/live";
  const std::string copy = dir_.path() + "/copy";
  if (store_ != nullptr) {
    CopyOfOneMoment(live, copy);
    Close();  // Writes to files what a crash would not.
    std::filesystem::remove_all(live);
    std::filesystem::rename(copy, live);
  }
  const absl::Status status = Open();
  EXPECT_TRUE(status.ok()) << status;
  CHECK(status.ok());
}

std::vector<Value> FeaturesIn(
    const std::shared_ptr<const WindowedViewPlan>& plan,
    const LiveGeneration& generation, const std::string& user,
    int64_t now_micros, const Version* history) {
  std::vector<size_t> all;
  for (size_t i = 0; i < plan->features.size(); ++i) all.push_back(i);
  const auto features =
      std::make_shared<const WindowFeatures>(plan, std::move(all));
  std::string key;
  AppendKeyBytes(user, /*last=*/true, &key);
  const std::string_view keys[] = {key};
  WindowRows rows;
  const WindowTiles tiles{.live = &generation, .history = history};
  rows.LookupCached(features, tiles, keys, now_micros);
  rows.LookupDisk(tiles);
  rows.Compute();
  EXPECT_EQ(rows.state(0), RowBatch::State::kFound);
  std::vector<Value> values(features->schema.columns().size());
  if (rows.state(0) != RowBatch::State::kFound) return values;
  const auto row = RowView::Parse(features->schema, rows.row(0));
  EXPECT_TRUE(row.ok()) << row.status();
  for (size_t i = 0; i < values.size(); ++i) values[i] = *row->Get(i);
  return values;
}

std::vector<Value> LiveKit::Features(size_t view, const std::string& user,
                                     int64_t now_micros,
                                     const Version* history) const {
  const View& asked = views_[view];
  return FeaturesIn(asked.plan, *store_->generations().at(asked.generation),
                    user, now_micros, history);
}

Value LiveKit::Feature(const std::string& name, const std::string& user,
                       int64_t now_micros) const {
  for (size_t view = 0; view < views_.size(); ++view) {
    const auto& features = views_[view].plan->features;
    for (size_t i = 0; i < features.size(); ++i) {
      if (features[i].name == name) return Features(view, user, now_micros)[i];
    }
  }
  ADD_FAILURE() << "no feature " << name;
  return Value();
}

}  // namespace freshet
