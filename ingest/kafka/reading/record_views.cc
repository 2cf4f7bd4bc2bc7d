// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/record_views.h"

#include <algorithm>
#include <limits>

namespace freshet {
namespace {

std::optional<std::string_view> Bytes(const void* bytes, size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(bytes), size);
}

KafkaTime TypeOf(rd_kafka_timestamp_type_t type) {
  switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME:
      return KafkaTime::kCreated;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME:
      return KafkaTime::kAppended;
    case RD_KAFKA_TIMESTAMP_NOT_AVAILABLE:
      break;
  }
  return KafkaTime::kNone;
}

}  // namespace

KafkaRecord ViewOf(rd_kafka_message_t& message, std::string_view topic) {
  KafkaRecord record{.topic = topic,
                     .partition = message.partition,
                     .offset = message.offset,
                     .key = Bytes(message.key, message.key_len),
                     .value = Bytes(message.payload, message.len)};
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t millis = rd_kafka_message_timestamp(&message, &type);
  record.timestamp_type = TypeOf(type);
  if (record.timestamp_type != KafkaTime::kNone) {
    // A producer may write anything; beyond these it would not be a number.
    constexpr int64_t kMillisMax = std::numeric_limits<int64_t>::max() / 1000;
    record.timestamp_micros =
        std::clamp(millis, -kMillisMax, kMillisMax) * 1000;
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.push_back({.name = name, .value = Bytes(value, size)});
    }
  }
  return record;
}

}  // namespace freshet
