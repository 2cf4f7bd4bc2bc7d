// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/watch_protocol.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/json_fields.h"
#include "storage/protocol/source_json.h"

namespace freshet {
namespace {

using nlohmann::json;

constexpr std::string_view kOrderBegins = R"({"watch":)";

absl::StatusOr<WatchedSource> WatchedFromJson(const json& object) {
  JsonFields fields(object);
  WatchedSource watched;
  watched.view = fields.String("view");
  watched.after = fields.String("after");
  const json& source = fields.Object("source");
  RETURN_IF_ERROR(fields.status());
  ASSIGN_OR_RETURN(watched.source, SourceFromJson(source));
  if (watched.source.watch) return watched;
  return DataLoss("the source of '{}' is not watched", watched.view);
}

}  // namespace

bool IsWatchOrder(std::string_view line) {
  return line.starts_with(kOrderBegins);
}

std::string SerializeWatchOrder(const WatchOrder& order) {
  json sources = json::array();
  for (const WatchedSource& watched : order.sources) {
    sources.push_back({{"view", watched.view},
                       {"source", SourceToJson(watched.source)},
                       {"after", watched.after}});
  }
  return DumpJson({{"watch",
                    {{"sources", std::move(sources)},
                     {"roots", order.roots},
                     {"s3", S3ToJson(order.s3)},
                     {"memory_max_bytes", order.memory_max_bytes}}}},
                  /*pretty=*/false);
}

absl::StatusOr<WatchOrder> ParseWatchOrder(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields outer(object);
  const json& watch = outer.Object("watch");
  RETURN_IF_ERROR(outer.status());
  JsonFields fields(watch);
  const json& sources = fields.Array("sources");
  const json& roots = fields.Array("roots");
  const json& s3 = fields.Object("s3");
  WatchOrder order;
  order.memory_max_bytes = fields.Int64("memory_max_bytes");
  RETURN_IF_ERROR(fields.status());
  for (const json& source : sources) {
    if (!source.is_object()) return DataLoss("a source is not an object");
    ASSIGN_OR_RETURN(WatchedSource watched, WatchedFromJson(source));
    order.sources.push_back(std::move(watched));
  }
  ASSIGN_OR_RETURN(order.roots, StringsFromJson(roots));
  ASSIGN_OR_RETURN(order.s3, S3FromJson(s3));
  return order;
}

std::string SerializeWatchWake(const WatchWake& wake) {
  json object = {{"view", wake.view}};
  if (wake.after) object["after"] = *wake.after;
  return DumpJson(object, /*pretty=*/false) + "\n";
}

absl::StatusOr<WatchWake> ParseWatchWake(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields fields(object);
  WatchWake wake;
  wake.view = fields.String("view");
  if (fields.Has("after")) wake.after = fields.String("after");
  RETURN_IF_ERROR(fields.status());
  return wake;
}

std::string SerializeSighting(const Sighting& sighting) {
  return DumpJson({{"view", sighting.view},
                   {"status", StatusToJson(sighting.status)},
                   {"path", sighting.path},
                   {"sum", Hex64Text(sighting.sum)},
                   {"files", sighting.files},
                   {"bytes", sighting.bytes},
                   {"note", sighting.note}},
                  /*pretty=*/false) +
         "\n";
}

absl::StatusOr<Sighting> ParseSighting(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields fields(object);
  Sighting sighting;
  sighting.view = fields.String("view");
  sighting.status = StatusField("status", fields);
  sighting.path = fields.String("path");
  sighting.sum = fields.Hex64("sum");
  sighting.files = fields.Int64("files");
  sighting.bytes = fields.Int64("bytes");
  sighting.note = fields.String("note");
  RETURN_IF_ERROR(fields.status());
  return sighting;
}

}  // namespace freshet
