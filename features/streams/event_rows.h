// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"

namespace freshet {

// A batch of events that is filled one by one, as they are decoded; owns what
// their strings point to. Not thread-safe.
class EventRows {
 public:
  explicit EventRows(const std::vector<StreamField>& fields);

  // Begins an event that says nothing of any field. `partition` and `offset`:
  // where it stands in its log.
  void Begin(int32_t partition, int64_t offset);
  // Of the event begun last. Requires: the field's values are of that kind.
  void SetInteger(size_t field, int64_t value);
  void SetReal(size_t field, double value);
  void SetText(size_t field, std::string_view value);  // Is copied.
  void SetNull(size_t field);
  // Takes back the event begun last.
  void Drop();

  size_t size() const { return batch_.rows; }
  int64_t text_bytes() const { return text_bytes_; }
  // Valid, with the strings, until the next Begin or Clear.
  const EventBatch& batch() const { return batch_; }
  // Keeps the memory.
  void Clear();

 private:
  ValueColumn& Set(size_t field);

  EventBatch batch_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t chunk_left_ = 0;  // Of the last one.
  char* chunk_at_ = nullptr;
  int64_t text_bytes_ = 0;
};

}  // namespace freshet
