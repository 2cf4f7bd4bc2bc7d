// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/change_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "storage/change_log/acknowledged_file.h"
#include "storage/change_log/log_reader.h"
#include "storage/change_log/segment.h"

namespace freshet {
namespace {

constexpr const char* kAcknowledgedName = "acknowledged";

struct Segment {
  uint64_t first = 1;
  int64_t bytes = 0;
};

std::string SegmentPath(const std::string& dir, uint64_t first) {
  return dir + "/" + SegmentName(first);
}

absl::StatusOr<std::vector<uint64_t>> ListSegments(const std::string& dir) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  std::vector<uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto number = SegmentNumber(name)) numbers.push_back(*number);
  }
  return numbers;
}

absl::StatusOr<AcknowledgedFile> OpenAcknowledged(const std::string& dir,
                                                  bool has_segments) {
  const std::string path = dir + "/" + kAcknowledgedName;
  auto file = AcknowledgedFile::Open(path);
  if (!absl::IsNotFound(file.status())) return file;
  if (has_segments) {
    return DataLoss(
        "'{}' is missing, which says what the segments beside it must hold",
        path);
  }
  file = AcknowledgedFile::Make(path);
  if (file.ok()) RETURN_IF_ERROR(SyncDir(dir));
  return file;
}

}  // namespace

struct ChangeLog::Parts {
  Parts(std::string directory, const Settings& chosen, AcknowledgedFile file)
      : dir(std::move(directory)),
        settings(chosen),
        acknowledged(std::move(file)) {}

  absl::Status OpenSegments(std::vector<uint64_t> numbers);
  absl::Status RemoveTrimmed(std::vector<uint64_t>& numbers) const;
  absl::Status RemoveUnbegun(std::vector<uint64_t>& numbers) const;
  absl::StatusOr<std::vector<Segment>> CheckOrder(
      const std::vector<uint64_t>& numbers) const;
  absl::Status OpenLast(Segment& last);
  absl::Status Begin(const SegmentHeader& header);
  absl::Status BeginNext();
  absl::Status Write(std::span<const std::string_view> records);
  absl::Status CheckWhole() const;

  const std::string dir;
  const Settings settings;
  AcknowledgedFile acknowledged;  // The appender's.
  UniqueFd tail;                  // The last segment, to append to.
  bool broken = false;
  std::string buffer;

  mutable Mutex mu;
  std::vector<Segment> segments ABSL_GUARDED_BY(mu);
  uint64_t next ABSL_GUARDED_BY(mu) = 1;
};

// Those that a Trim which was interrupted left.
absl::Status ChangeLog::Parts::RemoveTrimmed(
    std::vector<uint64_t>& numbers) const {
  const uint64_t first = acknowledged.value().first;
  while (numbers.size() > 1 && numbers[1] <= first) {
    RETURN_IF_ERROR(RemoveTree(SegmentPath(dir, numbers[0])));
    numbers.erase(numbers.begin());
  }
  return absl::OkStatus();
}

// The last one, if a crash left it before its header was on disk: it holds
// nothing that was acknowledged.
absl::Status ChangeLog::Parts::RemoveUnbegun(
    std::vector<uint64_t>& numbers) const {
  if (numbers.empty() || numbers.back() < acknowledged.value().end) {
    return absl::OkStatus();
  }
  const std::string path = SegmentPath(dir, numbers.back());
  if (!absl::IsDataLoss(ReadSegmentHeader(path).status())) {
    return absl::OkStatus();
  }
  numbers.pop_back();
  return RemoveTree(path);
}

absl::StatusOr<std::vector<Segment>> ChangeLog::Parts::CheckOrder(
    const std::vector<uint64_t>& numbers) const {
  std::vector<Segment> found;
  for (const uint64_t number : numbers) {
    const std::string path = SegmentPath(dir, number);
    ASSIGN_OR_RETURN(const SegmentHeader header, ReadSegmentHeader(path));
    ASSIGN_OR_RETURN(const int64_t bytes, FileSize(path));
    const bool follows =
        found.empty() ||
        (header.before_first == found.back().first &&
         header.before_bytes == static_cast<uint64_t>(found.back().bytes));
    if (header.first != number || !follows) {
      return DataLoss(
          "'{}' does not follow the segment before it in '{}', of which "
          "records "
          "are missing",
          SegmentName(number), dir);
    }
    found.push_back({number, bytes});
  }
  return found;
}

absl::Status ChangeLog::Parts::OpenLast(Segment& last) {
  const std::string path = SegmentPath(dir, last.first);
  ASSIGN_OR_RETURN(
      const SegmentContents contents,
      ReadSegment(path, std::numeric_limits<uint64_t>::max(),
                  [](uint64_t, std::string_view) { return true; }));
  const Acknowledged promised = acknowledged.value();
  if (contents.end < promised.end) {
    return DataLoss(
        "'{}' {} after record {}, and records up to {} were acknowledged", path,
        contents.damaged ? "is damaged" : "ends", contents.end - 1,
        promised.end - 1);
  }
  tail = UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!tail.ok()) return ErrnoError("cannot open", path, errno);
  // What a crash left of records that were not acknowledged.
  if (contents.bytes < last.bytes &&
      ::ftruncate(tail.get(), contents.bytes) != 0) {
    return ErrnoError("cannot cut", path, errno);
  }
  last.bytes = contents.bytes;
  if (::fsync(tail.get()) != 0) return ErrnoError("cannot fsync", path, errno);
  MutexLock lock(mu);
  next = contents.end;
  if (next == promised.end) return absl::OkStatus();
  return acknowledged.Write({promised.first, next});
}

absl::Status ChangeLog::Parts::OpenSegments(std::vector<uint64_t> numbers) {
  const Acknowledged promised = acknowledged.value();
  RETURN_IF_ERROR(RemoveTrimmed(numbers));
  RETURN_IF_ERROR(RemoveUnbegun(numbers));
  const uint64_t first = numbers.empty() ? promised.end : numbers.front();
  if (first != promised.first) {
    return DataLoss(
        "the change log '{}' begins with record {}, and those from {} on were "
        "acknowledged",
        dir, first, promised.first);
  }
  if (numbers.empty()) return Begin({.first = promised.end});
  ASSIGN_OR_RETURN(std::vector<Segment> found, CheckOrder(numbers));
  RETURN_IF_ERROR(OpenLast(found.back()));
  MutexLock lock(mu);
  segments = std::move(found);
  return absl::OkStatus();
}

// A segment after the last one, or the first of all.
absl::Status ChangeLog::Parts::Begin(const SegmentHeader& header) {
  const std::string path = SegmentPath(dir, header.first);
  RETURN_IF_ERROR(FAILPOINT("change_log.before_segment"));
  UniqueFd fd(::open(
      path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.ok()) return ErrnoError("cannot make", path, errno);
  const std::string bytes = SegmentHeaderBytes(header);
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, path));
  if (::fsync(fd.get()) != 0) return ErrnoError("cannot fsync", path, errno);
  RETURN_IF_ERROR(SyncDir(dir));
  tail = std::move(fd);
  MutexLock lock(mu);
  next = header.first;
  segments.push_back({header.first, kSegmentHeaderBytes});
  return absl::OkStatus();
}

absl::Status ChangeLog::Parts::BeginNext() {
  SegmentHeader header;
  {
    MutexLock lock(mu);
    header = {.first = next,
              .before_first = segments.back().first,
              .before_bytes = static_cast<uint64_t>(segments.back().bytes)};
  }
  return Begin(header);
}

absl::Status ChangeLog::Parts::Write(
    std::span<const std::string_view> records) {
  bool full = false;
  uint64_t number = 0;
  {
    MutexLock lock(mu);
    number = next;
    full = segments.back().bytes >= settings.segment_bytes &&
           number > segments.back().first;
  }
  if (full) RETURN_IF_ERROR(BeginNext());
  buffer.clear();
  for (const std::string_view record : records) {
    AppendRecord(number++, record, &buffer);
  }
  RETURN_IF_ERROR(WriteAll(tail.get(), buffer, dir));
  RETURN_IF_ERROR(FAILPOINT("change_log.before_sync"));
  if (::fdatasync(tail.get()) != 0) {
    return ErrnoError("cannot fdatasync", dir, errno);
  }
  RETURN_IF_ERROR(acknowledged.Write({acknowledged.value().first, number}));
  MutexLock lock(mu);
  next = number;
  segments.back().bytes += static_cast<int64_t>(buffer.size());
  return absl::OkStatus();
}

absl::Status ChangeLog::Parts::CheckWhole() const {
  if (!broken) return absl::OkStatus();
  return FailedPrecondition(
      "the change log '{}' failed before and has to be opened again", dir);
}

ChangeLog::ChangeLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ChangeLog::~ChangeLog() = default;

absl::StatusOr<std::unique_ptr<ChangeLog>> ChangeLog::Open(
    const std::string& dir, const Settings& settings) {
  if (!PathExists(dir)) RETURN_IF_ERROR(MakeDir(dir));
  ASSIGN_OR_RETURN(std::vector<uint64_t> numbers, ListSegments(dir));
  ASSIGN_OR_RETURN(AcknowledgedFile acknowledged,
                   OpenAcknowledged(dir, !numbers.empty()));
  auto parts = std::make_unique<Parts>(dir, settings, std::move(acknowledged));
  RETURN_IF_ERROR(parts->OpenSegments(std::move(numbers)));
  return std::unique_ptr<ChangeLog>(new ChangeLog(std::move(parts)));
}

uint64_t ChangeLog::first() const {
  MutexLock lock(parts_->mu);
  return parts_->segments.front().first;
}

uint64_t ChangeLog::next() const {
  MutexLock lock(parts_->mu);
  return parts_->next;
}

int64_t ChangeLog::bytes() const {
  MutexLock lock(parts_->mu);
  return std::accumulate(
      parts_->segments.begin(), parts_->segments.end(), int64_t{0},
      [](int64_t sum, const Segment& segment) { return sum + segment.bytes; });
}

uint64_t ChangeLog::SegmentEnd(uint64_t number) const {
  MutexLock lock(parts_->mu);
  for (const Segment& segment : parts_->segments) {
    if (segment.first > number) return segment.first;
  }
  return parts_->next;
}

absl::Status ChangeLog::Append(std::span<const std::string_view> records) {
  for (const std::string_view record : records) {
    if (record.size() <= static_cast<size_t>(kRecordBytesMax)) continue;
    return InvalidArgument("a record of {} bytes; at most {} are one",
                           record.size(), kRecordBytesMax);
  }
  RETURN_IF_ERROR(parts_->CheckWhole());
  if (records.empty()) return absl::OkStatus();
  absl::Status status = parts_->Write(records);
  // What a failed fsync left on disk nobody knows before it is read again.
  if (!status.ok()) parts_->broken = true;
  return status;
}

absl::Status ChangeLog::Read(uint64_t from, const Visit& visit) const {
  std::vector<Segment> segments;
  uint64_t end = 0;
  {
    MutexLock lock(parts_->mu);
    segments = parts_->segments;
    end = parts_->next;
  }
  const uint64_t first = segments.front().first;
  if (from < first || from > end) {
    return OutOfRange("the change log '{}' has records {} to {}, not {}",
                      parts_->dir, first, end - 1, from);
  }
  std::vector<uint64_t> firsts;
  for (const Segment& segment : segments) firsts.push_back(segment.first);
  absl::Status read = ReadSegments(parts_->dir, firsts, {from, end}, visit);
  // It may have been trimmed meanwhile.
  if (!read.ok() && this->first() > from) {
    return OutOfRange("record {} of the change log '{}' is not kept any more",
                      from, parts_->dir);
  }
  return read;
}

absl::StatusOr<uint64_t> ChangeLog::Split(uint64_t number) {
  RETURN_IF_ERROR(parts_->CheckWhole());
  {
    MutexLock lock(parts_->mu);
    for (const Segment& segment : parts_->segments) {
      if (segment.first > number) return segment.first;
    }
    // There is no such record yet.
    if (parts_->segments.back().first == parts_->next) return parts_->next;
  }
  if (absl::Status status = parts_->BeginNext(); !status.ok()) {
    parts_->broken = true;
    return status;
  }
  return next();
}

absl::Status ChangeLog::Trim(uint64_t number) {
  std::vector<Segment> gone;
  uint64_t first = 0;
  {
    MutexLock lock(parts_->mu);
    std::vector<Segment>& segments = parts_->segments;
    while (segments.size() > 1 && segments[1].first <= number) {
      gone.push_back(segments.front());
      segments.erase(segments.begin());
    }
    first = segments.front().first;
  }
  if (gone.empty()) return absl::OkStatus();
  // Both copies: the one that were left would miss what is deleted now.
  const uint64_t end = parts_->acknowledged.value().end;
  RETURN_IF_ERROR(parts_->acknowledged.Write({first, end}));
  RETURN_IF_ERROR(parts_->acknowledged.Write({first, end}));
  RETURN_IF_ERROR(FAILPOINT("change_log.before_unlink"));
  for (const Segment& segment : gone) {
    RETURN_IF_ERROR(RemoveTree(SegmentPath(parts_->dir, segment.first)));
  }
  return SyncDir(parts_->dir);
}

}  // namespace freshet
