// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/log_reader.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

absl::StatusOr<std::vector<uint64_t>> FirstRecords(const std::string& dir) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  std::vector<uint64_t> firsts;
  for (const std::string& name : names) {
    if (const auto first = SegmentNumber(name)) firsts.push_back(*first);
  }
  return firsts;
}

bool Keeps(const std::vector<uint64_t>& firsts, uint64_t record) {
  return !firsts.empty() && firsts.front() <= record;
}

}  // namespace

absl::Status ReadSegments(const std::string& dir,
                          std::span<const uint64_t> firsts,
                          const RecordRange& range, const VisitRecord& visit) {
  const auto [from, end] = range;
  bool more = true;
  for (size_t i = 0; i < firsts.size() && more; ++i) {
    const uint64_t until =
        i + 1 < firsts.size() ? std::min(firsts[i + 1], end) : end;
    if (until <= from || firsts[i] >= end) continue;
    const std::string path = dir + "/" + SegmentName(firsts[i]);
    ASSIGN_OR_RETURN(
        const SegmentContents contents,
        ReadSegment(path, until, [&](uint64_t number, std::string_view record) {
          if (number >= range.from) more = visit(number, record);
          return more;
        }));
    if (more && contents.end < until) {
      return DataLoss("'{}' is damaged at record {}", path, contents.end);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadChangeLog(const std::string& dir, uint64_t from, uint64_t end,
                           const VisitRecord& visit) {
  ASSIGN_OR_RETURN(std::vector<uint64_t> firsts, FirstRecords(dir));
  absl::Status read;
  if (Keeps(firsts, from)) {
    read = ReadSegments(dir, firsts, {from, end}, visit);
    if (read.ok()) return read;
    ASSIGN_OR_RETURN(firsts, FirstRecords(dir));
  }
  if (Keeps(firsts, from)) return read;
  return OutOfRange("record {} of the change log '{}' is not kept any more",
                    from, dir);
}

}  // namespace freshet
