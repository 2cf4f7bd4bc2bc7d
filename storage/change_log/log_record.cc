// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/log_record.h"

#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "features/byte_reader.h"
#include "storage/change_log/change_log.h"

namespace freshet {
namespace {

// The first byte of a record.
constexpr uint8_t kEvents = 1;
constexpr uint8_t kRelease = 2;
constexpr uint8_t kForget = 3;
constexpr uint8_t kErase = 4;
constexpr uint8_t kLoss = 5;

absl::StatusOr<LogRecord> DecodeErase(ByteReader in) {
  EraseRecord erase{.at_micros = in.Fixed<int64_t>()};
  erase.generation = in.Fixed<uint64_t>();
  const auto keys = in.Fixed<uint32_t>();
  // A count that is damaged is longer than the bytes.
  for (uint32_t i = 0; i < keys && in.ok(); ++i) {
    erase.keys.emplace_back(in.LengthAndBytes());
  }
  if (in.ok() && in.AtEnd()) return LogRecord(std::move(erase));
  return DataLoss("a record of erased keys is damaged");
}

}  // namespace

int64_t TimeOf(const LogRecord& record) {
  if (const auto* events = std::get_if<LoggedEvents>(&record)) {
    return events->arrival_micros;
  }
  if (const auto* forget = std::get_if<ForgetRecord>(&record)) {
    return forget->at_micros;
  }
  if (const auto* erase = std::get_if<EraseRecord>(&record)) {
    return erase->at_micros;
  }
  if (const auto* loss = std::get_if<LossRecord>(&record)) {
    return loss->at_micros;
  }
  return std::get<ReleaseRecord>(record).before_micros;
}

absl::StatusOr<int64_t> TimeOfRecord(const ChangeLog& log, uint64_t number) {
  absl::StatusOr<int64_t> time = DataLoss("record {} is not there", number);
  RETURN_IF_ERROR(log.Read(number, [&](uint64_t, std::string_view bytes) {
    const auto record = DecodeRecord(bytes);
    time = record.ok() ? absl::StatusOr<int64_t>(TimeOf(*record))
                       : record.status();
    return false;
  }));
  return time;
}

std::string EncodeRecord(const LoggedEvents& events) {
  std::string bytes(1, static_cast<char>(kEvents));
  AppendEvents(events, &bytes);
  return bytes;
}

std::string EncodeRecord(const ReleaseRecord& release) {
  std::string bytes(1, static_cast<char>(kRelease));
  AppendLittle(release.before_micros, &bytes);
  return bytes;
}

std::string EncodeRecord(const ForgetRecord& forget) {
  std::string bytes(1, static_cast<char>(kForget));
  AppendLittle(forget.at_micros, &bytes);
  AppendLengthAndBytes(forget.source, &bytes);
  return bytes;
}

std::string EncodeRecord(const EraseRecord& erase) {
  std::string bytes(1, static_cast<char>(kErase));
  AppendLittle(erase.at_micros, &bytes);
  AppendLittle(erase.generation, &bytes);
  AppendLittle(static_cast<uint32_t>(erase.keys.size()), &bytes);
  for (const std::string& key : erase.keys) AppendLengthAndBytes(key, &bytes);
  return bytes;
}

std::string EncodeRecord(const LossRecord& loss) {
  std::string bytes(1, static_cast<char>(kLoss));
  AppendLittle(loss.at_micros, &bytes);
  AppendLittle(loss.before_micros, &bytes);
  AppendLengthAndBytes(loss.source, &bytes);
  return bytes;
}

absl::StatusOr<LogRecord> DecodeRecord(std::string_view bytes) {
  ByteReader in(bytes);
  const auto kind = in.Fixed<uint8_t>();
  if (kind == kEvents) {
    ASSIGN_OR_RETURN(LoggedEvents events, DecodeEvents(bytes.substr(1)));
    return LogRecord(std::move(events));
  }
  if (kind == kRelease) {
    const ReleaseRecord release{.before_micros = in.Fixed<int64_t>()};
    if (in.ok() && in.AtEnd()) return LogRecord(release);
  }
  if (kind == kForget) {
    ForgetRecord forget{.at_micros = in.Fixed<int64_t>()};
    forget.source = in.LengthAndBytes();
    if (in.ok() && in.AtEnd()) return LogRecord(std::move(forget));
  }
  if (kind == kErase) return DecodeErase(in);
  if (kind == kLoss) {
    LossRecord loss{.at_micros = in.Fixed<int64_t>()};
    loss.before_micros = in.Fixed<int64_t>();
    loss.source = in.LengthAndBytes();
    if (in.ok() && in.AtEnd()) return LogRecord(std::move(loss));
  }
  if (kind > kLoss) {
    return FailedPrecondition(
        "a record of kind {}, this release reads kinds up to {}", kind, kLoss);
  }
  return DataLoss("{} bytes are no record of the change log", bytes.size());
}

}  // namespace freshet
