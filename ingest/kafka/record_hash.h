// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ingest/kafka/kafka_record.h"

namespace freshet {

// XXH3 of what a record is: key, value and timestamp, not where it lies. Kept
// with an offset, so that another log under the same name is noticed. Stored,
// so frozen: a part is a byte, 1 or 0 for null, then, if not null, its length
// as 8 bytes, little-endian, and its bytes; key, value, then the timestamp's
// microseconds as 8 bytes, little-endian.
uint64_t RecordHash(const KafkaRecord& record);

}  // namespace freshet
