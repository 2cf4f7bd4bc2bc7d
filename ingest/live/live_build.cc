// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_build.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/status.h"
#include "ingest/live/fitted_events.h"
#include "ingest/live/live_applier.h"

namespace freshet {

LiveBuild::LiveBuild(Parts parts, LivePlan plan, Generations generations,
                     ParkedEvents parked)
    : parts_(parts),
      plan_(std::move(plan)),
      generations_(std::move(generations)),
      parked_(std::move(parked)),
      collector_(*plan_.windows) {}

absl::StatusOr<std::unique_ptr<LiveBuild>> LiveBuild::Make(Parts parts,
                                                           LivePlan plan,
                                                           const Begin& begin) {
  CHECK(plan.windows != nullptr);
  int64_t from_micros = begin.now_micros;
  if (begin.from < parts.log->next()) {
    ASSIGN_OR_RETURN(from_micros, TimeOfRecord(*parts.log, begin.from));
  }
  const GenerationAbout about{
      .view = plan.view, .hash = plan.hash, .building = true};
  Generations made;
  ASSIGN_OR_RETURN(made.tiles,
                   parts.store->Add(begin.number, EncodeAbout(about)));
  ASSIGN_OR_RETURN(made.waiting, parts.store->Add(begin.number + 1));
  ASSIGN_OR_RETURN(ParkedEvents parked, ParkedEvents::Open(made.waiting));
  std::unique_ptr<LiveBuild> build(new LiveBuild(
      parts, std::move(plan), std::move(made), std::move(parked)));
  build->from_ = build->next_ = begin.from;
  if (begin.waiting != nullptr) {
    build->past_.emplace(Past(*build, from_micros));
    RETURN_IF_ERROR(build->parked_.TakeFrom(*begin.waiting, build->batch_));
    RETURN_IF_ERROR(build->Commit());
  }
  // What came before may be of so much later.
  build->whole_from_micros_ =
      from_micros + build->plan_.source.max_future_skew_micros;
  RETURN_IF_ERROR(
      build->ids_.SetSources({build->plan_.source}, *parts.log, begin.from));
  return build;
}

void LiveBuild::Past::Collect(const LoggedEvents& events,
                              std::span<const uint8_t> left_out) {
  CHECK(is_open_);
  build_.collector_.Add(FittedEvents(build_.plan_.source, events).batch(),
                        until_micros_, left_out);
}

void LiveBuild::Past::End(int64_t whole_from_micros) {
  CHECK(is_open_);
  is_open_ = false;
  build_.whole_from_micros_ = whole_from_micros;
}

absl::Status LiveBuild::Step(int64_t bytes) {
  const bool has_past = past_ && past_->is_open();
  if (has_past || AtEnd() || bytes <= 0) return absl::OkStatus();
  absl::Status status;
  int64_t taken = 0;
  const auto take = [&](uint64_t number,
                        std::string_view record) -> absl::Status {
    ASSIGN_OR_RETURN(const LogRecord decoded, DecodeRecord(record));
    RETURN_IF_ERROR(Take(number, decoded));
    next_ = number + 1;
    taken += static_cast<int64_t>(record.size());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      parts_.log->Read(next_, [&](uint64_t number, std::string_view record) {
        status = take(number, record);
        return status.ok() && taken < bytes && !begins_at_;
      }));
  RETURN_IF_ERROR(status);
  return Commit();
}

absl::Status LiveBuild::Take(uint64_t number, const LogRecord& record) {
  if (const auto* release = std::get_if<ReleaseRecord>(&record)) {
    return Release(*release);
  }
  if (const auto* loss = std::get_if<LossRecord>(&record)) {
    if (loss->source == plan_.source.name) {
      whole_from_micros_ = std::max(whole_from_micros_, loss->before_micros);
    }
  }
  if (const auto* forget = std::get_if<ForgetRecord>(&record)) {
    if (forget->source == plan_.source.name) begins_at_ = number + 1;
  }
  const auto* events = std::get_if<LoggedEvents>(&record);
  if (events != nullptr && events->source == plan_.source.name) {
    Add(number, *events);
  }
  return absl::OkStatus();
}

void LiveBuild::Add(uint64_t number, const LoggedEvents& logged) {
  const std::vector<uint8_t>& duplicates = ids_.Take(number, logged);
  const FittedEvents fitted(plan_.source, logged);
  const EventBatch& events = fitted.batch();
  const std::vector<EventOutcome>& outcomes =
      collector_.Add(events, logged.arrival_micros, duplicates);
  const ValueColumn& times =
      events.fields[plan_.windows->event.timestamp_field];
  for (size_t row = 0; row < outcomes.size(); ++row) {
    if (outcomes[row] != EventOutcome::kFuture) continue;
    parked_.Park(logged, row, {times.integers[row], number}, batch_);
  }
}

absl::Status LiveBuild::Release(const ReleaseRecord& release) {
  // What waits may wait since the record before.
  RETURN_IF_ERROR(Commit());
  return parked_.Release(
      release.before_micros, batch_, [&](const LoggedEvents& event) {
        if (event.source != plan_.source.name) return;
        collector_.Add(FittedEvents(plan_.source, event).batch(),
                       event.arrival_micros);
      });
}

absl::Status LiveBuild::Commit() {
  collector_.Take([&](std::string_view key, std::string_view value) {
    batch_.Merge(*generations_.tiles, key, value);
  });
  if (batch_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(parts_.store->Apply(batch_));
  batch_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<GenerationAbout> LiveBuild::Finish(LiveApplier& applier) {
  CHECK(AtEnd());
  RETURN_IF_ERROR(applier.parked().TakeFrom(parked_, batch_));
  RETURN_IF_ERROR(Commit());
  GenerationAbout about{.view = plan_.view,
                        .hash = plan_.hash,
                        .first_record = next_,
                        .whole_from_micros = whole_from_micros_};
  TakeOver(plan_, whole_from_micros_, about);
  return about;
}

}  // namespace freshet
