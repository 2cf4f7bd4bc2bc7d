// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "features/streams/event_codec.h"
#include "ingest/feed/source_state.h"
#include "ingest/kafka/kafka_reader.h"

namespace freshet {

// Where an operator wants partitions of a source to be read on from
// (docs/semantics.md, rule 22). Ask: any thread; the rest: who reads.
class Seeks {
 public:
  // Topic and partition.
  using Partition = std::pair<std::string, int32_t>;
  using Positions = std::map<Partition, PartitionPosition>;
  struct Seek {
    std::vector<Partition> partitions = {};  // Empty: all.
    KafkaStart start;
  };
  // Which partitions are to go on from there: from the earliest record on only
  // those that a gap or another log stopped. FAILED_PRECONDITION: there is
  // none. NOT_FOUND names one that is not read.
  absl::StatusOr<std::vector<Partition>> Ask(const Seek& seek,
                                             const SourceState& state);

  // Whether there is anything for Restart to do.
  bool IsAsked() const;
  // Has a partition be read on from there, before it is done what was asked.
  void GoOn(const PartitionPosition& at);
  // Has the reader do what was asked for.
  void Restart(KafkaReader& reader, const Positions& positions);

  // What it means that a partition begins anew.
  enum class Begins {
    kUnasked,
    kForward,  // Records are passed over.
    kBack,     // It was read beyond already: it is to go on from there instead.
    kThere,    // It is where it was.
  };
  Begins Settle(const KafkaEvent& begun);

  // The reader is another: what it was asked for is not there any more.
  void Clear() { before_.clear(); }

 private:
  struct Asked {
    Partition partition;
    KafkaStart start;
    // Also beyond the last record: behind the marks of transactions, which are
    // none. -1: of another log, or there is a gap.
    int64_t position = -1;
    bool again = false;  // From where it was.
  };
  struct Before {
    int64_t position = -1;
    KafkaStart start = {};  // Where it went on.
  };

  std::map<Partition, Before> before_;

  mutable Mutex mu_;
  std::vector<Asked> asked_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
