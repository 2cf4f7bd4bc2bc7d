// SPDX-License-Identifier: Apache-2.0
// What the daemon and the watcher process say to each other, line by line. The
// daemon writes one WatchOrder, and later a WatchWake whenever a source is to
// be looked at now; when the watcher's standard input is closed the daemon is
// gone and the watcher ends. The watcher writes a Sighting for each look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/settings.h"

namespace freshet {

struct WatchedSource {
  std::string view;
  BatchSource source;  // `path` absolute, or an ObjectUrl; `watch` is set.
  // Of a source of upserts, each in a directory: the last that is loaded, by
  // name; the next one is looked for. "": none is.
  std::string after;
};

struct WatchOrder {
  std::vector<WatchedSource> sources;
  std::vector<std::string> roots;
  S3Settings s3;
  int64_t memory_max_bytes = 0;  // RLIMIT_AS; 0: none.
};

std::string SerializeWatchOrder(const WatchOrder& order);  // Without newline.
absl::StatusOr<WatchOrder> ParseWatchOrder(std::string_view line);
// By its beginning: a loader is told a LoadSpec instead.
bool IsWatchOrder(std::string_view line);

// The source of `view` is to be looked at now; if `after` is there, that is
// what WatchedSource::after is from now on.
struct WatchWake {
  std::string view;
  std::optional<std::string> after;
};

std::string SerializeWatchWake(const WatchWake& wake);  // With newline.
absl::StatusOr<WatchWake> ParseWatchWake(std::string_view line);

// What one look saw.
struct Sighting {
  std::string view;
  // OK: a complete snapshot. FAILED_PRECONDITION: none that is complete; the
  // message says what is waited for. Else the look failed.
  absl::Status status;
  std::string path;  // Of the snapshot: the source's, or a directory beneath.
  uint64_t sum = 0;  // Manifest::source_sum of a load that reads it as it is.
  int64_t files = 0;
  int64_t bytes = 0;
  std::string note;  // What an operator ought to know besides; "": nothing.
};

std::string SerializeSighting(const Sighting& sighting);  // With newline.
absl::StatusOr<Sighting> ParseSighting(std::string_view line);

}  // namespace freshet
