// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file.h"

namespace freshet {

// Opens files only where the operator allowed it: links are followed first,
// then the real path is opened beneath one of the roots by openat2(2) without
// following any link, so that a link swapped in between is refused too.
// Immutable; safe to use from any thread.
class RootedPaths {
 public:
  // Roots that do not exist are left out; NOT_FOUND if none exists.
  static absl::StatusOr<RootedPaths> Create(
      const std::vector<std::string>& roots);

  // `path` with every link followed, if it lies beneath a root; else
  // PERMISSION_DENIED naming the roots.
  absl::StatusOr<std::string> Resolve(const std::string& path) const;

  // Opens what Resolve returned, to read. Only regular files and directories:
  // a FIFO, a device, a socket or a file of /proc is INVALID_ARGUMENT and is
  // never opened.
  absl::StatusOr<UniqueFd> Open(const std::string& resolved) const;

 private:
  struct Root {
    std::string path;  // Without links, without a slash at its end.
    UniqueFd fd;
  };

  explicit RootedPaths(std::vector<Root> roots) : roots_(std::move(roots)) {}
  const Root* RootOf(const std::string& resolved) const;

  std::vector<Root> roots_;
};

}  // namespace freshet
