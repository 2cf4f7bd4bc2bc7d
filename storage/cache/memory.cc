// SPDX-License-Identifier: Apache-2.0
#include "storage/cache/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace freshet {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

#ifndef MADV_POPULATE_WRITE
constexpr int MADV_POPULATE_WRITE = 23;  // Linux 5.14.
#endif

}  // namespace

Memory::Memory(size_t bytes)
    : bytes_(std::max<size_t>(bytes, 1)),
      start_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
  CHECK(start_ != MAP_FAILED);
  // Where huge pages are on for all, the first touch would wait for one. A
  // system without them refuses, and need not be told.
  static_cast<void>(::madvise(start_, bytes_, MADV_NOHUGEPAGE));
}

Memory::~Memory() { ::munmap(start_, bytes_); }

size_t Memory::Take(size_t begin, size_t end) {
  char* const start = As<char>();
  // Huge pages begin where (offset + skew) is a multiple of theirs.
  const size_t skew = reinterpret_cast<uintptr_t>(start) % kHugePage;
  const size_t page = (begin + skew) / kHugePage * kHugePage;
  const size_t from = page - std::min(page, skew);
  const size_t to = std::min(
      bytes_, (end + skew + kHugePage - 1) / kHugePage * kHugePage - skew);
  if (from >= to) return end;
  // Where either is unknown, the pages are taken when they are touched.
  static_cast<void>(::madvise(start + from, to - from, MADV_HUGEPAGE));
  static_cast<void>(::madvise(start + from, to - from, MADV_POPULATE_WRITE));
  return to;
}

}  // namespace freshet
