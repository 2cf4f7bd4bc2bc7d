// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "features/row_codec.h"
#include "features/row_schema.h"
#include "features/row_transcoder.h"
#include "features/streams/live_row.h"
#include "storage/live/live_generation.h"
#include "storage/row_batch.h"
#include "storage/version.h"

namespace freshet {

// Some features of a view with live rows, and the rows that they are answered
// as. Immutable; safe to use from any thread.
struct OverlaidFeatures {
  // `columns`: with the features' stable ids.
  OverlaidFeatures(std::vector<KeyPart> key, std::vector<Column> columns);

  RowSchema schema;
};

// Looks up the live rows of some keys and a version's, and makes one row of
// both: the newest event time wins, the snapshot's among equals, and what is as
// old as the whole snapshot does not count (docs/semantics.md, rules 7 and 8).
// In memory first, then, where need be, on disk, as rows of a version are.
// Reused from request to request. Not thread-safe.
class OverlaidRows {
 public:
  // `version` may be null: there is no snapshot. It, the generation and `keys`
  // must stay until Compute has returned.
  void LookupCached(std::shared_ptr<const OverlaidFeatures> features,
                    const LiveGeneration& live, const Version* version,
                    std::span<const std::string_view> keys);

  // Reads that are not in memory.
  size_t needs_disk() const {
    return live_rows_.needs_disk() + snapshot_rows_.needs_disk();
  }
  // Blocks. The same keys.
  void LookupDisk(std::span<const std::string_view> keys);

  // Makes the rows from what was looked up. A row of which a part was not read
  // is kNeedsDisk.
  void Compute();

  size_t size() const { return states_.size(); }
  RowBatch::State state(size_t i) const { return states_[i]; }
  // Of the features' schema. Requires: state(i) is kFound.
  std::string_view row(size_t i) const;
  // When a value became what it is, or null. Requires: as row(i).
  int64_t event_time_micros(size_t i, size_t column) const {
    return times_[i * features_->schema.columns().size() + column];
  }
  // Whether the value would be the snapshot's, and that has no such feature.
  bool lacks(size_t i, size_t column) const {
    return of_snapshot_[i * features_->schema.columns().size() + column] &&
           transcoder_->Lacks(column);
  }

  // Lets go of what was looked up.
  void Release();

 private:
  void Prepare(std::shared_ptr<const OverlaidFeatures> features,
               const Version* version);
  RowBatch::State ComputeRow(size_t i);
  RowBatch::State TakeSnapshotRow(size_t i);
  RowBatch::State Overlay(const LiveRow& live, size_t i);
  RowBatch::State OverSnapshotRow(size_t i, int64_t newest_micros);
  std::optional<int64_t> FindCells(const LiveRow& live, int64_t after_micros);
  RowBatch::State WriteOver(const RowView* under, int64_t rest_micros,
                            int64_t newest_micros);
  absl::Status WriteCell(size_t column);
  void Settle(size_t rows);

  std::shared_ptr<const OverlaidFeatures> features_;
  const LiveGeneration* live_ = nullptr;
  const Version* version_ = nullptr;
  std::optional<RowWriter> writer_;          // Of features_.
  std::unique_ptr<const RowSchema> from_;    // As version_'s; stays in place.
  std::optional<RowTranscoder> transcoder_;  // From there to features_.

  RowBatch live_rows_;
  RowBatch snapshot_rows_;
  std::vector<RowBatch::State> states_;
  std::vector<const LiveCell*> cells_;  // By column, of one row; or null.
  std::vector<int64_t> times_;          // By row and column, as the next.
  std::vector<bool> of_snapshot_;
  std::string rows_;  // One behind the other.
  std::vector<size_t> ends_;
};

}  // namespace freshet
