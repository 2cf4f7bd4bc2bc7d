// SPDX-License-Identifier: Apache-2.0
#include "cli/statistics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/reply_text.h"
#include "cli/text.h"
#include "config/units.h"
#include "freshet/v1/admin.pb.h"

namespace freshet {
namespace {

using Stats = v1::FeatureStatistics;

// Of Stats::quantiles.
constexpr int kMedian = 2;
constexpr int kP99 = 4;

const std::vector<std::string> kHeader = {"FEATURE",  "OF",  "NULLS", "NANS",
                                          "DISTINCT", "MIN", "MEAN",  "P50",
                                          "P99",      "MAX"};

std::string ShareText(int64_t part, int64_t rows) {
  if (rows == 0) return "-";
  return fmt::format(
      "{:.4g}%", 100.0 * static_cast<double>(part) / static_cast<double>(rows));
}

// Timestamps are seconds: as moments, where they are ones.
std::string NumberText(const Stats& stats, double number) {
  constexpr double kSecondsMax = 253'402'300'799;  // The end of year 9999.
  if (stats.type().kind() == v1::KIND_TIMESTAMP && stats.measure() == "value" &&
      std::abs(number) <= kSecondsMax) {
    return FormatTime(std::llround(number * 1e6));
  }
  return fmt::format("{:.6g}", number);
}

std::string QuantileText(const Stats& stats, int index) {
  return index < stats.quantiles_size()
             ? NumberText(stats, stats.quantiles(index))
             : "-";
}

std::vector<std::string> Cells(const Stats& stats) {
  std::vector<std::string> cells = {stats.name(), stats.measure(),
                                    ShareText(stats.nulls(), stats.rows()),
                                    ShareText(stats.nans(), stats.rows())};
  if (stats.distinct() == 0) {
    cells.resize(kHeader.size(), "-");
    return cells;
  }
  cells.push_back(FormatCount(std::llround(stats.distinct())));
  cells.push_back(NumberText(stats, stats.min()));
  cells.push_back(NumberText(stats, stats.mean()));
  cells.push_back(QuantileText(stats, kMedian));
  cells.push_back(QuantileText(stats, kP99));
  cells.push_back(NumberText(stats, stats.max()));
  return cells;
}

std::string Change(const std::string& before, const std::string& after) {
  return before == after ? after : fmt::format("{} -> {}", before, after);
}

const Stats* Find(const v1::VersionDescription& version, uint32_t id) {
  const auto found =
      std::find_if(version.features().begin(), version.features().end(),
                   [id](const Stats& stats) { return stats.id() == id; });
  return found == version.features().end() ? nullptr : &*found;
}

}  // namespace

std::string StatisticsTable(const std::vector<const Stats*>& features) {
  Table table(kHeader);
  for (const Stats* stats : features) table.Add(Cells(*stats));
  return table.ToString();
}

std::string DiffText(const v1::VersionDescription& before,
                     const v1::VersionDescription& after) {
  const v1::VersionState& was = before.state();
  const v1::VersionState& is = after.state();
  Table about({"", fmt::format("VERSION {}", was.version()),
               fmt::format("VERSION {}", is.version())});
  about.Add({"state", VersionPhaseText(was), VersionPhaseText(is)});
  about.Add({"rows", FormatCount(was.rows()), FormatCount(is.rows())});
  if (was.base() > 0 || is.base() > 0) {
    about.Add(
        {"its own", FormatCount(was.own_rows()), FormatCount(is.own_rows())});
  }
  about.Add({"size", FormatBytes(was.bytes()), FormatBytes(is.bytes())});
  about.Add({"as of", AsOfText(was), AsOfText(is)});
  about.Add({"source", was.source(), is.source()});
  Table features(kHeader);
  for (const Stats& stats : after.features()) {
    std::vector<std::string> cells = Cells(stats);
    const Stats* old = Find(before, stats.id());
    if (old == nullptr) {
      cells[0] += " (new)";
    } else {
      const std::vector<std::string> old_cells = Cells(*old);
      for (size_t i = 0; i < cells.size(); ++i) {
        cells[i] = Change(old_cells[i], cells[i]);
      }
    }
    features.Add(std::move(cells));
  }
  for (const Stats& stats : before.features()) {
    if (Find(after, stats.id()) != nullptr) continue;
    std::vector<std::string> cells = Cells(stats);
    cells[0] += " (gone)";
    features.Add(std::move(cells));
  }
  return fmt::format("{}\n{}", about.ToString(), features.ToString());
}

}  // namespace freshet
