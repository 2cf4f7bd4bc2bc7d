// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/object_store.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/filesystem/gcsfs.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/memory/memory.h"
#include "base/error.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"
#include "storage/snapshot_walk.h"

namespace freshet {
namespace {

// As in storage/snapshot_walk.
constexpr size_t kEntriesMax = 100'000;
constexpr int kLevelsMax = 16;

constexpr int64_t kAttempts = 5;
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

// How Arrow names what S3 refuses: "AWS Error ACCESS_DENIED during ...".
constexpr std::array<std::string_view, 8> kRefusals = {
    "AWS Error ACCESS_DENIED",
    "AWS Error INVALID_ACCESS_KEY_ID",
    "AWS Error INVALID_CLIENT_TOKEN_ID",
    "AWS Error SIGNATURE_DOES_NOT_MATCH",
    "AWS Error INVALID_SIGNATURE",
    "AWS Error UNRECOGNIZED_CLIENT",
    "AWS Error MISSING_AUTHENTICATION_TOKEN",
    "ExpiredToken"};

constexpr std::array<std::string_view, 4> kAbsences = {
    "AWS Error NO_SUCH_BUCKET", "AWS Error NO_SUCH_KEY",
    "AWS Error RESOURCE_NOT_FOUND", "Path does not exist"};

bool HoldsOne(std::string_view text, const auto& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

absl::Status FromStore(const arrow::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text(FromArrow(status).message());
  if (HoldsOne(text, kRefusals)) {
    return PermissionDenied(
        "the object store refuses the credentials that the daemon's "
        "environment, files and instance give: {}",
        text);
  }
  if (HoldsOne(text, kAbsences)) return NotFound("{}", text);
  return Unavailable("the object store did not answer as it should: {}", text);
}

template <typename R>
absl::StatusOr<typename R::ValueType> FromStoreResult(R result) {
  if (!result.ok()) return FromStore(result.status());
  return std::move(result).ValueUnsafe();
}

absl::Status TakeEndpoint(std::string_view endpoint,
                          arrow::fs::S3Options& options) {
  if (endpoint.empty()) return absl::OkStatus();
  if (endpoint.starts_with(kHttps)) {
    options.scheme = "https";
    endpoint.remove_prefix(kHttps.size());
  } else if (endpoint.starts_with(kHttp)) {
    options.scheme = "http";
    endpoint.remove_prefix(kHttp.size());
  } else {
    return InvalidArgument(
        "settings.s3.endpoint '{}' begins with neither {} "
        "nor {}",
        endpoint, kHttps, kHttp);
  }
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  options.endpoint_override = endpoint;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<arrow::fs::FileSystem>> OpenS3(
    const S3Settings& s3) {
  RETURN_IF_ERROR(FromStore(arrow::fs::EnsureS3Initialized()));
  arrow::fs::S3Options options = s3.anonymous
                                     ? arrow::fs::S3Options::Anonymous()
                                     : arrow::fs::S3Options::Defaults();
  RETURN_IF_ERROR(TakeEndpoint(s3.endpoint, options));
  if (!s3.region.empty()) {
    options.region = s3.region;
  } else if (options.region.empty()) {
    options.region = "us-east-1";
  }
  options.tls_ca_file_path = s3.ca_file;
  options.connect_timeout = static_cast<double>(s3.connect_timeout_ms) / 1e3;
  options.request_timeout = static_cast<double>(s3.request_timeout_ms) / 1e3;
  options.retry_strategy =
      arrow::fs::S3RetryStrategy::GetAwsStandardRetryStrategy(kAttempts);
  return FromStoreResult(arrow::fs::S3FileSystem::Make(options));
}

absl::StatusOr<std::shared_ptr<arrow::fs::FileSystem>> OpenGcs() {
  return FromStoreResult(
      arrow::fs::GcsFileSystem::Make(arrow::fs::GcsOptions::Defaults()));
}

SourceFile Describe(const arrow::fs::FileInfo& info, std::string name) {
  SourceFile file;
  file.path = info.path();
  file.name = std::move(name);
  file.bytes = info.size();
  file.mtime_ns =
      std::chrono::nanoseconds(info.mtime().time_since_epoch()).count();
  return file;
}

absl::Status CheckExtent(const ObjectUrl& url,
                         const std::vector<SourceFile>& files) {
  if (files.size() > kEntriesMax) {
    return InvalidArgument("'{}' holds more than {} objects", url.ToString(),
                           kEntriesMax);
  }
  for (const SourceFile& file : files) {
    if (std::count(file.name.begin(), file.name.end(), '/') <= kLevelsMax) {
      continue;
    }
    return InvalidArgument("'{}' lies deeper than {} levels", file.name,
                           kLevelsMax);
  }
  return absl::OkStatus();
}

}  // namespace

OpenObject::OpenObject(std::shared_ptr<arrow::io::RandomAccessFile> file)
    : file_(std::move(file)) {}

absl::StatusOr<std::string> OpenObject::Tag() const {
  ASSIGN_OR_RETURN(const int64_t bytes, Bytes());
  std::string tag = fmt::format("{} bytes", bytes);
  ASSIGN_OR_RETURN(
      const std::shared_ptr<const arrow::KeyValueMetadata> metadata,
      FromStoreResult(file_->ReadMetadata()));
  if (metadata == nullptr) return tag;
  for (const std::string_view name :
       {"ETag", "etag", "Last-Modified", "generation"}) {
    const auto value = metadata->Get(std::string(name));
    if (value.ok()) tag += fmt::format(", {} {}", name, *value);
  }
  return tag;
}

absl::StatusOr<int64_t> OpenObject::Bytes() const {
  return FromStoreResult(file_->GetSize());
}

// Arrow's reader of S3 says `size` however little the store sent, and leaves
// the rest of `out` as it was. So the last byte tells: one that is still the
// mark is asked for by itself, over another mark.
absl::StatusOr<int64_t> OpenObject::ReadAt(int64_t offset, int64_t size,
                                           char* out) const {
  constexpr char kMark = 0x5A;
  if (size <= 0) return 0;
  char& last = out[size - 1];
  last = kMark;
  ASSIGN_OR_RETURN(const int64_t got,
                   FromStoreResult(file_->ReadAt(offset, size, out)));
  if (got != size || last != kMark) return got;
  char again = ~kMark;
  RETURN_IF_ERROR(
      FromStoreResult(file_->ReadAt(offset + size - 1, 1, &again)).status());
  if (again == kMark) return size;
  return Unavailable("the store sent fewer than {} bytes from {} on", size,
                     offset);
}

absl::StatusOr<std::unique_ptr<ObjectStore>> ObjectStore::Open(
    const ObjectUrl& url, const S3Settings& s3) {
  ASSIGN_OR_RETURN(std::shared_ptr<arrow::fs::FileSystem> files,
                   url.scheme == "s3" ? OpenS3(s3) : OpenGcs());
  return absl::WrapUnique(new ObjectStore(std::move(files)));
}

ObjectStore::ObjectStore(std::shared_ptr<arrow::fs::FileSystem> files)
    : files_(std::move(files)) {}

void EndObjectStores() {
  // There is nobody to tell, and nothing that could still go wrong by it.
  arrow::fs::EnsureS3Finalized().Warn();
}

absl::StatusOr<std::vector<SourceFile>> ObjectStore::List(
    const ObjectUrl& url) const {
  ASSIGN_OR_RETURN(const arrow::fs::FileInfo top,
                   FromStoreResult(files_->GetFileInfo(url.path())));
  std::vector<SourceFile> files;
  if (top.type() == arrow::fs::FileType::NotFound) {
    return NotFound("there is no snapshot at '{}'", url.ToString());
  }
  if (top.IsFile()) {
    files.push_back(Describe(top, top.base_name()));
    return files;
  }
  arrow::fs::FileSelector selector;
  selector.base_dir = url.path();
  selector.recursive = true;
  selector.max_recursion = kLevelsMax + 1;
  ASSIGN_OR_RETURN(const std::vector<arrow::fs::FileInfo> found,
                   FromStoreResult(files_->GetFileInfo(selector)));
  const size_t prefix = url.path().size() + 1;
  for (const arrow::fs::FileInfo& info : found) {
    if (!info.IsFile() || info.path().size() <= prefix) continue;
    std::string name = info.path().substr(prefix);
    for (const auto& segment : std::filesystem::path(name)) {
      RETURN_IF_ERROR(
          Annotate(CheckPlainName(segment.string()), url.ToString()));
    }
    if (!IsHiddenName(name)) files.push_back(Describe(info, std::move(name)));
  }
  RETURN_IF_ERROR(CheckExtent(url, files));
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) {
              return IsVisitedBefore(a.name, b.name);
            });
  return files;
}

absl::StatusOr<std::vector<std::string>> ObjectStore::Directories(
    const ObjectUrl& url) const {
  arrow::fs::FileSelector selector;
  selector.base_dir = url.path();
  ASSIGN_OR_RETURN(const std::vector<arrow::fs::FileInfo> found,
                   FromStoreResult(files_->GetFileInfo(selector)));
  std::vector<std::string> names;
  for (const arrow::fs::FileInfo& info : found) {
    if (info.IsDirectory()) names.push_back(info.base_name());
  }
  return names;
}

absl::StatusOr<std::optional<SourceFile>> ObjectStore::Find(
    const std::string& path) const {
  ASSIGN_OR_RETURN(const arrow::fs::FileInfo info,
                   FromStoreResult(files_->GetFileInfo(path)));
  if (!info.IsFile()) return std::nullopt;
  return Describe(info, info.base_name());
}

absl::StatusOr<OpenObject> ObjectStore::OpenAt(const std::string& path) const {
  ASSIGN_OR_RETURN(std::shared_ptr<arrow::io::RandomAccessFile> file,
                   FromStoreResult(files_->OpenInputFile(path)));
  return OpenObject(std::move(file));
}

}  // namespace freshet
