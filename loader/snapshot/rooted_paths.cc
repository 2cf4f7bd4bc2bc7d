// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot/rooted_paths.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

absl::StatusOr<std::string> RealPath(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return ErrnoError("cannot find", path, errno);
  std::string result(real);
  ::free(real);
  return result;
}

absl::StatusOr<UniqueFd> OpenBeneath(int root, const std::string& relative,
                                     int flags) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd =
      ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof(how));
  if (fd < 0) return ErrnoError("cannot open", relative, errno);
  return UniqueFd(static_cast<int>(fd));
}

// Refuses what would block, act or lie when read.
absl::Status CheckReadable(int fd, const std::string& path) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return ErrnoError("cannot stat", path, errno);
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
    return InvalidArgument(
        "'{}' is neither a regular file nor a directory; a snapshot is one of "
        "them",
        path);
  }
  struct statfs fs;
  if (::fstatfs(fd, &fs) != 0) return ErrnoError("cannot statfs", path, errno);
  if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
      fs.f_type == DEBUGFS_MAGIC || fs.f_type == TRACEFS_MAGIC) {
    return InvalidArgument(
        "'{}' lies in a file system of the kernel, which holds no snapshots",
        path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RootedPaths> RootedPaths::Create(
    const std::vector<std::string>& roots) {
  std::vector<Root> opened;
  for (const std::string& root : roots) {
    absl::StatusOr<std::string> real = RealPath(root);
    if (!real.ok()) continue;
    UniqueFd fd(::open(real->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd.ok()) continue;
    if (*real == "/") real->clear();
    opened.push_back(Root{*std::move(real), std::move(fd)});
  }
  if (opened.empty()) {
    return NotFound(
        "none of the allowed roots exists: {}; see settings.load.roots",
        fmt::join(roots, ", "));
  }
  return RootedPaths(std::move(opened));
}

const RootedPaths::Root* RootedPaths::RootOf(
    const std::string& resolved) const {
  for (const Root& root : roots_) {
    if (resolved == root.path || resolved.starts_with(root.path + "/")) {
      return &root;
    }
  }
  return nullptr;
}

absl::StatusOr<std::string> RootedPaths::Resolve(
    const std::string& path) const {
  if (path.find('\0') != std::string::npos) {
    return InvalidArgument("a path holds a zero byte");
  }
  ASSIGN_OR_RETURN(std::string real, RealPath(path));
  if (RootOf(real) != nullptr) return real;
  std::vector<std::string> names;
  for (const Root& root : roots_) names.push_back("'" + root.path + "'");
  const std::string where =
      real == path ? "" : fmt::format(" (that is '{}')", real);
  return MakeError(
      absl::StatusCode::kPermissionDenied,
      "'{}'{} lies outside the allowed roots {}; move it, or add its folder "
      "to settings.load.roots",
      fmt::make_format_args(path, where, fmt::join(names, ", ")));
}

absl::StatusOr<UniqueFd> RootedPaths::Open(const std::string& resolved) const {
  const Root* root = RootOf(resolved);
  if (root == nullptr) {
    return MakeError(absl::StatusCode::kPermissionDenied,
                     "'{}' lies outside the allowed roots",
                     fmt::make_format_args(resolved));
  }
  const std::string relative =
      resolved == root->path ? "." : resolved.substr(root->path.size() + 1);
  // O_PATH first: opening a FIFO or a device would already do something.
  ASSIGN_OR_RETURN(const UniqueFd peek,
                   OpenBeneath(root->fd.get(), relative, O_PATH));
  RETURN_IF_ERROR(CheckReadable(peek.get(), resolved));
  ASSIGN_OR_RETURN(UniqueFd fd, OpenBeneath(root->fd.get(), relative,
                                            O_RDONLY | O_NONBLOCK));
  RETURN_IF_ERROR(CheckReadable(fd.get(), resolved));
  return fd;
}

}  // namespace freshet
