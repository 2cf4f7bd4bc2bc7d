// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_events.h"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "freshet/v1/push.pb.h"

namespace freshet {
namespace {

// A record of the change log has fewer.
constexpr size_t kRowsMax = (1 << 20) - 1;

// How many values of each kind a column carries.
struct Lengths {
  explicit Lengths(const v1::EventColumn& column)
      : bools(static_cast<size_t>(column.bools_size())),
        integers(static_cast<size_t>(column.integers_size())),
        doubles(static_cast<size_t>(column.doubles_size())),
        strings(static_cast<size_t>(column.strings_size())),
        bytes(static_cast<size_t>(column.bytes_size())) {}

  size_t sum() const { return bools + integers + doubles + strings + bytes; }
  size_t Of(Kind kind) const;
  std::string Names() const;

  size_t bools, integers, doubles, strings, bytes;
};

size_t Lengths::Of(Kind kind) const {
  if (kind == Kind::kBool) return bools;
  if (kind == Kind::kBytes) return bytes;
  switch (StorageOf(kind)) {
    case Storage::kIntegers:
      return integers;
    case Storage::kReals:
      return doubles;
    case Storage::kStrings:
      break;
  }
  return strings;
}

std::string Lengths::Names() const {
  std::vector<std::string> names;
  if (bools > 0) names.push_back("bools");
  if (integers > 0) names.push_back("integers");
  if (doubles > 0) names.push_back("doubles");
  if (strings > 0) names.push_back("strings");
  if (bytes > 0) names.push_back("bytes");
  return fmt::format("{}", fmt::join(names, " and "));
}

// Units of a decimal of this precision.
int64_t DecimalMax(const Type& type) {
  int64_t power = 1;
  for (int digit = 0; digit < type.precision; ++digit) power *= 10;
  return power - 1;
}

// Why a type cannot have a value; "": it can.
std::string_view Misfit(const Type& type, int64_t value) {
  using Int32 = std::numeric_limits<int32_t>;
  if (type.kind == Kind::kInt32 &&
      (value < Int32::min() || value > Int32::max())) {
    return "an int32";
  }
  if (type.kind == Kind::kDecimal) {
    const int64_t most = DecimalMax(type);
    if (value < -most || value > most) return "a decimal of its precision";
  }
  return {};
}

// One request against its source.
class PushReader {
 public:
  PushReader(const v1::PushRequest& request, const StreamSource& source)
      : request_(request), source_(source) {}

  absl::StatusOr<PushedEvents> Read(int64_t now_micros);

 private:
  absl::Status Bind();
  absl::Status BindColumn(const v1::EventColumn& column);
  void Choose(int64_t now_micros, std::vector<RejectedPush>& rejected);
  absl::Status Fill(const v1::EventColumn& column, ValueColumn& out) const;
  absl::Status FillIntegers(const v1::EventColumn& column,
                            ValueColumn& out) const;
  absl::Status FillReals(const v1::EventColumn& column, ValueColumn& out) const;
  bool IsNull(const v1::EventColumn& column, size_t row) const {
    return !column.nulls().empty() && column.nulls()[row] != 0;
  }
  // Calls `set(to, from)` for each value that is chosen and is none's null.
  template <typename Set>
  void ForEach(const v1::EventColumn& column, ValueColumn& out, Set set) const;

  const v1::PushRequest& request_;
  const StreamSource& source_;
  std::vector<const v1::EventColumn*> columns_;  // By field; null: not given.
  std::optional<size_t> rows_;
  std::vector<size_t> chosen_;
};

absl::Status PushReader::BindColumn(const v1::EventColumn& column) {
  size_t field = 0;
  while (field < source_.fields.size() &&
         source_.fields[field].name != column.name()) {
    ++field;
  }
  if (field == source_.fields.size()) {
    std::vector<std::string> names;
    for (const StreamField& f : source_.fields) names.push_back(f.name);
    const auto nearest = NearestNames(column.name(), names);
    return InvalidArgument(
        "column '{}' is no field of source '{}'; {}: '{}'", column.name(),
        source_.name, nearest.empty() ? "there is" : "nearest",
        fmt::join(nearest.empty() ? names : nearest, "', '"));
  }
  if (columns_[field] != nullptr) {
    return InvalidArgument("column '{}' is there twice", column.name());
  }
  columns_[field] = &column;
  const Type& type = source_.fields[field].type;
  const Lengths lengths(column);
  const size_t length = lengths.sum();
  if (lengths.Of(type.kind) != length) {
    return InvalidArgument("column '{}' holds {}, and its type is {}",
                           column.name(), lengths.Names(), type.ToString());
  }
  if (!column.nulls().empty() && column.nulls().size() != length) {
    return InvalidArgument(
        "column '{}' has {} values and {} bytes in 'nulls'; there is one for "
        "each value, or none at all",
        column.name(), length, column.nulls().size());
  }
  if (rows_.has_value() && *rows_ != length) {
    return InvalidArgument(
        "column '{}' has {} values, and one before it has {}; all columns are "
        "of one length",
        column.name(), length, *rows_);
  }
  rows_ = length;
  return absl::OkStatus();
}

absl::Status PushReader::Bind() {
  columns_.assign(source_.fields.size(), nullptr);
  for (const v1::EventColumn& column : request_.columns()) {
    RETURN_IF_ERROR(BindColumn(column));
  }
  if (rows_.value_or(0) <= kRowsMax) return absl::OkStatus();
  return InvalidArgument("the request has {} events, at most {} come at once",
                         *rows_, kRowsMax);
}

// Which rows are taken.
void PushReader::Choose(int64_t now_micros,
                        std::vector<RejectedPush>& rejected) {
  const v1::EventColumn* times = nullptr;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (source_.fields[i].name == source_.timestamp_field) times = columns_[i];
  }
  for (size_t row = 0; row < rows_.value_or(0); ++row) {
    if (times == nullptr || IsNull(*times, row)) {
      rejected.push_back({row, RejectedPush::Reason::kNoTime});
    } else if (times->integers(static_cast<int>(row)) >
               now_micros + source_.max_future_skew_micros) {
      rejected.push_back({row, RejectedPush::Reason::kFuture});
    } else {
      chosen_.push_back(row);
    }
  }
}

template <typename Set>
void PushReader::ForEach(const v1::EventColumn& column, ValueColumn& out,
                         Set set) const {
  for (size_t to = 0; to < chosen_.size(); ++to) {
    const size_t from = chosen_[to];
    if (IsNull(column, from)) continue;
    out.states[to] = RowState::kValue;
    set(to, static_cast<int>(from));
  }
}

absl::Status PushReader::FillIntegers(const v1::EventColumn& column,
                                      ValueColumn& out) const {
  absl::Status status;
  ForEach(column, out, [&](size_t to, int from) {
    out.integers[to] = column.integers(from);
    const std::string_view misfit = Misfit(out.type, out.integers[to]);
    if (misfit.empty() || !status.ok()) return;
    status = InvalidArgument("column '{}', row {}: {} is not {}", column.name(),
                             from, out.integers[to], misfit);
  });
  return status;
}

absl::Status PushReader::FillReals(const v1::EventColumn& column,
                                   ValueColumn& out) const {
  absl::Status status;
  const bool narrow = out.type.kind == Kind::kFloat;
  ForEach(column, out, [&](size_t to, int from) {
    const double value = column.doubles(from);
    out.reals[to] = narrow ? static_cast<float>(value) : value;
    if (!status.ok() || std::isfinite(out.reals[to]) || !std::isfinite(value)) {
      return;
    }
    status = InvalidArgument("column '{}', row {}: {} is beyond a float",
                             column.name(), from, value);
  });
  return status;
}

absl::Status PushReader::Fill(const v1::EventColumn& column,
                              ValueColumn& out) const {
  if (out.type.kind == Kind::kBool) {
    ForEach(column, out, [&](size_t to, int from) {
      out.integers[to] = column.bools(from) ? 1 : 0;
    });
    return absl::OkStatus();
  }
  switch (StorageOf(out.type.kind)) {
    case Storage::kIntegers:
      return FillIntegers(column, out);
    case Storage::kReals:
      return FillReals(column, out);
    case Storage::kStrings:
      break;
  }
  const bool bytes = out.type.kind == Kind::kBytes;
  ForEach(column, out, [&](size_t to, int from) {
    out.strings[to] = bytes ? column.bytes(from) : column.strings(from);
  });
  return absl::OkStatus();
}

absl::StatusOr<PushedEvents> PushReader::Read(int64_t now_micros) {
  RETURN_IF_ERROR(Bind());
  PushedEvents pushed{
      .events = {.source = source_.name, .fields = source_.fields}};
  Choose(now_micros, pushed.rejected);
  EventBatch& events = pushed.events.events;
  events.rows = chosen_.size();
  for (size_t i = 0; i < source_.fields.size(); ++i) {
    ValueColumn& column = events.fields.emplace_back();
    column.type = source_.fields[i].type;
    column.Resize(events.rows);
    if (columns_[i] != nullptr) RETURN_IF_ERROR(Fill(*columns_[i], column));
  }
  return pushed;
}

}  // namespace

absl::StatusOr<PushedEvents> ReadPush(const v1::PushRequest& request,
                                      const StreamSource& source,
                                      int64_t now_micros) {
  return PushReader(request, source).Read(now_micros);
}

}  // namespace freshet
