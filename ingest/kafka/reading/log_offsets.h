// SPDX-License-Identifier: Apache-2.0
// What the logs of partitions hold now, asked of their leaders.
#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ingest/kafka/reading/placement.h"

namespace freshet {

struct LogQuery {
  std::string topic;
  int32_t partition = 0;
  int32_t leader = -1;  // Those of one leader are asked together.
  std::optional<int64_t> time_micros = std::nullopt;
};

// One answer for each query, in order. A leader that is silent costs at most
// three times `timeout_ms`, and fails only the queries that it leads.
// `end` is where a reader of `handle` ends: with read_committed that is before
// the first record of a transaction that is still open.
std::vector<absl::StatusOr<LogRange>> QueryLogs(
    rd_kafka_t* handle, const std::vector<LogQuery>& queries, int timeout_ms);

}  // namespace freshet
