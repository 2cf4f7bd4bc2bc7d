// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/log_offsets.h"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/client/kafka_status.h"

namespace freshet {
namespace {

struct ListDelete {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, ListDelete>;
using Group = std::vector<const LogQuery*>;

// In ListOffsets's own language a time may also be one of these two.
constexpr int64_t kFirst = RD_KAFKA_OFFSET_BEGINNING;
constexpr int64_t kEnd = RD_KAFKA_OFFSET_END;

// The offsets of `time`, in milliseconds, or of each query's own time, in the
// order of `group`. Fails as a whole.
absl::StatusOr<std::vector<int64_t>> Ask(rd_kafka_t* handle, const Group& group,
                                         std::optional<int64_t> time,
                                         int timeout_ms) {
  PartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(group.size())));
  for (const LogQuery* query : group) {
    rd_kafka_topic_partition_list_add(list.get(), query->topic.c_str(),
                                      query->partition)
        ->offset = time ? *time : query->time_micros.value_or(0) / 1000;
  }
  const rd_kafka_resp_err_t error =
      rd_kafka_offsets_for_times(handle, list.get(), timeout_ms);
  RETURN_IF_ERROR(FromKafka(error, "asking for offsets"));
  std::vector<int64_t> offsets;
  for (const LogQuery* query : group) {
    const rd_kafka_topic_partition_t* answer =
        rd_kafka_topic_partition_list_find(list.get(), query->topic.c_str(),
                                           query->partition);
    RETURN_IF_ERROR(FromKafka(answer->err, "asking for offsets"));
    offsets.push_back(answer->offset);
  }
  return offsets;
}

absl::StatusOr<std::vector<LogRange>> AskAll(rd_kafka_t* handle,
                                             const Group& group,
                                             int timeout_ms) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> firsts,
                   Ask(handle, group, kFirst, timeout_ms));
  // Before the times: what is appended in between is behind this end, and so
  // is not passed over when there was nothing so late.
  ASSIGN_OR_RETURN(const std::vector<int64_t> ends,
                   Ask(handle, group, kEnd, timeout_ms));
  std::vector<int64_t> times(group.size(), -1);
  bool by_time = false;
  for (const LogQuery* query : group) by_time |= query->time_micros.has_value();
  if (by_time) {
    ASSIGN_OR_RETURN(times, Ask(handle, group, std::nullopt, timeout_ms));
  }
  std::vector<LogRange> ranges;
  for (size_t i = 0; i < group.size(); ++i) {
    ranges.push_back({.first = firsts[i],
                      .end = ends[i],
                      .at_time = times[i] < 0 ? ends[i] : times[i]});
  }
  return ranges;
}

}  // namespace

std::vector<absl::StatusOr<LogRange>> QueryLogs(
    rd_kafka_t* handle, const std::vector<LogQuery>& queries, int timeout_ms) {
  std::map<int32_t, Group> by_leader;
  for (const LogQuery& query : queries) {
    by_leader[query.leader].push_back(&query);
  }
  std::vector<absl::StatusOr<LogRange>> answers(
      queries.size(), Unavailable("the partition has no leader"));
  const auto answer_of = [&](const LogQuery* query) -> auto& {
    return answers[static_cast<size_t>(query - queries.data())];
  };
  for (const auto& [leader, group] : by_leader) {
    if (leader < 0) continue;
    absl::StatusOr<std::vector<LogRange>> ranges =
        AskAll(handle, group, timeout_ms);
    for (size_t i = 0; i < group.size(); ++i) {
      auto& answer = answer_of(group[i]);
      if (ranges.ok()) {
        answer = (*ranges)[i];
      } else if (group.size() > 1 &&
                 !absl::IsDeadlineExceeded(ranges.status())) {
        // One partition's error is the whole call's; ask each by itself.
        absl::StatusOr<std::vector<LogRange>> alone =
            AskAll(handle, {group[i]}, timeout_ms);
        answer = alone.ok() ? absl::StatusOr<LogRange>(alone->front())
                            : alone.status();
      } else {
        answer = ranges.status();
      }
    }
  }
  return answers;
}

}  // namespace freshet
