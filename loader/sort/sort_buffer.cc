// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/sort_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/error.h"

namespace freshet {
namespace {

constexpr uint64_t kComparisonsPerWork = 1 << 14;

// Before each record in memory.
struct Header {
  int64_t event_time_micros;
  uint16_t event_time_nanos;
  uint16_t key_bytes;
  uint32_t row_bytes;
};

uint64_t PrefixOf(std::string_view key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof(prefix); ++i) {
    prefix =
        (prefix << 8) | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  }
  return prefix;
}

Record Parse(const char* at) {
  Header header;
  std::memcpy(&header, at, sizeof(header));
  Record record;
  record.event_time = {header.event_time_micros, header.event_time_nanos};
  record.key = std::string_view(at + sizeof(header), header.key_bytes);
  record.row = std::string_view(record.key.end(), header.row_bytes);
  return record;
}

class SortedBuffer final : public RecordStream {
 public:
  explicit SortedBuffer(const SortBuffer& buffer) : buffer_(buffer) {}

  absl::StatusOr<bool> Next(Record* record) override {
    if (next_ == buffer_.count()) return false;
    *record = buffer_.At(next_++);
    return true;
  }

 private:
  const SortBuffer& buffer_;
  int64_t next_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SortBuffer>> SortBuffer::Create(int64_t bytes) {
  const size_t size = (static_cast<size_t>(bytes) + 15) / 16 * 16;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return ResourceExhausted(
        "no memory for a sort buffer of {} bytes; lower "
        "settings.load.sort_buffer or raise settings.load.memory_max",
        size);
  }
  return std::unique_ptr<SortBuffer>(
      new SortBuffer(static_cast<char*>(memory), size));
}

SortBuffer::~SortBuffer() { ::munmap(memory_, bytes_); }

SortBuffer::Entry* SortBuffer::end() const {
  return reinterpret_cast<Entry*>(memory_ + bytes_);
}

bool SortBuffer::Add(const Record& record) {
  CHECK(record.key.size() <= kRecordKeyBytesMax);
  const size_t size = sizeof(Header) + record.key.size() + record.row.size();
  const size_t index = (static_cast<size_t>(count_) + 1) * sizeof(Entry);
  if (size > bytes_ - used_ || index > bytes_ - used_ - size) return false;

  const Header header = {record.event_time.micros, record.event_time.nanos,
                         static_cast<uint16_t>(record.key.size()),
                         static_cast<uint32_t>(record.row.size())};
  char* at = memory_ + used_;
  std::memcpy(at, &header, sizeof(header));
  record.key.copy(at + sizeof(header), record.key.size());
  record.row.copy(at + sizeof(header) + record.key.size(), record.row.size());
  ++count_;
  *(end() - count_) = Entry{PrefixOf(record.key), used_};
  used_ += size;
  return true;
}

bool SortBuffer::Less(const Entry& a, const Entry& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const int order =
      Parse(memory_ + a.offset).key.compare(Parse(memory_ + b.offset).key);
  return order != 0 ? order < 0 : a.offset < b.offset;
}

void SortBuffer::Sort(const std::function<void()>& on_work) {
  uint64_t compared = 0;
  std::sort(end() - count_, end(), [&](const Entry& a, const Entry& b) {
    if (++compared % kComparisonsPerWork == 0) on_work();
    return Less(a, b);
  });
}

Record SortBuffer::At(int64_t i) const {
  CHECK(i >= 0 && i < count_);
  return Parse(memory_ + (end() - count_ + i)->offset);
}

std::unique_ptr<RecordStream> SortBuffer::Stream() const {
  return std::make_unique<SortedBuffer>(*this);
}

void SortBuffer::Clear() {
  used_ = 0;
  count_ = 0;
}

}  // namespace freshet
