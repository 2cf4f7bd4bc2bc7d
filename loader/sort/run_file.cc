// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/run_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/little_endian.h"
#include "loader/sort/disk_reserve.h"
#include "loader/sort/nameless_file.h"

namespace freshet {
namespace {

// A block is written when it is at least so long; its header holds its length
// and its sum.
constexpr size_t kBlockBytes = 256 << 10;
constexpr size_t kBlockHeader = sizeof(uint32_t) + sizeof(uint64_t);
// Event time, its nanoseconds, bytes of the key, bytes of the row.
constexpr size_t kRecordHeader =
    sizeof(int64_t) + 2 * sizeof(uint16_t) + sizeof(uint32_t);
// How much of a run is given back to the file system at a time.
constexpr int64_t kPunchBytes = 16 << 20;

absl::Status ReadExactly(int fd, int64_t offset, size_t size,
                         std::string* out) {
  out->resize(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd, out->data() + done, size - done,
                              offset + static_cast<int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("cannot read", "a sorted run", errno);
    if (n == 0) return DataLoss("a sorted run is shorter than it was written");
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

class RunReader final : public RecordStream {
 public:
  RunReader(UniqueFd fd, int64_t bytes) : fd_(std::move(fd)), bytes_(bytes) {}

  absl::StatusOr<bool> Next(Record* record) override {
    if (rest_.empty()) {
      if (offset_ == bytes_) return false;
      RETURN_IF_ERROR(ReadBlock());
    }
    record->event_time.micros = LoadLittle<int64_t>(rest_, 0);
    record->event_time.nanos = LoadLittle<uint16_t>(rest_, 8);
    const auto key_bytes = LoadLittle<uint16_t>(rest_, 10);
    const auto row_bytes = LoadLittle<uint32_t>(rest_, 12);
    rest_.remove_prefix(kRecordHeader);
    record->key = rest_.substr(0, key_bytes);
    record->row = rest_.substr(key_bytes, row_bytes);
    rest_.remove_prefix(size_t{key_bytes} + row_bytes);
    return true;
  }

 private:
  absl::Status ReadBlock() {
    GiveBack();
    RETURN_IF_ERROR(ReadExactly(fd_.get(), offset_, kBlockHeader, &block_));
    const auto size = LoadLittle<uint32_t>(block_, 0);
    const auto sum = LoadLittle<uint64_t>(block_, 4);
    if (size > bytes_ - offset_) return DataLoss("a sorted run is damaged");
    RETURN_IF_ERROR(ReadExactly(fd_.get(),
                                offset_ + static_cast<int64_t>(kBlockHeader),
                                size, &block_));
    if (Xxh3(block_) != sum) {
      return DataLoss("a sorted run came back changed from the disk");
    }
    offset_ += static_cast<int64_t>(kBlockHeader) + size;
    rest_ = block_;
    return absl::OkStatus();
  }

  // What was merged is not needed again; while the version is written its
  // bytes would otherwise lie on the disk twice.
  void GiveBack() {
    if (offset_ - punched_ < kPunchBytes) return;
    // Best effort: not every file system can, and the run goes away whole.
    if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    punched_, offset_ - punched_) == 0) {
      punched_ = offset_;
    }
  }

  UniqueFd fd_;
  const int64_t bytes_;
  int64_t offset_ = 0;  // Of the next block.
  int64_t punched_ = 0;
  std::string block_;
  std::string_view rest_;  // Of the block.
};

}  // namespace

RunWriter::RunWriter(UniqueFd fd, std::string dir, int64_t disk_reserve_bytes)
    : fd_(std::move(fd)),
      dir_(std::move(dir)),
      disk_reserve_bytes_(disk_reserve_bytes) {}

absl::StatusOr<std::unique_ptr<RunWriter>> RunWriter::Create(
    const std::string& dir, int64_t disk_reserve_bytes) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenNameless(dir));
  return std::unique_ptr<RunWriter>(
      new RunWriter(std::move(fd), dir, disk_reserve_bytes));
}

absl::Status RunWriter::Add(const Record& record) {
  if (block_.empty()) block_.resize(kBlockHeader);
  AppendLittle(record.event_time.micros, &block_);
  AppendLittle(record.event_time.nanos, &block_);
  AppendLittle(static_cast<uint16_t>(record.key.size()), &block_);
  AppendLittle(static_cast<uint32_t>(record.row.size()), &block_);
  block_.append(record.key);
  block_.append(record.row);
  return block_.size() < kBlockBytes ? absl::OkStatus() : WriteBlock();
}

absl::Status RunWriter::WriteBlock() {
  if (block_.empty()) return absl::OkStatus();
  const std::string_view payload =
      std::string_view(block_).substr(kBlockHeader);
  const uint64_t sum = Xxh3(payload);
  const auto size = static_cast<uint32_t>(payload.size());
  StoreLittle(size, 0, &block_);
  StoreLittle(sum, sizeof(size), &block_);
  RETURN_IF_ERROR(CheckDiskReserve(dir_, disk_reserve_bytes_,
                                   static_cast<int64_t>(block_.size())));
  RETURN_IF_ERROR(WriteAll(fd_.get(), block_, dir_));
  bytes_ += static_cast<int64_t>(block_.size());
  block_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RecordStream>> RunWriter::Finish() {
  RETURN_IF_ERROR(WriteBlock());
  return std::make_unique<RunReader>(std::move(fd_), bytes_);
}

}  // namespace freshet
