// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "freshet/v1/push.pb.h"

namespace freshet {

class EventFile;

// What became of the events of a file: a line that is drawn again and again on
// a terminal, and the sum at the end.
class PushReport {
 public:
  // `unit`: what the events of the file stand in, `line` or `row`.
  PushReport(const Terminal& terminal, bool json, std::string source,
             std::string_view unit)
      : terminal_(terminal),
        json_(json),
        source_(std::move(source)),
        unit_(unit) {}

  // `lines`: of the request's events, or rows.
  void Add(const v1::PushResponse& answer, const std::vector<int64_t>& lines);
  // If it is time to.
  void Draw(const EventFile& file);
  // So that an error has a line of its own.
  void Undraw();
  // What was taken, and what not and why. kFailed if an event was rejected.
  ExitCode End();

  // Instead, if it did not end well: what is known all the same. Of so many
  // events it is not known whether they were taken; `again`: what becomes of
  // those that are pushed again.
  void EndOfError(int64_t unknown, const std::string& again);

 private:
  using Steady = std::chrono::steady_clock;
  struct Rejected {
    int64_t events = 0;
    int64_t first_line = 0;
  };
  std::string AsJson() const;

  const Terminal& terminal_;
  const bool json_;
  const std::string source_;
  const std::string unit_;
  const Steady::time_point began_ = Steady::now();
  Steady::time_point drawn_at_ = {};
  bool drawn_ = false;
  int64_t accepted_ = 0;
  std::map<v1::RejectReason, Rejected> rejected_;
};

}  // namespace freshet
