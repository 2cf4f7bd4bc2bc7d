// SPDX-License-Identifier: Apache-2.0
#include "cli/push/json_lines_file.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

// The daemon takes less in one request, unless it is set to take more.
constexpr size_t kLineBytesMax = 16 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<EventFile>> JsonLinesFile::Open(
    const std::string& path, std::FILE* in,
    const std::vector<StreamField>& fields) {
  const bool standard = path == "-";
  std::FILE* file = standard ? in : std::fopen(path.c_str(), "re");
  if (file == nullptr) return ErrnoError("cannot open", path, errno);
  return std::unique_ptr<EventFile>(new JsonLinesFile(
      file, standard ? "the standard input" : path, !standard, fields));
}

JsonLinesFile::JsonLinesFile(std::FILE* file, std::string path, bool owned,
                             const std::vector<StreamField>& fields)
    : EventFile(fields),
      file_(file),
      path_(std::move(path)),
      owned_(owned),
      fields_(fields),
      events_(fields) {
  struct stat about = {};
  if (owned_ && ::fstat(::fileno(file_), &about) == 0 &&
      S_ISREG(about.st_mode)) {
    bytes_ = about.st_size;
  }
}

JsonLinesFile::~JsonLinesFile() {
  if (owned_) std::fclose(file_);
}

bool JsonLinesFile::Rewind() {
  if (bytes_ == 0) return false;
  std::rewind(file_);
  line_number_ = 0;
  bytes_read_ = 0;
  return true;
}

absl::Status JsonLinesFile::Check() {
  if (!Rewind()) return absl::OkStatus();
  EventLines events{EventRows(fields_)};
  do {
    RETURN_IF_ERROR(Read(1000, events));
  } while (events.rows.size() > 0);
  Rewind();
  return absl::OkStatus();
}

absl::Status JsonLinesFile::Wrong(std::string_view what) const {
  return InvalidArgument("'{}', line {}: {}", path_, line_number_, what);
}

absl::StatusOr<bool> JsonLinesFile::NextLine() {
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

absl::Status JsonLinesFile::Read(size_t events_max, EventLines& out) {
  out.rows.Clear();
  out.lines.clear();
  while (!IsFull(out.rows, events_max)) {
    ASSIGN_OR_RETURN(const bool some, NextLine());
    if (!some) break;
    if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
    out.rows.Begin(0, 0);
    const absl::Status read = events_.Read(line_, out.rows);
    if (!read.ok()) return Wrong(std::string(read.message()));
    out.lines.push_back(line_number_);
    NoteLast(out.rows);
  }
  return absl::OkStatus();
}

}  // namespace freshet
