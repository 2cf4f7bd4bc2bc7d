// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "base/child_process.h"

namespace freshet {

// What is told to a child process, and who hears what it says.
struct ChildTalk {
  std::string_view input;  // For its standard input, which stays open.
  // Bytes of its standard output; an error ends it.
  std::function<absl::Status(std::string_view)> take_output;
  std::function<void(std::string_view)> take_errors;  // Standard error's.
  // Rises with what it said that shows that it gets on: a child of which it
  // does not for `idle_timeout` is killed.
  std::function<int64_t()> advances;
  std::chrono::milliseconds idle_timeout{300'000};
  // Between SIGTERM and SIGKILL when it is cancelled.
  std::chrono::milliseconds term_grace{5'000};
  int cancelled = -1;  // Readable: it is to end.
  // What is returned then, and of one that was killed for doing nothing.
  absl::Status when_cancelled;
  std::function<absl::Status()> when_idle;
};

// Hears a child to its end, which is in `end` then; whatever it does, it
// returns. OK if it ended by itself, else why it was ended.
absl::Status HearChild(ChildProcess child, const ChildTalk& talk,
                       ChildEnd& end);

}  // namespace freshet
