// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"
#include "storage/live/live_batch.h"
#include "storage/live/live_generation.h"

namespace freshet {

// How far the topics of sources have been read: kept in a generation of its
// own, so that it survives the log's trimming, and written together with the
// tiles of what was read (docs/semantics.md, rule 21). Not thread-safe.
class SourcePositions {
 public:
  // DATA_LOSS if what the generation holds are no positions.
  static absl::StatusOr<SourcePositions> Open(LiveGeneration::Ptr kept);

  // Those of a record; from then on they are the source's.
  void Take(const LoggedEvents& logged, LiveBatch& batch);
  void Forget(const std::string& source, LiveBatch& batch);

  // By topic and partition; none of a source that was not read.
  std::vector<PartitionPosition> Of(const std::string& source) const;
  // That have any.
  std::vector<std::string> Sources() const;

 private:
  explicit SourcePositions(LiveGeneration::Ptr kept);

  using Partition = std::pair<std::string, int32_t>;  // With its topic.

  LiveGeneration::Ptr kept_;
  std::map<std::string, std::map<Partition, PartitionPosition>> sources_;
};

}  // namespace freshet
