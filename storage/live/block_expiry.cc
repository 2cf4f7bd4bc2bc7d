// SPDX-License-Identifier: Apache-2.0
#include "storage/live/block_expiry.h"

#include <rocksdb/compaction_filter.h>

#include <limits>
#include <utility>

#include "features/windows/window_plan.h"
#include "storage/engine/slice_parts.h"

namespace freshet {
namespace {

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(BlockExpiry::KeptFrom kept_from)
      : kept_from_(kept_from) {}

  const char* Name() const override { return "freshet.expiry"; }

  // NOLINTNEXTLINE(readability-function-size): RocksDB's parameters.
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&,
              std::string*, bool*) const override {
    return BlockExpiry::IsExpired(ViewOf(key), kept_from_);
  }
  bool FilterMergeOperand(int, const rocksdb::Slice& key,
                          const rocksdb::Slice&) const override {
    return BlockExpiry::IsExpired(ViewOf(key), kept_from_);
  }

 private:
  const BlockExpiry::KeptFrom kept_from_;
};

class ExpiryFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(std::shared_ptr<const BlockExpiry> expiry)
      : expiry_(std::move(expiry)) {}

  const char* Name() const override { return "freshet.expiry"; }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiryFilter>(expiry_->kept_from());
  }

 private:
  const std::shared_ptr<const BlockExpiry> expiry_;
};

}  // namespace

BlockExpiry::BlockExpiry() {
  for (auto& from : kept_from_) from = std::numeric_limits<int64_t>::min();
}

void BlockExpiry::KeepFrom(TileLevel level, int64_t micros) {
  kept_from_[static_cast<size_t>(level)] = micros;
}

BlockExpiry::KeptFrom BlockExpiry::kept_from() const {
  KeptFrom kept_from{};
  for (size_t i = 0; i < kept_from.size(); ++i) kept_from[i] = kept_from_[i];
  return kept_from;
}

bool BlockExpiry::IsExpired(std::string_view block_key,
                            const KeptFrom& kept_from) {
  const auto block = ParseBlockKey(block_key);
  return block.has_value() &&
         BlockEnd(*block) <= kept_from[static_cast<size_t>(block->level)];
}

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::shared_ptr<const BlockExpiry> expiry) {
  return std::make_shared<ExpiryFilterFactory>(std::move(expiry));
}

}  // namespace freshet
