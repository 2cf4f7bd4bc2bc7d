// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// A place in an object store: `s3://bucket/a/b` is {"s3", "bucket", "a/b"}.
struct ObjectUrl {
  std::string scheme;  // s3 or gs.
  std::string bucket;
  std::string key;  // Without a slash at its ends; may be empty.

  // As object stores and Arrow name it: `bucket/a/b`.
  std::string path() const;
  std::string ToString() const;
};

// Whether it has a scheme, `x://`, known or not: no path of a file has one.
bool IsUrl(std::string_view text);

// INVALID_ARGUMENT: another scheme, no bucket, or something that a key of a
// snapshot has no use for and that would hide what is read: an empty, `.` or
// `..` segment, a user, a port, a query, a fragment, a control character.
absl::StatusOr<ObjectUrl> ParseObjectUrl(std::string_view text);

// Without what may be a password before an '@': for messages and logs.
std::string WithoutUser(std::string_view text);

// Whether `url` is `root` or lies beneath it, by whole segments.
bool IsUnder(const ObjectUrl& url, const ObjectUrl& root);

// The same of any of `roots`; those that are no ObjectUrl are passed over.
bool IsUnderAny(const ObjectUrl& url, const std::vector<std::string>& roots);

}  // namespace freshet
