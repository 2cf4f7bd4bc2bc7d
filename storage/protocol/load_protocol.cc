// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/load_protocol.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/erasure/forgotten_key_json.h"
#include "storage/json_fields.h"
#include "storage/protocol/source_json.h"
#include "storage/schema_json.h"

namespace freshet {
namespace {

using nlohmann::json;

// In the order of the enumeration.
constexpr std::array<std::string_view, 7> kPhaseNames = {
    "starting",  "reading", "writing", "ingesting",
    "verifying", "built",   "failed"};

LoadPhase PhaseField(JsonFields& fields) {
  const std::string text = fields.String("phase");
  for (size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (kPhaseNames[i] == text) return static_cast<LoadPhase>(i);
  }
  fields.Fail(DataLoss("'{}' is not a phase", text));
  return LoadPhase::kFailed;
}

json LayersToJson(const LayerSpec& layers) {
  json forgotten = json::array();
  for (const ForgottenKey& key : layers.forgotten) {
    forgotten.push_back(ForgottenKeyToJson(key));
  }
  return {{"chain", layers.chain},
          {"merged", layers.merged},
          {"fold", layers.fold},
          {"forgotten", std::move(forgotten)},
          {"recount", layers.recount}};
}

absl::StatusOr<LayerSpec> LayersFromJson(const json& object) {
  JsonFields fields(object);
  LayerSpec layers;
  const json& chain = fields.Array("chain");
  layers.merged = fields.Int64("merged");
  layers.fold = fields.Int64("fold");
  const json& forgotten = fields.Array("forgotten");
  layers.recount = fields.Bool("recount");
  RETURN_IF_ERROR(fields.status());
  for (const json& key : forgotten) {
    ASSIGN_OR_RETURN(layers.forgotten.emplace_back(),
                     ForgottenKeyFromJson(key));
  }
  ASSIGN_OR_RETURN(layers.chain, StringsFromJson(chain));
  return layers;
}

}  // namespace

std::string SerializeLoadSpec(const LoadSpec& spec) {
  return DumpJson({{"view", spec.view},
                   {"version", spec.version},
                   {"generation", spec.generation},
                   {"schema", SchemaToJson(spec.schema)},
                   {"tiles", spec.tiles},
                   {"source", SourceToJson(spec.source)},
                   {"roots", spec.roots},
                   {"layers", LayersToJson(spec.layers)},
                   {"building_dir", spec.building_dir},
                   {"source_sum", Hex64Text(spec.source_sum)},
                   {"has_as_of", spec.has_as_of},
                   {"as_of_micros", spec.as_of_micros},
                   {"now_micros", spec.now_micros},
                   {"sort_buffer_bytes", spec.sort_buffer_bytes},
                   {"memory_max_bytes", spec.memory_max_bytes},
                   {"cpu_max_s", spec.cpu_max_s},
                   {"row_bytes_max", spec.row_bytes_max},
                   {"columns_max", spec.columns_max},
                   {"file_bytes_max", spec.file_bytes_max},
                   {"downloads_max", spec.downloads_max},
                   {"download_rate_max", spec.download_rate_max},
                   {"s3", S3ToJson(spec.s3)},
                   {"disk_reserve_bytes", spec.disk_reserve_bytes},
                   {"dry_run", spec.dry_run},
                   {"build", spec.build}},
                  /*pretty=*/false);
}

absl::StatusOr<LoadSpec> ParseLoadSpec(std::string_view text) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(text));
  JsonFields fields(object);
  LoadSpec spec;
  spec.view = fields.String("view");
  spec.version = fields.Int64("version");
  spec.generation = fields.Int64("generation");
  const json& schema = fields.Object("schema");
  spec.tiles = fields.String("tiles");
  const json& source = fields.Object("source");
  const json& roots = fields.Array("roots");
  const json& layers = fields.Object("layers");
  const json& s3 = fields.Object("s3");
  spec.building_dir = fields.String("building_dir");
  spec.source_sum = fields.Hex64("source_sum");
  spec.has_as_of = fields.Bool("has_as_of");
  spec.as_of_micros = fields.Int64("as_of_micros");
  spec.now_micros = fields.Int64("now_micros");
  spec.sort_buffer_bytes = fields.Int64("sort_buffer_bytes");
  spec.memory_max_bytes = fields.Int64("memory_max_bytes");
  spec.cpu_max_s = fields.Int64("cpu_max_s");
  spec.row_bytes_max = fields.Int64("row_bytes_max");
  spec.columns_max = fields.Int64("columns_max");
  spec.file_bytes_max = fields.Int64("file_bytes_max");
  spec.downloads_max = fields.Int64("downloads_max");
  spec.download_rate_max = fields.Int64("download_rate_max");
  spec.disk_reserve_bytes = fields.Int64("disk_reserve_bytes");
  spec.dry_run = fields.Bool("dry_run");
  spec.build = fields.String("build");
  RETURN_IF_ERROR(fields.status());
  ASSIGN_OR_RETURN(spec.schema, SchemaFromJson(schema));
  ASSIGN_OR_RETURN(spec.source, SourceFromJson(source));
  ASSIGN_OR_RETURN(spec.roots, StringsFromJson(roots));
  ASSIGN_OR_RETURN(spec.layers, LayersFromJson(layers));
  ASSIGN_OR_RETURN(spec.s3, S3FromJson(s3));
  return spec;
}

std::string_view LoadPhaseName(LoadPhase phase) {
  return kPhaseNames[static_cast<size_t>(phase)];
}

std::string SerializeLoadProgress(const LoadProgress& progress) {
  return DumpJson({{"phase", LoadPhaseName(progress.phase)},
                   {"rows", progress.rows},
                   {"rows_total", progress.rows_total},
                   {"bytes", progress.bytes},
                   {"bytes_total", progress.bytes_total},
                   {"bytes_written", progress.bytes_written},
                   {"work", progress.work},
                   {"error", StatusToJson(progress.error)},
                   {"rss_bytes", progress.rss_bytes}},
                  /*pretty=*/false) +
         "\n";
}

absl::StatusOr<LoadProgress> ParseLoadProgress(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields fields(object);
  LoadProgress progress;
  progress.phase = PhaseField(fields);
  progress.rows = fields.Int64("rows");
  progress.rows_total = fields.Int64("rows_total");
  progress.bytes = fields.Int64("bytes");
  progress.bytes_total = fields.Int64("bytes_total");
  progress.bytes_written = fields.Int64("bytes_written");
  progress.work = fields.Int64("work");
  progress.error = StatusField("error", fields);
  progress.rss_bytes = fields.Int64("rss_bytes");
  RETURN_IF_ERROR(fields.status());
  return progress;
}

}  // namespace freshet
