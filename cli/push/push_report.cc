// SPDX-License-Identifier: Apache-2.0
#include "cli/push/push_report.h"

#include <nlohmann/json.hpp>

#include "cli/push/event_file.h"
#include "cli/text.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kDrawEvery(100);

std::string ReasonText(v1::RejectReason reason) {
  switch (reason) {
    case v1::REJECT_REASON_NO_TIME:
      return "without a time";
    case v1::REJECT_REASON_FUTURE:
      return "further in the future than the source's max_future_skew";
    default:
      return "for a reason that this release does not know";
  }
}

std::string Events(int64_t count) {
  return FormatCount(count) + (count == 1 ? " event" : " events");
}

}  // namespace

void PushReport::Add(const v1::PushResponse& answer,
                     const std::vector<int64_t>& lines) {
  accepted_ += answer.accepted();
  for (const v1::RejectedEvent& event : answer.rejected()) {
    Rejected& rejected = rejected_[event.reason()];
    if (rejected.events++ > 0 || event.row() >= lines.size()) continue;
    rejected.first_line = lines[event.row()];
  }
}

void PushReport::Draw(const EventFile& file) {
  if (!terminal_.interactive || json_) return;
  const Steady::time_point now = Steady::now();
  if (now - drawn_at_ < kDrawEvery) return;
  drawn_at_ = now;
  drawn_ = true;
  terminal_.Print("\r\x1b[K{}: {}, {}{}", source_, Events(accepted_),
                  FormatBytes(file.bytes_read()),
                  file.bytes() > 0 ? " of " + FormatBytes(file.bytes()) : "");
  std::fflush(terminal_.out);
}

void PushReport::Undraw() {
  if (drawn_) terminal_.Print("\r\x1b[K");
  drawn_ = false;
}

std::string PushReport::AsJson() const {
  nlohmann::ordered_json json;
  json["source"] = source_;
  json["accepted"] = accepted_;
  json["rejected"] = nlohmann::json::array();
  for (const auto& [reason, rejected] : rejected_) {
    json["rejected"].push_back({{"reason", v1::RejectReason_Name(reason)},
                                {"events", rejected.events},
                                {"first_" + unit_, rejected.first_line}});
  }
  return json.dump();
}

void PushReport::EndOfError(int64_t unknown, const std::string& again) {
  if (accepted_ == 0 && unknown == 0) return;
  terminal_.Error(
      "{} accepted all the same{}. {}\n", Events(accepted_),
      unknown == 0 ? ""
                   : "; of " + FormatCount(unknown) + " more it is not known",
      again);
}

ExitCode PushReport::End() {
  Undraw();
  if (json_) {
    terminal_.Print("{}\n", AsJson());
  } else {
    const std::chrono::duration<double> took = Steady::now() - began_;
    terminal_.Print("{}: {} accepted in {}\n", source_, Events(accepted_),
                    FormatSeconds(took.count()));
  }
  for (const auto& [reason, rejected] : rejected_) {
    terminal_.Error("freshet: {} rejected: {}; the first is in {} {}\n",
                    Events(rejected.events), ReasonText(reason), unit_,
                    rejected.first_line);
  }
  return rejected_.empty() ? kOk : kFailed;
}

}  // namespace freshet
