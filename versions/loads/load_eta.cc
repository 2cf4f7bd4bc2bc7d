// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_eta.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr double kReadingShare = 0.60;
constexpr double kWritingShare = 0.35;
constexpr double kTooEarly = 0.01;

double Ratio(int64_t done, int64_t total) {
  if (total <= 0) return 0;
  return std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0,
                    1.0);
}

double Share(const LoadProgress& progress) {
  switch (progress.phase) {
    case LoadPhase::kStarting:
    case LoadPhase::kFailed:
      return 0;
    case LoadPhase::kReading:
      // Rows are surer than bytes where a format knows their number.
      return kReadingShare *
             (progress.rows_total > 0
                  ? Ratio(progress.rows, progress.rows_total)
                  : Ratio(progress.bytes, progress.bytes_total));
    case LoadPhase::kWriting:
      return kReadingShare +
             kWritingShare * Ratio(progress.rows, progress.rows_total);
    case LoadPhase::kIngesting:
    case LoadPhase::kVerifying:
    case LoadPhase::kBuilt:
      return kReadingShare + kWritingShare;
  }
  return 0;
}

}  // namespace

double LoadEta::Seconds(const LoadProgress& progress, Time now) const {
  const double share = Share(progress);
  if (share < kTooEarly) return -1;
  const double spent = std::chrono::duration<double>(now - start_).count();
  return spent * (1 - share) / share;
}

}  // namespace freshet
