// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_merge.h"

#include <rocksdb/merge_operator.h>

#include <string>
#include <string_view>
#include <vector>

#include "features/streams/live_row.h"
#include "features/windows/tile_block.h"
#include "storage/engine/slice_parts.h"

namespace freshet {
namespace {

class LiveMerge final : public rocksdb::MergeOperator {
 public:
  // Part of what RocksDB writes into the database: never change it.
  const char* Name() const override { return "freshet.tiles"; }

  bool FullMergeV2(const MergeOperationInput& in,
                   MergeOperationOutput* out) const override {
    std::vector<std::string_view> values;
    if (in.existing_value != nullptr)
      values.push_back(ViewOf(*in.existing_value));
    for (const rocksdb::Slice& operand : in.operand_list) {
      values.push_back(ViewOf(operand));
    }
    return Merge(values, &out->new_value);
  }

  bool PartialMergeMulti(const rocksdb::Slice&,
                         const std::deque<rocksdb::Slice>& operands,
                         std::string* merged, rocksdb::Logger*) const override {
    std::vector<std::string_view> values;
    for (const rocksdb::Slice& operand : operands) {
      values.push_back(ViewOf(operand));
    }
    return Merge(values, merged);
  }

  // One value alone is merged already, but its bytes are not looked at then.
  bool AllowSingleOperand() const override { return false; }

 private:
  static bool Merge(const std::vector<std::string_view>& values,
                    std::string* out) {
    absl::StatusOr<std::string> merged = MergeLive(values);
    if (!merged.ok()) return false;
    *out = *std::move(merged);
    return true;
  }
};

}  // namespace

// Either function refuses what is of the other kind.
absl::StatusOr<std::string> MergeLive(
    const std::vector<std::string_view>& values) {
  const std::string_view first = values.front();
  const bool is_row =
      !first.empty() && static_cast<uint8_t>(first[0]) == kLiveRowFormat;
  return is_row ? MergeLiveRows(values) : MergeBlocks(values);
}

std::shared_ptr<rocksdb::MergeOperator> MakeLiveMerge() {
  return std::make_shared<LiveMerge>();
}

}  // namespace freshet
