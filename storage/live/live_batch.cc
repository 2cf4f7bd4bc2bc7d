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

}  // namespace

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
