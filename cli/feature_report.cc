// SPDX-License-Identifier: Apache-2.0
#include "cli/feature_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/status.h"
#include "cli/feature_cells.h"
#include "cli/reply_text.h"
#include "cli/text.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<FeatureCell>>;  // By feature, by row.

std::string KeyText(const KeyArgument& key, size_t row) {
  return key.values[key.shared ? 0 : row];
}

absl::StatusOr<Cells> Unpack(const FeatureReport& report) {
  for (const KeyArgument& key : report.keys) {
    const size_t wanted = key.shared ? 1 : report.reply.rows();
    if (key.values.size() >= wanted) continue;
    return Internal("the reply has {} rows, and key '{}' has {} values",
                    report.reply.rows(), key.name, key.values.size());
  }
  Cells cells;
  for (const v1::Column& column : report.reply.columns()) {
    ASSIGN_OR_RETURN(
        cells.emplace_back(),
        UnpackColumn(column, report.reply.rows(), report.expired_values));
  }
  return cells;
}

std::string CellText(const Type& type, const FeatureCell& cell) {
  if (cell.state == v1::STATE_PRESENT && cell.cause == v1::CAUSE_NONE) {
    return FormatValue(type, cell.value);
  }
  std::string text = StatusText(cell);
  if (!cell.value.IsNull()) text = FormatValue(type, cell.value) + " " + text;
  return text;
}

Json JsonValue(const Type& type, const Value& value) {
  if (value.IsNull()) return nullptr;
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    Json array = Json::array();
    Type element = type;
    element.list = false;
    element.fixed_length = 0;
    for (const Value& item : *list) array.push_back(JsonValue(element, item));
    return array;
  }
  if (const auto* yes = std::get_if<bool>(&value.v)) return *yes;
  if (const auto* real = std::get_if<double>(&value.v)) {
    if (std::isfinite(*real)) return *real;
    return std::isnan(*real) ? "NaN" : *real > 0 ? "Infinity" : "-Infinity";
  }
  if (type.kind == Kind::kString) return std::get<std::string>(value.v);
  if (type.kind == Kind::kInt32 || type.kind == Kind::kInt64) {
    return std::get<int64_t>(value.v);
  }
  return FormatValue(type, value);
}

Json JsonKey(const KeyArgument& key, size_t row) {
  const std::string text = KeyText(key, row);
  if (key.type.kind == Kind::kInt64) {
    const absl::StatusOr<Value> value = ParseValue(key.type, text);
    if (value.ok()) return JsonValue(key.type, *value);
  }
  return text;
}

Json JsonCell(const Type& type, const FeatureCell& cell) {
  Json json;
  json["value"] = JsonValue(type, cell.value);
  json["status"] = StateText(cell.state);
  if (cell.cause != v1::CAUSE_NONE) {
    json["cause"] = CauseText(cell.cause);
  }
  if (cell.event_time_micros) {
    json["event_time"] = FormatTime(*cell.event_time_micros);
  }
  return json;
}

// More features than this, and than entities, stand one below the other.
constexpr size_t kColumnsMax = 6;

using Grid = std::vector<std::vector<std::string>>;  // The header first.

Grid Turned(const Grid& grid) {
  Grid turned(grid[0].size());
  for (const auto& line : grid) {
    for (size_t c = 0; c < line.size(); ++c) turned[c].push_back(line[c]);
  }
  return turned;
}

Table ToTable(const Grid& grid) {
  Table table(grid[0]);
  for (size_t row = 1; row < grid.size(); ++row) table.Add(grid[row]);
  return table;
}

std::string AgeText(const FeatureCell& cell, int64_t now_micros) {
  if (!cell.event_time_micros) return "-";
  return FormatSeconds(
      static_cast<double>(now_micros - *cell.event_time_micros) / 1e6);
}

// Of a view without versions: windows, or rows that came one by one.
std::string_view WhyOfEvents(const FeatureCell& cell) {
  switch (cell.state) {
    case v1::STATE_NULL:
      return "no value is in the window, or the row holds a null";
    case v1::STATE_NOT_FOUND:
      return "no event made a row of this key";
    default:
      return "";
  }
}

std::string_view Why(const FeatureCell& cell, bool has_version) {
  switch (cell.cause) {
    case v1::CAUSE_NOT_IN_VERSION:
      return "no version can serve, or the one that does is older than this "
             "feature: see `freshet versions`";
    case v1::CAUSE_CORRUPT:
      return "a checksum failed: see `freshet versions`";
    case v1::CAUSE_STALE:
      return "a null in a row older than the view's ttl";
    case v1::CAUSE_SOURCE_TIMEOUT:
      return "no time was left to read it";
    case v1::CAUSE_SOURCE_ERROR:
      return "the read failed: see the daemon's log";
    case v1::CAUSE_PARTIAL:
      return "the window begins before everything is known; what is known is "
             "in "
             "the value";
    case v1::CAUSE_APPROXIMATE:
      return "an estimate: the window has more different values than the "
             "function knows exactly; give it a greater size";
    default:
      break;
  }
  switch (cell.state) {
    case v1::STATE_EXPIRED:
      return "older than the view's ttl";
    case v1::STATE_INCOMPLETE:
      return "the window begins before everything is known";
    case v1::STATE_NULL:
      if (has_version) return "the snapshot holds a null";
      break;
    case v1::STATE_NOT_FOUND:
      if (has_version) return "the version has no row for this key";
      break;
    default:
      break;
  }
  return has_version ? "" : WhyOfEvents(cell);
}

}  // namespace

absl::StatusOr<std::string> FeatureReport::AsTable() const {
  ASSIGN_OR_RETURN(const Cells cells, Unpack(*this));
  Grid grid(reply.rows() + 1);
  for (const KeyArgument& key : keys) {
    grid[0].push_back(key.name);
    for (size_t row = 0; row < reply.rows(); ++row) {
      grid[row + 1].push_back(KeyText(key, row));
    }
  }
  for (size_t f = 0; f < cells.size(); ++f) {
    const v1::Column& column = reply.columns(static_cast<int>(f));
    grid[0].push_back(column.name());
    for (size_t row = 0; row < reply.rows(); ++row) {
      grid[row + 1].push_back(
          CellText(TypeFromProto(column.type()), cells[f][row]));
    }
  }
  const bool wide = cells.size() > kColumnsMax && cells.size() > reply.rows();
  return ToTable(wide ? Turned(grid) : grid).ToString();
}

absl::StatusOr<std::string> FeatureReport::AsExplanation() const {
  ASSIGN_OR_RETURN(const Cells cells, Unpack(*this));
  std::map<std::string, int64_t> versions;  // Not of views of events alone.
  for (const auto& served : reply.versions()) {
    versions[served.view()] = served.version();
  }
  Table table({"KEY", "FEATURE", "VALUE", "STATUS", "VERSION", "EVENT TIME",
               "AGE", "WHY"});
  for (size_t row = 0; row < reply.rows(); ++row) {
    std::vector<std::string> key;
    for (const KeyArgument& k : keys) key.push_back(KeyText(k, row));
    for (size_t f = 0; f < cells.size(); ++f) {
      const v1::Column& column = reply.columns(static_cast<int>(f));
      const FeatureCell& cell = cells[f][row];
      const auto version =
          versions.find(column.name().substr(0, column.name().find('.')));
      const bool has_version = version != versions.end();
      table.Add(
          {fmt::format("{}", fmt::join(key, ",")), column.name(),
           cell.value.IsNull()
               ? "-"
               : FormatValue(TypeFromProto(column.type()), cell.value),
           StatusText(cell),
           has_version ? std::to_string(version->second) : "-",
           cell.event_time_micros ? FormatTime(*cell.event_time_micros) : "-",
           AgeText(cell, reply.request_time_micros()),
           std::string(Why(cell, has_version))});
    }
  }
  return table.ToString();
}

absl::StatusOr<std::string> FeatureReport::AsJson() const {
  ASSIGN_OR_RETURN(const Cells cells, Unpack(*this));
  Json json;
  json["request_id"] = reply.request_id();
  json["request_time"] = FormatTime(reply.request_time_micros());
  json["versions"] = Json::object();
  for (const auto& served : reply.versions()) {
    json["versions"][served.view()] = served.version();
  }
  json["rows"] = Json::array();
  for (size_t row = 0; row < reply.rows(); ++row) {
    Json object;
    for (const KeyArgument& key : keys) {
      object["keys"][key.name] = JsonKey(key, row);
    }
    for (size_t f = 0; f < cells.size(); ++f) {
      const v1::Column& column = reply.columns(static_cast<int>(f));
      object["features"][column.name()] =
          JsonCell(TypeFromProto(column.type()), cells[f][row]);
    }
    json["rows"].push_back(std::move(object));
  }
  // Bytes that are not UTF-8 cannot come from a string feature; a damaged
  // reply is shown with marks rather than not at all.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace freshet
