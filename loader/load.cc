// SPDX-License-Identifier: Apache-2.0
#include "loader/load.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "loader/history/load_history.h"
#include "loader/layers/chain.h"
#include "loader/layers/fold.h"
#include "loader/layers/layered_rows.h"
#include "loader/layers/version_output.h"
#include "loader/rows/row_encoder.h"
#include "loader/snapshot_reading.h"
#include "loader/sort/row_sorter.h"
#include "loader/sort/unique_rows.h"
#include "storage/manifest.h"

namespace freshet {
namespace {

// A file whose rows take more than so many times its bytes is a bomb, unless
// the rows are few anyway.
constexpr int64_t kRowExpansionMax = 1000;
constexpr int64_t kRowBytesAlwaysAllowed = int64_t{1} << 30;

constexpr int64_t kReportEveryRows = 4096;

// Tells of each record: what reads on to the next key, or counts duplicates,
// gives nothing for long.
class TellingStream final : public RecordStream {
 public:
  TellingStream(std::unique_ptr<RecordStream> records,
                ProgressReporter& progress)
      : records_(std::move(records)), progress_(progress) {}

  absl::StatusOr<bool> Next(Record* record) override {
    progress_.Worked();
    return records_->Next(record);
  }

 private:
  const std::unique_ptr<RecordStream> records_;
  ProgressReporter& progress_;
};

absl::Status WriteAll(UniqueRows& rows, const RowSink& sink) {
  Record record;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, rows.Next(&record));
    if (!more) return absl::OkStatus();
    RETURN_IF_ERROR(sink(record.key, record.row));
  }
}

// One load, from its spec to its manifest.
class Load {
 public:
  Load(const LoadSpec& spec, SnapshotReading& snapshot,
       ProgressReporter& progress)
      : spec_(spec), snapshot_(snapshot), progress_(progress) {}

  absl::Status Run();

 private:
  absl::Status AddBatch(const BatchReader& reader,
                        std::shared_ptr<arrow::RecordBatch> batch);
  absl::Status CheckExpansion() const;
  absl::Status Write();
  absl::Status CountUnique(UniqueRows& rows);
  absl::Status OpenBase();
  absl::Status WriteVersion(UniqueRows& rows);
  void NoteEventTime(int64_t micros);
  Manifest Identity() const;

  const LoadSpec& spec_;
  SnapshotReading& snapshot_;
  ProgressReporter& progress_;
  std::unique_ptr<OpenChain> base_;  // Null: it stands by itself.
  std::unique_ptr<RowEncoder> encoder_;
  std::unique_ptr<RowSorter> sorter_;
  int64_t encoded_bytes_ = 0;
  std::optional<int64_t> watermark_;  // Greatest event time up to now.
};

absl::Status Load::Run() {
  progress_.EnterPhase(LoadPhase::kStarting, 0, 0);
  RETURN_IF_ERROR(snapshot_.Open());
  RowEncoderOptions options;
  options.event_time_micros =
      spec_.has_as_of ? spec_.as_of_micros : spec_.now_micros;
  options.row_bytes_max = spec_.row_bytes_max;
  ASSIGN_OR_RETURN(encoder_,
                   RowEncoder::Create(spec_.schema, spec_.source, options));
  RowSorterOptions sort;
  sort.dir = spec_.building_dir;
  sort.buffer_bytes = spec_.sort_buffer_bytes;
  sort.disk_reserve_bytes = spec_.disk_reserve_bytes;
  sort.on_work = [this] { progress_.Worked(); };
  ASSIGN_OR_RETURN(sorter_, RowSorter::Create(std::move(sort)));

  progress_.EnterPhase(LoadPhase::kReading, 0, 0);
  RETURN_IF_ERROR(snapshot_.Read(
      {.wanted = encoder_->wanted(),
       .bind =
           [this](const arrow::Schema& schema, const auto& is_text) {
             return encoder_->Bind(schema, is_text);
           },
       .take =
           [this](const BatchReader& reader, auto batch) {
             return AddBatch(reader, std::move(batch));
           }}));
  return Write();
}

absl::Status Load::AddBatch(const BatchReader& reader,
                            std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t rows = batch->num_rows();
  encoder_->Attach(std::move(batch));
  for (int64_t i = 0; i < rows; ++i) {
    if (const absl::Status encoded = encoder_->Encode(i); !encoded.ok()) {
      return Annotate(encoded, reader.Place(i));
    }
    const Record record = {encoder_->key(), encoder_->row(),
                           encoder_->event_time()};
    RETURN_IF_ERROR(sorter_->Add(record));
    NoteEventTime(record.event_time.micros);
    encoded_bytes_ +=
        static_cast<int64_t>(record.key.size() + record.row.size());
  }
  return CheckExpansion();
}

absl::Status Load::CheckExpansion() const {
  const int64_t source_bytes = snapshot_.files().bytes_total();
  if (encoded_bytes_ <= kRowBytesAlwaysAllowed ||
      encoded_bytes_ / kRowExpansionMax <= source_bytes) {
    return absl::OkStatus();
  }
  return ResourceExhausted(
      "{} bytes of files gave {} bytes of rows so far, more than {} times as "
      "many: it looks like a decompression bomb",
      source_bytes, encoded_bytes_, kRowExpansionMax);
}

absl::Status Load::Write() {
  encoder_.reset();
  snapshot_.ReleaseMemory();
  progress_.EnterPhase(LoadPhase::kWriting, 0, snapshot_.rows());
  ASSIGN_OR_RETURN(std::unique_ptr<RecordStream> sorted, sorter_->Finish());
  UniqueRows unique(
      std::make_unique<TellingStream>(std::move(sorted), progress_),
      spec_.source.duplicates, spec_.schema);
  if (spec_.dry_run) return CountUnique(unique);
  RETURN_IF_ERROR(OpenBase());
  return WriteVersion(unique);
}

absl::Status Load::OpenBase() {
  const LayerSpec& layers = spec_.layers;
  if (layers.chain.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(base_, OpenChain::Open(layers));
  const bool merges_all =
      layers.merged == static_cast<int64_t>(layers.chain.size());
  if (merges_all ||
      (layers.merged == 0 && base_->version().schema() == spec_.schema)) {
    return absl::OkStatus();
  }
  return Internal("rows of schema {} are to be laid over rows of schema {}",
                  spec_.schema.id(), base_->version().schema().id());
}

absl::Status Load::CountUnique(UniqueRows& rows) {
  Record record;
  for (int64_t count = 0;; ++count) {
    ASSIGN_OR_RETURN(const bool more, rows.Next(&record));
    if (count % kReportEveryRows == 0 || !more) {
      progress_.Update(count, snapshot_.files().bytes_total(), 0);
    }
    if (!more) return absl::OkStatus();
  }
}

absl::Status Load::WriteVersion(UniqueRows& rows) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<VersionOutput> output,
      VersionOutput::Create(spec_, Identity(), snapshot_.files().bytes_total(),
                            progress_));
  const auto sink = [&output](std::string_view key, std::string_view row) {
    return output->Add(key, row);
  };
  LayeredCounts counts;
  if (base_ == nullptr) {
    RETURN_IF_ERROR(WriteAll(rows, sink));
  } else if (spec_.layers.merged == 0) {
    ASSIGN_OR_RETURN(counts, LayOver(base_->version(), rows, sink));
  } else {
    ASSIGN_OR_RETURN(counts,
                     MergeOver(base_->version(), spec_.schema, rows, sink));
  }
  return output->Finish(rows.replaced() + counts.older, counts.live_rows);
}

// An event of the future would make the snapshot look fresh for as long as it
// lies ahead, and every later snapshot look older than this one.
void Load::NoteEventTime(int64_t micros) {
  if (micros > spec_.now_micros) return;
  if (!watermark_.has_value() || micros > *watermark_) watermark_ = micros;
}

Manifest Load::Identity() const {
  Manifest identity;
  identity.view = spec_.view;
  identity.version = spec_.version;
  identity.generation = spec_.generation;
  identity.schema = spec_.schema;
  // An empty snapshot says that nothing existed when it was taken.
  int64_t as_of = watermark_.value_or(spec_.now_micros);
  if (spec_.has_as_of) as_of = spec_.as_of_micros;
  if (base_ != nullptr) {
    const Manifest& base = base_->version().manifest();
    if (spec_.layers.merged == 0) {
      identity.base = base.version;
    } else {
      identity.whole_as_of_micros = WholeUntilMicros(base_->version());
    }
    // One of upserts, that nothing changed; and what an older day adds does not
    // make the whole older.
    const bool has_none = !spec_.has_as_of && !watermark_.has_value();
    as_of = has_none ? base.as_of_micros : std::max(as_of, base.as_of_micros);
  }
  identity.as_of_micros = as_of;
  identity.built_at_micros = spec_.now_micros;
  identity.source = spec_.source.path;
  identity.source_bytes = snapshot_.files().bytes_total();
  if (base_ != nullptr) {
    identity.source_bytes += SourceBytesOf(
        base_->manifests(), static_cast<size_t>(spec_.layers.merged));
  }
  identity.source_sum = snapshot_.files().listing().Sum();
  identity.build = spec_.build;
  return identity;
}

}  // namespace

absl::Status RunLoad(const LoadSpec& spec, ProgressReporter& progress) {
  SnapshotReading snapshot(spec, progress);
  try {
    if (spec.layers.fold > 0) return RunFold(spec, progress);
    if (!spec.tiles.empty()) return LoadHistory(spec, snapshot, progress);
    return Load(spec, snapshot, progress).Run();
  } catch (const std::bad_alloc&) {
    return Annotate(
        ResourceExhausted("out of memory (settings.load.memory_max is {}); a "
                          "larger limit, or a smaller file, is needed",
                          spec.memory_max_bytes),
        snapshot.place());
  } catch (const std::exception& error) {
    return Annotate(DataLoss("{}", error.what()), snapshot.place());
  }
}

}  // namespace freshet
