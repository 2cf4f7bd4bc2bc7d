// SPDX-License-Identifier: Apache-2.0
// What is checked of a load before it is accepted, and what it is told.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/settings.h"
#include "storage/protocol/load_protocol.h"
#include "versions/catalog_state.h"
#include "versions/loads/load_job.h"
#include "versions/loads/loader_process.h"

namespace freshet {

// The idempotency key's length, the label's name, and that as_of is not in the
// future (beyond what two clocks may differ by).
absl::Status CheckLoadRequest(const LoadRequest& request, int64_t now_micros);

// `path` made absolute (a relative one starts at settings.relative_to, or at
// the first root), with links followed; or an ObjectUrl as written, but for
// slashes at its end. INVALID_ARGUMENT: empty, there are no roots, or no
// ObjectUrl though it has a scheme. PERMISSION_DENIED: not under any root.
absl::StatusOr<std::string> ResolveSnapshotPath(const std::string& path,
                                                const LoadSettings& settings);

// The run of a snapshot at `request.path`, which is resolved: the one asked
// for, else where it lies beneath the source's path. "": the view is in no
// snapshot group. INVALID_ARGUMENT: there is none, or it is no name.
absl::StatusOr<std::string> RunOf(const BatchFeatureView& view,
                                  const LoadRequest& request,
                                  const LoadSettings& settings);

// The definition of a batch view, from the definitions in the catalog.
// NOT_FOUND lists the nearest names.
absl::StatusOr<BatchFeatureView> DefinedView(const CatalogState& state,
                                             const std::string& view);

// LoadSpec::tiles of a view of the definitions in the catalog.
absl::StatusOr<std::string> TilesOf(const CatalogState& state,
                                    const BatchFeatureView& view);

// What the settings say of a loader, which opens indexes and filters of
// `layers_bytes`.
void TakeSettings(const LoadSettings& settings, int64_t layers_bytes,
                  LoadSpec& spec);

// And of the process that runs it.
LoaderProcess::Options ProcessOptions(const LoadSettings& settings);

// `<view>-` and eight random hexadecimal digits.
std::string MakeLoadId(const std::string& view);

}  // namespace freshet
