// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/merged_layers.h"

#include <rocksdb/iterator.h>

#include "base/check.h"
#include "base/status.h"
#include "storage/engine/rocksdb_status.h"

namespace freshet {

MergedLayers::MergedLayers(std::span<const std::shared_ptr<const Layer>> layers)
    : layers_(layers) {
  CHECK(!layers.empty());
  for (const auto& layer : layers) {
    iterators_.push_back(layer->NewScan());
    iterators_.back()->SeekToFirst();
  }
  lowest_ = iterators_.back().get();
  FindUpper();
  Choose();
}

std::string_view MergedLayers::key() const {
  return {at_->key().data(), at_->key().size()};
}

std::string_view MergedLayers::row() const {
  return {at_->value().data(), at_->value().size()};
}

size_t MergedLayers::layer() const {
  size_t i = 0;
  while (iterators_[i].get() != at_) ++i;
  return i;
}

// The smallest key, and of equal ones the newest layer's.
void MergedLayers::FindUpper() {
  upper_ = nullptr;
  for (const auto& it : std::span(iterators_).first(iterators_.size() - 1)) {
    if (!it->Valid()) continue;
    if (upper_ == nullptr || it->key().compare(upper_->key()) < 0) {
      upper_ = it.get();
    }
  }
}

void MergedLayers::Choose() {
  at_ = upper_;
  if (!lowest_->Valid()) return;
  if (at_ == nullptr || lowest_->key().compare(at_->key()) < 0) at_ = lowest_;
}

// Those that stand at the same key go on first: the key is at_'s.
void MergedLayers::Next() {
  if (at_ != lowest_) {
    for (const auto& it : iterators_) {
      if (it.get() == at_ || !it->Valid()) continue;
      if (it->key() == at_->key()) it->Next();
    }
    at_->Next();
    FindUpper();
  } else {
    lowest_->Next();
  }
  Choose();
}

absl::Status MergedLayers::status() const {
  for (size_t i = 0; i < iterators_.size(); ++i) {
    RETURN_IF_ERROR(FromRocksDb(iterators_[i]->status(), layers_[i]->dir));
  }
  return absl::OkStatus();
}

}  // namespace freshet
