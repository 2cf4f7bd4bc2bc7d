// SPDX-License-Identifier: Apache-2.0
#include "loader/history/load_history.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "config/timestamp.h"
#include "config/units.h"
#include "features/row_codec.h"
#include "features/streams/windowed_view_plan.h"
#include "loader/history/event_reader.h"
#include "loader/history/tile_sorter.h"
#include "loader/layers/version_output.h"

namespace freshet {
namespace {

// Expressions are quickest with batches of some hundred.
constexpr size_t kBatchRows = 500;
constexpr int64_t kBatchTextBytes = 4 << 20;

// What the loader is told of the stream view.
struct Told {
  Definitions definitions;
  const StreamSource* source = nullptr;
  const ViewHistory* history = nullptr;
  std::optional<WindowedViewPlan> plan;
};

absl::StatusOr<std::unique_ptr<Told>> ReadTiles(const LoadSpec& spec) {
  ParsedFile parsed = ParseFile(spec.tiles);
  if (!parsed.problems.empty()) {
    return Internal("what the loader is told of view '{}' cannot be read: {}",
                    spec.view, FormatProblems("tiles", parsed.problems));
  }
  auto told = std::make_unique<Told>();
  told->definitions = std::move(parsed.definitions);
  const BatchFeatureView* view = told->definitions.FindView(spec.view);
  if (view == nullptr || !view->history) {
    return Internal("the loader is told of no history '{}'", spec.view);
  }
  told->history = &*view->history;
  const WindowedView* stream =
      told->definitions.FindStreamView(view->history->stream_view);
  told->source = told->definitions.FindStreamSource(stream->source);
  ASSIGN_OR_RETURN(told->plan,
                   WindowedViewPlan::Make(told->definitions, *stream));
  return told;
}

// Fields that the view's expressions read.
std::set<size_t> FieldsOf(const EventColumns& event) {
  std::set<size_t> fields = {event.timestamp_field};
  const auto add = [&fields](const Expression& expression) {
    const auto& used = expression.used_inputs();
    fields.insert(used.begin(), used.end());
  };
  if (event.filter) add(*event.filter);
  for (const Expression& column : event.columns) add(column);
  return fields;
}

class HistoryLoad {
 public:
  HistoryLoad(const LoadSpec& spec, const Told& told, SnapshotReading& snapshot,
              ProgressReporter& progress)
      : spec_(spec),
        told_(told),
        plan_(*told.plan),
        snapshot_(snapshot),
        progress_(progress),
        events_(told.source->fields) {}

  absl::Status Run();

 private:
  // Gives each event of the files, the last of `events_`.
  using Take = std::function<absl::Status()>;
  absl::Status ReadEvents(const std::set<size_t>& fields, const Take& take);
  // The time of the last of `events_`; nullopt: it has none.
  std::optional<int64_t> Time() const;
  absl::Status FindAsOf();
  absl::Status FindSpan();
  absl::Status Collect();
  absl::Status Flush();
  absl::Status Write();
  Manifest Identity() const;

  const LoadSpec& spec_;
  const Told& told_;
  const WindowedViewPlan& plan_;
  SnapshotReading& snapshot_;
  ProgressReporter& progress_;
  EventRows events_;
  std::unique_ptr<TileSorter> tiles_;
  int64_t as_of_micros_ = 0;
  HistorySpan span_;
};

std::optional<int64_t> HistoryLoad::Time() const {
  const EventBatch& batch = events_.batch();
  const ValueColumn& times = batch.fields[plan_.event.timestamp_field];
  if (times.states[batch.rows - 1] != RowState::kValue) return std::nullopt;
  return times.integers[batch.rows - 1];
}

absl::Status HistoryLoad::ReadEvents(const std::set<size_t>& fields,
                                     const Take& take) {
  ASSIGN_OR_RETURN(const std::unique_ptr<EventReader> reader,
                   EventReader::Create(*told_.source, fields, spec_.source));
  int64_t offset = 0;
  const auto take_batch =
      [&](const BatchReader& file,
          std::shared_ptr<arrow::RecordBatch> batch) -> absl::Status {
    const int64_t rows = batch->num_rows();
    reader->Attach(std::move(batch));
    for (int64_t i = 0; i < rows; ++i) {
      const absl::Status read = reader->Read(i, offset++, events_);
      if (!read.ok()) return Annotate(read, file.Place(i));
      RETURN_IF_ERROR(take());
    }
    return absl::OkStatus();
  };
  return snapshot_.Read(
      {.wanted = reader->wanted(),
       .bind =
           [&](const arrow::Schema& schema, const auto& is_text) {
             return reader->Bind(schema, is_text);
           },
       .take = take_batch});
}

// Without one that is told, of the newest event: what was exported later would
// have one. That is known once the files are read, and needed before.
absl::Status HistoryLoad::FindAsOf() {
  as_of_micros_ = spec_.as_of_micros;
  if (spec_.has_as_of) return absl::OkStatus();
  std::optional<int64_t> newest;
  RETURN_IF_ERROR(ReadEvents({plan_.event.timestamp_field}, [&] {
    const std::optional<int64_t> time = Time();
    if (time && *time <= spec_.now_micros) {
      newest = std::max(newest.value_or(*time), *time);
    }
    events_.Clear();
    return absl::OkStatus();
  }));
  as_of_micros_ = newest.value_or(spec_.now_micros);
  return snapshot_.Open();
}

absl::Status HistoryLoad::FindSpan() {
  const ViewHistory& history = *told_.history;
  const int64_t since = history.covers_micros > 0
                            ? as_of_micros_ - history.covers_micros
                            : history.since_micros;
  HistorySpan files{.from_micros = since,
                    .end_micros = as_of_micros_ - history.settle_micros};
  span_ = SpanOfTiles(plan_.windows, files);
  // No window that is asked for from its end on reaches back further.
  int64_t reach = span_.end_micros;
  for (size_t i = 0; i < plan_.windows.windows().size(); ++i) {
    reach = std::min(reach, plan_.windows.WindowStart(i, span_.end_micros));
  }
  const int64_t step = CutoverStepMicros(plan_.windows);
  files.from_micros =
      std::max(files.from_micros, FloorDivide(reach, step) * step);
  span_ = SpanOfTiles(plan_.windows, files);
  if (span_.from_micros < span_.end_micros) return absl::OkStatus();
  return InvalidArgument(
      "the files are of {} and have every event from {} on: less batch_source."
      "settle ({}), in whole tiles of {}, that is nothing",
      FormatTimestamp(as_of_micros_), FormatTimestamp(since),
      FormatDuration(history.settle_micros),
      FormatDuration(CutoverStepMicros(plan_.windows)));
}

absl::Status HistoryLoad::Flush() {
  if (events_.size() > 0) RETURN_IF_ERROR(tiles_->Add(events_.batch()));
  events_.Clear();
  return absl::OkStatus();
}

absl::Status HistoryLoad::Collect() {
  RowSorterOptions sort;
  sort.dir = spec_.building_dir;
  sort.buffer_bytes = spec_.sort_buffer_bytes;
  sort.disk_reserve_bytes = spec_.disk_reserve_bytes;
  sort.on_work = [this] { progress_.Worked(); };
  ASSIGN_OR_RETURN(tiles_, TileSorter::Create(plan_, span_, std::move(sort)));
  RETURN_IF_ERROR(ReadEvents(FieldsOf(plan_.event), [&]() -> absl::Status {
    const std::optional<int64_t> time = Time();
    if (time && (*time < span_.from_micros || *time >= span_.end_micros)) {
      events_.Drop();
    }
    const bool full =
        events_.size() >= kBatchRows || events_.text_bytes() >= kBatchTextBytes;
    return full ? Flush() : absl::OkStatus();
  }));
  return Flush();
}

absl::Status HistoryLoad::Run() {
  progress_.EnterPhase(LoadPhase::kStarting, 0, 0);
  RETURN_IF_ERROR(snapshot_.Open());
  progress_.EnterPhase(LoadPhase::kReading, 0, 0);
  RETURN_IF_ERROR(FindAsOf());
  RETURN_IF_ERROR(FindSpan());
  RETURN_IF_ERROR(Collect());
  snapshot_.ReleaseMemory();
  return spec_.dry_run ? absl::OkStatus() : Write();
}

absl::Status HistoryLoad::Write() {
  progress_.EnterPhase(LoadPhase::kWriting, 0, 0);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<VersionOutput> output,
      VersionOutput::Create(spec_, Identity(), snapshot_.files().bytes_total(),
                            progress_));
  RowWriter writer(spec_.schema);
  RETURN_IF_ERROR(
      tiles_->Finish([&](std::string_view key, std::string_view block) {
        progress_.Worked();
        // For people: nothing is judged by it.
        writer.Begin(std::min(BlockEnd(*ParseBlockKey(key)), span_.end_micros));
        writer.SetBytes(kTileBlockColumn, block);
        return output->Add(key, writer.Finish());
      }));
  return output->Finish(/*rows_replaced=*/0, /*live_rows=*/{});
}

Manifest HistoryLoad::Identity() const {
  Manifest identity;
  identity.view = spec_.view;
  identity.version = spec_.version;
  identity.generation = spec_.generation;
  identity.schema = spec_.schema;
  identity.as_of_micros = as_of_micros_;
  identity.built_at_micros = spec_.now_micros;
  identity.source = spec_.source.path;
  identity.source_bytes = snapshot_.files().bytes_total();
  identity.source_sum = snapshot_.files().listing().Sum();
  identity.history = TileHistory{.tiles = plan_.generation_hash,
                                 .span = span_,
                                 .events = tiles_->events(),
                                 .left_out = tiles_->left_out()};
  identity.build = spec_.build;
  return identity;
}

}  // namespace

absl::Status LoadHistory(const LoadSpec& spec, SnapshotReading& snapshot,
                         ProgressReporter& progress) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Told> told, ReadTiles(spec));
  return HistoryLoad(spec, *told, snapshot, progress).Run();
}

}  // namespace freshet
