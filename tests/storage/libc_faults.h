// SPDX-License-Identifier: Apache-2.0
// Stands between this program, RocksDB included, and the C library's calls
// that write: counts them, remembers them, and makes one of them fail.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

struct FileCall {
  std::string name;  // write, sync, rename, link
  std::string path;  // For rename and link the new one.
};

// From here on the `fail_at`-th call (0: the first; < 0: none) fails with
// `error`, and calls are remembered.
void WatchFileCalls(int fail_at, int error);

// From here on statvfs tells of a disk with so many free bytes, less what was
// written since; a write beyond them fails with ENOSPC. < 0: the real disk.
void PretendFreeBytes(int64_t bytes);

// How many writes met the end of that disk.
int FullDiskWrites();

// Stops, and gives what was remembered.
std::vector<FileCall> TakeFileCalls();

}  // namespace freshet
