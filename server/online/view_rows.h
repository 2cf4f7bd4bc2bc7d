// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "features/row_codec.h"
#include "server/online/key_rows.h"
#include "server/online/status_byte.h"
#include "versions/plan.h"

namespace freshet {

// What became of a key: the `result` of freshet_lookup_keys_total.
enum class LookupResult {
  kFound,
  kMissing,
  kExpired,
  kError,
  kTimeout,
  kNoVersion,
};
inline constexpr size_t kLookupResults = 6;
using LookupCounts = std::array<uint32_t, kLookupResults>;

// The rows of one view for one request: looked up in memory, then where need
// be on disk, then judged: a status for each key. Reused from request to
// request, so that it allocates nothing once warm. Not thread-safe.
class ViewRows {
 public:
  // The deadline is looked at once in so many keys.
  static constexpr size_t kKeysPerStep = 64;
  // Asked between steps; false: stop, the request has no use for the rest.
  using KeepGoing = std::function<bool()>;

  // `view` and `keys` must stay until Judge has returned; the version until
  // Release. `now_micros`: when it is asked, for windows and ages. False if
  // stopped.
  bool LookupCached(const PlannedView& view,
                    std::span<const std::string_view> keys, int64_t now_micros,
                    const KeepGoing& keep_going);

  // Keys whose blocks are not in memory.
  size_t needs_disk() const { return needs_disk_; }
  // Blocks. False if stopped.
  bool LookupDisk(const KeepGoing& keep_going);

  // Gives every key its status. What was not read by now is SOURCE_TIMEOUT.
  void Judge();

  // Lets go of the rows, and so of the blocks that they are in.
  void Release();

  // Of each key: PRESENT, NOT_FOUND, EXPIRED or ERROR with its cause.
  std::span<const uint8_t> statuses() const { return statuses_; }
  // Null where there is no row: neither PRESENT nor EXPIRED.
  const RowView* row(size_t i) const {
    return rows_[i].has_value() ? &*rows_[i] : nullptr;
  }
  // What stands behind a row's value, or its null.
  enum class Behind {
    kAll,           // Everything that it is of.
    kOverflow,      // A value that does not fit its type; the null is none.
    kNotInVersion,  // The version that it is of has no such feature.
    kExpired,       // It is older than the row, and than its view's ttl.
    kPart,          // Not all that its window reaches back to is known, or
                    // not all groups in it; it is given all the same.
    kPartUnsaid,    // The same; it is not given.
    kMoreThanExact  // It is estimated, of more than is known exactly.
  };
  Behind behind(size_t i, size_t column) const {
    return view_->origin() == PlannedView::Origin::kVersion
               ? Behind::kAll
               : BehindComputed(i, column);
  }
  // When it became what it is. Requires: row(i) is not null.
  int64_t event_time_micros(size_t i, size_t column) const;
  const LookupCounts& counts() const { return counts_; }

 private:
  void FindIncomplete();
  bool IsTooOld(int64_t event_time_micros) const;
  Behind BehindComputed(size_t i, size_t column) const;
  std::span<const std::string_view> KeysOf(size_t batch) const;
  uint8_t JudgeRow(size_t i);
  void Count(LookupResult result) { ++counts_[static_cast<size_t>(result)]; }

  const PlannedView* view_ = nullptr;
  std::span<const std::string_view> keys_;
  int64_t now_micros_ = 0;
  size_t batches_used_ = 0;
  size_t needs_disk_ = 0;
  std::vector<KeyRows> batches_;  // kKeysPerStep keys each.
  std::vector<std::optional<RowView>> rows_;
  std::vector<uint8_t> statuses_;
  std::vector<bool> incomplete_;  // By column, of windows.
  LookupCounts counts_{};
};

}  // namespace freshet
