// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/families.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace freshet {

struct Families::Parts {
  std::vector<prometheus::MetricFamily> families;
};

namespace {

std::vector<prometheus::ClientMetric::Label> LabelsOf(
    const MetricLabels& labels) {
  std::vector<prometheus::ClientMetric::Label> out;
  for (const auto& [name, value] : labels) {
    out.push_back({std::string(name), std::string(value)});
  }
  return out;
}

prometheus::MetricType TypeOf(Families::Type type) {
  switch (type) {
    case Families::Type::kCounter:
      return prometheus::MetricType::Counter;
    case Families::Type::kGauge:
      return prometheus::MetricType::Gauge;
    case Families::Type::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

}  // namespace

Families::Families() : parts_(std::make_unique<Parts>()) {}

Families::~Families() = default;

void Families::Declare(Type type, std::string_view name,
                       std::string_view help) {
  parts_->families.push_back(
      {std::string(name), std::string(help), TypeOf(type), {}});
}

void Families::Add(double value, const MetricLabels& labels) {
  prometheus::MetricFamily& family = parts_->families.back();
  prometheus::ClientMetric metric;
  metric.label = LabelsOf(labels);
  // Only the one of the family's type is written.
  metric.gauge.value = value;
  metric.counter.value = value;
  family.metric.push_back(std::move(metric));
}

void Families::AddHistogram(const HistogramValues& values,
                            const MetricLabels& labels) {
  prometheus::ClientMetric metric;
  metric.label = LabelsOf(labels);
  uint64_t count = 0;
  for (size_t i = 0; i < values.counts.size(); ++i) {
    count += values.counts[i];
    const double bound = i < values.bounds.size()
                             ? values.bounds[i]
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = values.sum_seconds;
  parts_->families.back().metric.push_back(std::move(metric));
}

void Families::Gauge(std::string_view name, std::string_view help,
                     double value) {
  Declare(Type::kGauge, name, help);
  Add(value);
}

void Families::Counter(std::string_view name, std::string_view help,
                       double value) {
  Declare(Type::kCounter, name, help);
  Add(value);
}

std::string Families::Text() const {
  return prometheus::TextSerializer().Serialize(parts_->families);
}

}  // namespace freshet
