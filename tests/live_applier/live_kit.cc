// SPDX-License-Identifier: Apache-2.0
#include "tests/live_applier/live_kit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/value_codec.h"
#include "features/windows/window_reader.h"
#include "tests/fakes/copy_dir.h"

namespace freshet {

const StreamSource& Payments() {
  static const StreamSource source = {
      .name = "payments",
      .fields = {{"user", {.kind = Kind::kString}},
                 {"cents", {.kind = Kind::kInt64}},
                 {"at", {.kind = Kind::kTimestamp}}},
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
                          payment.at.has_value()};
    for (size_t i = 0; i < 3; ++i) {
      if (there[i]) events.fields[i].states[row] = RowState::kValue;
    }
    if (payment.user) events.fields[0].strings[row] = *payment.user;
    events.fields[1].integers[row] = payment.cents.value_or(0);
    events.fields[2].integers[row] = payment.at.value_or(0);
  }
  return logged;
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

std::vector<LiveView> LiveKit::LiveViews() const {
  std::vector<LiveView> views;
  for (const View& view : views_) {
    views.push_back({.source = view.source,
                     .plan = view.plan,
                     .generation = store_->Find(view.generation),
                     .first_record = view.first_record});
  }
  return views;
}

void LiveKit::AddView(const WindowedView& view, const StreamSource& source) {
  const uint64_t generation =
      LiveApplier::kParkedGeneration + 1 + views_.size();
  const auto added = store_->Add(generation);
  ASSERT_TRUE(added.ok()) << added.status();
  views_.push_back({.source = source,
                    .plan = PlanOf(view, source),
                    .generation = generation,
                    .first_record = log_->next()});
  applier_->SetViews(LiveViews());
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
  ASSIGN_OR_RETURN(applier_, LiveApplier::Open(*log_, *store_, LiveViews()));
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

std::vector<Value> LiveKit::Features(size_t view, const std::string& user,
                                     int64_t now_micros) const {
  const WindowedViewPlan& plan = *views_[view].plan;
  WindowReader reader(plan.windows);
  std::vector<size_t> all;
  for (size_t i = 0; i < plan.features.size(); ++i) all.push_back(i);
  reader.Prepare(all, now_micros);
  std::string entity;
  AppendKeyBytes(user, /*last=*/true, &entity);
  std::vector<std::string> block_keys;
  for (const BlockId& block : reader.blocks()) {
    AppendBlockKey(entity, block, &block_keys.emplace_back());
  }
  const std::vector<std::string_view> keys(block_keys.begin(),
                                           block_keys.end());
  const LiveGeneration::Ptr generation = store_->Find(views_[view].generation);
  RowBatch rows;
  generation->LookupCached(keys, rows);
  generation->LookupDisk(keys, rows);
  std::vector<std::string_view> values;
  for (size_t i = 0; i < keys.size(); ++i) {
    const RowBatch::State state = rows.state(i);
    EXPECT_TRUE(state == RowBatch::State::kFound ||
                state == RowBatch::State::kNotFound);
    values.push_back(state == RowBatch::State::kFound ? rows.row(i)
                                                      : std::string_view());
  }
  EXPECT_TRUE(reader.Read(values).ok());
  std::vector<Value> features;
  for (size_t i = 0; i < all.size(); ++i) {
    std::string out;
    const AnswerState state = reader.AnswerOf(i, &out);
    features.push_back(state == AnswerState::kValue
                           ? *DecodeValue(plan.features[i].type, out)
                           : Value());
  }
  return features;
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
