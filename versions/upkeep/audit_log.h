// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace freshet {

// What was done that somebody may ask about years later: `audit.jsonl` in the
// storage directory, one JSON object a line, only ever appended to.
// docs/format.md, "Audit log". Safe to use from any thread.
class AuditLog {
 public:
  // Makes the file with its first line.
  explicit AuditLog(std::string dir) : dir_(std::move(dir)) {}

  struct Entry {
    int64_t at_micros = 0;
    std::string action;
    std::string who;
  };
  // Adds a line with `entry` and the fields of the object `details`, durably.
  absl::Status Append(const Entry& entry, const nlohmann::json& details);

  // What was ever forgotten, the oldest first: by Xxh3 of its key.
  struct ForgottenEntity {
    std::string entity;
    uint64_t hash = 0;
    int64_t at_micros = 0;
    std::set<std::string> live_views = {};  // That had something of it.
  };
  absl::StatusOr<std::vector<ForgottenEntity>> ReadForgotten();

 private:
  const std::string dir_;
  Mutex mu_;  // A line at a time.
};

}  // namespace freshet
