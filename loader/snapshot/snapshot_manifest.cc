// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot/snapshot_manifest.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/json_fields.h"
#include "storage/snapshot_walk.h"

namespace freshet {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kPieceBytes = 256 << 10;

absl::Status CheckFile(const SnapshotManifest::File& file) {
  if (file.name.starts_with("./") || file.name.starts_with('/') ||
      file.name.find("//") != std::string::npos) {
    return InvalidArgument(
        "it lists '{}'; names are relative to its directory, without './'",
        file.name);
  }
  if (file.name.empty() || IsHiddenName(file.name)) {
    return InvalidArgument(
        "it lists '{}', which is not the name of a file "
        "that is read",
        file.name);
  }
  if (file.bytes < 0) {
    return InvalidArgument("'{}' has {} bytes", file.name, file.bytes);
  }
  const bool is_sum =
      file.sha256.size() == kSha256Digits &&
      std::all_of(file.sha256.begin(), file.sha256.end(), absl::ascii_isxdigit);
  if (!file.sha256.empty() && !is_sum) {
    return InvalidArgument(
        "the sha256 of '{}' is '{}', not {} hexadecimal "
        "digits",
        file.name, file.sha256, kSha256Digits);
  }
  return absl::OkStatus();
}

// Null is what many writers say for what they do not know.
bool IsSaid(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && !found->is_null();
}

absl::StatusOr<SnapshotManifest> Parse(const nlohmann::json& object) {
  JsonFields fields(object);
  SnapshotManifest manifest;
  if (IsSaid(object, "rows")) manifest.rows = fields.Int64("rows");
  std::set<std::string> names;
  for (const nlohmann::json& element : fields.Array("files")) {
    JsonFields file(element);
    manifest.files.push_back(
        {.name = file.String("name"),
         .bytes = file.Int64("bytes"),
         .sha256 = IsSaid(element, "sha256")
                       ? absl::AsciiStrToLower(file.String("sha256"))
                       : ""});
    RETURN_IF_ERROR(file.status());
    RETURN_IF_ERROR(CheckFile(manifest.files.back()));
    if (!names.insert(manifest.files.back().name).second) {
      return InvalidArgument("it lists '{}' twice", manifest.files.back().name);
    }
  }
  RETURN_IF_ERROR(fields.status());
  if (manifest.rows.has_value() && *manifest.rows < 0) {
    return InvalidArgument("'rows' is {}", *manifest.rows);
  }
  return manifest;
}

}  // namespace

absl::StatusOr<SnapshotManifest> ParseSnapshotManifest(std::string_view name,
                                                       std::string_view text) {
  const std::string file = fmt::format("file '{}'", name);
  const auto object = ParseJsonObject(text);
  if (!object.ok()) {
    return FailedPrecondition("{}: {}; is it being written?", file,
                              std::string(object.status().message()));
  }
  absl::StatusOr<SnapshotManifest> manifest = Parse(*object);
  if (!manifest.ok()) {
    return InvalidArgument("{}: {}", file,
                           std::string(manifest.status().message()));
  }
  std::sort(
      manifest->files.begin(), manifest->files.end(),
      [](const SnapshotManifest::File& a, const SnapshotManifest::File& b) {
        return IsVisitedBefore(a.name, b.name);
      });
  return manifest;
}

absl::Status CheckSha256(int fd, std::string_view sha256,
                         const std::function<void()>& on_work) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (context == nullptr ||
      EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return Internal("OpenSSL gives no SHA-256");
  }
  std::vector<char> piece(kPieceBytes);
  for (off_t at = 0;;) {
    on_work();
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("cannot read", "the file", errno);
    if (n == 0) break;
    if (EVP_DigestUpdate(context.get(), piece.data(), static_cast<size_t>(n)) !=
        1) {
      return Internal("OpenSSL's SHA-256 fails");
    }
    at += n;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    return Internal("OpenSSL's SHA-256 fails");
  }
  const std::string found = absl::BytesToHexString(
      {reinterpret_cast<const char*>(digest.data()), size});
  if (found == sha256) return absl::OkStatus();
  return DataLoss("its SHA-256 is {}, the snapshot's manifest says {}", found,
                  sha256);
}

}  // namespace freshet
