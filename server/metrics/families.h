// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  // `snapshot`: a Histogram's.
  template <typename Snapshot>
  requires requires { Snapshot::Bounds(); }
  void Add(const Snapshot& snapshot, const MetricLabels& labels) {
    AddHistogram({Snapshot::Bounds(), snapshot.counts, snapshot.sum_seconds},
                 labels);
  }

  // Declare and one Add.
  void Gauge(std::string_view name, std::string_view help, double value);
  void Counter(std::string_view name, std::string_view help, double value);

  // In Prometheus' text form.
  std::string Text() const;

 private:
  struct HistogramValues {
    std::span<const double> bounds;
    std::span<const uint64_t> counts;  // Per bucket, one more.
    double sum_seconds = 0;
  };
  void AddHistogram(const HistogramValues& values, const MetricLabels& labels);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

inline double Seconds(int64_t micros) {
  return static_cast<double>(micros) / 1e6;
}

}  // namespace freshet
