// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/export_protocol.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/json_fields.h"
#include "storage/protocol/source_json.h"

namespace freshet {
namespace {

using nlohmann::json;

constexpr std::string_view kOrderBegins = R"({"export":)";

}  // namespace

bool IsExportOrder(std::string_view line) {
  return line.starts_with(kOrderBegins);
}

std::string SerializeExportOrder(const ExportOrder& order) {
  json sources = json::array();
  for (const auto& [name, source] : order.sources) {
    sources.push_back({{"name", name},
                       {"timestamp_field", source.timestamp_field},
                       {"id_field", source.id_field}});
  }
  return DumpJson({{"export",
                    {{"log_dir", order.log_dir},
                     {"from", Hex64Text(order.from)},
                     {"until", Hex64Text(order.until)},
                     {"log", Hex64Text(order.log_id)},
                     {"directory", order.directory},
                     {"sources", std::move(sources)},
                     {"keep_from_micros", order.keep_from_micros},
                     {"memory_max_bytes", order.memory_max_bytes},
                     {"disk_reserve_bytes", order.disk_reserve_bytes}}}},
                  /*pretty=*/false);
}

absl::StatusOr<ExportOrder> ParseExportOrder(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields outer(object);
  const json& body = outer.Object("export");
  RETURN_IF_ERROR(outer.status());
  JsonFields fields(body);
  const json& sources = fields.Array("sources");
  ExportOrder order;
  order.log_dir = fields.String("log_dir");
  order.from = fields.Hex64("from");
  order.until = fields.Hex64("until");
  order.log_id = fields.Hex64("log");
  order.directory = fields.String("directory");
  order.keep_from_micros = fields.Int64("keep_from_micros");
  order.memory_max_bytes = fields.Int64("memory_max_bytes");
  order.disk_reserve_bytes = fields.Int64("disk_reserve_bytes");
  RETURN_IF_ERROR(fields.status());
  for (const json& one : sources) {
    if (!one.is_object()) return DataLoss("a source is not an object");
    JsonFields source(one);
    const std::string name = source.String("name");
    order.sources[name] = {source.String("timestamp_field"),
                           source.String("id_field")};
    RETURN_IF_ERROR(source.status());
  }
  return order;
}

std::string SerializeExportReport(const ExportReport& report) {
  return DumpJson({{"is_last", report.is_last},
                   {"status", StatusToJson(report.status)},
                   {"records", report.records},
                   {"events", report.events},
                   {"files", report.files},
                   {"bytes", report.bytes},
                   {"removed_files", report.removed_files}},
                  /*pretty=*/false) +
         "\n";
}

absl::StatusOr<ExportReport> ParseExportReport(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(line));
  JsonFields fields(object);
  ExportReport report;
  report.is_last = fields.Bool("is_last");
  report.status = StatusField("status", fields);
  report.records = fields.Int64("records");
  report.events = fields.Int64("events");
  report.files = fields.Int64("files");
  report.bytes = fields.Int64("bytes");
  report.removed_files = fields.Int64("removed_files");
  RETURN_IF_ERROR(fields.status());
  return report;
}

}  // namespace freshet
