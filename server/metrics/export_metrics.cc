// SPDX-License-Identifier: Apache-2.0
#include "server/event_export/event_exporter.h"
#include "server/metrics/families.h"
#include "server/metrics/metrics_page.h"

namespace freshet {

void AddExportMetrics(const MetricsSource& source, Families& families) {
  const EventExporter::Stats stats = source.event_exporter->stats();
  families.Gauge("freshet_event_export_ok",
                 "Whether the events that came could be written to files the "
                 "last time, or none are to be.",
                 stats.status.ok() ? 1 : 0);
  families.Gauge("freshet_event_export_complete_seconds",
                 "Events that came until then are in files.",
                 Seconds(stats.complete_micros));
  families.Gauge("freshet_event_export_records_left",
                 "Records of the change log whose events are not in files yet.",
                 static_cast<double>(stats.records_left));
  families.Counter("freshet_event_export_lost_records_total",
                   "Records of the change log, ever, that it let go of before "
                   "their events were in files.",
                   static_cast<double>(stats.lost_records));
  families.Counter("freshet_event_export_events_total",
                   "Events that were written to files.",
                   static_cast<double>(stats.events));
  families.Counter("freshet_event_export_files_total",
                   "Files of events that were written.",
                   static_cast<double>(stats.files));
  families.Counter("freshet_event_export_bytes_total", "Bytes of them.",
                   static_cast<double>(stats.bytes));
  families.Counter("freshet_event_export_removed_files_total",
                   "Files of events that were removed, being old.",
                   static_cast<double>(stats.removed_files));
  families.Counter("freshet_event_export_failures_total",
                   "How often events could not be written to files.",
                   static_cast<double>(stats.failures));
}

}  // namespace freshet
