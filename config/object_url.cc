// SPDX-License-Identifier: Apache-2.0
#include "config/object_url.h"

#include <algorithm>

#include "base/error.h"

namespace freshet {
namespace {

constexpr std::string_view kSeparator = "://";

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

absl::Status CheckText(std::string_view text, std::string_view rest) {
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return InvalidArgument("'{}' has a control character", text);
  }
  const size_t odd = rest.find_first_of("?#");
  if (odd != std::string_view::npos) {
    return InvalidArgument(
        "'{}' has a '{}': endpoint and region belong in settings.s3", text,
        rest[odd]);
  }
  return absl::OkStatus();
}

absl::Status CheckSegments(std::string_view text, std::string_view key) {
  while (!key.empty()) {
    const size_t slash = std::min(key.find('/'), key.size());
    const std::string_view segment = key.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") {
      return InvalidArgument("'{}' has a segment '{}'", text, segment);
    }
    key.remove_prefix(std::min(slash + 1, key.size()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ObjectUrl::path() const {
  return key.empty() ? bucket : bucket + "/" + key;
}

std::string ObjectUrl::ToString() const {
  return scheme + std::string(kSeparator) + path();
}

bool IsUrl(std::string_view text) {
  const size_t at = text.find(kSeparator);
  if (at == std::string_view::npos || at == 0) return false;
  return std::all_of(
      text.begin(), text.begin() + static_cast<long>(at), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
}

absl::StatusOr<ObjectUrl> ParseObjectUrl(std::string_view text) {
  const size_t at = text.find(kSeparator);
  if (at == std::string_view::npos) {
    return InvalidArgument("'{}' has no scheme", text);
  }
  ObjectUrl url;
  url.scheme = text.substr(0, at);
  std::string_view rest = text.substr(at + kSeparator.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t slash = std::min(rest.find('/'), rest.size());
  url.bucket = rest.substr(0, slash);
  if (url.bucket.find_first_of("@:") != std::string::npos) {
    return InvalidArgument(
        "'{}': no user, password or port: credentials come from the "
        "environment, and the endpoint from settings.s3",
        url.scheme + "://...");
  }
  if (url.scheme != "s3" && url.scheme != "gs") {
    return InvalidArgument(
        "'{}': '{}' is not an object store that is read; s3:// and gs:// are, "
        "and a file is named by its path alone",
        text, url.scheme);
  }
  if (absl::Status s = CheckText(text, rest); !s.ok()) return s;
  if (url.bucket.empty()) return InvalidArgument("'{}' has no bucket", text);
  url.key = rest.substr(std::min(slash + 1, rest.size()));
  if (absl::Status s = CheckSegments(text, url.key); !s.ok()) return s;
  return url;
}

std::string WithoutUser(std::string_view text) {
  if (!IsUrl(text)) return std::string(text);
  const size_t start = text.find(kSeparator) + kSeparator.size();
  const size_t at = text.substr(0, text.find('/', start)).rfind('@');
  if (at == std::string_view::npos || at < start) return std::string(text);
  return std::string(text.substr(0, start)) + "..." +
         std::string(text.substr(at));
}

bool IsUnder(const ObjectUrl& url, const ObjectUrl& root) {
  if (url.scheme != root.scheme || url.bucket != root.bucket) return false;
  if (root.key.empty() || url.key == root.key) return true;
  return url.key.starts_with(root.key + "/");
}

bool IsUnderAny(const ObjectUrl& url, const std::vector<std::string>& roots) {
  return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
    const absl::StatusOr<ObjectUrl> allowed = ParseObjectUrl(root);
    return allowed.ok() && IsUnder(url, *allowed);
  });
}

}  // namespace freshet
