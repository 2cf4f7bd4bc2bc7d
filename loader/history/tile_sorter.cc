// SPDX-License-Identifier: Apache-2.0
#include "loader/history/tile_sorter.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "base/status.h"
#include "features/windows/tile_block.h"

namespace freshet {
namespace {

// Tiles in the making are some hundred bytes for each partial aggregate, and an
// event may be in one of its own of each level: so many partials are some ten
// MiB.
constexpr size_t kPartialsMax = 300'000;
// One of groups, with the group that the event is of.
constexpr size_t kPartialsOfGroups = 3;

size_t CollectedMax(const WindowPlan& windows) {
  size_t partials = 0;
  for (const PartialSpec& spec : windows.shape().partials()) {
    partials += spec.groups > 0 ? kPartialsOfGroups : 1;
  }
  return std::max<size_t>(1,
                          kPartialsMax / (windows.levels().size() * partials));
}

// Pieces of one block that are merged at once.
constexpr size_t kPiecesMax = 64;

// The pieces of one block.
class Pieces {
 public:
  bool empty() const { return pieces_.empty(); }
  void Clear() { pieces_.clear(); }

  absl::Status Add(std::string_view piece) {
    if (pieces_.size() == kPiecesMax) RETURN_IF_ERROR(Merge());
    pieces_.emplace_back(piece);
    return absl::OkStatus();
  }

  // Requires: not empty.
  absl::StatusOr<std::string_view> Whole() {
    if (pieces_.size() > 1) RETURN_IF_ERROR(Merge());
    return pieces_.front();
  }

 private:
  absl::Status Merge() {
    const std::vector<std::string_view> views(pieces_.begin(), pieces_.end());
    ASSIGN_OR_RETURN(std::string merged, MergeBlocks(views));
    pieces_.clear();
    pieces_.push_back(std::move(merged));
    return absl::OkStatus();
  }

  std::vector<std::string> pieces_;
};

}  // namespace

TileSorter::TileSorter(const WindowedViewPlan& plan, const HistorySpan& span,
                       std::unique_ptr<RowSorter> sorter)
    : span_(span),
      collected_max_(CollectedMax(plan.windows)),
      // What the span has is in it whole.
      collector_(plan, span.end_micros - span.from_micros),
      sorter_(std::move(sorter)) {}

absl::StatusOr<std::unique_ptr<TileSorter>> TileSorter::Create(
    const WindowedViewPlan& plan, const HistorySpan& span,
    RowSorterOptions options) {
  ASSIGN_OR_RETURN(auto sorter, RowSorter::Create(std::move(options)));
  return absl::WrapUnique(new TileSorter(plan, span, std::move(sorter)));
}

absl::Status TileSorter::Add(const EventBatch& events) {
  for (const EventOutcome outcome : collector_.Add(events, span_.end_micros)) {
    switch (outcome) {
      case EventOutcome::kAdded:
        ++events_;
        break;
      case EventOutcome::kNoTime:
      case EventOutcome::kNoKey:
      case EventOutcome::kFailed:
        ++left_out_;
        break;
      default:
        break;
    }
  }
  collected_ += events.rows;
  return collected_ < collected_max_ ? absl::OkStatus() : Spill();
}

absl::Status TileSorter::Spill() {
  absl::Status status;
  collector_.Take([&](std::string_view key, std::string_view block) {
    if (status.ok()) status = sorter_->Add({.key = key, .row = block});
  });
  collected_ = 0;
  return status;
}

absl::Status TileSorter::Finish(const Visit& visit) {
  RETURN_IF_ERROR(Spill());
  ASSIGN_OR_RETURN(const std::unique_ptr<RecordStream> sorted,
                   sorter_->Finish());
  std::string key;
  Pieces pieces;
  const auto give = [&]() -> absl::Status {
    if (pieces.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string_view block, pieces.Whole());
    RETURN_IF_ERROR(visit(key, block));
    pieces.Clear();
    return absl::OkStatus();
  };
  Record record;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, sorted->Next(&record));
    if (!more) return give();
    if (record.key != key) {
      RETURN_IF_ERROR(give());
      key.assign(record.key);
    }
    RETURN_IF_ERROR(pieces.Add(record.row));
  }
}

}  // namespace freshet
