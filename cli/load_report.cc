// SPDX-License-Identifier: Apache-2.0
#include "cli/load_report.h"

#include <algorithm>

#include "cli/connection.h"
#include "cli/message_json.h"
#include "cli/text.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr int kBarWidth = 24;

std::string Lower(std::string_view name, std::string_view prefix) {
  std::string text(name.substr(prefix.size()));
  for (char& c : text) {
    c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  }
  return text;
}

// How far the phase is, 0 to 1; negative: not known.
double Fraction(const v1::LoadJob& job) {
  if (job.rows_total() > 0) {
    return static_cast<double>(job.rows()) /
           static_cast<double>(job.rows_total());
  }
  if (job.bytes_total() > 0) {
    return static_cast<double>(job.bytes()) /
           static_cast<double>(job.bytes_total());
  }
  return -1;
}

std::string Numbers(const v1::LoadJob& job) {
  std::string text = FormatCount(job.rows()) + " rows";
  if (job.bytes_total() > 0) {
    text += fmt::format(", {} of {}", FormatBytes(job.bytes()),
                        FormatBytes(job.bytes_total()));
  }
  if (job.eta_seconds() >= 0) {
    text += ", " + FormatSeconds(job.eta_seconds()) + " left";
  }
  return text;
}

}  // namespace

std::string LoadPhaseText(const v1::LoadJob& job) {
  std::string text = Lower(v1::LoadPhase_Name(job.phase()), "LOAD_PHASE_");
  if (job.phase() == v1::LOAD_PHASE_DONE) {
    text += " (" + Lower(v1::LoadOutcome_Name(job.outcome()), "LOAD_OUTCOME_") +
            ")";
  }
  return text;
}

void LoadReport::Show(const v1::LoadJob& job) {
  if (json_) {
    terminal_.Print("{}\n", ToJson(job));
  } else if (terminal_.interactive) {
    Draw(job);
  } else if (job.phase() != phase_ && job.phase() < v1::LOAD_PHASE_DONE) {
    terminal_.Print("{}: {} ({})\n", job.view(), LoadPhaseText(job),
                    Numbers(job));
  }
  phase_ = job.phase();
  std::fflush(terminal_.out);
}

void LoadReport::Draw(const v1::LoadJob& job) {
  const double fraction = Fraction(job);
  std::string bar(kBarWidth, ' ');
  if (fraction >= 0) {
    const int filled = static_cast<int>(std::min(fraction, 1.0) * kBarWidth);
    std::fill_n(bar.begin(), filled, '#');
  }
  terminal_.Print("\r\x1b[K{} [{}] {} {}", job.view(), bar, LoadPhaseText(job),
                  Numbers(job));
  drawn_ = true;
}

ExitCode LoadReport::End(const v1::LoadJob& job) {
  if (drawn_) terminal_.Print("\r\x1b[K");
  const double seconds =
      static_cast<double>(job.ended_micros() - job.started_micros()) / 1e6;
  switch (job.phase()) {
    case v1::LOAD_PHASE_FAILED:
      terminal_.Error("freshet: load '{}' of view '{}' failed: {}\n", job.id(),
                      job.view(), Printable(job.message()));
      return kFailed;
    case v1::LOAD_PHASE_CANCELLED:
      terminal_.Error("freshet: load '{}' of view '{}' was cancelled.\n",
                      job.id(), job.view());
      return kFailed;
    case v1::LOAD_PHASE_DONE:
      break;
    default:
      terminal_.Error(
          "freshet: load '{}' is {}; follow it with `freshet watch "
          "{}`.\n",
          job.id(), LoadPhaseText(job), job.id());
      return kTryAgain;
  }
  if (job.outcome() == v1::LOAD_OUTCOME_PENDING_APPROVAL) {
    terminal_.Error("freshet: version {} of view '{}' is held: {}\n",
                    job.version(), job.view(), Printable(job.message()));
    return kHeld;
  }
  // It was to serve, else nothing would be said.
  if (job.outcome() == v1::LOAD_OUTCOME_LOADED && !job.message().empty()) {
    terminal_.Error(
        "freshet: version {} of view '{}' is loaded and does not serve: {}\n",
        job.version(), job.view(), Printable(job.message()));
    return kHeld;
  }
  if (json_) return kOk;
  if (job.outcome() == v1::LOAD_OUTCOME_WAITING) {
    terminal_.Print("{}: version {}, {} rows in {}, {}\n", job.view(),
                    job.version(), FormatCount(job.rows()),
                    FormatSeconds(seconds), Printable(job.message()));
    return kOk;
  }
  if (job.outcome() == v1::LOAD_OUTCOME_CHECKED) {
    terminal_.Print("{}: {} rows are right; nothing was loaded (dry run)\n",
                    job.view(), FormatCount(job.rows()));
    return kOk;
  }
  terminal_.Print(
      "{}: version {} {}, {} rows in {}\n", job.view(), job.version(),
      job.outcome() == v1::LOAD_OUTCOME_ACTIVE ? "serves"
                                               : "is loaded and not active",
      FormatCount(job.rows()), FormatSeconds(seconds));
  return kOk;
}

}  // namespace freshet
