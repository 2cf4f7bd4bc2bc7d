// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "versions/serving.h"

namespace freshet {

class LiveState;
class RequestStats;

// How far what a view has of events may lack what was written to the topics of
// their source.
struct ViewFreshness {
  // SourceState's, at least; nullopt: nobody reads it.
  std::optional<int64_t> behind_micros;
  bool is_known = false;        // Not only at least.
  int64_t expected_micros = 0;  // `expected_freshness`; 0: none.

  // What is to be said of it; "": nothing, it is as it is expected.
  std::string Trouble() const;
};

// Of each view of windows or with live rows whose source is read from topics,
// by its name.
std::map<std::string, ViewFreshness> ReportFreshness(const ServingSet& set,
                                                     const LiveState& live);

// Tells ServedAges of all views of windows or with live rows until when they
// have everything.
void NoteWholeUntil(const ServingSet& set, const LiveState& live,
                    int64_t now_micros, RequestStats& requests);

}  // namespace freshet
