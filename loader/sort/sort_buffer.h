// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "loader/sort/record.h"

namespace freshet {

// A fixed piece of memory that takes records and sorts them: records grow from
// its front, 16 bytes of index for each from its back, and it is full when
// they meet. Memory is taken from the system once and never grows, so that the
// bound on a load's memory does not depend on luck with an allocator.
// Not thread-safe.
class SortBuffer {
 public:
  // RESOURCE_EXHAUSTED if the system has not so much.
  static absl::StatusOr<std::unique_ptr<SortBuffer>> Create(int64_t bytes);
  ~SortBuffer();
  SortBuffer(const SortBuffer&) = delete;
  SortBuffer& operator=(const SortBuffer&) = delete;

  // False, with nothing changed, if there is no room. Requires: the key has at
  // most kRecordKeyBytesMax bytes.
  bool Add(const Record& record);

  int64_t count() const { return count_; }

  // By key; equal keys in the order of Add. Then At and Stream may be called,
  // until the next Add or Clear. `on_work` is called now and then.
  void Sort(const std::function<void()>& on_work);
  // Requires: 0 <= i < count().
  Record At(int64_t i) const;
  // The buffer must outlive it.
  std::unique_ptr<RecordStream> Stream() const;

  void Clear();

 private:
  struct Entry {
    uint64_t prefix;  // The key's first 8 bytes, big-endian, zeros beyond.
    uint64_t offset;  // Of the record; rises with each Add.
  };

  SortBuffer(char* memory, size_t bytes) : memory_(memory), bytes_(bytes) {}
  Entry* end() const;
  bool Less(const Entry& a, const Entry& b) const;

  char* const memory_;
  const size_t bytes_;
  size_t used_ = 0;  // By records.
  int64_t count_ = 0;
};

}  // namespace freshet
