// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "features/streams/partition_position.h"
#include "ingest/feed/source_state.h"

namespace freshet {

// A record that became no event.
struct DeadLetter {
  std::string_view topic = {};
  int32_t partition = 0;
  int64_t offset = 0;
  DeadLetterReason reason = DeadLetterReason::kMalformed;
  std::string error = {};  // What is wrong with it; little of its value.
  int64_t at_micros = 0;   // When it was read.
};

// The dead letters of one source, as lines of JSON: docs/format.md, "Dead
// letters". A file that is full becomes `<source>.1.jsonl`, in the place of the
// one before. Each record is there once, by topic, partition and offset, also
// if a crash has it read again (docs/semantics.md, rule 22): what is written
// and beyond the positions is known. Not thread-safe.
class DeadLetters {
 public:
  struct Settings {
    int64_t file_bytes_max = 8 << 20;
  };

  // Makes the directory where there is none, and cuts off a line that a crash
  // left unfinished. `positions`: how far the source has been read.
  static absl::StatusOr<std::unique_ptr<DeadLetters>> Open(
      const std::string& dir, const std::string& source,
      const Settings& settings,
      const std::vector<PartitionPosition>& positions);

  void Add(const DeadLetter& letter);
  // The partition is another one of that name from here on, of which nothing is
  // known: its topic was made anew.
  void BeginAnew(const std::string& topic, int32_t partition,
                 int64_t at_micros);
  // What was added is on disk when it returns OK; after an error it may be
  // called again.
  absl::Status Write();

 private:
  using Partition = std::pair<std::string, int32_t>;

  DeadLetters(std::string path, const Settings& settings)
      : path_(std::move(path)), settings_(settings) {}

  std::string OlderPath() const;
  void ForgetKnown(const Partition& partition);
  absl::Status ReadKnown(const std::string& path,
                         const std::map<Partition, int64_t>& next);
  absl::Status OpenFile();

  const std::string path_;
  const Settings settings_;
  UniqueFd file_;
  int64_t bytes_ = 0;
  std::set<std::pair<Partition, int64_t>> known_;
  std::string added_;  // And not written.
};

}  // namespace freshet
