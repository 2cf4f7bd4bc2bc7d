// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/disk_reserve.h"

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {

absl::Status CheckDiskReserve(const std::string& dir, int64_t reserve_bytes,
                              int64_t bytes) {
  ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(dir));
  if (free_bytes - bytes >= reserve_bytes) return absl::OkStatus();
  return ResourceExhausted(
      "the disk of '{}' has {} bytes free; {} more would not leave the "
      "{} of settings.storage.disk_reserve: free space, or delete old versions",
      dir, free_bytes, bytes, reserve_bytes);
}

}  // namespace freshet
