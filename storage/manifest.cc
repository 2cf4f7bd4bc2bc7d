// SPDX-License-Identifier: Apache-2.0
#include "storage/manifest.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/status.h"
#include "storage/framed_file.h"
#include "storage/json_fields.h"
#include "storage/manifest_json.h"
#include "storage/schema_json.h"

namespace freshet {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "freshet-manifest";

json FilesToJson(const std::vector<ManifestFile>& files) {
  json out = json::array();
  for (const ManifestFile& file : files) {
    out.push_back({{"name", file.name},
                   {"bytes", file.bytes},
                   {"xxh3", Hex64Text(file.xxh3)},
                   {"tail_bytes", file.tail_bytes},
                   {"tail_xxh3", Hex64Text(file.tail_xxh3)}});
  }
  return out;
}

absl::StatusOr<std::vector<ManifestFile>> FilesFromJson(const json& array) {
  std::vector<ManifestFile> files;
  for (const json& element : array) {
    JsonFields fields(element);
    ManifestFile file;
    file.name = fields.String("name");
    file.bytes = fields.Int64("bytes");
    file.xxh3 = fields.Hex64("xxh3");
    file.tail_bytes = fields.Int64("tail_bytes");
    file.tail_xxh3 = fields.Hex64("tail_xxh3");
    RETURN_IF_ERROR(fields.status());
    // A name is opened within the version's directory and nowhere else.
    if (file.name.empty() || file.name.find('/') != std::string::npos) {
      return DataLoss("'{}' is not a file's name", file.name);
    }
    if (file.tail_bytes < 0 || file.tail_bytes > file.bytes) {
      return DataLoss("'{}' has a tail of {} bytes and {} in all", file.name,
                      file.tail_bytes, file.bytes);
    }
    files.push_back(std::move(file));
  }
  return files;
}

json ColumnStatsToJson(const std::vector<ColumnStats>& columns) {
  json out = json::array();
  for (const ColumnStats& column : columns) {
    json object = {{"id", column.feature_id}, {"nulls", column.nulls}};
    if (column.nans > 0) object["nans"] = column.nans;
    if (column.distinct > 0) {
      object["min"] = NumberToJson(column.min);
      object["max"] = NumberToJson(column.max);
      object["mean"] = NumberToJson(column.mean);
      object["distinct"] = column.distinct;
      json quantiles = json::array();
      for (const double quantile : column.quantiles) {
        quantiles.push_back(NumberToJson(quantile));
      }
      object["quantiles"] = std::move(quantiles);
    }
    out.push_back(std::move(object));
  }
  return out;
}

double NumberField(const json& object, const char* name, JsonFields& fields) {
  const auto found = object.find(name);
  const std::optional<double> number =
      found == object.end() ? std::nullopt : NumberFromJson(*found);
  if (!number) fields.Fail(DataLoss("field '{}' is not a number", name));
  return number.value_or(0);
}

absl::StatusOr<std::vector<double>> QuantilesFromJson(const json& array) {
  std::vector<double> quantiles;
  for (const json& element : array) {
    const std::optional<double> quantile = NumberFromJson(element);
    if (!quantile.has_value()) return DataLoss("a quantile is not a number");
    quantiles.push_back(*quantile);
  }
  if (!quantiles.empty() && quantiles.size() != kStatsQuantiles.size()) {
    return DataLoss("there are {} quantiles", quantiles.size());
  }
  return quantiles;
}

absl::StatusOr<std::vector<ColumnStats>> ColumnStatsFromJson(
    const json& array) {
  std::vector<ColumnStats> columns;
  for (const json& element : array) {
    JsonFields fields(element);
    ColumnStats stats;
    stats.feature_id = fields.Uint32("id");
    stats.nulls = fields.Int64("nulls");
    if (fields.Has("nans")) stats.nans = fields.Int64("nans");
    if (fields.Has("distinct")) {
      stats.min = NumberField(element, "min", fields);
      stats.max = NumberField(element, "max", fields);
      stats.mean = NumberField(element, "mean", fields);
      stats.distinct = NumberField(element, "distinct", fields);
      ASSIGN_OR_RETURN(stats.quantiles,
                       QuantilesFromJson(fields.Array("quantiles")));
    }
    RETURN_IF_ERROR(fields.status());
    columns.push_back(std::move(stats));
  }
  return columns;
}

json HistoryToJson(const TileHistory& history) {
  return {{"tiles", Hex64Text(history.tiles)},
          {"from_micros", history.span.from_micros},
          {"end_micros", history.span.end_micros},
          {"events", history.events},
          {"left_out", history.left_out}};
}

absl::StatusOr<TileHistory> HistoryFromJson(const json& object) {
  JsonFields fields(object);
  TileHistory history;
  history.tiles = fields.Hex64("tiles");
  history.span.from_micros = fields.Int64("from_micros");
  history.span.end_micros = fields.Int64("end_micros");
  history.events = fields.Int64("events");
  history.left_out = fields.Int64("left_out");
  RETURN_IF_ERROR(fields.status());
  return history;
}

}  // namespace

const ColumnStats* Manifest::StatsOf(uint32_t feature_id) const {
  for (const ColumnStats& column : columns) {
    if (column.feature_id == feature_id) return &column;
  }
  return nullptr;
}

json ManifestToJson(const Manifest& manifest) {
  json object = {{"view", manifest.view},
                 {"version", manifest.version},
                 {"generation", manifest.generation},
                 {"schema", SchemaToJson(manifest.schema)},
                 {"rows", manifest.rows},
                 {"rows_sum", Hex64Text(manifest.rows_sum)},
                 {"key_bytes", manifest.key_bytes},
                 {"row_bytes", manifest.row_bytes},
                 {"files", FilesToJson(manifest.files)},
                 {"as_of_micros", manifest.as_of_micros},
                 {"event_time_min_micros", manifest.event_time_min_micros},
                 {"event_time_max_micros", manifest.event_time_max_micros},
                 {"built_at_micros", manifest.built_at_micros},
                 {"source", manifest.source},
                 {"source_bytes", manifest.source_bytes},
                 {"source_sum", Hex64Text(manifest.source_sum)},
                 {"rows_replaced", manifest.rows_replaced},
                 {"columns", ColumnStatsToJson(manifest.columns)},
                 {"build", manifest.build}};
  if (manifest.NeedsLayers()) {
    object["base"] = manifest.base;
    object["fold"] = manifest.fold;
    object["deleted_rows"] = manifest.deleted_rows;
    object["live_rows"] = manifest.live_rows;
  }
  if (manifest.history) object["history"] = HistoryToJson(*manifest.history);
  if (manifest.whole_as_of_micros.has_value()) {
    object["whole_as_of_micros"] = *manifest.whole_as_of_micros;
  }
  return object;
}

absl::StatusOr<Manifest> ManifestFromJson(const json& object) {
  JsonFields fields(object);
  Manifest manifest;
  manifest.view = fields.String("view");
  manifest.version = fields.Int64("version");
  manifest.generation = fields.Int64("generation");
  const json& schema = fields.Object("schema");
  manifest.rows = fields.Int64("rows");
  manifest.rows_sum = fields.Hex64("rows_sum");
  manifest.key_bytes = fields.Int64("key_bytes");
  manifest.row_bytes = fields.Int64("row_bytes");
  const json& files = fields.Array("files");
  manifest.as_of_micros = fields.Int64("as_of_micros");
  manifest.event_time_min_micros = fields.Int64("event_time_min_micros");
  manifest.event_time_max_micros = fields.Int64("event_time_max_micros");
  manifest.built_at_micros = fields.Int64("built_at_micros");
  manifest.source = fields.String("source");
  manifest.source_bytes = fields.Int64("source_bytes");
  if (fields.Has("source_sum")) {
    manifest.source_sum = fields.Hex64("source_sum");
  }
  manifest.rows_replaced = fields.Int64("rows_replaced");
  manifest.live_rows = manifest.rows;
  if (fields.Has("base")) {
    manifest.base = fields.Int64("base");
    manifest.fold = fields.Int64("fold");
    manifest.deleted_rows = fields.Int64("deleted_rows");
    manifest.live_rows = fields.Int64("live_rows");
  }
  if (fields.Has("whole_as_of_micros")) {
    manifest.whole_as_of_micros = fields.Int64("whole_as_of_micros");
  }
  const bool has_history = fields.Has("history");
  const json& history = has_history ? fields.Object("history") : object;
  const json& columns = fields.Array("columns");
  manifest.build = fields.String("build");
  RETURN_IF_ERROR(fields.status());
  if (has_history) {
    ASSIGN_OR_RETURN(manifest.history, HistoryFromJson(history));
  }
  ASSIGN_OR_RETURN(manifest.schema, SchemaFromJson(schema));
  ASSIGN_OR_RETURN(manifest.files, FilesFromJson(files));
  ASSIGN_OR_RETURN(manifest.columns, ColumnStatsFromJson(columns));
  return manifest;
}

std::string SerializeManifest(const Manifest& manifest) {
  std::string body = DumpJson(ManifestToJson(manifest), /*pretty=*/true);
  body.push_back('\n');
  return Frame(kMagic, manifest.NeedsLayers() ? kManifestFormat : 1, body);
}

absl::StatusOr<Manifest> ParseManifest(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body,
                   Unframe(kMagic, kManifestFormat, bytes));
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(body));
  return ManifestFromJson(object);
}

absl::StatusOr<Manifest> ReadManifest(const std::string& version_dir) {
  const std::string path = fmt::format("{}/{}", version_dir, kManifestName);
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  auto manifest = ParseManifest(bytes);
  if (!manifest.ok()) {
    return Annotate(manifest.status(), fmt::format("'{}'", path));
  }
  return manifest;
}

uint64_t RowSum(std::string_view key, std::string_view row) {
  const uint64_t sums[2] = {Xxh3(key), Xxh3(row)};
  return Xxh3({reinterpret_cast<const char*>(sums), sizeof(sums)});
}

}  // namespace freshet
