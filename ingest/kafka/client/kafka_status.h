// SPDX-License-Identifier: Apache-2.0
// Kafka's and librdkafka's errors, translated here and nowhere else.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "absl/status/status.h"

namespace freshet {

// `what` and librdkafka's text; OK for RD_KAFKA_RESP_ERR_NO_ERROR. UNAVAILABLE
// is what may pass when it is tried again.
absl::Status FromKafka(rd_kafka_resp_err_t error, std::string_view what);

}  // namespace freshet
