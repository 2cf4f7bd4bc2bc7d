// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/file.h"

namespace arrow {
class MemoryPool;
}  // namespace arrow
namespace arrow::io {
class RandomAccessFile;
}  // namespace arrow::io

namespace freshet {

// A file for Arrow whose asynchronous reads are done at once, on the caller's
// thread. Arrow's own hands them to a pool of threads, which let go of their
// buffers after the reader got its result: sometimes after the memory pool of
// the load is gone, and then the process crashes. Takes `fd`; `pool` must
// outlive the file and all that was read from it.
absl::StatusOr<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInlineFile(
    UniqueFd fd, arrow::MemoryPool* pool);

}  // namespace freshet
