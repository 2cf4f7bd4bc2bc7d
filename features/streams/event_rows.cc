// SPDX-License-Identifier: Apache-2.0
#include "features/streams/event_rows.h"

#include <algorithm>

#include "base/check.h"

namespace freshet {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

}  // namespace

EventRows::EventRows(const std::vector<StreamField>& fields) {
  for (const StreamField& field : fields) {
    batch_.fields.emplace_back();
    batch_.fields.back().type = field.type;
  }
  batch_.absent.resize(fields.size());
}

void EventRows::Begin(int32_t partition, int64_t offset) {
  ++batch_.rows;
  batch_.partitions.push_back(partition);
  batch_.offsets.push_back(offset);
  for (ValueColumn& column : batch_.fields) column.Resize(batch_.rows);
  for (auto& absent : batch_.absent) absent.push_back(1);
}

ValueColumn& EventRows::Set(size_t field) {
  CHECK(batch_.rows > 0);
  batch_.absent[field].back() = 0;
  ValueColumn& column = batch_.fields[field];
  column.states.back() = RowState::kValue;
  return column;
}

void EventRows::SetInteger(size_t field, int64_t value) {
  Set(field).integers.back() = value;
}

void EventRows::SetNull(size_t field) {
  CHECK(batch_.rows > 0);
  batch_.absent[field].back() = 0;
}

void EventRows::SetReal(size_t field, double value) {
  Set(field).reals.back() = value;
}

void EventRows::SetText(size_t field, std::string_view value) {
  if (value.size() > chunk_left_) {
    chunk_left_ = std::max(value.size(), kChunkBytes);
    chunks_.push_back(std::make_unique<char[]>(chunk_left_));
    chunk_at_ = chunks_.back().get();
  }
  value.copy(chunk_at_, value.size());
  Set(field).strings.back() = std::string_view(chunk_at_, value.size());
  chunk_at_ += value.size();
  chunk_left_ -= value.size();
  text_bytes_ += static_cast<int64_t>(value.size());
}

void EventRows::Drop() {
  CHECK(batch_.rows > 0);
  --batch_.rows;
  batch_.partitions.pop_back();
  batch_.offsets.pop_back();
  for (ValueColumn& column : batch_.fields) column.Resize(batch_.rows);
  for (auto& absent : batch_.absent) absent.pop_back();
}

void EventRows::Clear() {
  batch_.rows = 0;
  batch_.partitions.clear();
  batch_.offsets.clear();
  for (ValueColumn& column : batch_.fields) column.Resize(0);
  for (auto& absent : batch_.absent) absent.clear();
  // One chunk is enough for most; more would stay for ever after one burst.
  if (!chunks_.empty()) chunks_.resize(1);
  chunk_at_ = chunks_.empty() ? nullptr : chunks_.front().get();
  chunk_left_ = chunks_.empty() ? 0 : kChunkBytes;
  text_bytes_ = 0;
}

}  // namespace freshet
