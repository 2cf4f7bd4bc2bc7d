// SPDX-License-Identifier: Apache-2.0
#include "storage/file_sum.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace freshet {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

}  // namespace

absl::StatusOr<uint64_t> FileSum(const std::string& path, int64_t from,
                                 const std::function<bool()>& keep_going) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return ErrnoError("cannot open", path, errno);
  if (::lseek(fd.get(), from, SEEK_SET) < 0) {
    return ErrnoError("cannot seek in", path, errno);
  }
  Xxh3Stream sum;
  std::vector<char> piece(kPieceBytes);
  for (;;) {
    if (keep_going && !keep_going()) return Cancelled("reading '{}'", path);
    const ssize_t n = ::read(fd.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("cannot read", path, errno);
    if (n == 0) return sum.Digest();
    sum.Update({piece.data(), static_cast<size_t>(n)});
  }
}

}  // namespace freshet
