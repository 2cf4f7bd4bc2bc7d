// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>
#include <string>

#include "base/status.h"
#include "storage/engine/store_shared.h"
#include "storage/engine/version_parts.h"
#include "storage/version.h"

namespace freshet {
namespace {

// So that their slots are near by the time they are looked at.
constexpr size_t kRowsAtOnce = 16;
constexpr int64_t kRowsBetweenQuestions = 1024;

}  // namespace

absl::Status InheritRowCache(const Version& from, const Version& to,
                             const std::function<bool()>& keep_going) {
  RowCache& cache = to.parts_->shared.rows;
  const uint64_t old_number = from.parts_->number;
  const uint64_t new_number = to.parts_->number;
  if (!cache.enabled()) return absl::OkStatus();
  struct Row {
    std::string key, row;
  };
  std::array<Row, kRowsAtOnce> batch;
  size_t size = 0;
  const auto flush = [&] {
    for (const Row& row : std::span(batch).first(size)) {
      if (cache.Supersede(RowCache::MakeKey(old_number, row.key))) {
        cache.Keep(RowCache::MakeKey(new_number, row.key), row.row);
      }
    }
    size = 0;
  };
  int64_t rows = 0;
  RETURN_IF_ERROR(to.Scan([&](std::string_view key, std::string_view row) {
    batch[size].key.assign(key);
    batch[size].row.assign(row);
    ++size;
    cache.PrefetchSlot(RowCache::MakeKey(old_number, key));
    cache.PrefetchSlot(RowCache::MakeKey(new_number, key));
    if (size == batch.size()) flush();
    return ++rows % kRowsBetweenQuestions != 0 || keep_going();
  }));
  flush();
  return absl::OkStatus();
}

}  // namespace freshet
