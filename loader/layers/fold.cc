// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/fold.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "features/row_codec.h"
#include "loader/layers/chain.h"
#include "loader/layers/row_finder.h"
#include "loader/layers/version_output.h"
#include "storage/manifest.h"

namespace freshet {
namespace {

// How many keys a version answers for, by the rows that it gets and what they
// are laid over.
class LiveRows {
 public:
  explicit LiveRows(std::unique_ptr<Version> beneath)
      : beneath_(std::move(beneath)),
        finder_(*beneath_),
        count_(beneath_->manifest().live_rows) {}

  absl::Status Add(std::string_view key, std::string_view row) {
    ASSIGN_OR_RETURN(const std::optional<std::string_view> before,
                     finder_.Find(key));
    const bool was_live = before.has_value() && !IsDeletedRow(*before);
    count_ += (IsDeletedRow(row) ? 0 : 1) - (was_live ? 1 : 0);
    return absl::OkStatus();
  }
  int64_t count() const { return count_; }

 private:
  const std::unique_ptr<Version> beneath_;
  RowFinder finder_;
  int64_t count_;
};

}  // namespace

absl::Status RunFold(const LoadSpec& spec, ProgressReporter& progress) {
  progress.EnterPhase(LoadPhase::kStarting, 0, 0);
  ASSIGN_OR_RETURN(const std::unique_ptr<OpenChain> open,
                   OpenChain::Open(spec.layers));
  const std::vector<Manifest>& manifests = open->manifests();
  const auto merged = static_cast<size_t>(spec.layers.merged);
  if (merged == 0 || merged > manifests.size()) {
    return Internal("{} of {} layers are to be folded", merged,
                    manifests.size());
  }
  // All that is said of the version but of its tables stays as it is.
  Manifest identity = manifests.front();
  const bool stands_alone = merged == manifests.size();
  identity.base = stands_alone ? 0 : manifests[merged].version;
  identity.fold = spec.layers.fold;
  identity.whole_as_of_micros = WholeUntilMicros(open->version());
  identity.build = spec.build;
  int64_t rows = 0;
  for (size_t i = 0; i < merged; ++i) rows += manifests[i].rows;
  identity.source_bytes = SourceBytesOf(manifests, merged);
  progress.EnterPhase(LoadPhase::kWriting, 0, rows);
  const int64_t replaced = identity.rows_replaced;
  // Unless some of the rows were forgotten since, no answer changes.
  std::optional<int64_t> live_rows;
  std::optional<LiveRows> live;
  const bool recounts = spec.layers.recount || !spec.layers.forgotten.empty();
  if (!recounts) live_rows = identity.live_rows;
  if (recounts && !stands_alone) {
    ASSIGN_OR_RETURN(std::unique_ptr<Version> beneath,
                     open->OpenBeneath(merged));
    live.emplace(std::move(beneath));
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<VersionOutput> output,
      VersionOutput::Create(spec, std::move(identity), 0, progress));
  absl::Status added;
  RETURN_IF_ERROR(open->version().Scan(
      [&](std::string_view key, std::string_view row) {
        added = output->Add(key, row);
        if (added.ok() && live.has_value()) added = live->Add(key, row);
        return added.ok();
      },
      {.with_deleted = true, .newest = merged}));
  RETURN_IF_ERROR(added);
  if (live.has_value()) live_rows = live->count();
  return output->Finish(replaced, live_rows);
}

}  // namespace freshet
