// SPDX-License-Identifier: Apache-2.0
// Values of fields from what formats have in common: numbers that count since
// 1970, decimals as bytes, base64.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"

namespace freshet {

// FAILED_PRECONDITION: "field 'x' is `what`, not of type int64".
absl::Status NotOfType(const StreamField& field, std::string_view what);

// The same of a text, or a number's digits, that has not the form of the
// field's type: "field 'x' does not fit timestamp: it takes ...". Of what was
// read nothing is in it.
absl::Status NotOfForm(const StreamField& field);

// Whether a timestamp is written as a number so.
bool IsCount(ValueEncoding encoding);

// Microseconds since 1970; nullopt: too far away. Requires: IsCount.
std::optional<int64_t> MicrosOf(int64_t count, ValueEncoding encoding);

// A number in two's complement, the highest byte first, times 10^-scale, as a
// decimal of the field's type: exactly, or FAILED_PRECONDITION.
absl::StatusOr<int64_t> DecimalOf(const StreamField& field,
                                  std::string_view big_endian, int64_t scale);

// RFC 4648 with padding, nothing else in it. False: it is none.
bool DecodeBase64(std::string_view text, std::string* out);

// What a schema says of a field's values by one of the names that Debezium and
// Kafka Connect give them, such as io.debezium.time.MicroTimestamp.
struct Meaning {
  std::string name = {};
  int64_t scale = 0;  // Of org.apache.kafka.connect.data.Decimal.
};

// FAILED_PRECONDITION if the field's type or encoding is of another meaning:
// micros that are said to be millis. A name that is not known means nothing.
absl::Status CheckMeaning(const StreamField& field, const Meaning& meaning);
// How a time of that meaning is written; kUsual: it is none that is a number.
ValueEncoding CountOf(std::string_view meaning);
// Whether it is a time of day, which is no moment.
bool IsTimeOfDay(std::string_view meaning);
// Whether it is a text that is a moment, with its zone.
bool IsTextOfMoment(std::string_view meaning);
// Whether it is Connect's decimal, which is bytes.
bool IsDecimal(std::string_view meaning);

}  // namespace freshet
