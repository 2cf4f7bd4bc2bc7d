// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/streams/kafka_settings.h"

namespace freshet {

struct MockRecord {
  std::optional<std::string_view> key = std::nullopt;
  std::optional<std::string_view> value = std::nullopt;
  int64_t timestamp_ms = 0;  // 0: now.
};

// librdkafka's own mock of a cluster, in this process, with what writes to it:
// a plain producer, not the code under test. It knows no transactions to read,
// no look-up by time and no growth of a topic; a real broker does in tests/e2e.
class MockCluster {
 public:
  explicit MockCluster(int brokers = 1);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  // Reach it; metadata is asked for five times a second.
  KafkaSettings Settings() const;
  rd_kafka_mock_cluster_t* mock() const { return mock_; }

  void CreateTopic(const std::string& topic, int partitions);

  // Returns when it is there.
  void Append(const std::string& topic, int32_t partition,
              const MockRecord& record);

  // "0", "1", ... as values, from `first` on.
  void AppendNumbers(const std::string& topic, int32_t partition, int first,
                     int count);

  // So much that the mock, which keeps 5 MiB of a partition, drops the oldest.
  // Returns how many records that were.
  int Overflow(const std::string& topic, int32_t partition);

 private:
  rd_kafka_t* producer_;
  rd_kafka_mock_cluster_t* mock_;
};

}  // namespace freshet
