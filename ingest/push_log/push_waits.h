// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"

namespace freshet {

// Pushes to one log that are not answered yet, and their bytes until Kafka has
// said what became of them. A push is answered OK once all of its records are
// written and those of each partition have been read up to the last of them.
// Not thread-safe: what is answered is given back, for whoever holds the lock
// to tell after it.
class PushWaits {
 public:
  using Done = std::function<void(absl::Status)>;
  using Instant = std::chrono::steady_clock::time_point;

  struct Push {
    const void* caller = nullptr;
    Done done;
    int64_t bytes = 0;
    Instant deadline;
  };
  struct Answer {
    Done done;
    absl::Status status;
  };
  using Answers = std::vector<Answer>;

  // Deadlines do not decrease. Returns the push's number.
  uint64_t Add(Push push);
  // Whether it is to be written: nobody gave it up.
  bool IsOpen(uint64_t number) const;
  // By partition the offset behind the last of its records.
  using Ends = std::map<int32_t, int64_t>;
  void Written(uint64_t number, const Ends& ends, Answers& answers);
  void NotWritten(uint64_t number, absl::Status status, Answers& answers);
  // All before `next` has been read, and every later read knows of it.
  void Reached(int32_t partition, int64_t next, Answers& answers);

  // False: nobody reads the log, and what is written is answered at once. True:
  // it is read from somewhere else than until now. Requires: it is false, or
  // nothing is open that is written.
  void SetRead(bool read, Answers& answers);

  // Why an open push is given up: before it was written, and after.
  struct Reasons {
    absl::Status unwritten;
    absl::Status unread;
  };
  // Those whose deadline is not after `until`. They may be written and read all
  // the same.
  void GiveUp(Instant until, const Reasons& reasons, Answers& answers);
  void GiveUpOf(const void* caller, const absl::Status& status,
                Answers& answers);

  // The deadline of the first that is open.
  std::optional<Instant> deadline() const;

  struct Stats {
    int64_t bytes = 0;
    int64_t pushes = 0;     // Open.
    int64_t unwritten = 0;  // Ever given up, or refused by Kafka.
    int64_t unread = 0;     // Ever given up after they were written.
  };
  const Stats& stats() const { return stats_; }

 private:
  struct Waiting {
    Push push;  // Without `done`: it is answered.
    bool written = false;
    size_t partitions = 0;  // To be read.
    // Until which offsets, once it is written.
    Ends ends = {};
    // How far all was read when it was taken: what is written before that is
    // another log.
    std::map<int32_t, int64_t> reached = {};
  };
  using ByNumber = std::map<uint64_t, Waiting>;

  void GiveUp(Waiting& waiting, const Reasons& reasons, Answers& answers);
  // Requires: it is open.
  void End(Waiting& waiting, absl::Status status, Answers& answers);
  void Forget(ByNumber::iterator waiting);

  ByNumber pushes_;
  uint64_t next_ = 1;
  bool read_ = true;
  std::map<int32_t, int64_t> reached_;  // By partition.
  // By partition and offset: pushes that wait until that is reached.
  std::map<int32_t, std::multimap<int64_t, uint64_t>> until_;
  Stats stats_;
};

}  // namespace freshet
