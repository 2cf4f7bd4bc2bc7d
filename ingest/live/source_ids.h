// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"
#include "ingest/live/seen_ids.h"
#include "storage/change_log/change_log.h"

namespace freshet {

// Which events of sources with an `id_field` came before. What it knows follows
// from the change log alone: for each record, from those of a horizon before
// it. Not thread-safe.
class SourceIds {
 public:
  // From now on of these, of each name one. For a source that is new, or has
  // another id or horizon than before, the ids of the records before `next` are
  // read from the log. DATA_LOSS if a record is damaged.
  absl::Status SetSources(const std::vector<StreamSource>& sources,
                          const ChangeLog& log, uint64_t next);

  // For each event 1 if it came before, else 0; empty if its source has no ids.
  // From then on they came. Valid until the next call.
  const std::vector<uint8_t>& Take(const LoggedEvents& logged);

  // The first of the records that SetSources reads.
  absl::StatusOr<uint64_t> FirstRead(const ChangeLog& log, uint64_t next) const;

 private:
  struct OfSource {
    std::string field;
    SeenIds seen;
    bool is_read = false;
  };

  std::map<std::string, OfSource> sources_;
  std::vector<uint8_t> duplicates_;
};

}  // namespace freshet
