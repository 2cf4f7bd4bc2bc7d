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
#include "server/online/status_byte.h"
#include "storage/version.h"
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

  size_t size() const { return statuses_.size(); }
  // PRESENT, NOT_FOUND, EXPIRED or ERROR with its cause.
  uint8_t status(size_t i) const { return statuses_[i]; }
  // Null where there is no row: neither PRESENT nor EXPIRED.
  const RowView* row(size_t i) const {
    return rows_[i].has_value() ? &*rows_[i] : nullptr;
  }
  // What stands behind a row's value, or its null.
  enum class Behind {
    kAll,        // Everything that it is of.
    kOverflow,   // A value that does not fit its type; the null is none.
    kPart,       // Not all that its window reaches back to is known; it is
                 // given all the same.
    kPartUnsaid  // The same; it is not given.
  };
  Behind behind(size_t i, size_t column) const {
    return IsOfWindows() ? BehindWindow(i, column) : Behind::kAll;
  }
  const LookupCounts& counts() const { return counts_; }

 private:
  bool IsOfWindows() const { return view_->windows != nullptr; }
  // Whether there is anything to be looked up in.
  bool HasRows() const {
    return view_->version != nullptr || view_->generation != nullptr;
  }
  void FindIncomplete();
  Behind BehindWindow(size_t i, size_t column) const;
  std::span<const std::string_view> KeysOf(size_t batch) const;
  uint8_t JudgeRow(size_t i);
  void Count(LookupResult result) { ++counts_[static_cast<size_t>(result)]; }

  const PlannedView* view_ = nullptr;
  std::span<const std::string_view> keys_;
  int64_t now_micros_ = 0;
  size_t batches_used_ = 0;
  size_t needs_disk_ = 0;
  // kKeysPerStep keys each; of the one or the other kind are used.
  std::vector<RowBatch> batches_;
  std::vector<WindowRows> windows_;
  std::vector<std::optional<RowView>> rows_;
  std::vector<uint8_t> statuses_;
  std::vector<bool> incomplete_;  // By column, of windows.
  LookupCounts counts_{};
};

}  // namespace freshet
