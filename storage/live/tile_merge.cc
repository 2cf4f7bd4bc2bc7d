// SPDX-License-Identifier: Apache-2.0
#include "storage/live/tile_merge.h"

#include <rocksdb/merge_operator.h>

#include <string>
#include <string_view>
#include <vector>

#include "features/windows/tile_block.h"
#include "storage/engine/slice_parts.h"

namespace freshet {
namespace {

class TileMerge final : public rocksdb::MergeOperator {
 public:
  // Part of what RocksDB writes into the database: never change it.
  const char* Name() const override { return "freshet.tiles"; }

  bool FullMergeV2(const MergeOperationInput& in,
                   MergeOperationOutput* out) const override {
    std::vector<std::string_view> blocks;
    if (in.existing_value != nullptr)
      blocks.push_back(ViewOf(*in.existing_value));
    for (const rocksdb::Slice& operand : in.operand_list) {
      blocks.push_back(ViewOf(operand));
    }
    return Merge(blocks, &out->new_value);
  }

  bool PartialMergeMulti(const rocksdb::Slice&,
                         const std::deque<rocksdb::Slice>& operands,
                         std::string* merged, rocksdb::Logger*) const override {
    std::vector<std::string_view> blocks;
    for (const rocksdb::Slice& operand : operands) {
      blocks.push_back(ViewOf(operand));
    }
    return Merge(blocks, merged);
  }

  // One block alone is merged already, but its bytes are not looked at then.
  bool AllowSingleOperand() const override { return false; }

 private:
  static bool Merge(const std::vector<std::string_view>& blocks,
                    std::string* out) {
    auto merged = MergeBlocks(blocks);
    if (!merged.ok()) return false;
    *out = *std::move(merged);
    return true;
  }
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> MakeTileMerge() {
  return std::make_shared<TileMerge>();
}

}  // namespace freshet
