// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/families.h"
#include "server/metrics/metrics_page.h"
#include "server/net/request_stats.h"
#include "server/online/read_pool.h"

namespace freshet {
namespace {

using Metric = Families::Type;

void AddMethods(const RequestStats& requests, Families& families) {
  const auto methods = requests.methods();
  families.Declare(Metric::kCounter, "freshet_grpc_requests_total",
                   "Calls answered.");
  for (const auto& [name, stats] : methods) {
    for (size_t code = 0; code < MethodStats::kCodes; ++code) {
      const uint64_t count = stats->by_code[code].load();
      // OK from the start, so that rates of it exist; of errors what happened.
      if (count == 0 && code != 0) continue;
      families.Add(
          static_cast<double>(count),
          {{"method", name}, {"code", CodeName(static_cast<int>(code))}});
    }
  }
  families.Declare(Metric::kHistogram, "freshet_grpc_request_duration_seconds",
                   "How long calls took.");
  for (const auto& [name, stats] : methods) {
    families.Add(stats->duration.Take(), {{"method", name}});
  }
}

void AddServedAges(const RequestStats& requests, Families& families) {
  families.Declare(Metric::kHistogram, "freshet_served_age_seconds",
                   "How old what requests were answered from was.");
  for (const auto& [view, stats] : requests.views()) {
    const std::pair<const char*, const AgeHistogram*> kAges[] = {
        {"snapshot", &stats->ages.snapshot},
        {"stream", &stats->ages.stream},
        {"row", &stats->ages.row}};
    for (const auto& [of, ages] : kAges) {
      const AgeHistogram::Snapshot taken = ages->Take();
      // Not every view has all of them.
      if (taken.counts == decltype(taken.counts)()) continue;
      families.Add(taken, {{"view", view}, {"of", of}});
    }
  }
}

}  // namespace

void AddRequestMetrics(const MetricsSource& source, Families& families) {
  AddMethods(*source.requests, families);
  families.Declare(Metric::kCounter, "freshet_lookup_keys_total",
                   "Keys looked up.");
  for (const auto& [view, stats] : source.requests->views()) {
    for (size_t r = 0; r < kLookupResults; ++r) {
      families.Add(static_cast<double>(stats->keys[r].load()),
                   {{"view", view}, {"result", kLookupNames[r]}});
    }
  }
  AddServedAges(*source.requests, families);
  families.Declare(Metric::kCounter, "freshet_requests_shed_total",
                   "Requests refused to protect the daemon.");
  for (size_t r = 0; r < kShedReasons.size(); ++r) {
    families.Add(static_cast<double>(source.requests->shed(r)),
                 {{"reason", kShedReasons[r]}});
  }
  families.Gauge("freshet_read_queue_depth",
                 "Requests waiting for a reading thread.",
                 static_cast<double>(source.reads->depth()));
  families.Counter("freshet_slow_requests_total",
                   "Requests over log.slow_request.",
                   static_cast<double>(source.requests->slow()));
}

}  // namespace freshet
