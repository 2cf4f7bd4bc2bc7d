// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/nameless_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace freshet {

absl::StatusOr<UniqueFd> OpenNameless(const std::string& dir) {
  // Not O_TMPFILE, which some file systems lack.
  std::string path = dir + "/scratch-XXXXXX";
  UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd.ok()) return ErrnoError("cannot create", path, errno);
  if (::unlink(path.c_str()) != 0) {
    return ErrnoError("cannot unlink", path, errno);
  }
  return fd;
}

}  // namespace freshet
