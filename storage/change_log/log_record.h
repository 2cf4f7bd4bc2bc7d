// SPDX-License-Identifier: Apache-2.0
// What a record of the change log says: docs/format.md, "Records of the change
// log".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"

namespace freshet {

class ChangeLog;

// Events of before this time, which waited for it, are of the past from here
// on.
struct ReleaseRecord {
  int64_t before_micros = 0;
};

// What was read of this source's topics is forgotten: it is one that begins
// anew from here on.
struct ForgetRecord {
  int64_t at_micros = 0;
  std::string source = {};
};

// These keys of a generation's values are deleted from here on: they are of
// somebody who is to be forgotten. Without keys it says only what time it is.
struct EraseRecord {
  int64_t at_micros = 0;
  uint64_t generation = 0;
  std::vector<std::string> keys = {};
};

// Events of this source of before a time may never have been read: they are
// lost to whatever is made of the log.
struct LossRecord {
  int64_t at_micros = 0;
  std::string source = {};
  int64_t before_micros = 0;
};

using LogRecord = std::variant<LoggedEvents, ReleaseRecord, ForgetRecord,
                               EraseRecord, LossRecord>;

// When it was written: what "now" was.
int64_t TimeOf(const LogRecord& record);
absl::StatusOr<int64_t> TimeOfRecord(const ChangeLog& log, uint64_t number);

std::string EncodeRecord(const LoggedEvents& events);
std::string EncodeRecord(const ReleaseRecord& release);
std::string EncodeRecord(const ForgetRecord& forget);
std::string EncodeRecord(const EraseRecord& erase);
std::string EncodeRecord(const LossRecord& loss);

// Strings of events point into `bytes`. DATA_LOSS if it is no record,
// FAILED_PRECONDITION if it is of a later release of Freshet.
absl::StatusOr<LogRecord> DecodeRecord(std::string_view bytes);

}  // namespace freshet
