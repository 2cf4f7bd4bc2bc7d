// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/live/live_view.h"
#include "versions/serving.h"

namespace freshet {

// One stream view at a glance: what the admin API, the metrics and the status
// page all show.
struct StreamReport {
  std::string name;
  std::string source;
  std::string owner;
  std::vector<std::string> join_keys;
  size_t features = 0;
  // Those whose windows begin before everything is known.
  size_t incomplete = 0;
  int64_t whole_from_micros = 0;  // 0: it has nothing yet.
  // What answers up to its cut-over; 0: none.
  int64_t history_version = 0;
  int64_t cutover_micros = 0;
  // Records of the change log that are to be gone through until it answers as
  // it is defined; nullopt: it does.
  std::optional<uint64_t> records_left;
  OutcomeCounts outcomes = {};  // Since the daemon started.
  std::string message;          // What is wrong with it, if anything.
};

// A report of each stream view that is defined, in the order of the
// definitions. `outcomes`: as LiveViews' stats have them, by view; `trouble`:
// what is wrong with all of them, if anything.
std::vector<StreamReport> ReportStreams(
    const ServingSet& set, const std::map<std::string, OutcomeCounts>& outcomes,
    const std::string& trouble, int64_t now_micros);

// What an outcome is called in metrics and reports: `added`, `late`.
std::string_view OutcomeName(EventOutcome outcome);

}  // namespace freshet
