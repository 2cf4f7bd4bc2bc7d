// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

// The `batch_source` of a stream view: files with its events of the past. They
// are loaded, rolled back and listed as snapshots of a batch view of the name
// HistoryName, which is made of it and has this.
struct ViewHistory {
  std::string stream_view;
  // Whatever happened so long before the files were made is in them, if it ever
  // will.
  int64_t settle_micros = int64_t{2} * 3'600'000'000;
  // From when on they have every event, one of the two: a moment, or so long
  // before they were made. 0: not this one.
  int64_t since_micros = 0;
  int64_t covers_micros = 0;
};

// No view that is defined by itself has a dot in its name.
inline std::string HistoryName(std::string_view stream_view) {
  return std::string(stream_view) + ".history";
}

}  // namespace freshet
