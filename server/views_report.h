// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "versions/catalog.h"
#include "versions/serving.h"

namespace freshet {

// One view at a glance: what the admin API, the metrics and the status page
// all show.
struct ViewReport {
  std::string name;
  std::string owner;
  std::vector<std::string> join_keys;
  size_t features = 0;
  bool has_snapshots = true;  // Else it has live rows alone.
  int64_t version = 0;  // Current; 0: none. The rest of it is 0 then, too.
  int64_t rows = 0;
  int64_t bytes = 0;   // With those that it is laid over.
  int64_t layers = 0;  // It and those that it is laid over.
  int64_t as_of_micros = 0;
  int64_t age_micros = 0;  // now - as_of.
  int64_t freshness_micros = 0;
  bool critical = false;
  int64_t kept = 0;
  int64_t pending = 0;
  int64_t waiting = 0;  // For the rest of their snapshot group.
  int64_t corrupt = 0;
  int64_t rollbacks = 0;
  int64_t fallbacks = 0;
  std::string message;  // What is wrong with it, if anything.
};

// Bytes on disk of a version.
int64_t BytesOf(const Manifest& manifest);

// A report of each view that is defined, in the order of the definitions.
std::vector<ViewReport> ReportViews(const ServingSet& set,
                                    const CatalogState& catalog,
                                    int64_t now_micros);

// Why the daemon is not ready, one line each: critical views that have no
// version, or cannot be read. Empty: it is ready.
std::vector<std::string> NotReadyReasons(const ServingSet& set);

}  // namespace freshet
