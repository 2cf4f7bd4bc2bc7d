// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_batch.h"

#include "base/check.h"
#include "storage/engine/slice_parts.h"
#include "storage/live/live_parts.h"

namespace freshet {
namespace {

// A batch refuses only what no caller of ours gives it: a family of another
// database, or more than 4 GiB.
void Must(const rocksdb::Status& status) { CHECK(status.ok()); }

using Change = LiveCache::Change;

class ChangeReader final : public rocksdb::WriteBatch::Handler {
 public:
  ChangeReader(const std::map<uint32_t, uint64_t>& cache_numbers,
               std::vector<Change>& changes)
      : cache_numbers_(cache_numbers), changes_(changes) {}

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return Add(family, key,
               {.kind = Change::Kind::kPut, .value = ViewOf(value)});
  }
  rocksdb::Status DeleteCF(uint32_t family,
                           const rocksdb::Slice& key) override {
    return Add(family, key, {.kind = Change::Kind::kDelete});
  }
  rocksdb::Status MergeCF(uint32_t family, const rocksdb::Slice& key,
                          const rocksdb::Slice& value) override {
    return Add(family, key,
               {.kind = Change::Kind::kMerge, .value = ViewOf(value)});
  }

 private:
  // What is in no generation nobody looks up.
  rocksdb::Status Add(uint32_t family, const rocksdb::Slice& key,
                      Change change) {
    const auto number = cache_numbers_.find(family);
    if (number == cache_numbers_.end()) return rocksdb::Status::OK();
    change.key = RowCache::MakeKey(number->second, ViewOf(key));
    changes_.push_back(change);
    return rocksdb::Status::OK();
  }

  const std::map<uint32_t, uint64_t>& cache_numbers_;
  std::vector<Change>& changes_;
};

}  // namespace

std::vector<Change> LiveBatch::Parts::Changes(
    const std::map<uint32_t, uint64_t>& cache_numbers) const {
  std::vector<Change> changes;
  changes.reserve(batch.Count());
  ChangeReader reader(cache_numbers, changes);
  Must(batch.Iterate(&reader));
  return changes;
}

LiveBatch::LiveBatch() : parts_(std::make_unique<Parts>()) {}
LiveBatch::~LiveBatch() = default;

void LiveBatch::Clear() { parts_->batch.Clear(); }

bool LiveBatch::empty() const { return parts_->batch.Count() == 0; }

int64_t LiveBatch::bytes() const {
  return static_cast<int64_t>(parts_->batch.GetDataSize());
}

void LiveBatch::Put(const LiveGeneration& generation, std::string_view key,
                    std::string_view value) {
  Must(parts_->batch.Put(generation.parts_->family, SliceOf(key),
                         SliceOf(value)));
}

void LiveBatch::Delete(const LiveGeneration& generation, std::string_view key) {
  Must(parts_->batch.Delete(generation.parts_->family, SliceOf(key)));
}

void LiveBatch::Merge(const LiveGeneration& generation, std::string_view key,
                      std::string_view value) {
  Must(parts_->batch.Merge(generation.parts_->family, SliceOf(key),
                           SliceOf(value)));
}

}  // namespace freshet
