// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/row_encoder.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <optional>

#include "base/error.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "loader/rows/bound_column.h"

namespace freshet {

struct RowEncoder::Parts {
  Parts(const RowSchema& row_schema, const BatchSource& batch_source,
        const RowEncoderOptions& encoder_options)
      : schema(row_schema),
        source(batch_source),
        options(encoder_options),
        wanted(WantedColumns(row_schema, batch_source)),
        writer(row_schema) {}

  absl::Status In(const WantedColumn& want, const absl::Status& status) const {
    if (status.ok()) return status;
    return Annotate(status,
                    fmt::format("column '{}' ({})", want.column, want.role));
  }

  absl::Status EncodeKey(int64_t i);
  absl::Status ReadEventTime(int64_t i);
  absl::StatusOr<bool> IsDeleted(int64_t i);
  absl::Status EncodeFeatures(int64_t i);
  // Of the timestamp field in `bound`, if there is one.
  size_t time_index() const {
    return schema.key().size() + schema.columns().size();
  }

  const RowSchema& schema;
  const BatchSource& source;
  const RowEncoderOptions options;
  const std::vector<WantedColumn> wanted;
  std::optional<TimeZone> zone;
  std::vector<BoundColumn> bound;  // As `wanted`.
  std::shared_ptr<arrow::RecordBatch> batch;
  RowWriter writer;
  Slot slot;
  std::string key;
  std::string deleted;  // The row of a deleted key.
  std::string_view row;
  Moment event_time;
};

absl::Status RowEncoder::Parts::EncodeKey(int64_t i) {
  key.clear();
  const size_t parts = schema.key().size();
  for (size_t k = 0; k < parts; ++k) {
    const absl::StatusOr<bool> present = bound[k].ReadScalar(i, &slot);
    if (!present.ok()) return In(wanted[k], present.status());
    if (!*present) {
      return In(wanted[k], InvalidArgument("it is null; a key cannot be null"));
    }
    if (slot.bytes.size() > kKeyBytesMax) {
      return In(wanted[k],
                InvalidArgument("it has {} bytes; a key has at most {}",
                                slot.bytes.size(), kKeyBytesMax));
    }
    if (schema.key()[k].type.kind == Kind::kInt64) {
      int64_t value;
      std::memcpy(&value, slot.bytes.data(), sizeof(value));
      AppendKeyInt64(value, &key);
    } else {
      AppendKeyBytes(slot.bytes, k + 1 == parts, &key);
    }
  }
  if (key.size() > kKeyBytesMax) {
    return InvalidArgument("the key has {} bytes as stored; at most {} fit",
                           key.size(), kKeyBytesMax);
  }
  return absl::OkStatus();
}

absl::Status RowEncoder::Parts::ReadEventTime(int64_t i) {
  if (source.timestamp_field.empty()) {
    event_time = {options.event_time_micros};
    return absl::OkStatus();
  }
  const WantedColumn& want = wanted[time_index()];
  const absl::StatusOr<bool> present = bound[time_index()].ReadScalar(i, &slot);
  if (!present.ok()) return In(want, present.status());
  if (!*present) {
    return In(want,
              InvalidArgument("it is null; every row needs an event time"));
  }
  std::memcpy(&event_time.micros, slot.bytes.data(), sizeof(event_time.micros));
  event_time.nanos = slot.nanos;
  return absl::OkStatus();
}

absl::StatusOr<bool> RowEncoder::Parts::IsDeleted(int64_t i) {
  if (source.deleted_field.empty()) return false;
  const absl::StatusOr<bool> present = bound.back().ReadScalar(i, &slot);
  if (!present.ok()) return In(wanted.back(), present.status());
  return *present && slot.bytes[0] != 0;
}

absl::Status RowEncoder::Parts::EncodeFeatures(int64_t i) {
  writer.Begin(event_time.micros);
  const size_t first = schema.key().size();
  for (size_t c = 0; c < schema.columns().size(); ++c) {
    const absl::Status status = bound[first + c].Write(i, c, &writer);
    if (!status.ok()) return In(wanted[first + c], status);
  }
  row = writer.Finish();
  return absl::OkStatus();
}

RowEncoder::RowEncoder(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
RowEncoder::~RowEncoder() = default;

absl::StatusOr<std::unique_ptr<RowEncoder>> RowEncoder::Create(
    const RowSchema& schema, const BatchSource& source,
    const RowEncoderOptions& options) {
  auto parts = std::make_unique<Parts>(schema, source, options);
  if (!source.zone.empty()) {
    ASSIGN_OR_RETURN(parts->zone, TimeZone::Load(source.zone));
  }
  return std::unique_ptr<RowEncoder>(new RowEncoder(std::move(parts)));
}

std::span<const WantedColumn> RowEncoder::wanted() const {
  return parts_->wanted;
}

absl::Status RowEncoder::Bind(
    const arrow::Schema& schema,
    const std::function<bool(std::string_view)>& is_text) {
  TimeRules time;
  time.zone = parts_->zone.has_value() ? &*parts_->zone : nullptr;
  time.at_day = parts_->source.at_day;
  parts_->bound.clear();
  for (const WantedColumn& want : parts_->wanted) {
    absl::StatusOr<BoundColumn> bound =
        BoundColumn::Create(want, schema, is_text(want.column), time);
    if (!bound.ok()) return parts_->In(want, bound.status());
    parts_->bound.push_back(*std::move(bound));
  }
  return absl::OkStatus();
}

void RowEncoder::Attach(std::shared_ptr<arrow::RecordBatch> batch) {
  parts_->batch = std::move(batch);
  for (BoundColumn& bound : parts_->bound) {
    bound.Attach(*parts_->batch->column(bound.field()));
  }
}

absl::Status RowEncoder::Encode(int64_t i) {
  Parts& parts = *parts_;
  RETURN_IF_ERROR(parts.EncodeKey(i));
  RETURN_IF_ERROR(parts.ReadEventTime(i));
  ASSIGN_OR_RETURN(const bool deleted, parts.IsDeleted(i));
  if (deleted) {
    parts.deleted = DeletedRow(parts.schema, parts.event_time.micros);
    parts.row = parts.deleted;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(parts.EncodeFeatures(i));
  if (static_cast<int64_t>(parts.row.size()) > parts.options.row_bytes_max) {
    return InvalidArgument(
        "the row has {} bytes as stored; at most {} are allowed "
        "(settings.load.row_max)",
        parts.row.size(), parts.options.row_bytes_max);
  }
  return absl::OkStatus();
}

std::string_view RowEncoder::key() const { return parts_->key; }
std::string_view RowEncoder::row() const { return parts_->row; }
Moment RowEncoder::event_time() const { return parts_->event_time; }

}  // namespace freshet
