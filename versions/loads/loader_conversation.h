// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/child_process.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// What a loader has said so far, in bounded memory: records from its standard
// output, the tail of its standard error, and the verdict that follows when it
// has ended. Not thread-safe.
class LoaderConversation {
 public:
  static constexpr size_t kLineBytesMax = 64 << 10;
  static constexpr size_t kTailBytesMax = 2 << 10;

  using OnRecord = std::function<absl::Status(const LoadProgress&)>;
  explicit LoaderConversation(OnRecord on_record);

  // Bytes of standard output. INTERNAL for a line that is no record or is
  // longer than kLineBytesMax; else what `on_record` says.
  absl::Status TakeOutput(std::string_view bytes);

  // Records so far that showed progress: another phase, or another count, than
  // the record before. A thread of the loader writes records even while all
  // others hang.
  int64_t advances() const { return advances_; }

  // Bytes of standard error; only the last kTailBytesMax are kept.
  void TakeErrors(std::string_view bytes);

  // What came of it all, for a child that was not stopped by us.
  absl::Status Verdict(const ChildEnd& end, const LoadSpec& spec) const;

  // `status` with the last words of the child.
  absl::Status WithTail(const absl::Status& status) const;

 private:
  absl::Status TakeLine(std::string_view line);
  absl::Status SignalError(int signal, const LoadSpec& spec) const;

  const OnRecord on_record_;
  std::string line_;  // The unfinished one.
  std::string tail_;
  std::optional<LoadProgress> last_;
  int64_t advances_ = 0;
  bool built_ = false;
  std::optional<absl::Status> failure_;  // Its own word.
};

}  // namespace freshet
