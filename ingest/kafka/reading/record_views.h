// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "ingest/kafka/kafka_record.h"

namespace freshet {

// A message of librdkafka's as a record that looks into it. Requires: no
// error in it; it and `topic` outlive the record.
KafkaRecord ViewOf(rd_kafka_message_t& message, std::string_view topic);

}  // namespace freshet
