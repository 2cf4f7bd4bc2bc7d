// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/terminal.h"
#include "freshet/v1/admin.pb.h"

namespace freshet {

// `reading`, `done (active)`, `failed`.
std::string LoadPhaseText(const v1::LoadJob& job);

// Shows a load as it goes: one line that is drawn again and again on a
// terminal, a line per phase elsewhere, JSON lines with --json.
class LoadReport {
 public:
  LoadReport(const Terminal& terminal, bool json)
      : terminal_(terminal), json_(json) {}

  void Show(const v1::LoadJob& job);
  // The last words, and how to exit. Requires: the job has ended.
  ExitCode End(const v1::LoadJob& job);

 private:
  void Draw(const v1::LoadJob& job);

  const Terminal& terminal_;
  const bool json_;
  v1::LoadPhase phase_ = v1::LOAD_PHASE_UNSPECIFIED;
  bool drawn_ = false;
};

}  // namespace freshet
