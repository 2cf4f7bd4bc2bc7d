// SPDX-License-Identifier: Apache-2.0
#include "loader/log_export/event_table.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

TypePtr Moment() { return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"); }

TypePtr ArrowType(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return arrow::boolean();
    case Kind::kInt32:
      return arrow::int32();
    case Kind::kInt64:
      return arrow::int64();
    case Kind::kFloat:
      return arrow::float32();
    case Kind::kDouble:
      return arrow::float64();
    case Kind::kString:
      return arrow::utf8();
    case Kind::kBytes:
      return arrow::binary();
    case Kind::kTimestamp:
      return Moment();
    case Kind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
  }
  return arrow::null();  // There is no other.
}

// What Freshet says of an event, behind its fields.
enum Origin : size_t {
  kEventTime,
  kArrivalTime,
  kRecord,
  kRow,
  kTopic,
  kPartition,
  kOffset,
  kAbsent,
  kOrigins
};

arrow::FieldVector OriginFields() {
  return {arrow::field("freshet_event_time", Moment()),
          arrow::field("freshet_arrival_time", Moment(), /*nullable=*/false),
          arrow::field("freshet_record", arrow::int64(), /*nullable=*/false),
          arrow::field("freshet_row", arrow::int32(), /*nullable=*/false),
          arrow::field("freshet_topic", arrow::utf8()),
          arrow::field("freshet_partition", arrow::int32()),
          arrow::field("freshet_offset", arrow::int64()),
          arrow::field("freshet_absent", arrow::list(arrow::utf8()))};
}

// A field of the source may have such a name.
std::string FreeName(std::string name, const std::vector<StreamField>& fields) {
  const auto is_taken = [&](const StreamField& field) {
    return field.name == name;
  };
  while (std::any_of(fields.begin(), fields.end(), is_taken)) name += '_';
  return name;
}

template <typename Builder>
Builder& As(arrow::ArrayBuilder& builder) {
  return static_cast<Builder&>(builder);
}

// Requires: the row has a value.
arrow::Status AppendValue(const ValueColumn& column, size_t row,
                          arrow::ArrayBuilder& to) {
  switch (column.type.kind) {
    case Kind::kBool:
      return As<arrow::BooleanBuilder>(to).Append(column.integers[row] != 0);
    case Kind::kInt32:
      return As<arrow::Int32Builder>(to).Append(
          static_cast<int32_t>(column.integers[row]));
    case Kind::kInt64:
      return As<arrow::Int64Builder>(to).Append(column.integers[row]);
    case Kind::kFloat:
      return As<arrow::FloatBuilder>(to).Append(
          static_cast<float>(column.reals[row]));
    case Kind::kDouble:
      return As<arrow::DoubleBuilder>(to).Append(column.reals[row]);
    case Kind::kString:
      return As<arrow::StringBuilder>(to).Append(column.strings[row]);
    case Kind::kBytes:
      return As<arrow::BinaryBuilder>(to).Append(column.strings[row]);
    case Kind::kTimestamp:
      return As<arrow::TimestampBuilder>(to).Append(column.integers[row]);
    case Kind::kDecimal:
      return As<arrow::Decimal128Builder>(to).Append(
          arrow::Decimal128(column.integers[row]));
  }
  return arrow::Status::OK();  // There is no other.
}

}  // namespace

EventTable::EventTable(EventTable&& other) noexcept = default;
EventTable::~EventTable() = default;

absl::StatusOr<EventTable> EventTable::Make(const LoggedEvents& logged,
                                            const ExportedSource& source,
                                            arrow::MemoryPool* pool) {
  EventTable table;
  table.fields_ = logged.fields;
  arrow::FieldVector columns;
  for (size_t i = 0; i < logged.fields.size(); ++i) {
    const StreamField& field = logged.fields[i];
    columns.push_back(arrow::field(field.name, ArrowType(field.type)));
    if (field.name == source.timestamp_field &&
        field.type.kind == Kind::kTimestamp) {
      table.timestamp_ = i;
    }
  }
  for (const auto& column : OriginFields()) {
    columns.push_back(
        column->WithName(FreeName(column->name(), table.fields_)));
  }
  for (const auto& column : columns) {
    ASSIGN_OR_RETURN(std::unique_ptr<arrow::ArrayBuilder> builder,
                     FromArrowResult(arrow::MakeBuilder(column->type(), pool)));
    table.builders_.push_back(std::move(builder));
  }
  table.schema_ = arrow::schema(
      std::move(columns),
      arrow::key_value_metadata(
          {"freshet.source", "freshet.timestamp_field", "freshet.id_field"},
          {logged.source, source.timestamp_field, source.id_field}));
  return table;
}

absl::Status EventTable::AddField(const LoggedEvents& logged, size_t field,
                                  size_t row) {
  const ValueColumn& column = logged.events.fields[field];
  arrow::ArrayBuilder& builder = *builders_[field];
  bytes_ += static_cast<int64_t>(sizeof(int64_t));
  if (column.states[row] != RowState::kValue) {
    return FromArrow(builder.AppendNull());
  }
  if (StorageOf(column.type.kind) == Storage::kStrings) {
    bytes_ += static_cast<int64_t>(column.strings[row].size());
  }
  return FromArrow(AppendValue(column, row, builder));
}

absl::Status EventTable::AddOrigin(const LoggedEvents& logged, size_t row,
                                   uint64_t record) {
  const EventBatch& events = logged.events;
  const auto builder = [&](Origin origin) -> arrow::ArrayBuilder& {
    return *builders_[fields_.size() + origin];
  };
  const auto append_absent = [&]() -> arrow::Status {
    auto& list = As<arrow::ListBuilder>(builder(kAbsent));
    ARROW_RETURN_NOT_OK(list.Append());
    auto& names = As<arrow::StringBuilder>(*list.value_builder());
    for (size_t field = 0; field < fields_.size(); ++field) {
      if (!IsAbsent(events, field, row)) continue;
      ARROW_RETURN_NOT_OK(names.Append(fields_[field].name));
    }
    return arrow::Status::OK();
  };
  const auto append_position = [&]() -> arrow::Status {
    // Of what was pushed to this daemon alone it says where the log has it.
    const PartitionPosition* at =
        PositionOf(events.partitions[row], logged.positions);
    if (at == nullptr) {
      ARROW_RETURN_NOT_OK(builder(kTopic).AppendNull());
      ARROW_RETURN_NOT_OK(builder(kPartition).AppendNull());
      return builder(kOffset).AppendNull();
    }
    ARROW_RETURN_NOT_OK(
        As<arrow::StringBuilder>(builder(kTopic)).Append(at->topic));
    ARROW_RETURN_NOT_OK(
        As<arrow::Int32Builder>(builder(kPartition)).Append(at->partition));
    return As<arrow::Int64Builder>(builder(kOffset))
        .Append(events.offsets[row]);
  };
  const auto append = [&]() -> arrow::Status {
    const bool has_time =
        timestamp_ &&
        events.fields[*timestamp_].states[row] == RowState::kValue;
    ARROW_RETURN_NOT_OK(has_time ? AppendValue(events.fields[*timestamp_], row,
                                               builder(kEventTime))
                                 : builder(kEventTime).AppendNull());
    ARROW_RETURN_NOT_OK(As<arrow::TimestampBuilder>(builder(kArrivalTime))
                            .Append(logged.arrival_micros));
    ARROW_RETURN_NOT_OK(As<arrow::Int64Builder>(builder(kRecord))
                            .Append(static_cast<int64_t>(record)));
    ARROW_RETURN_NOT_OK(As<arrow::Int32Builder>(builder(kRow))
                            .Append(static_cast<int32_t>(row)));
    ARROW_RETURN_NOT_OK(append_position());
    return append_absent();
  };
  bytes_ += static_cast<int64_t>(kOrigins * sizeof(int64_t));
  return FromArrow(append());
}

absl::Status EventTable::Add(const LoggedEvents& logged, size_t row,
                             uint64_t record) {
  for (size_t field = 0; field < fields_.size(); ++field) {
    RETURN_IF_ERROR(AddField(logged, field, row));
  }
  return AddOrigin(logged, row, record);
}

absl::StatusOr<std::shared_ptr<arrow::Table>> EventTable::Take() {
  arrow::ArrayVector arrays;
  for (const auto& builder : builders_) {
    ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array,
                     FromArrowResult(builder->Finish()));
    arrays.push_back(std::move(array));
  }
  bytes_ = 0;
  return arrow::Table::Make(schema_, arrays);
}

}  // namespace freshet
