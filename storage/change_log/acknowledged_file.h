// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"

namespace freshet {

// Which records of a change log must be there: [first, end).
struct Acknowledged {
  uint64_t first = 1;
  uint64_t end = 1;
};

// The file that says so: two copies, written in turn, so that a crash or a
// damaged one leaves the other. Not thread-safe.
class AcknowledgedFile {
 public:
  // NOT_FOUND if there is none; DATA_LOSS if neither copy is whole.
  static absl::StatusOr<AcknowledgedFile> Open(const std::string& path);
  // Makes one that says that there are no records. The directory is not synced.
  static absl::StatusOr<AcknowledgedFile> Make(const std::string& path);

  const Acknowledged& value() const { return value_; }

  // On disk when it returns OK. After an error either value may be.
  absl::Status Write(const Acknowledged& value);

 private:
  AcknowledgedFile(std::string path, UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  absl::Status ReadCopies();

  std::string path_;
  UniqueFd fd_;
  Acknowledged value_;
  uint64_t writes_ = 0;
};

}  // namespace freshet
