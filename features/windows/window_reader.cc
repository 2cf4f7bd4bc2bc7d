// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_reader.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "features/list_codec.h"
#include "features/windows/tile_block.h"

namespace freshet {

WindowReader::WindowReader(const WindowPlan& plan) : plan_(plan) {
  plan.shape().AppendTo(&shape_);
}

// The place of a window of the plan among those that are prepared; of a series
// that of the first, behind which the others stand.
size_t WindowReader::WindowFor(size_t window) {
  for (size_t i = 0; i < windows_size_; ++i) {
    if (windows_[i].window == window) return i;
  }
  const size_t first = windows_size_;
  for (uint32_t later = plan_.windows()[window].count; later-- > 0;) {
    if (windows_size_ == windows_.size()) {
      windows_.push_back({.wanted = {}, .merged = Tile(plan_.shape())});
    }
    Prepared& added = windows_[windows_size_++];
    added.window = window;
    added.later = later;
    added.wanted.assign(plan_.shape().partials().size(), '\0');
  }
  return first;
}

void WindowReader::Blocks::Add(size_t window,
                               const std::vector<TileRange>& cover) {
  for (const TileRange& range : cover) {
    for (int64_t tile = range.begin; tile < range.end;) {
      const BlockId block = BlockOf(range.level, tile);
      const int64_t first = block.number * TilesPerBlock(range.level);
      const int64_t end =
          std::min(range.end, first + TilesPerBlock(range.level));
      added.push_back({block,
                       {.window = window,
                        .begin = static_cast<uint32_t>(tile - first),
                        .end = static_cast<uint32_t>(end - first)}});
      tile = end;
    }
  }
}

void WindowReader::Blocks::Finish() {
  std::stable_sort(
      added.begin(), added.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  blocks.clear();
  uses.clear();
  for (auto& [block, use] : added) {
    if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
    use.block = blocks.size() - 1;
    uses.push_back(use);
  }
  added.clear();
}

// Up to three pieces: before the history, in it, and since. It holds nothing
// later than its end, as a live store nothing later than now.
void WindowReader::AddUses(size_t at, int64_t now_micros,
                           const HistorySpan* history) {
  const auto [window, later] =
      std::pair(windows_[at].window, windows_[at].later);
  int64_t start = plan_.WindowStart(window, later, now_micros);
  // `since` is still to come: no tile begins there.
  if (start == now_micros) return;
  const std::vector<TileLevel>& levels = plan_.levels_of(window);
  const bool is_last = later == 0;
  const int64_t end =
      is_last ? now_micros : plan_.WindowStart(window, later - 1, now_micros);
  const CoverEnd cover_end = is_last ? CoverEnd::kMayPass : CoverEnd::kExact;
  if (history != nullptr) {
    const int64_t from = std::max(start, history->from_micros);
    const int64_t until = std::min(end, history->end_micros);
    if (from < until) {
      live_.Add(at, CoverWindow(levels, start, from, CoverEnd::kExact));
      history_.Add(at,
                   CoverWindow(levels, from, until,
                               until < end ? CoverEnd::kMayPass : cover_end));
      start = until;
    }
  }
  live_.Add(at, CoverWindow(levels, start, end, cover_end));
}

void WindowReader::Prepare(std::span<const size_t> outputs, int64_t now_micros,
                           const HistorySpan* history) {
  outputs_.assign(outputs.begin(), outputs.end());
  window_of_output_.clear();
  windows_size_ = 0;
  for (const size_t number : outputs_) {
    const WindowPlan::Output& output = plan_.outputs()[number];
    const size_t first = WindowFor(output.window);
    const uint32_t count = plan_.windows()[output.window].count;
    for (size_t at = first; at < first + count; ++at) {
      windows_[at].wanted[output.partial] = 1;
    }
    window_of_output_.push_back(first);
  }
  if (history != nullptr && history->end_micros > now_micros) history = nullptr;
  for (size_t at = 0; at < windows_size_; ++at) {
    AddUses(at, now_micros, history);
  }
  live_.Finish();
  history_.Finish();
}

absl::Status WindowReader::Read(std::span<const std::string_view> values,
                                std::span<const std::string_view> history) {
  for (size_t i = 0; i < windows_size_; ++i) windows_[i].merged.Clear();
  RETURN_IF_ERROR(ReadBlocks(history_, history));
  return ReadBlocks(live_, values);
}

absl::Status WindowReader::ReadBlocks(
    const Blocks& blocks, std::span<const std::string_view> values) {
  CHECK(values.size() == blocks.blocks.size());
  auto use = blocks.uses.begin();
  for (size_t block = 0; block < values.size(); ++block) {
    const auto first = use;
    uint32_t end = 0;
    for (; use != blocks.uses.end() && use->block == block; ++use) {
      end = std::max(end, use->end);
    }
    if (values[block].empty()) continue;
    ASSIGN_OR_RETURN(BlockTiles tiles, BlockTiles::Open(values[block]));
    if (tiles.shape() != shape_) {
      return DataLoss("a tile block is of another shape than its view");
    }
    while (const auto tile = tiles.Next()) {
      // Of moments there may be many more.
      if (tile->index >= end) break;
      for (auto at = first; at != use; ++at) {
        if (tile->index < at->begin || tile->index >= at->end) continue;
        Prepared& window = windows_[at->window];
        RETURN_IF_ERROR(window.merged.Merge(tile->bytes, window.wanted));
      }
    }
    RETURN_IF_ERROR(tiles.status());
  }
  return absl::OkStatus();
}

AnswerState WindowReader::AnswerSeries(const WindowPlan::Output& asked,
                                       size_t at, std::string* out) const {
  ListWriter list(ResultType(asked.call, asked.column)->kind);
  list.Begin();
  AnswerState worst = AnswerState::kValue;
  const size_t end = at + plan_.windows()[asked.window].count;
  for (; at < end; ++at) {
    const AnswerState state =
        Answer(asked.call, asked.column,
               windows_[at].merged.partial(asked.partial), &element_);
    if (state == AnswerState::kNull) {
      list.AddNull();
      continue;
    }
    worst = std::max(worst, state);
    if (state == AnswerState::kOverflow) break;
    list.Add(element_);
  }
  out->clear();
  if (worst != AnswerState::kOverflow) *out = list.Finish();
  return worst;
}

AnswerState WindowReader::AnswerOf(size_t output, std::string* out) const {
  const WindowPlan::Output& asked = plan_.outputs()[outputs_[output]];
  const size_t at = window_of_output_[output];
  if (plan_.windows()[asked.window].count > 1) {
    return AnswerSeries(asked, at, out);
  }
  const Partial& partial = windows_[at].merged.partial(asked.partial);
  if (const auto* groups = std::get_if<GroupsPartial>(&partial)) {
    return asked.keys ? AnswerKeys(*groups, out)
                      : AnswerGroups(asked.call, asked.column, *groups, out);
  }
  return Answer(asked.call, asked.column, partial, out);
}

}  // namespace freshet
