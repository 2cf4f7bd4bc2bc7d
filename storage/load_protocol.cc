// SPDX-License-Identifier: Apache-2.0
#include "storage/load_protocol.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"
#include "storage/json_fields.h"
#include "storage/schema_json.h"

namespace freshet {
namespace {

using nlohmann::json;

// In the order of the enumeration.
constexpr std::array<std::string_view, 7> kPhaseNames = {
    "starting",  "reading", "writing", "ingesting",
    "verifying", "built",   "failed"};

// The last of absl's codes, UNAUTHENTICATED.
constexpr int64_t kStatusCodeMax = 16;

json SourceToJson(const BatchSource& source) {
  return {{"path", source.path},
          {"format", FileFormatName(source.format)},
          {"require_success", source.require_success},
          {"timestamp_field", source.timestamp_field},
          {"zone", source.zone},
          {"at_day", DayPointName(source.at_day)},
          {"duplicates", DuplicatesName(source.duplicates)},
          {"columns", source.columns}};
}

// A text that is one of `names`; else the first of them, and a failure.
std::string ChoiceField(const char* name, const std::vector<std::string>& names,
                        JsonFields& fields) {
  std::string text = fields.String(name);
  if (std::find(names.begin(), names.end(), text) != names.end()) return text;
  fields.Fail(DataLoss("field '{}' is '{}'", name, text));
  return names.front();
}

DayPoint DayPointField(JsonFields& fields) {
  std::vector<std::string> names = DayPointNames();
  names.emplace_back();  // kNone.
  const std::string text = ChoiceField("at_day", names, fields);
  return text.empty() ? DayPoint::kNone : DayPointOf(text);
}

absl::StatusOr<BatchSource> SourceFromJson(const json& object) {
  JsonFields fields(object);
  BatchSource source;
  source.path = fields.String("path");
  source.format =
      FileFormatOf(ChoiceField("format", FileFormatNames(), fields));
  source.require_success = fields.Bool("require_success");
  source.timestamp_field = fields.String("timestamp_field");
  source.zone = fields.String("zone");
  source.at_day = DayPointField(fields);
  source.duplicates =
      DuplicatesOf(ChoiceField("duplicates", DuplicatesNames(), fields));
  const json& columns = fields.Object("columns");
  JsonFields column_fields(columns);
  for (auto it = columns.begin(); it != columns.end(); ++it) {
    source.columns[it.key()] = column_fields.String(it.key().c_str());
  }
  fields.Fail(column_fields.status());
  RETURN_IF_ERROR(fields.status());
  return source;
}

json S3ToJson(const S3Settings& s3) {
  return {{"endpoint", s3.endpoint},
          {"region", s3.region},
          {"ca_file", s3.ca_file},
          {"anonymous", s3.anonymous},
          {"connect_timeout_ms", s3.connect_timeout_ms},
          {"request_timeout_ms", s3.request_timeout_ms}};
}

absl::StatusOr<S3Settings> S3FromJson(const json& object) {
  JsonFields fields(object);
  S3Settings s3;
  s3.endpoint = fields.String("endpoint");
  s3.region = fields.String("region");
  s3.ca_file = fields.String("ca_file");
  s3.anonymous = fields.Bool("anonymous");
  s3.connect_timeout_ms = fields.Int64("connect_timeout_ms");
  s3.request_timeout_ms = fields.Int64("request_timeout_ms");
  RETURN_IF_ERROR(fields.status());
  return s3;
}

absl::StatusOr<std::vector<std::string>> Strings(const json& array) {
  std::vector<std::string> out;
  for (const json& element : array) {
    if (!element.is_string()) return DataLoss("an element is not a string");
    out.push_back(element.get<std::string>());
  }
  return out;
}

LoadPhase PhaseField(JsonFields& fields) {
  const std::string text = fields.String("phase");
  for (size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (kPhaseNames[i] == text) return static_cast<LoadPhase>(i);
  }
  fields.Fail(DataLoss("'{}' is not a phase", text));
  return LoadPhase::kFailed;
}

absl::Status ErrorField(JsonFields& fields) {
  JsonFields error(fields.Object("error"));
  const int64_t code = error.Int64("code");
  const std::string message = error.String("message");
  fields.Fail(error.status());
  if (code < 0 || code > kStatusCodeMax) {
    fields.Fail(DataLoss("{} is not a status code", code));
  }
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

}  // namespace

std::string SerializeLoadSpec(const LoadSpec& spec) {
  return DumpJson({{"view", spec.view},
                   {"version", spec.version},
                   {"generation", spec.generation},
                   {"schema", SchemaToJson(spec.schema)},
                   {"source", SourceToJson(spec.source)},
                   {"roots", spec.roots},
                   {"building_dir", spec.building_dir},
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
  const json& source = fields.Object("source");
  const json& roots = fields.Array("roots");
  const json& s3 = fields.Object("s3");
  spec.building_dir = fields.String("building_dir");
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
  ASSIGN_OR_RETURN(spec.roots, Strings(roots));
  ASSIGN_OR_RETURN(spec.s3, S3FromJson(s3));
  return spec;
}

std::string_view LoadPhaseName(LoadPhase phase) {
  return kPhaseNames[static_cast<size_t>(phase)];
}

std::string SerializeLoadProgress(const LoadProgress& progress) {
  const std::string message(progress.error.message());
  return DumpJson({{"phase", LoadPhaseName(progress.phase)},
                   {"rows", progress.rows},
                   {"rows_total", progress.rows_total},
                   {"bytes", progress.bytes},
                   {"bytes_total", progress.bytes_total},
                   {"bytes_written", progress.bytes_written},
                   {"work", progress.work},
                   {"error",
                    {{"code", static_cast<int>(progress.error.code())},
                     {"message", message}}},
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
  progress.error = ErrorField(fields);
  progress.rss_bytes = fields.Int64("rss_bytes");
  RETURN_IF_ERROR(fields.status());
  return progress;
}

}  // namespace freshet
