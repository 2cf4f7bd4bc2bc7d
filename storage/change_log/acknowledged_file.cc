// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/acknowledged_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/byte_reader.h"

namespace freshet {
namespace {

// So far apart that no write of one touches a block of the other.
constexpr off_t kCopyDistance = 4'096;
constexpr size_t kCopyBytes = 4 * sizeof(uint64_t);

std::string Copy(uint64_t writes, const Acknowledged& value) {
  std::string bytes;
  AppendLittle(writes, &bytes);
  AppendLittle(value.first, &bytes);
  AppendLittle(value.end, &bytes);
  AppendLittle(Xxh3(bytes), &bytes);
  return bytes;
}

}  // namespace

absl::StatusOr<AcknowledgedFile> AcknowledgedFile::Open(
    const std::string& path) {
  if (!PathExists(path)) return NotFound("there is no {}", path);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.ok()) return ErrnoError("cannot open", path, errno);
  AcknowledgedFile file(path, std::move(fd));
  RETURN_IF_ERROR(file.ReadCopies());
  return file;
}

absl::StatusOr<AcknowledgedFile> AcknowledgedFile::Make(
    const std::string& path) {
  UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return ErrnoError("cannot make", path, errno);
  AcknowledgedFile file(path, std::move(fd));
  RETURN_IF_ERROR(file.Write({}));
  RETURN_IF_ERROR(file.Write({}));
  return file;
}

absl::Status AcknowledgedFile::ReadCopies() {
  for (const off_t at : {off_t{0}, kCopyDistance}) {
    std::string bytes(kCopyBytes, '\0');
    const ssize_t length = ::pread(fd_.get(), bytes.data(), bytes.size(), at);
    if (length < 0) return ErrnoError("cannot read", path_, errno);
    if (static_cast<size_t>(length) < kCopyBytes) continue;
    ByteReader in(bytes);
    const auto writes = in.Fixed<uint64_t>();
    Acknowledged value;
    value.first = in.Fixed<uint64_t>();
    value.end = in.Fixed<uint64_t>();
    const bool whole = Copy(writes, value) == bytes;
    if (!whole || writes <= writes_) continue;
    writes_ = writes;
    value_ = value;
  }
  if (writes_ == 0) {
    return DataLoss("'{}' is damaged in both of its copies", path_);
  }
  return absl::OkStatus();
}

absl::Status AcknowledgedFile::Write(const Acknowledged& value) {
  RETURN_IF_ERROR(FAILPOINT("change_log.before_acknowledge"));
  ++writes_;
  value_ = value;
  const std::string bytes = Copy(writes_, value);
  const off_t at = writes_ % 2 == 0 ? 0 : kCopyDistance;
  const ssize_t length = ::pwrite(fd_.get(), bytes.data(), bytes.size(), at);
  if (length < 0) return ErrnoError("cannot write", path_, errno);
  if (static_cast<size_t>(length) < bytes.size()) {
    return ErrnoError("cannot write", path_, ENOSPC);
  }
  if (::fdatasync(fd_.get()) != 0) {
    return ErrnoError("cannot fdatasync", path_, errno);
  }
  return absl::OkStatus();
}

}  // namespace freshet
