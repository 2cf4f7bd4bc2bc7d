// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/catalog.h"
#include "versions/publisher.h"

namespace freshet {

class Clock;

// What an operator does to versions. Each action is one catalog commit,
// followed by a refresh of the serving set; when it returns OK, requests that
// start later see it. Errors name the view and version and what there is
// instead. Safe to use from any thread.
class VersionActions {
 public:
  VersionActions(std::string dir, Catalog& catalog, Publisher& publisher,
                 const Clock& clock);

  // FAILED_PRECONDITION for a version that is held or corrupt.
  absl::Status Activate(const std::string& view, int64_t version,
                        const std::string& who);
  // To the version that was current before; returns it.
  absl::StatusOr<int64_t> Rollback(const std::string& view,
                                   const std::string& who);
  absl::Status Pin(const std::string& view, int64_t version, bool pinned);
  // Version 0 removes the label. `current` and `previous` are refused: they
  // are positions.
  absl::Status SetLabel(const std::string& view, const std::string& label,
                        int64_t version);
  absl::Status Approve(const std::string& view, int64_t version,
                       const std::string& who);
  absl::Status Reject(const std::string& view, int64_t version);
  // Refused for the current version and for pinned and labelled ones.
  absl::Status Delete(const std::string& view, int64_t version);

  // Deletes what retention no longer keeps, of one view.
  absl::Status ApplyRetention(const std::string& view);
  // Deletes the oldest unprotected version of any view, to make room. NOT_FOUND
  // if there is none.
  absl::Status DeleteOldest();

 private:
  std::string dir_;
  Catalog& catalog_;
  Publisher& publisher_;
  const Clock& clock_;
};

}  // namespace freshet
