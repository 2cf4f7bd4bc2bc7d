// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/byte_reader.h"
#include "storage/change_log/change_log.h"

namespace freshet {
namespace {

constexpr std::string_view kMagic = "freshlog";
constexpr uint32_t kFormat = 1;
constexpr std::string_view kSuffix = ".segment";
constexpr size_t kNumberDigits = 20;
constexpr size_t kRecordHeaderBytes = 4 + 8;
constexpr size_t kPieceBytes = 1 << 20;

// The number is in the sum: a record that stands in another's place is damaged.
uint64_t RecordSum(uint64_t number, std::string_view record) {
  Xxh3Stream sum;
  sum.Update({reinterpret_cast<const char*>(&number), sizeof(number)});
  sum.Update(record);
  return sum.Digest();
}

// A file as a window over its bytes that moves on.
class PieceReader {
 public:
  explicit PieceReader(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

  // Up to `want` bytes from where it stands; fewer only at the end of the file.
  absl::StatusOr<std::string_view> Peek(size_t want) {
    if (!fd_.ok()) return ErrnoError("cannot open", path_, errno);
    if (buffer_.size() - at_ < want && !ended_) {
      buffer_.erase(0, at_);
      at_ = 0;
      ASSIGN_OR_RETURN(const std::string more,
                       ReadAll(fd_.get(), path_, std::max(want, kPieceBytes)));
      ended_ = more.size() < std::max(want, kPieceBytes);
      buffer_ += more;
    }
    return std::string_view(buffer_).substr(at_, want);
  }

  void Skip(size_t bytes) {
    at_ += bytes;
    position_ += static_cast<int64_t>(bytes);
  }
  int64_t position() const { return position_; }

 private:
  const std::string& path_;
  UniqueFd fd_;
  std::string buffer_;
  size_t at_ = 0;
  int64_t position_ = 0;
  bool ended_ = false;
};

absl::StatusOr<SegmentHeader> TakeHeader(const std::string& path,
                                         PieceReader& file) {
  ASSIGN_OR_RETURN(const std::string_view bytes,
                   file.Peek(static_cast<size_t>(kSegmentHeaderBytes)));
  ByteReader in(bytes);
  const std::string_view magic = in.Bytes(kMagic.size());
  const auto format = in.Fixed<uint32_t>();
  SegmentHeader header;
  header.first = in.Fixed<uint64_t>();
  header.before_first = in.Fixed<uint64_t>();
  header.before_bytes = in.Fixed<uint64_t>();
  in.Fixed<uint64_t>();
  if (in.ok() && magic == kMagic && format > kFormat) {
    return FailedPrecondition(
        "'{}' is of format {}, this release reads up to {}", path, format,
        kFormat);
  }
  if (!in.ok() || bytes != SegmentHeaderBytes(header)) {
    return DataLoss("'{}' does not begin as a segment of a change log", path);
  }
  file.Skip(static_cast<size_t>(kSegmentHeaderBytes));
  return header;
}

// The record where the file stands; nothing at its end; DATA_LOSS if what is
// there is none. Points into the file's buffer.
absl::StatusOr<std::optional<std::string_view>> TakeRecord(uint64_t number,
                                                           PieceReader& file) {
  ASSIGN_OR_RETURN(const std::string_view head, file.Peek(kRecordHeaderBytes));
  if (head.empty()) return std::nullopt;
  ByteReader in(head);
  const auto length = in.Fixed<uint32_t>();
  const auto sum = in.Fixed<uint64_t>();
  if (!in.ok() || length > ChangeLog::kRecordBytesMax) {
    return DataLoss("no record");
  }
  ASSIGN_OR_RETURN(const std::string_view bytes,
                   file.Peek(kRecordHeaderBytes + length));
  if (bytes.size() < kRecordHeaderBytes + length) return DataLoss("no record");
  const std::string_view record = bytes.substr(kRecordHeaderBytes);
  if (RecordSum(number, record) != sum) return DataLoss("no record");
  file.Skip(bytes.size());
  return record;
}

}  // namespace

std::string SegmentName(uint64_t first) {
  return fmt::format("{:020}{}", first, kSuffix);
}

std::optional<uint64_t> SegmentNumber(std::string_view name) {
  if (name.size() != kNumberDigits + kSuffix.size() ||
      name.substr(kNumberDigits) != kSuffix) {
    return std::nullopt;
  }
  uint64_t number = 0;
  const char* end = name.data() + kNumberDigits;
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string SegmentHeaderBytes(const SegmentHeader& header) {
  std::string bytes(kMagic);
  AppendLittle(kFormat, &bytes);
  AppendLittle(header.first, &bytes);
  AppendLittle(header.before_first, &bytes);
  AppendLittle(header.before_bytes, &bytes);
  AppendLittle(Xxh3(bytes), &bytes);
  return bytes;
}

void AppendRecord(uint64_t number, std::string_view record, std::string* out) {
  AppendLittle(static_cast<uint32_t>(record.size()), out);
  AppendLittle(RecordSum(number, record), out);
  out->append(record);
}

absl::StatusOr<SegmentContents> ReadSegment(const std::string& path,
                                            uint64_t end,
                                            const VisitRecord& visit) {
  PieceReader file(path);
  SegmentContents contents;
  ASSIGN_OR_RETURN(contents.header, TakeHeader(path, file));
  contents.end = contents.header.first;
  contents.bytes = file.position();
  while (contents.end < end) {
    const auto record = TakeRecord(contents.end, file);
    if (absl::IsDataLoss(record.status())) {
      contents.damaged = true;
      break;
    }
    RETURN_IF_ERROR(record.status());
    if (!*record) break;
    const bool more = visit(contents.end, **record);
    ++contents.end;
    contents.bytes = file.position();
    if (!more) break;
  }
  return contents;
}

absl::StatusOr<SegmentHeader> ReadSegmentHeader(const std::string& path) {
  PieceReader file(path);
  return TakeHeader(path, file);
}

}  // namespace freshet
