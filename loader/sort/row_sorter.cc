// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/row_sorter.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// A heap of the streams' first records.
class MergedStream final : public RecordStream {
 public:
  explicit MergedStream(std::vector<std::unique_ptr<RecordStream>> streams)
      : streams_(std::move(streams)), heads_(streams_.size()) {}

  absl::StatusOr<bool> Next(Record* record) override {
    if (!started_) {
      started_ = true;
      for (size_t i = 0; i < streams_.size(); ++i) RETURN_IF_ERROR(Advance(i));
    } else if (given_ != kNone) {
      // Only now: the record that was given points into its stream.
      RETURN_IF_ERROR(Advance(given_));
    }
    given_ = kNone;
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later{heads_});
    given_ = heap_.back();
    heap_.pop_back();
    *record = heads_[given_];
    return true;
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;

  struct Later {
    const std::vector<Record>& heads;
    bool operator()(size_t a, size_t b) const {
      const int order = heads[a].key.compare(heads[b].key);
      return order != 0 ? order > 0 : a > b;
    }
  };

  absl::Status Advance(size_t i) {
    ASSIGN_OR_RETURN(const bool more, streams_[i]->Next(&heads_[i]));
    if (!more) {
      streams_[i].reset();
      return absl::OkStatus();
    }
    heap_.push_back(i);
    std::push_heap(heap_.begin(), heap_.end(), Later{heads_});
    return absl::OkStatus();
  }

  std::vector<std::unique_ptr<RecordStream>> streams_;
  std::vector<Record> heads_;
  std::vector<size_t> heap_;
  bool started_ = false;
  size_t given_ = kNone;
};

absl::StatusOr<std::unique_ptr<RecordStream>> WriteRun(
    const RowSorterOptions& options, RecordStream& records) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RunWriter> writer,
                   RunWriter::Create(options.dir, options.disk_reserve_bytes));
  Record record;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, records.Next(&record));
    if (!more) return writer->Finish();
    options.on_work();
    RETURN_IF_ERROR(writer->Add(record));
  }
}

}  // namespace

std::unique_ptr<RecordStream> MergeStreams(
    std::vector<std::unique_ptr<RecordStream>> streams) {
  return std::make_unique<MergedStream>(std::move(streams));
}

RowSorter::RowSorter(RowSorterOptions options,
                     std::unique_ptr<SortBuffer> buffer)
    : options_(std::move(options)), buffer_(std::move(buffer)) {}

absl::StatusOr<std::unique_ptr<RowSorter>> RowSorter::Create(
    RowSorterOptions options) {
  CHECK(options.fan_in >= 2);
  ASSIGN_OR_RETURN(std::unique_ptr<SortBuffer> buffer,
                   SortBuffer::Create(options.buffer_bytes));
  return std::unique_ptr<RowSorter>(
      new RowSorter(std::move(options), std::move(buffer)));
}

absl::Status RowSorter::Add(const Record& record) {
  if (buffer_->Add(record)) return absl::OkStatus();
  RETURN_IF_ERROR(Spill());
  if (buffer_->Add(record)) return absl::OkStatus();
  return ResourceExhausted(
      "one row of {} bytes does not fit the sort buffer of {} bytes "
      "(settings.load.sort_buffer)",
      record.key.size() + record.row.size(), options_.buffer_bytes);
}

absl::Status RowSorter::Spill() {
  if (buffer_->count() == 0) return absl::OkStatus();
  buffer_->Sort(options_.on_work);
  ASSIGN_OR_RETURN(std::unique_ptr<RecordStream> run,
                   WriteRun(options_, *buffer_->Stream()));
  runs_.push_back(std::move(run));
  ++runs_spilled_;
  buffer_->Clear();
  return ReduceRuns();
}

absl::Status RowSorter::ReduceRuns() {
  // Neighbours only, and the merged run takes their place: order of arrival
  // decides between equal keys.
  while (runs_.size() >= 2 * options_.fan_in - 1) {
    std::vector<std::unique_ptr<RecordStream>> merged;
    for (size_t first = 0; first < runs_.size(); first += options_.fan_in) {
      std::vector<std::unique_ptr<RecordStream>> group;
      const size_t end = std::min(first + options_.fan_in, runs_.size());
      for (size_t i = first; i < end; ++i) group.push_back(std::move(runs_[i]));
      ASSIGN_OR_RETURN(std::unique_ptr<RecordStream> run,
                       WriteRun(options_, *MergeStreams(std::move(group))));
      merged.push_back(std::move(run));
    }
    runs_ = std::move(merged);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RecordStream>> RowSorter::Finish() {
  buffer_->Sort(options_.on_work);
  if (runs_.empty()) return buffer_->Stream();
  runs_.push_back(buffer_->Stream());
  return MergeStreams(std::move(runs_));
}

}  // namespace freshet
