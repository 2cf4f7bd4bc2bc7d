// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace freshet {

// From when on a generation has every event that came: a window that begins
// before is INCOMPLETE (docs/semantics.md, rule 27). Of who writes the
// generation and all who ask it, so that a loss is known before anything is
// passed over. Safe to use from any thread.
class Coverage {
 public:
  Coverage() = default;  // Since ever.
  explicit Coverage(int64_t whole_from_micros)
      : whole_from_micros_(whole_from_micros) {}

  int64_t whole_from_micros() const { return whole_from_micros_; }
  void LoseBefore(int64_t micros) { whole_from_micros_ = micros; }

 private:
  std::atomic<int64_t> whole_from_micros_{0};
};

}  // namespace freshet
