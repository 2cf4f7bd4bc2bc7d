// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_expiry.h"

#include <rocksdb/compaction_filter.h>

#include <utility>

#include "features/streams/live_row.h"
#include "features/windows/window_plan.h"
#include "storage/engine/slice_parts.h"

namespace freshet {
namespace {

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(const LiveExpiry::Kept& kept) : kept_(kept) {}

  const char* Name() const override { return "freshet.expiry"; }

  // NOLINTNEXTLINE(readability-function-size): RocksDB's parameters.
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string*, bool*) const override {
    return LiveExpiry::IsExpired(ViewOf(key), ViewOf(value), kept_);
  }
  bool FilterMergeOperand(int, const rocksdb::Slice& key,
                          const rocksdb::Slice& operand) const override {
    return LiveExpiry::IsExpired(ViewOf(key), ViewOf(operand), kept_);
  }

 private:
  const LiveExpiry::Kept kept_;
};

class ExpiryFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(std::shared_ptr<const LiveExpiry> expiry)
      : expiry_(std::move(expiry)) {}

  const char* Name() const override { return "freshet.expiry"; }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiryFilter>(expiry_->kept());
  }

 private:
  const std::shared_ptr<const LiveExpiry> expiry_;
};

// False for what is damaged: whoever reads it says so.
bool IsOldRow(std::string_view value, int64_t rows_after) {
  const auto row = DecodeLiveRow(value);
  return row.ok() && NewestMicros(*row) <= rows_after;
}

}  // namespace

LiveExpiry::LiveExpiry() {
  for (auto& from : blocks_from_) from = kEverything;
}

void LiveExpiry::KeepFrom(TileLevel level, int64_t micros) {
  blocks_from_[static_cast<size_t>(level)] = micros;
}

void LiveExpiry::KeepRowsAfter(int64_t micros) { rows_after_ = micros; }

LiveExpiry::Kept LiveExpiry::kept() const {
  Kept kept;
  kept.rows_after = rows_after_;
  for (size_t i = 0; i < kept.blocks_from.size(); ++i) {
    kept.blocks_from[i] = blocks_from_[i];
  }
  return kept;
}

bool LiveExpiry::IsExpired(std::string_view key, std::string_view value,
                           const Kept& kept) {
  if (kept.rows_after != kEverything) return IsOldRow(value, kept.rows_after);
  const auto block = ParseBlockKey(key);
  return block.has_value() &&
         BlockEnd(*block) <=
             kept.blocks_from[static_cast<size_t>(block->level)];
}

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::shared_ptr<const LiveExpiry> expiry) {
  return std::make_shared<ExpiryFilterFactory>(std::move(expiry));
}

}  // namespace freshet
