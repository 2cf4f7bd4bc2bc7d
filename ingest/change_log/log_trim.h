// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

class ChangeLog;

// Lets a change log forget what nothing needs, but for what is still to be
// copied from it: that stays as long as there is room, and no longer.
class LogTrim {
 public:
  struct Options {
    std::string dir;  // Whose file system it is.
    // Of a log that is longer nothing stays for who copies it. 0: nobody does.
    int64_t copied_bytes_max = 0;
    // Nor where less is free.
    int64_t free_bytes_min = 0;
  };
  // The log outlives it.
  LogTrim(ChangeLog& log, Options options);

  // Records before this one are copied, or are not to be: safe to use from any
  // thread. Until it is first called none are.
  void Copied(uint64_t until) { copied_ = until; }

  // Nothing but who copies needs records before `number`. One thread at a time,
  // and while nothing is appended.
  absl::Status Trim(uint64_t number);
  // The same of the greatest number that was given to Trim, but of records
  // before `until` at most: there may be less room now, or more that is copied.
  absl::Status TrimAgain(uint64_t until);

 private:
  absl::StatusOr<bool> IsRoom() const;
  absl::Status TrimTo(uint64_t number);

  ChangeLog& log_;
  const Options options_;
  std::atomic<uint64_t> copied_;
  uint64_t number_ = 0;
};

}  // namespace freshet
