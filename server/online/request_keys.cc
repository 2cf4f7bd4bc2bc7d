// SPDX-License-Identifier: Apache-2.0
#include "server/online/request_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "features/key_codec.h"
#include "freshet/v1/online.pb.h"

namespace freshet {
namespace {

// How many values of each kind a column carries.
struct Lengths {
  size_t strings;
  size_t int64s;
  size_t bytes;

  size_t sum() const { return strings + int64s + bytes; }
};

Lengths LengthsOf(const v1::KeyColumn& column) {
  return {static_cast<size_t>(column.strings_size()),
          static_cast<size_t>(column.int64s_size()),
          static_cast<size_t>(column.bytes_size())};
}

size_t OfKind(const Lengths& lengths, Kind kind) {
  if (kind == Kind::kInt64) return lengths.int64s;
  return kind == Kind::kBytes ? lengths.bytes : lengths.strings;
}

std::string KindsIn(const Lengths& lengths) {
  std::vector<std::string> kinds;
  if (lengths.strings > 0) kinds.push_back("strings");
  if (lengths.int64s > 0) kinds.push_back("int64s");
  if (lengths.bytes > 0) kinds.push_back("bytes");
  return fmt::format("{}", fmt::join(kinds, " and "));
}

}  // namespace

absl::Status RequestKeys::Bind(const Plan& plan,
                               const v1::GetFeaturesRequest& request) {
  plan_ = &plan;
  sources_.clear();
  for (const KeyPart& part : plan.keys) sources_.push_back({&part, nullptr});
  for (const v1::KeyColumn& column : request.keys()) {
    RETURN_IF_ERROR(BindColumn(column));
  }
  for (const Source& source : sources_) {
    if (source.column != nullptr) continue;
    return InvalidArgument("key column '{}' ({}) is missing; {} needs it",
                           source.part->name, source.part->type.ToString(),
                           ViewsNeeding(source.part->name));
  }
  return CountRows();
}

absl::Status RequestKeys::BindColumn(const v1::KeyColumn& column) {
  const auto source = std::find_if(
      sources_.begin(), sources_.end(),
      [&](const Source& s) { return s.part->name == column.name(); });
  if (source == sources_.end()) {
    std::vector<std::string> names;
    for (const Source& s : sources_) names.push_back(s.part->name);
    const auto nearest = NearestNames(column.name(), names);
    return InvalidArgument(
        "key column '{}' is not a join key of what is asked for; {}: '{}'",
        column.name(), nearest.empty() ? "wanted" : "nearest",
        fmt::join(nearest.empty() ? names : nearest, "', '"));
  }
  if (source->column != nullptr) {
    return InvalidArgument("key column '{}' is there twice", column.name());
  }
  const Lengths lengths = LengthsOf(column);
  if (OfKind(lengths, source->part->type.kind) != lengths.sum()) {
    return InvalidArgument("key column '{}' holds {}, and its type is {}",
                           column.name(), KindsIn(lengths),
                           source->part->type.ToString());
  }
  if (column.shared() && lengths.sum() != 1) {
    return InvalidArgument(
        "key column '{}' is shared and so has exactly 1 value, not {}",
        column.name(), lengths.sum());
  }
  source->column = &column;
  return absl::OkStatus();
}

absl::Status RequestKeys::CountRows() {
  const Source* first = nullptr;
  rows_ = 1;
  for (const Source& source : sources_) {
    if (source.column->shared()) continue;
    const size_t length = LengthsOf(*source.column).sum();
    if (first == nullptr) {
      first = &source;
      rows_ = length;
    } else if (length != rows_) {
      return InvalidArgument(
          "key column '{}' has {} values and '{}' has {}; per-row columns are "
          "of one length, a value for all rows is 'shared'",
          first->part->name, rows_, source.part->name, length);
    }
  }
  views_.assign(plan_->views.size(), ViewKeys());
  for (size_t v = 0; v < views_.size(); ++v) {
    const auto& key = plan_->views[v].key;
    views_[v].shared =
        std::all_of(key.begin(), key.end(), [this](const KeyPart& part) {
          return SourceOf(part).column->shared();
        });
  }
  return absl::OkStatus();
}

absl::Status RequestKeys::Encode() {
  sets_used_ = 0;
  // All at once: a set that moves leaves short keys, which lie within their
  // string, behind.
  if (sets_.size() < views_.size()) sets_.resize(views_.size());
  for (size_t v = 0; v < views_.size(); ++v) {
    const size_t before = sets_used_;
    views_[v].set = SetFor(plan_->views[v].key);
    if (sets_used_ == before) continue;  // Encoded for another view.
    RETURN_IF_ERROR(
        EncodeSet(sets_[views_[v].set], views_[v].shared ? 1 : rows_));
  }
  return absl::OkStatus();
}

size_t RequestKeys::SetFor(const std::vector<KeyPart>& key) {
  for (size_t s = 0; s < sets_used_; ++s) {
    if (*sets_[s].key == key) return s;
  }
  sets_[sets_used_].key = &key;
  return sets_used_++;
}

absl::Status RequestKeys::EncodeSet(KeySet& set, size_t rows) {
  set.bytes.clear();
  set.ends.clear();
  const std::vector<KeyPart>& key = *set.key;
  parts_.clear();
  for (const KeyPart& part : key) parts_.push_back(&SourceOf(part));
  for (size_t i = 0; i < rows; ++i) {
    const size_t start = set.bytes.size();
    for (const Source*& part : parts_) {
      AppendPart(*part, i, &part == &parts_.back(), &set.bytes);
    }
    if (set.bytes.size() - start > kKeyBytesMax) {
      return InvalidArgument(
          "key column '{}', row {}: the encoded key has {} bytes, the limit "
          "is {}",
          key.back().name, i, set.bytes.size() - start, kKeyBytesMax);
    }
    set.ends.push_back(set.bytes.size());
  }
  // Only now, since the bytes have moved while they grew.
  set.keys.clear();
  size_t start = 0;
  for (const size_t end : set.ends) {
    set.keys.push_back(std::string_view(set.bytes).substr(start, end - start));
    start = end;
  }
  return absl::OkStatus();
}

void RequestKeys::AppendPart(const Source& source, size_t i, bool last,
                             std::string* out) {
  const v1::KeyColumn& column = *source.column;
  const int at = column.shared() ? 0 : static_cast<int>(i);
  switch (source.part->type.kind) {
    case Kind::kInt64:
      AppendKeyInt64(column.int64s(at), out);
      return;
    case Kind::kBytes:
      AppendKeyBytes(column.bytes(at), last, out);
      return;
    default:
      AppendKeyBytes(column.strings(at), last, out);
  }
}

const RequestKeys::Source& RequestKeys::SourceOf(const KeyPart& part) const {
  const auto source =
      std::find_if(sources_.begin(), sources_.end(),
                   [&](const Source& s) { return s.part->name == part.name; });
  CHECK(source != sources_.end());
  return *source;
}

std::string RequestKeys::ViewsNeeding(std::string_view key) const {
  std::vector<std::string> names;
  for (const PlannedView& view : plan_->views) {
    const bool needs =
        std::any_of(view.key.begin(), view.key.end(),
                    [&](const KeyPart& part) { return part.name == key; });
    if (needs) names.push_back(view.name);
  }
  return fmt::format("view '{}'", fmt::join(names, "', '"));
}

}  // namespace freshet
