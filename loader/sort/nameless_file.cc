// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/nameless_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace freshet {

absl::StatusOr<UniqueFd> OpenNameless(const std::string& dir) {
  // Not O_TMPFILE, which some file systems lack.
  const std::string path = dir + "/scratch";
  UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return ErrnoError("cannot create", path, errno);
  if (::unlink(path.c_str()) != 0) {
    return ErrnoError("cannot unlink", path, errno);
  }
  return fd;
}

}  // namespace freshet
