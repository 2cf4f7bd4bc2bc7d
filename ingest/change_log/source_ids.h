// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"
#include "ingest/change_log/seen_ids.h"
#include "storage/change_log/change_log.h"

namespace freshet {

// Which events of sources with an `id_field` came before. What it knows follows
// from the change log alone: for each record, from those of a horizon before
// it. Of what is read from topics, time in which nothing was read counts as a
// minute at most: an event and its repetition stand near each other there, also
// where the daemon was away between them, for a day. Not thread-safe.
class SourceIds {
 public:
  // From now on of these, of each name one. For a source that is new, or has
  // another id or horizon than before, the ids of the records before `next` are
  // read from the log. DATA_LOSS if a record is damaged.
  absl::Status SetSources(const std::vector<StreamSource>& sources,
                          const ChangeLog& log, uint64_t next);

  // For each event of the record of this number 1 if it came before, else 0;
  // empty if its source has no ids. From then on they came. Valid until the
  // next call.
  const std::vector<uint8_t>& Take(uint64_t number, const LoggedEvents& logged);

  // The first of the records before `next` whose ids may be asked for by those
  // from `next` on; `next` if there is none. It does not go back.
  absl::StatusOr<uint64_t> FirstRead(const ChangeLog& log, uint64_t next);

 private:
  struct OfSource {
    std::string field;
    SeenIds seen;
    bool is_read = false;
    bool of_topics = false;
    int64_t now_micros = 0;                      // Without what does not count.
    std::optional<int64_t> arrival_micros = {};  // Of the last record.
    // Which records were there when it was when, about one a minute, the oldest
    // first.
    struct Mark {
      uint64_t record = 0;
      int64_t now_micros = 0;
      int64_t arrival_micros = 0;
    };
    std::deque<Mark> marks = {};

    void Advance(uint64_t number, const LoggedEvents& logged);
    // The first record that is of the horizon before the records from `next`
    // on, the first of which is no earlier than `last_micros`.
    uint64_t FirstOf(uint64_t next, int64_t last_micros);
  };

  // The ids of sources that are new, of so long before `next`.
  absl::Status ReadNew(const ChangeLog& log, uint64_t next,
                       int64_t horizon_micros);
  absl::Status NoteRead(absl::Status status);

  std::map<std::string, OfSource> sources_;
  std::vector<uint8_t> duplicates_;
};

}  // namespace freshet
