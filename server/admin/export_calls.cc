// SPDX-License-Identifier: Apache-2.0
#include "server/admin/export_calls.h"

#include <string>

#include "base/status.h"
#include "freshet/v1/admin.pb.h"
#include "server/event_export/event_exporter.h"

namespace freshet {
namespace {

void ToProto(const EventExporter::Stats& stats, v1::EventExportState* state) {
  state->set_directory(stats.directory);
  state->set_complete_micros(stats.complete_micros);
  state->set_records_left(stats.records_left);
  state->set_lost_records(stats.lost_records);
  state->set_message(std::string(stats.status.message()));
}

}  // namespace

absl::Status ExportEvents(EventExporter& exporter,
                          const std::function<bool()>& waits,
                          v1::EventExportState* state) {
  RETURN_IF_ERROR(exporter.ExportNow(waits));
  ToProto(exporter.stats(), state);
  return absl::OkStatus();
}

void DescribeExport(const EventExporter& exporter, v1::DaemonStatus* status) {
  const EventExporter::Stats stats = exporter.stats();
  if (!stats.directory.empty()) ToProto(stats, status->mutable_event_export());
}

}  // namespace freshet
