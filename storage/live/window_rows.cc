// SPDX-License-Identifier: Apache-2.0
#include "storage/live/window_rows.h"

#include <algorithm>
#include <utility>

#include "storage/live/coverage.h"
#include "storage/version.h"

namespace freshet {
namespace {

using State = RowBatch::State;

// Rows are never stored.
constexpr uint32_t kSchemaId = 1;

RowSchema SchemaOf(const WindowedViewPlan& plan,
                   const std::vector<size_t>& features) {
  std::vector<Column> columns;
  for (const size_t feature : features) {
    columns.push_back({.id = static_cast<uint32_t>(feature),
                       .name = plan.features[feature].name,
                       .type = plan.features[feature].type});
  }
  return RowSchema(kSchemaId, plan.event.key, std::move(columns));
}

void Set(const Type& type, size_t column, std::string_view value,
         RowWriter& writer) {
  if (type.list) {
    writer.SetList(column, value);
  } else if (type.IsVariable()) {
    writer.SetBytes(column, value);
  } else {
    writer.SetFixed(column, value);
  }
}

// What the worst of an entity's blocks makes of its row.
State Worse(State row, State block) {
  if (block == State::kFound || block == State::kNotFound) return row;
  if (row == State::kFound || block == State::kCorrupt) return block;
  return row;
}

}  // namespace

const HistorySpan* SpanOf(const Version* history, int64_t now_micros) {
  if (history == nullptr) return nullptr;
  const std::optional<TileHistory>& tiles = history->manifest().history;
  if (!tiles || tiles->span.end_micros > now_micros) return nullptr;
  return &tiles->span;
}

bool IsIncomplete(const WindowedViewPlan& plan, const KnownWhole& known,
                  size_t feature, int64_t now_micros) {
  const size_t window = plan.windows.outputs()[feature].window;
  return plan.Lacks(feature) ||
         !IsWhole(plan.windows.WindowStart(window, now_micros),
                  known.live.WholeFrom(plan.windows.levels_of(window)),
                  known.history);
}

WindowFeatures::WindowFeatures(std::shared_ptr<const WindowedViewPlan> view,
                               std::vector<size_t> features)
    : plan(std::move(view)),
      outputs(std::move(features)),
      schema(SchemaOf(*plan, outputs)) {}

void WindowRows::Lookup::MakeKeys(std::span<const std::string_view> entities,
                                  const std::vector<BlockId>& blocks) {
  key_bytes.clear();
  for (const std::string_view key : entities) {
    for (const BlockId& block : blocks) AppendBlockKey(key, block, &key_bytes);
  }
  keys.clear();
  size_t begin = 0;
  for (const std::string_view key : entities) {
    const size_t length = key.size() + kBlockKeyBytes;
    for (size_t i = 0; i < blocks.size(); ++i, begin += length) {
      keys.push_back(std::string_view(key_bytes).substr(begin, length));
    }
  }
}

State WindowRows::Lookup::TakeValues(size_t i, size_t blocks) {
  State state = State::kFound;
  values.clear();
  for (size_t block = i * blocks; block < (i + 1) * blocks; ++block) {
    state = Worse(state, rows.state(block));
    values.push_back(rows.state(block) == State::kFound ? rows.row(block)
                                                        : std::string_view());
  }
  return state;
}

void WindowRows::LookupCached(std::shared_ptr<const WindowFeatures> features,
                              const WindowTiles& tiles,
                              std::span<const std::string_view> keys,
                              int64_t now_micros) {
  if (features_ != features) {
    features_ = std::move(features);
    reader_.emplace(features_->plan->windows);
    writer_.emplace(features_->schema);
  }
  const HistorySpan* span = SpanOf(tiles.history, now_micros);
  reader_->Prepare(features_->outputs, now_micros, span);
  now_micros_ = now_micros;
  entities_ = keys.size();
  live_.MakeKeys(keys, reader_->blocks());
  tiles.live->LookupCached(live_.keys, live_.rows);
  history_.MakeKeys(keys, reader_->history_blocks());
  if (history_.keys.empty()) {
    history_.rows.Reset(0);
    return;
  }
  history_schema_ = &tiles.history->schema();
  tiles.history->LookupCached(history_.keys, history_.rows);
}

void WindowRows::LookupDisk(const WindowTiles& tiles) {
  tiles.live->LookupDisk(live_.keys, live_.rows);
  if (history_.rows.needs_disk() > 0) {
    tiles.history->LookupDisk(history_.keys, history_.rows);
  }
}

State WindowRows::UnwrapHistory() {
  for (std::string_view& value : history_.values) {
    if (value.empty()) continue;
    const auto row = RowView::Parse(*history_schema_, value);
    if (!row.ok()) return State::kCorrupt;
    const auto block = row->Variable(kTileBlockColumn);
    if (!block.ok()) return State::kCorrupt;
    value = *block;
  }
  return State::kFound;
}

State WindowRows::ComputeRow(size_t i) {
  State state = live_.TakeValues(i, reader_->blocks().size());
  state =
      Worse(state, history_.TakeValues(i, reader_->history_blocks().size()));
  if (state == State::kFound) state = UnwrapHistory();
  if (state != State::kFound) return state;
  if (!reader_->Read(live_.values, history_.values).ok()) {
    return State::kCorrupt;
  }
  writer_->Begin(now_micros_);
  const std::vector<Column>& columns = features_->schema.columns();
  for (size_t column = 0; column < columns.size(); ++column) {
    if (features_->plan->Lacks(features_->outputs[column])) continue;
    const AnswerState answer = reader_->AnswerOf(column, &value_);
    if (answer == AnswerState::kNull) continue;
    if (answer != AnswerState::kValue) {
      answers_.emplace_back(i * columns.size() + column, answer);
    }
    if (answer == AnswerState::kOverflow) continue;
    Set(columns[column].type, column, value_, *writer_);
  }
  rows_.append(writer_->Finish());
  return state;
}

void WindowRows::Compute() {
  states_.clear();
  rows_.clear();
  ends_.clear();
  answers_.clear();
  for (size_t i = 0; i < entities_; ++i) {
    states_.push_back(ComputeRow(i));
    ends_.push_back(rows_.size());
  }
}

std::string_view WindowRows::row(size_t i) const {
  const size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(rows_).substr(begin, ends_[i] - begin);
}

AnswerState WindowRows::answer(size_t i, size_t column) const {
  const size_t at = i * features_->schema.columns().size() + column;
  const auto found = std::lower_bound(
      answers_.begin(), answers_.end(), at,
      [](const auto& said, size_t place) { return said.first < place; });
  if (found == answers_.end() || found->first != at) return AnswerState::kValue;
  return found->second;
}

}  // namespace freshet
