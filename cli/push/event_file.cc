// SPDX-License-Identifier: Apache-2.0
#include "cli/push/event_file.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

// The daemon takes less in one request, unless it is set to take more.
constexpr size_t kLineBytesMax = 16 << 20;
// Half of what the daemon takes unless it is set otherwise: limits.request_max.
constexpr int64_t kRequestBytes = 512 << 10;

// About what events are as a request: a number, and whether it is null, for
// each field, and their text.
int64_t RequestBytes(const EventRows& rows) {
  const size_t numbers = rows.size() * rows.batch().fields.size();
  return static_cast<int64_t>(numbers * 9) + rows.text_bytes();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Open(
    const std::string& path, std::FILE* in,
    const std::vector<StreamField>& fields) {
  const bool standard = path == "-";
  std::FILE* file = standard ? in : std::fopen(path.c_str(), "re");
  if (file == nullptr) return ErrnoError("cannot open", path, errno);
  return std::unique_ptr<EventFile>(new EventFile(
      file, standard ? "the standard input" : path, !standard, fields));
}

EventFile::EventFile(std::FILE* file, std::string path, bool owned,
                     const std::vector<StreamField>& fields)
    : file_(file),
      path_(std::move(path)),
      owned_(owned),
      fields_(fields),
      events_(fields),
      given_(fields.size()) {
  struct stat about = {};
  if (owned_ && ::fstat(::fileno(file_), &about) == 0 &&
      S_ISREG(about.st_mode)) {
    bytes_ = about.st_size;
  }
}

EventFile::~EventFile() {
  if (owned_) std::fclose(file_);
}

bool EventFile::Rewind() {
  if (bytes_ == 0) return false;
  std::rewind(file_);
  line_number_ = 0;
  bytes_read_ = 0;
  return true;
}

absl::Status EventFile::Wrong(std::string_view what) const {
  return InvalidArgument("'{}', line {}: {}", path_, line_number_, what);
}

absl::StatusOr<bool> EventFile::NextLine() {
  line_.clear();
  ++line_number_;
  int c = 0;
  while ((c = ::getc_unlocked(file_)) != EOF && c != '\n') {
    if (line_.size() == kLineBytesMax) {
      return Wrong(fmt::format("it is longer than {} bytes", kLineBytesMax));
    }
    line_ += static_cast<char>(c);
  }
  if (std::ferror(file_) != 0) return ErrnoError("cannot read", path_, errno);
  bytes_read_ += static_cast<int64_t>(line_.size()) + (c == EOF ? 0 : 1);
  return c != EOF || !line_.empty();
}

absl::Status EventFile::Read(size_t events_max, EventLines& out) {
  out.rows.Clear();
  out.lines.clear();
  while (out.rows.size() < events_max &&
         RequestBytes(out.rows) < kRequestBytes) {
    ASSIGN_OR_RETURN(const bool some, NextLine());
    if (!some) break;
    if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
    out.rows.Begin(0, 0);
    const absl::Status read = events_.Read(line_, out.rows);
    if (!read.ok()) return Wrong(std::string(read.message()));
    out.lines.push_back(line_number_);
    for (size_t i = 0; i < given_.size(); ++i) {
      if (given_[i]) continue;
      given_[i] = out.rows.batch().fields[i].states.back() == RowState::kValue;
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> EventFile::NeverGiven() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < given_.size(); ++i) {
    if (!given_[i]) names.push_back(fields_[i].name);
  }
  return names;
}

}  // namespace freshet
