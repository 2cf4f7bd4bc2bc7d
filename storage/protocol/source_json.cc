// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/source_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

using nlohmann::json;

// The last of absl's codes, UNAUTHENTICATED.
constexpr int64_t kStatusCodeMax = 16;

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

json WatchToJson(const WatchSettings& watch) {
  return {{"every_micros", watch.every_micros},
          {"complete", CompleteName(watch.complete)},
          {"quiet_micros", watch.quiet_micros},
          {"each", SnapshotPlaceName(watch.each)}};
}

absl::StatusOr<WatchSettings> WatchFromJson(const json& object) {
  JsonFields fields(object);
  WatchSettings watch;
  watch.every_micros = fields.Int64("every_micros");
  watch.complete = CompleteOf(ChoiceField("complete", CompleteNames(), fields));
  watch.quiet_micros = fields.Int64("quiet_micros");
  watch.each =
      SnapshotPlaceOf(ChoiceField("each", SnapshotPlaceNames(), fields));
  RETURN_IF_ERROR(fields.status());
  return watch;
}

}  // namespace

json SourceToJson(const BatchSource& source) {
  json object = {{"path", source.path},
                 {"format", FileFormatName(source.format)},
                 {"require_success", source.require_success},
                 {"manifest", source.manifest},
                 {"mode", LoadModeName(source.mode)},
                 {"timestamp_field", source.timestamp_field},
                 {"deleted_field", source.deleted_field},
                 {"zone", source.zone},
                 {"at_day", DayPointName(source.at_day)},
                 {"duplicates", DuplicatesName(source.duplicates)},
                 {"columns", source.columns},
                 {"column_case", ColumnCaseName(source.column_case)},
                 {"partitions", PartitionsName(source.partitions)}};
  if (source.watch) object["watch"] = WatchToJson(*source.watch);
  return object;
}

absl::StatusOr<BatchSource> SourceFromJson(const json& object) {
  JsonFields fields(object);
  BatchSource source;
  source.path = fields.String("path");
  source.format =
      FileFormatOf(ChoiceField("format", FileFormatNames(), fields));
  source.require_success = fields.Bool("require_success");
  source.manifest = fields.String("manifest");
  source.mode = LoadModeOf(ChoiceField("mode", LoadModeNames(), fields));
  source.timestamp_field = fields.String("timestamp_field");
  source.deleted_field = fields.String("deleted_field");
  source.zone = fields.String("zone");
  source.at_day = DayPointField(fields);
  source.duplicates =
      DuplicatesOf(ChoiceField("duplicates", DuplicatesNames(), fields));
  source.column_case =
      ColumnCaseOf(ChoiceField("column_case", ColumnCaseNames(), fields));
  source.partitions =
      PartitionsOf(ChoiceField("partitions", PartitionsNames(), fields));
  const json& columns = fields.Object("columns");
  JsonFields column_fields(columns);
  for (auto it = columns.begin(); it != columns.end(); ++it) {
    source.columns[it.key()] = column_fields.String(it.key().c_str());
  }
  fields.Fail(column_fields.status());
  const bool is_watched = fields.Has("watch");
  const json& watch = is_watched ? fields.Object("watch") : object;
  RETURN_IF_ERROR(fields.status());
  if (is_watched) {
    ASSIGN_OR_RETURN(source.watch, WatchFromJson(watch));
  }
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

json StatusToJson(const absl::Status& status) {
  return {{"code", static_cast<int>(status.code())},
          {"message", std::string(status.message())}};
}

absl::Status StatusField(const char* name, JsonFields& fields) {
  JsonFields status(fields.Object(name));
  const int64_t code = status.Int64("code");
  const std::string message = status.String("message");
  fields.Fail(status.status());
  if (code < 0 || code > kStatusCodeMax) {
    fields.Fail(DataLoss("{} is not a status code", code));
  }
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

absl::StatusOr<std::vector<std::string>> StringsFromJson(const json& array) {
  std::vector<std::string> out;
  for (const json& element : array) {
    if (!element.is_string()) return DataLoss("an element is not a string");
    out.push_back(element.get<std::string>());
  }
  return out;
}

}  // namespace freshet
