// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "storage/live/live_generation.h"

namespace freshet {

// Changes that become visible together. Used again and again; not thread-safe.
class LiveBatch {
 public:
  LiveBatch();
  ~LiveBatch();
  LiveBatch(const LiveBatch&) = delete;
  LiveBatch& operator=(const LiveBatch&) = delete;

  void Clear();
  bool empty() const;
  int64_t bytes() const;

  // In the place of what the key had.
  void Put(const LiveGeneration& generation, std::string_view key,
           std::string_view value);
  void Delete(const LiveGeneration& generation, std::string_view key);
  // A block of tiles or a live row, to be merged with what the key has.
  void Merge(const LiveGeneration& generation, std::string_view key,
             std::string_view value);

 private:
  friend class LiveStore;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
