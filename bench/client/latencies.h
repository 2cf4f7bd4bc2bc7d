// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

// Latencies of one run, with when each was due, so that a window of the run
// can be looked at. Microseconds. Not thread-safe.
class Latencies {
 public:
  struct Sample {
    int64_t due_micros = 0;  // Since the start of the run.
    int64_t latency_micros = 0;
  };
  void Add(Sample sample) { samples_.push_back(sample); }

  // Of the samples due in [from, to). 0 if there are none.
  int64_t Quantile(double q, int64_t from_micros, int64_t to_micros) const;
  size_t size() const { return samples_.size(); }

 private:
  std::vector<Sample> samples_;
};

}  // namespace freshet
