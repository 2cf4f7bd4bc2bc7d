// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace freshet {

class EventExporter;

namespace v1 {
class DaemonStatus;
class EventExportState;
}  // namespace v1

// What the admin API says of events in files, and the call to have them there
// now: `waits` says whether somebody still waits for it.
absl::Status ExportEvents(EventExporter& exporter,
                          const std::function<bool()>& waits,
                          v1::EventExportState* state);
void DescribeExport(const EventExporter& exporter, v1::DaemonStatus* status);

}  // namespace freshet
