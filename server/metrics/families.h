// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/net/request_stats.h"

namespace freshet {

using MetricLabels = std::vector<std::pair<std::string_view, std::string_view>>;

// The metrics of one scrape, built afresh each time from plain counters: no
// counter on a request's path knows Prometheus. Every name is declared once,
// by Declare, then gets its samples. Not thread-safe.
class Families {
 public:
  enum class Type { kCounter, kGauge, kHistogram };

  Families();
  ~Families();

  // Begins a family. Its samples come next.
  void Declare(Type type, std::string_view name, std::string_view help);
  void Add(double value, const MetricLabels& labels = {});
  void Add(const DurationHistogram::Snapshot& snapshot,
           const MetricLabels& labels);

  // Declare and one Add.
  void Gauge(std::string_view name, std::string_view help, double value);
  void Counter(std::string_view name, std::string_view help, double value);

  // In Prometheus' text form.
  std::string Text() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

inline double Seconds(int64_t micros) {
  return static_cast<double>(micros) / 1e6;
}

}  // namespace freshet
