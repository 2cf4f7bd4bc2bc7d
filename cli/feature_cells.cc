// SPDX-License-Identifier: Apache-2.0
#include "cli/feature_cells.h"

#include "base/error.h"
#include "base/status.h"
#include "cli/reply_text.h"

namespace freshet {
namespace {

absl::Status Short(const v1::Column& column, std::string_view what) {
  return Internal("column '{}' of the reply is too short: {}", column.name(),
                  what);
}

// Element `i` of the field that the kind uses.
absl::StatusOr<Value> Element(const v1::Column& column, Kind kind, int i) {
  const auto within = [&](int size) { return i < size; };
  switch (kind) {
    case Kind::kBool:
      if (within(column.bools_size())) return Value(bool{column.bools(i)});
      break;
    case Kind::kInt32:
      if (within(column.int32s_size())) {
        return Value(int64_t{column.int32s(i)});
      }
      break;
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      if (within(column.int64s_size())) {
        return Value(int64_t{column.int64s(i)});
      }
      break;
    case Kind::kFloat:
      if (within(column.floats_size())) {
        return Value(double{column.floats(i)});
      }
      break;
    case Kind::kDouble:
      if (within(column.doubles_size())) return Value(column.doubles(i));
      break;
    case Kind::kString:
    case Kind::kBytes: {
      if (!within(column.ends_size())) break;
      const uint32_t begin = i == 0 ? 0 : column.ends(i - 1);
      const uint32_t end = column.ends(i);
      if (begin > end || end > column.blob().size()) break;
      return Value(column.blob().substr(begin, end - begin));
    }
  }
  return Short(column, "values");
}

absl::StatusOr<Value> ListOf(const v1::Column& column, Kind kind, int begin,
                             int end) {
  Value::List list;
  for (int i = begin; i < end; ++i) {
    const auto at = static_cast<size_t>(i);
    if (at < column.null_elements().size() && column.null_elements()[at] != 0) {
      list.emplace_back();
      continue;
    }
    ASSIGN_OR_RETURN(Value element, Element(column, kind, i));
    list.push_back(std::move(element));
  }
  return Value(std::move(list));
}

absl::StatusOr<Value> ValueOf(const v1::Column& column, const Type& type,
                              int row) {
  if (type.fixed_length > 0) {
    const int length = static_cast<int>(type.fixed_length);
    return ListOf(column, type.kind, row * length, (row + 1) * length);
  }
  if (!type.list) return Element(column, type.kind, row);
  if (row >= column.list_ends_size()) return Short(column, "list_ends");
  const int begin = row == 0 ? 0 : static_cast<int>(column.list_ends(row - 1));
  return ListOf(column, type.kind, begin,
                static_cast<int>(column.list_ends(row)));
}

// Whether a row was read, so that its event time is one even where it is 0.
bool HoldsRow(const FeatureCell& cell) {
  return cell.state == v1::STATE_PRESENT || cell.state == v1::STATE_NULL ||
         cell.state == v1::STATE_EXPIRED;
}

// Whether the slot of a value with this status holds one. An expired value
// is in the reply only where it was asked for.
bool HoldsValue(const FeatureCell& cell, bool expired_values) {
  return cell.state == v1::STATE_PRESENT || cell.cause == v1::CAUSE_DEFAULTED ||
         cell.cause == v1::CAUSE_PARTIAL ||
         (cell.state == v1::STATE_EXPIRED && expired_values);
}

}  // namespace

absl::StatusOr<std::vector<FeatureCell>> UnpackColumn(const v1::Column& column,
                                                      size_t rows,
                                                      bool expired_values) {
  const Type type = TypeFromProto(column.type());
  const size_t slots = column.shared() ? 1 : rows;
  if (column.statuses().size() != slots) return Short(column, "statuses");
  std::vector<FeatureCell> cells(slots);
  for (size_t row = 0; row < slots; ++row) {
    FeatureCell& cell = cells[row];
    const auto status = static_cast<unsigned char>(column.statuses()[row]);
    cell.state = static_cast<v1::State>(status & 0x0f);
    cell.cause = static_cast<v1::Cause>(status >> 4);
    const int at = static_cast<int>(row);
    if (at < column.event_times_micros_size()) {
      const int64_t time = column.event_times_micros(at);
      if (time != 0 || HoldsRow(cell)) cell.event_time_micros = time;
    }
    if (!HoldsValue(cell, expired_values)) continue;
    ASSIGN_OR_RETURN(cell.value, ValueOf(column, type, at));
  }
  if (column.shared()) cells.resize(rows, cells[0]);
  return cells;
}

std::string StateText(v1::State state) {
  const std::string name = v1::State_Name(state);
  return name.empty() ? std::to_string(state) : name.substr(6);  // STATE_
}

std::string CauseText(v1::Cause cause) {
  const std::string name = v1::Cause_Name(cause);
  return name.empty() ? std::to_string(cause) : name.substr(6);  // CAUSE_
}

std::string StatusText(const FeatureCell& cell) {
  std::string text = StateText(cell.state);
  if (cell.cause != v1::CAUSE_NONE) text += " (" + CauseText(cell.cause) + ")";
  return text;
}

}  // namespace freshet
