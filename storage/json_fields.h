// SPDX-License-Identifier: Apache-2.0
// Reads of JSON objects that never throw: what a damaged or hostile file holds
// becomes one DATA_LOSS that names the field.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// The parsed text. DATA_LOSS if it is not a JSON object.
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text);

// The text of `json`, indented when `pretty`. Bytes that are not UTF-8 become
// U+FFFD.
std::string DumpJson(const nlohmann::json& json, bool pretty);

// Typed reads of one object. The first field that is missing or of another
// type sets status(); reads from then on give zero values, so that a parser
// checks once at its end. Not thread-safe; `object` must outlive it.
class JsonFields {
 public:
  explicit JsonFields(const nlohmann::json& object);

  // For fields that older releases did not write.
  bool Has(const char* name) const;

  int64_t Int64(const char* name);
  uint32_t Uint32(const char* name);
  bool Bool(const char* name);
  std::string String(const char* name);
  // Written as 16 hexadecimal digits: not every reader of JSON keeps 64 bits.
  uint64_t Hex64(const char* name);
  // An empty array or object, never null, when it is not there.
  const nlohmann::json& Array(const char* name);
  const nlohmann::json& Object(const char* name);

  // Records a problem found by the caller, unless there is one.
  void Fail(const absl::Status& problem);
  const absl::Status& status() const { return status_; }

 private:
  const nlohmann::json* Find(const char* name);
  void Wrong(const char* name, const char* want);

  const nlohmann::json& object_;
  absl::Status status_;
};

std::string Hex64Text(uint64_t value);

// JSON has no infinity: that is a text, `inf` or `-inf`. Requires: not NaN.
nlohmann::json NumberToJson(double value);
// Nullopt if `json` is not what NumberToJson writes.
std::optional<double> NumberFromJson(const nlohmann::json& json);

}  // namespace freshet
