// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/live/live_batch.h"
#include "storage/live/live_generation.h"
#include "storage/store_resources.h"

namespace freshet {

// The live rows and the tiles of all generations (docs/semantics.md, rule 15):
// one RocksDB, a column family for each. It writes no log of its own: what it
// holds is what the change log says up to applied(), and after a crash it holds
// what the log said up to some earlier record, whole; the records from
// applied() on are then applied again (docs/decisions/0006).
//
// Apply: one thread at a time. The rest, and lookups: any thread. Who adds,
// describes or drops while another flushes waits for it.
class LiveStore {
 public:
  struct Settings {
    // Of changes that are not yet in files, of all generations together.
    int64_t write_buffer_bytes = 64 << 20;
  };

  // Makes the directory where there is none. DATA_LOSS if what is there is
  // damaged. `resources` must outlive the store and its generations.
  static absl::StatusOr<std::unique_ptr<LiveStore>> Open(
      const std::string& dir, const Settings& settings,
      StoreResources& resources);
  ~LiveStore();

  // Those that there are, by number.
  std::map<uint64_t, LiveGeneration::Ptr> generations() const;

  // An empty one, on disk when it returns, with what its owner says of it.
  // ALREADY_EXISTS if there is one. Blocks as Flush.
  absl::StatusOr<LiveGeneration::Ptr> Add(uint64_t generation,
                                          std::string_view about = {});
  // Says something else, on disk when it returns. NOT_FOUND. Blocks as Flush.
  absl::Status Describe(uint64_t generation, std::string_view about);
  // Deletes it; who still holds it may go on reading. NOT_FOUND.
  absl::Status Drop(uint64_t generation);

  // Number of the last record of the change log that the store holds; 0: none.
  uint64_t applied() const;
  // The same of what is on disk, by Flush or because the buffer was full: the
  // log may be trimmed up to there. Reads from disk.
  absl::StatusOr<uint64_t> flushed() const;

  // Takes in the changes of the records up to number `until`, all or nothing,
  // for everyone who looks from then on. Requires: until > applied(), and the
  // batch's generations are of this store.
  absl::Status Apply(LiveBatch& batch, uint64_t until);
  // The same of changes that no record stands for, and that whoever makes them
  // knows to make again.
  absl::Status Apply(LiveBatch& batch);

  // Writes what is not in files. Blocks for seconds.
  absl::Status Flush();

  struct Stats {
    int64_t buffered_bytes = 0;  // Not in files yet.
    int64_t file_bytes = 0;      // Of all generations, on disk.
  };
  Stats stats() const;

 private:
  struct Parts;
  explicit LiveStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
