// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/fitted_events.h"

#include <algorithm>

namespace freshet {

EventBatch FittedTo(const StreamSource& source, const LoggedEvents& logged) {
  EventBatch fitted{.rows = logged.events.rows,
                    .partitions = logged.events.partitions,
                    .offsets = logged.events.offsets};
  for (const StreamField& field : source.fields) {
    const auto had = std::find_if(
        logged.fields.begin(), logged.fields.end(),
        [&](const StreamField& f) { return f.name == field.name; });
    ValueColumn& column = fitted.fields.emplace_back();
    const bool fits =
        had != logged.fields.end() && WidensTo(had->type, field.type);
    if (fits) {
      column = logged.events
                   .fields[static_cast<size_t>(had - logged.fields.begin())];
    }
    column.type = field.type;
    column.Resize(fitted.rows);
    std::vector<uint8_t>& absent = fitted.absent.emplace_back();
    if (!fits) {
      absent.assign(fitted.rows, 1);
    } else if (!logged.events.absent.empty()) {
      absent = logged.events
                   .absent[static_cast<size_t>(had - logged.fields.begin())];
    }
  }
  return fitted;
}

}  // namespace freshet
