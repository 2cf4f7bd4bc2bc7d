// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/status.h"
#include "storage/engine/version_parts.h"
#include "storage/version.h"

namespace freshet {
namespace {

// So that their slots are near by the time they are looked at.
constexpr size_t kRowsAtOnce = 16;
constexpr int64_t kRowsBetweenQuestions = 1024;

struct Row {
  std::string key, row;
  RowCache::Key before, now;
};

}  // namespace

absl::Status Version::Parts::InheritLayer(
    const Parts& from, size_t layer,
    const std::function<bool()>& keep_going) const {
  const Layer& to = *layers[layer];
  RowCache& cache = from.shared.rows;
  if (!cache.enabled()) return absl::OkStatus();
  std::array<Row, kRowsAtOnce> batch;
  size_t size = 0;
  const auto flush = [&] {
    for (const Row& row : std::span(batch).first(size)) {
      if (cache.Supersede(row.before)) cache.Keep(row.now, row.row);
    }
    size = 0;
  };
  int64_t rows = 0;
  RETURN_IF_ERROR(to.Scan([&](std::string_view key, std::string_view bytes) {
    if (Hides(key, layer)) return true;
    Row& row = batch[size++];
    row.key.assign(key);
    row.row.assign(bytes);
    const Layer& before = *from.layers[from.LayerOf(key)];
    row.before = RowCache::MakeKey(before.number, row.key);
    row.now = RowCache::MakeKey(to.number, row.key);
    cache.PrefetchSlot(row.before);
    cache.PrefetchSlot(row.now);
    if (size == batch.size()) flush();
    return ++rows % kRowsBetweenQuestions != 0 || keep_going();
  }));
  flush();
  return absl::OkStatus();
}

absl::Status InheritRowCache(const Version& from, const Version& to,
                             const std::function<bool()>& keep_going) {
  const auto& layers = to.parts_->layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& known = from.parts_->layers;
    if (std::find(known.begin(), known.end(), layers[i]) != known.end()) {
      continue;
    }
    RETURN_IF_ERROR(to.parts_->InheritLayer(*from.parts_, i, keep_going));
  }
  return absl::OkStatus();
}

}  // namespace freshet
