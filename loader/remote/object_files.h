// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loader/remote/downloads.h"
#include "loader/remote/object_store.h"
#include "loader/snapshot/snapshot_files.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// An object, or the objects beneath a prefix, each fetched whole before it is
// read.
class ObjectFiles final : public SnapshotFiles {
 public:
  // The source, the roots, the limits and the directory of `spec`.
  // FAILED_PRECONDITION by CheckMarkers and KeepListed. INVALID_ARGUMENT if an
  // object has more than `file_bytes_max`. Else as ObjectStore. `on_work` is
  // called as bytes arrive.
  static absl::StatusOr<std::unique_ptr<ObjectFiles>> Open(
      const LoadSpec& spec, std::function<void()> on_work = [] {});

  // What Open would find, whether the markers are there or not.
  static absl::StatusOr<SnapshotListing> List(const ObjectStore& store,
                                              const ObjectUrl& url,
                                              const BatchSource& source);

  absl::StatusOr<UniqueFd> OpenFile(const SourceFile& file) override;
  absl::Status CheckUnchanged() override;

 private:
  ObjectFiles(SnapshotListing listing, ObjectUrl url,
              std::unique_ptr<ObjectStore> store, const LoadSpec& spec,
              std::function<void()> on_work);

  const BatchSource source_;
  const ObjectUrl url_;
  const std::unique_ptr<ObjectStore> store_;
  const std::function<void()> on_work_;
  Downloads downloads_;
  size_t opened_ = 0;  // Files before it were.
};

}  // namespace freshet
