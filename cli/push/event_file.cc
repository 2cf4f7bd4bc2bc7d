// SPDX-License-Identifier: Apache-2.0
#include "cli/push/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/push/json_lines_file.h"
#include "cli/push/loaded_file.h"
#include "config/names.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

// Half of what the daemon takes unless it is set otherwise: limits.request_max.
constexpr int64_t kRequestBytes = 512 << 10;

// About what events are as a request: a number, and whether it is null, for
// each field, and their text.
int64_t RequestBytes(const EventRows& rows) {
  const size_t numbers = rows.size() * rows.batch().fields.size();
  return static_cast<int64_t>(numbers * 9) + rows.text_bytes();
}

// A pipe, which gives its bytes once, is not looked into.
absl::StatusOr<std::string> HeadOf(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::string();
  return ReadFile(path, 6);
}

absl::StatusOr<FileFormat> FormatOf(const EventFileOptions& options) {
  FileFormat format = options.format;
  if (format == FileFormat::kAuto && options.path != "-") {
    ASSIGN_OR_RETURN(const std::string head, HeadOf(options.path));
    format = FileFormatOfFile(options.path, head);
  }
  return format == FileFormat::kAuto ? FileFormat::kJsonLines : format;
}

absl::Status CheckOptions(const EventFileOptions& options, FileFormat format) {
  const bool json = format == FileFormat::kJsonLines;
  if (options.path == "-" && !json) {
    return FailedPrecondition(
        "the standard input is read as JSON Lines; {} is read from a file",
        FileFormatName(format));
  }
  if (json && (!options.zone.empty() || options.at_day != DayPoint::kNone)) {
    return FailedPrecondition(
        "in JSON Lines each time has its zone: --zone and --at are for CSV, "
        "Parquet and Arrow");
  }
  if (options.at_day != DayPoint::kNone && options.zone.empty()) {
    return FailedPrecondition("--at needs --zone: of whose day?");
  }
  return absl::OkStatus();
}

}  // namespace

EventFile::EventFile(const std::vector<StreamField>& fields)
    : fields_(fields), given_(fields.size()) {}

bool EventFile::IsFull(const EventRows& rows, size_t events_max) {
  return rows.size() >= events_max || RequestBytes(rows) >= kRequestBytes;
}

void EventFile::NoteLast(const EventRows& rows) {
  for (size_t i = 0; i < given_.size(); ++i) {
    if (given_[i]) continue;
    given_[i] = rows.batch().fields[i].states.back() == RowState::kValue;
  }
}

std::vector<std::string> EventFile::NeverGiven() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < given_.size(); ++i) {
    if (!given_[i]) names.push_back(fields_[i].name);
  }
  return names;
}

absl::StatusOr<std::unique_ptr<EventFile>> OpenEventFile(
    const EventFileOptions& options, std::FILE* in,
    const StreamSource& source) {
  ASSIGN_OR_RETURN(const FileFormat format, FormatOf(options));
  RETURN_IF_ERROR(CheckOptions(options, format));
  if (format == FileFormat::kJsonLines) {
    return JsonLinesFile::Open(options.path, in, source.fields);
  }
  return LoadedFile::Open(options, format, source);
}

}  // namespace freshet
