// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/fold.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "loader/layers/chain.h"
#include "loader/layers/version_output.h"
#include "storage/manifest.h"

namespace freshet {

absl::Status RunFold(const LoadSpec& spec, ProgressReporter& progress) {
  progress.EnterPhase(LoadPhase::kStarting, 0, 0);
  ASSIGN_OR_RETURN(const std::unique_ptr<OpenChain> open,
                   OpenChain::Open(spec.layers.chain));
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
  identity.build = spec.build;
  int64_t rows = 0;
  for (size_t i = 0; i < merged; ++i) rows += manifests[i].rows;
  progress.EnterPhase(LoadPhase::kWriting, 0, rows);
  const int64_t replaced = identity.rows_replaced;
  const int64_t live_rows = identity.live_rows;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<VersionOutput> output,
      VersionOutput::Create(spec, std::move(identity), 0, progress));
  absl::Status added;
  RETURN_IF_ERROR(open->version().Scan(
      [&](std::string_view key, std::string_view row) {
        added = output->Add(key, row);
        return added.ok();
      },
      {.with_deleted = true, .newest = merged}));
  RETURN_IF_ERROR(added);
  return output->Finish(replaced, live_rows);
}

}  // namespace freshet
