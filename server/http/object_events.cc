// SPDX-License-Identifier: Apache-2.0
#include "server/http/object_events.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/percent.h"
#include "base/status.h"

namespace freshet {
namespace {

using nlohmann::json;

// A message within a message, as SNS sends them: not deeper.
constexpr int kWrappingsMax = 2;

// As in a query string: `+` is a space.
std::string Decode(std::string text) {
  std::replace(text.begin(), text.end(), '+', ' ');
  return PercentDecode(text);
}

// The text at `path` in `value`, if there is one.
std::optional<std::string> TextAt(const json& value, const char* path) {
  const json::json_pointer pointer(path);
  if (!value.contains(pointer)) return std::nullopt;
  const json& found = value[pointer];
  if (!found.is_string()) return std::nullopt;
  return found.get<std::string>();
}

absl::Status AddRecords(const json& records,
                        std::vector<std::string>& objects) {
  for (const json& record : records) {
    const auto bucket = TextAt(record, "/s3/bucket/name");
    const auto key = TextAt(record, "/s3/object/key");
    if (!bucket || !key) {
      return InvalidArgument("a record lacks s3.bucket.name or s3.object.key");
    }
    objects.push_back(*bucket + "/" + Decode(*key));
  }
  return absl::OkStatus();
}

absl::Status Add(const json& message, int wrappings,
                 std::vector<std::string>& objects) {
  if (message.is_object()) {
    const auto records = message.find("Records");
    if (records != message.end() && records->is_array()) {
      return AddRecords(*records, objects);
    }
    const auto bucket = TextAt(message, "/detail/bucket/name");
    const auto key = TextAt(message, "/detail/object/key");
    if (bucket && key) {
      objects.push_back(*bucket + "/" + *key);
      return absl::OkStatus();
    }
    if (TextAt(message, "/Event") == "s3:TestEvent") return absl::OkStatus();
    const auto inner = TextAt(message, "/Message");
    if (inner && wrappings < kWrappingsMax) {
      return Add(json::parse(*inner, nullptr, /*allow_exceptions=*/false),
                 wrappings + 1, objects);
    }
  }
  return InvalidArgument(
      "the body is no notification of S3, SNS or EventBridge about objects");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ObjectsOf(std::string_view text) {
  std::vector<std::string> objects;
  RETURN_IF_ERROR(
      Add(json::parse(text, nullptr, /*allow_exceptions=*/false), 0, objects));
  return objects;
}

}  // namespace freshet
