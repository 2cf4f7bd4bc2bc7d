// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/definitions.h"
#include "loader/snapshot/rooted_paths.h"
#include "loader/snapshot/snapshot_files.h"

namespace freshet {

// A file of this machine, or a directory of them.
class LocalFiles final : public SnapshotFiles {
 public:
  // FAILED_PRECONDITION by CheckMarkers and KeepListed. `on_work` is called for
  // each file, here and by CheckUnchanged.
  static absl::StatusOr<std::unique_ptr<LocalFiles>> Open(
      const BatchSource& source, const std::vector<std::string>& roots,
      std::function<void()> on_work = [] {});

  // What Open would find, whether the markers are there or not.
  static absl::StatusOr<SnapshotListing> List(
      const BatchSource& source, const std::vector<std::string>& roots);

  absl::StatusOr<UniqueFd> OpenFile(const SourceFile& file) override;
  absl::Status CheckUnchanged() override;

 private:
  // How the files are found.
  struct Search {
    RootedPaths paths;
    BatchSource source;
    std::function<void()> on_work;

    absl::StatusOr<SnapshotListing> List() const;
    absl::Status AddListed(const std::string& top,
                           SnapshotListing& listing) const;
    // A regular file right beneath `top`, and what it holds.
    absl::StatusOr<std::optional<SourceFile>> Find(const std::string& top,
                                                   const std::string& name,
                                                   std::string* text) const;
    // As VisitSnapshotEntry.
    absl::StatusOr<std::optional<std::string>> Add(
        const std::string& path, const std::string& name,
        std::vector<SourceFile>* files) const;
  };

  LocalFiles(SnapshotListing listing, Search search)
      : SnapshotFiles(std::move(listing)), search_(std::move(search)) {}

  const Search search_;
};

}  // namespace freshet
