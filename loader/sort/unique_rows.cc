// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/unique_rows.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/status.h"
#include "features/key_codec.h"

namespace freshet {
namespace {

constexpr size_t kNamedMax = 10;

}  // namespace

UniqueRows::UniqueRows(std::unique_ptr<RecordStream> records,
                       Duplicates duplicates, const RowSchema& schema)
    : records_(std::move(records)), duplicates_(duplicates), schema_(schema) {}

absl::StatusOr<bool> UniqueRows::Next(Record* record) {
  if (!started_) {
    started_ = true;
    ASSIGN_OR_RETURN(more_, records_->Next(&ahead_));
  }
  if (!more_) return false;
  RETURN_IF_ERROR(TakeGroup());
  record->key = key_;
  record->row = row_;
  record->event_time = event_time_;
  return true;
}

absl::Status UniqueRows::TakeGroup() {
  key_.assign(ahead_.key);
  row_.assign(ahead_.row);
  event_time_ = ahead_.event_time;
  for (;;) {
    ASSIGN_OR_RETURN(more_, records_->Next(&ahead_));
    if (!more_ || ahead_.key != key_) return absl::OkStatus();
    if (duplicates_ == Duplicates::kRefuse) return RefuseDuplicates();
    ++replaced_;
    if (ahead_.event_time < event_time_) continue;
    row_.assign(ahead_.row);
    event_time_ = ahead_.event_time;
  }
}

// `ahead_` has the key of `key_`.
absl::Status UniqueRows::RefuseDuplicates() {
  std::vector<std::string> named = {Describe(key_)};
  int64_t keys = 1;
  int64_t rows = 2;
  bool counted = true;  // `key_` is among `keys`.
  for (;;) {
    ASSIGN_OR_RETURN(more_, records_->Next(&ahead_));
    if (!more_) break;
    if (ahead_.key != key_) {
      key_.assign(ahead_.key);
      counted = false;
      continue;
    }
    rows += counted ? 1 : 2;
    if (counted) continue;
    counted = true;
    ++keys;
    if (named.size() < kNamedMax) named.push_back(Describe(key_));
  }
  return AlreadyExists(
      "{} keys occur more than once, in {} rows; the first: {}; make keys "
      "unique, or set source.duplicates: latest",
      keys, rows, fmt::join(named, ", "));
}

std::string UniqueRows::Describe(std::string_view key) const {
  const absl::StatusOr<std::vector<Value>> values =
      DecodeKey(schema_.key(), key);
  if (!values.ok()) return "(unreadable)";
  std::string text;
  for (size_t i = 0; i < values->size(); ++i) {
    const KeyPart& part = schema_.key()[i];
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", part.name,
                        FormatValue(part.type, (*values)[i]).substr(0, 64));
  }
  return fmt::format("({})", text);
}

}  // namespace freshet
