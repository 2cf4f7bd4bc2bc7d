// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/feed/source_state.h"

namespace freshet {

class LiveState;

// One source that is read from topics, at a glance.
struct SourceReport {
  std::string name;
  std::string owner;
  std::vector<std::string> topics;
  int64_t partitions = 0;
  int64_t stopped = 0;  // Of them.
  int64_t lag = -1;     // Records of all partitions; -1: not known of all.
  int64_t records = 0;
  int64_t events = 0;
  std::array<int64_t, kDeadLetterReasons> dead_letters = {};
  int64_t newest_event_micros = 0;  // 0: none yet.
  int64_t behind_micros = 0;        // SourceState's, at least.
  bool paused = false;
  std::string message;  // What is wrong with it, if anything.
};

// Of what its feed says: without what its definition does.
SourceReport ReportSource(const SourceState& state);

// A report of each source that is read from topics.
std::vector<SourceReport> ReportSources(const LiveState& live);

}  // namespace freshet
