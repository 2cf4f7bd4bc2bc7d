// SPDX-License-Identifier: Apache-2.0
#include "server/online/reply_column.h"

#include "base/check.h"
#include "features/value_codec.h"
#include "server/online/reply_fields.h"

namespace freshet {
namespace {

constexpr uint8_t kCorrupt =
    StatusByte(ValueState::kError, ValueCause::kCorrupt);

}  // namespace

size_t ReplyColumn::Measure(const PlannedFeature& feature, const ViewRows& rows,
                            bool shared, ReplyOptions options) {
  feature_ = &feature;
  rows_ = &rows;
  shared_ = shared;
  options_ = options;
  shape_ = feature.type.list           ? Shape::kList
           : feature.type.IsVariable() ? Shape::kBytes
                                       : Shape::kFixed;
  default_encoded_ = false;

  const size_t count = rows.statuses().size();
  statuses_.resize(count);
  from_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    uint8_t status = rows.statuses()[i];
    from_[i] = SourceOf(i, status);
    statuses_[i] = static_cast<char>(status);
  }
  MeasureValues();

  size_t size =
      BytesFieldSize(count) + VarintFieldSize(shared ? 1 : 0) + ValuesSize();
  if (options.event_times) size += BytesFieldSize(8 * count);
  if (options.names) {
    size += BytesFieldSize(feature.name.size()) +
            LengthFieldSize(TypeSize(feature.type));
  }
  return size;
}

// Also completes the status: a null, a default, a feature that the version
// does not have.
ReplyColumn::From ReplyColumn::SourceOf(size_t i, uint8_t& status) {
  const ValueState state = StateOf(status);
  if (state == ValueState::kError) return From::kNowhere;
  if (!feature_->column.has_value()) {
    status = StatusByte(ValueState::kError, ValueCause::kNotInVersion);
    return From::kNowhere;
  }
  const RowView* row = rows_->row(i);
  const bool has_value = row != nullptr && !row->IsNull(*feature_->column);
  if (state == ValueState::kPresent) return OfPresentRow(i, has_value, status);
  if (row == nullptr) return OrDefault(status);
  if (rows_->behind(i, *feature_->column) == ViewRows::Behind::kNotInVersion) {
    status = StatusByte(ValueState::kError, ValueCause::kNotInVersion);
    return From::kNowhere;
  }
  return OfOldRow(has_value, status);
}

ReplyColumn::From ReplyColumn::OfOldRow(bool has_value, uint8_t& status) {
  if (has_value && options_.expired_values) return From::kRow;
  if (!feature_->default_value.has_value() && options_.expired_values) {
    // EXPIRED would say that the slot's zero is the row's value.
    status = StatusByte(ValueState::kNull, ValueCause::kStale);
    return From::kNowhere;
  }
  return OrDefault(status);
}

ReplyColumn::From ReplyColumn::OfPresentRow(size_t i, bool has_value,
                                            uint8_t& status) {
  using Behind = ViewRows::Behind;
  switch (rows_->behind(i, *feature_->column)) {
    case Behind::kAll:
      break;
    case Behind::kOverflow:
      status = StatusByte(ValueState::kError, ValueCause::kOverflow);
      return From::kNowhere;
    case Behind::kNotInVersion:
      status = StatusByte(ValueState::kError, ValueCause::kNotInVersion);
      return From::kNowhere;
    case Behind::kExpired:
      status = StatusByte(ValueState::kExpired);
      return OfOldRow(has_value, status);
    case Behind::kPart:
      status = StatusByte(ValueState::kIncomplete,
                          has_value ? ValueCause::kPartial : ValueCause::kNone);
      return has_value ? From::kRow : From::kNowhere;
    case Behind::kPartUnsaid:
      status = StatusByte(ValueState::kIncomplete);
      return From::kNowhere;
    case Behind::kMoreThanExact:
      status = StatusByte(ValueState::kPresent, ValueCause::kApproximate);
      return From::kRow;
  }
  if (has_value) return From::kRow;
  status = StatusByte(ValueState::kNull);
  return OrDefault(status);
}

ReplyColumn::From ReplyColumn::OrDefault(uint8_t& status) {
  if (!feature_->default_value.has_value()) return From::kNowhere;
  status = StatusByte(StateOf(status), ValueCause::kDefaulted);
  if (!default_encoded_) EncodeDefault();
  return From::kDefault;
}

void ReplyColumn::EncodeDefault() {
  auto encoded = EncodeValue(feature_->type, *feature_->default_value);
  CHECK(encoded.ok());  // Checked when the definitions were applied.
  default_ = *std::move(encoded);
  default_encoded_ = true;
}

void ReplyColumn::MeasureValues() {
  elements_ = 0;
  blob_size_ = 0;
  null_elements_ = false;
  bytes_.clear();
  lists_.clear();
  if (shape_ == Shape::kFixed) return;

  const bool strings = ElementWidth(feature_->type.kind) == 0;
  for (size_t i = 0; i < from_.size(); ++i) {
    auto status = static_cast<uint8_t>(statuses_[i]);
    if (shape_ == Shape::kBytes) {
      bytes_.push_back(BytesAt(i, status));
      blob_size_ += bytes_.back().size();
    } else {
      lists_.push_back(ListAt(i, status));
      elements_ += lists_.back().size;
      if (strings) blob_size_ += lists_.back().elements.size();
      if (!lists_.back().nulls.empty()) null_elements_ = true;
    }
    statuses_[i] = static_cast<char>(status);
  }
}

std::string_view ReplyColumn::BytesAt(size_t i, uint8_t& status) {
  if (from_[i] == From::kDefault) return default_;
  if (from_[i] == From::kNowhere) return {};
  const auto bytes = rows_->row(i)->Variable(*feature_->column);
  if (bytes.ok()) return *bytes;
  status = kCorrupt;
  return {};
}

ListView ReplyColumn::ListAt(size_t i, uint8_t& status) {
  if (from_[i] == From::kNowhere) return {};
  const auto list = from_[i] == From::kDefault
                        ? ParseList(feature_->type.kind, default_)
                        : rows_->row(i)->List(*feature_->column);
  if (list.ok()) return *list;
  status = kCorrupt;
  return {};
}

size_t ReplyColumn::ValuesSize() const {
  const size_t width = ElementWidth(feature_->type.kind);
  const size_t count = from_.size();
  switch (shape_) {
    case Shape::kFixed:
      return BytesFieldSize(count * SlotWidth(feature_->type));
    case Shape::kBytes:
      return BytesFieldSize(blob_size_) + BytesFieldSize(4 * count);
    case Shape::kList:
      break;
  }
  const size_t values =
      width > 0 ? BytesFieldSize(elements_ * width)
                : BytesFieldSize(blob_size_) + BytesFieldSize(4 * elements_);
  return values + BytesFieldSize(4 * count) +
         BytesFieldSize(null_elements_ ? elements_ : 0);
}

}  // namespace freshet
