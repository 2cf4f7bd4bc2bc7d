// SPDX-License-Identifier: Apache-2.0
#include "storage/row_batch.h"

#include <algorithm>

#include "base/check.h"
#include "storage/engine/row_batch_parts.h"

namespace freshet {

RowBatch::RowBatch() : parts_(std::make_unique<Parts>()) {}
RowBatch::~RowBatch() = default;
RowBatch::RowBatch(RowBatch&&) noexcept = default;
RowBatch& RowBatch::operator=(RowBatch&&) noexcept = default;

void RowBatch::Reset(size_t size) {
  Parts& parts = *parts_;
  for (size_t i = 0; i < parts.size; ++i) parts.rows[i].Reset();
  if (size > parts.rows.size()) {
    parts.rows.resize(size);
    parts.states.resize(size);
  }
  std::fill_n(parts.states.begin(), size, State::kNotFound);
  parts.size = size;
  parts.needs_disk = 0;
}

size_t RowBatch::size() const { return parts_->size; }

RowBatch::State RowBatch::state(size_t i) const {
  CHECK(i < parts_->size);
  return parts_->states[i];
}

std::string_view RowBatch::row(size_t i) const {
  CHECK(state(i) == State::kFound || state(i) == State::kDeleted);
  const rocksdb::PinnableSlice& slice = parts_->rows[i];
  return {slice.data(), slice.size()};
}

size_t RowBatch::needs_disk() const { return parts_->needs_disk; }

}  // namespace freshet
