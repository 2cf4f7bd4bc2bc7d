// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/settings.h"
#include "server/online/reply_writer.h"
#include "server/online/request_keys.h"
#include "server/online/view_rows.h"
#include "versions/serving.h"

namespace freshet {

class Clock;
class Publisher;
class RequestStats;

namespace v1 {
class GetFeaturesRequest;
}  // namespace v1

// What every query needs of the daemon. All outlive the queries.
struct QueryParts {
  Serving* serving;
  Publisher* publisher;  // For the keys that warm the next version.
  const Clock* clock;
  RequestStats* stats;
};

// The rows that one query has found so far and the reply made from them. Kept
// and reused, so that a request allocates little once warm.
struct QueryRows {
  std::vector<ViewRows> views;
  std::vector<uint8_t> shared;
  ReplyWriter writer;
};

// One GetFeatures without the transport: checked, planned, looked up,
// answered. The serving set is taken once and kept until the query is done, so
// that the reply never mixes versions. Reused after Begin. Not thread-safe,
// but Lookup and Reply with different QueryRows may run side by side.
class FeatureQuery {
 public:
  explicit FeatureQuery(const QueryParts& parts) : parts_(parts) {}

  // Limits first, then the plan, then the keys. `request` must stay until the
  // query has been released. Errors are as online.proto says.
  absl::Status Begin(const v1::GetFeaturesRequest& request,
                     const RequestLimits& limits);

  // False if `keep_going` said stop. LookupDisk blocks.
  bool LookupCached(QueryRows& rows,
                    const ViewRows::KeepGoing& keep_going) const;
  bool LookupDisk(QueryRows& rows, const ViewRows::KeepGoing& keep_going) const;
  static bool NeedsDisk(const QueryRows& rows);

  // Judges the rows and returns the size of the reply; RESOURCE_EXHAUSTED if
  // it is over the limit. Then rows.writer.Write writes it. `request_id` must
  // stay until then.
  absl::StatusOr<size_t> MeasureReply(QueryRows& rows,
                                      std::string_view request_id) const;

  // Counts the keys, how old what they were answered from is, and offers them
  // to the warm-up's sample. Once per query, with the rows that were answered.
  void Record(const QueryRows& rows) const;

  // Lets go of rows, which must come before their serving set.
  static void ReleaseRows(QueryRows& rows);
  // Lets go of the serving set.
  void Release();

  size_t rows() const { return keys_.rows(); }

 private:
  absl::Status CheckBeforeWork() const;
  absl::StatusOr<std::shared_ptr<const Plan>> FindPlan() const;
  absl::Status CheckPlan() const;
  void Prefetch() const;

  const QueryParts& parts_;
  const v1::GetFeaturesRequest* request_ = nullptr;
  RequestLimits limits_;
  Serving::SetPtr set_;
  std::shared_ptr<const Plan> plan_;
  int64_t now_micros_ = 0;
  RequestKeys keys_;
};

}  // namespace freshet
