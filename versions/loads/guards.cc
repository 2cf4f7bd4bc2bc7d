// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/guards.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/units.h"
#include "storage/stats/column_stats.h"

namespace freshet {
namespace {

// More would make a message that nobody reads, kept with the catalog.
constexpr size_t kReasonsMax = 20;
// Fewer changed rows may well be alike.
constexpr int64_t kUpsertRowsMin = 1000;

template <typename T>
absl::Status Same(std::string_view what, const T& built, const T& wanted) {
  if (built == wanted) return absl::OkStatus();
  return Internal(
      "the loader built a version of {} '{}', '{}' was asked for; is "
      "settings.load.loader the freshet-load of this version?",
      what, built, wanted);
}

// Of a feature's rows, those that have a value; nullopt: there are none.
std::optional<double> ShareOfValues(const Manifest& manifest,
                                    uint32_t feature_id) {
  const ColumnStats* stats = manifest.StatsOf(feature_id);
  const int64_t rows = manifest.rows - manifest.deleted_rows;
  if (stats == nullptr || rows == 0) return std::nullopt;
  return static_cast<double>(rows - stats->missing()) /
         static_cast<double>(rows);
}

// What holds a version, reason by reason.
class Judge {
 public:
  Judge(const Manifest& fresh, const BatchFeatureView& view)
      : fresh_(fresh), view_(view) {}

  void CheckAlone() {
    const int64_t age = fresh_.built_at_micros - fresh_.as_of_micros;
    const int64_t age_max = view_.guards.age_max_micros;
    if (age_max > 0 && age > age_max) {
      Add("its data is of {}, older than {} when its load began "
          "(guards.age_max)",
          FormatTimestamp(fresh_.as_of_micros), FormatDuration(age_max));
    }
    for (const Feature& feature : view_.features) {
      const auto& columns = fresh_.schema.columns();
      const auto column = std::find_if(
          columns.begin(), columns.end(),
          [&](const Column& one) { return one.name == feature.name; });
      if (column != columns.end()) CheckFeature(feature, *column);
    }
  }

  void CheckAgainst(const Manifest& before) {
    const GuardSettings& guards = view_.guards;
    CheckAmount({"rows", fresh_.live_rows, before.live_rows},
                {"rows_ratio_min", guards.rows_ratio_min}, before.version);
    const bool laid_over = fresh_.base > 0;
    // Rows of other columns have other bytes; and of one that is laid over
    // another these are not all.
    if (!laid_over && before.base == 0 && fresh_.schema == before.schema) {
      CheckAmount({"bytes of rows", fresh_.row_bytes, before.row_bytes},
                  {"bytes_ratio_min", guards.bytes_ratio_min}, before.version);
    }
    CheckRowsMax(before);
    if (laid_over && fresh_.rows < kUpsertRowsMin) return;
    for (const Column& column : fresh_.schema.columns()) {
      CheckValues(column, before);
    }
  }

  const std::vector<std::string>& reasons() const { return reasons_; }

 private:
  struct Amount {
    const char* what;
    int64_t now;
    int64_t before;
  };
  struct Guard {
    const char* name;
    double ratio;
  };

  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    reasons_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void CheckFeature(const Feature& feature, const Column& column);
  void CheckAmount(const Amount& amount, const Guard& guard, int64_t version);
  void CheckRowsMax(const Manifest& before);
  void CheckValues(const Column& column, const Manifest& before);

  const Manifest& fresh_;
  const BatchFeatureView& view_;
  std::vector<std::string> reasons_;
};

// 0.55 times 100 is 55.000000000000007: not a row more than was meant.
constexpr double kRounding = 1e-12;

double AtLeast(double wanted) { return wanted * (1 - kRounding); }
double AtMost(double wanted) { return wanted * (1 + kRounding); }

void Judge::CheckAmount(const Amount& amount, const Guard& guard,
                        int64_t version) {
  const auto floor = static_cast<int64_t>(
      std::ceil(AtLeast(static_cast<double>(amount.before) * guard.ratio)));
  if (amount.now >= floor) return;
  Add("it has {} {}, the current version {} has {}; at least {} wanted "
      "(guards.{} {})",
      amount.now, amount.what, version, amount.before, floor, guard.name,
      guard.ratio);
}

void Judge::CheckRowsMax(const Manifest& before) {
  const double ratio = view_.guards.rows_ratio_max;
  const double most =
      std::floor(AtMost(static_cast<double>(before.live_rows) * ratio));
  if (ratio == 0 || before.live_rows == 0 ||
      static_cast<double>(fresh_.live_rows) <= most) {
    return;
  }
  Add("it has {} rows, the current version {} has {}; at most {} wanted "
      "(guards.rows_ratio_max {})",
      fresh_.live_rows, before.version, before.live_rows, most, ratio);
}

void Judge::CheckValues(const Column& column, const Manifest& before) {
  const std::optional<double> now = ShareOfValues(fresh_, column.id);
  const std::optional<double> was = ShareOfValues(before, column.id);
  const double ratio = view_.guards.values_ratio_min;
  if (!now || !was || *now >= AtLeast(*was * ratio)) return;
  Add("feature '{}' has a value in {:.4g} % of the rows, in {:.4g} % of the "
      "current version {}; at least {:.4g} % wanted (guards.values_ratio_min "
      "{})",
      column.name, 100 * *now, 100 * *was, before.version, 100 * *was * ratio,
      ratio);
}

void Judge::CheckFeature(const Feature& feature, const Column& column) {
  const ColumnStats* stats = fresh_.StatsOf(column.id);
  if (stats == nullptr) return;
  const FeatureGuard& guard = feature.guard;
  const int64_t missing = stats->missing();
  const int64_t rows = fresh_.rows - fresh_.deleted_rows;
  if (static_cast<double>(missing) >
      AtMost(guard.nulls_max * static_cast<double>(rows))) {
    Add("feature '{}' has no value in {} of {} rows; at most {:.4g} % wanted "
        "(guard.nulls_max)",
        feature.name, missing, rows, 100 * guard.nulls_max);
  }
  if (stats->distinct == 0) return;
  const bool is_float = column.type.kind == Kind::kFloat && !column.type.list &&
                        column.type.fixed_length == 0;
  // 0.1 as a float is a little more than 0.1.
  const auto bound = [is_float](double value) {
    return is_float ? static_cast<double>(static_cast<float>(value)) : value;
  };
  const std::string_view measure = StatsMeasure(column.type);
  const std::string of =
      measure == "value" ? "" : fmt::format(" ({} of a value)", measure);
  if (stats->min < bound(guard.min)) {
    Add("feature '{}' goes down to {}{}; at least {} wanted (guard.min)",
        feature.name, stats->min, of, guard.min);
  }
  if (stats->max > bound(guard.max)) {
    Add("feature '{}' goes up to {}{}; at most {} wanted (guard.max)",
        feature.name, stats->max, of, guard.max);
  }
}

}  // namespace

absl::Status CheckBuilt(const Manifest& built, const LoadSpec& spec) {
  RETURN_IF_ERROR(Same("view", built.view, spec.view));
  RETURN_IF_ERROR(Same("number", built.version, spec.version));
  RETURN_IF_ERROR(Same("generation", built.generation, spec.generation));
  RETURN_IF_ERROR(Same("schema", built.schema.id(), spec.schema.id()));
  RETURN_IF_ERROR(
      Same("history", built.history.has_value(), !spec.tiles.empty()));
  if (built.schema != spec.schema) {
    return Internal(
        "the loader built schema {} of view '{}' with other columns than asked "
        "for; is settings.load.loader the freshet-load of this version?",
        built.schema.id(), spec.view);
  }
  // Laid over a version, it may be as new as that.
  if (spec.has_as_of && spec.layers.chain.empty()) {
    RETURN_IF_ERROR(Same("as_of", built.as_of_micros, spec.as_of_micros));
  }
  return absl::OkStatus();
}

std::string HoldReason(const Manifest& fresh, const Manifest* before,
                       const BatchFeatureView& view) {
  if (fresh.base > 0 && fresh.rows == 0) return "";  // It is no news.
  std::vector<std::string> reasons;
  if (fresh.live_rows > 0) {
    Judge judge(fresh, view);
    judge.CheckAlone();
    if (before != nullptr) judge.CheckAgainst(*before);
    reasons = judge.reasons();
  } else if (!view.guards.allow_empty) {
    reasons.emplace_back("it is empty and guards.allow_empty is false");
  }
  if (reasons.empty()) return "";
  if (reasons.size() > kReasonsMax) {
    const size_t more = reasons.size() - kReasonsMax;
    reasons.resize(kReasonsMax);
    reasons.push_back(fmt::format("and {} things more", more));
  }
  return fmt::format(
      "view '{0}', version {1}: {2}; approve it with `freshet approve {0} "
      "{1}`, "
      "or refuse it with `freshet reject {0} {1}`",
      fresh.view, fresh.version, fmt::join(reasons, "; "));
}

void JudgeBuilt(const CatalogState& state, const BatchFeatureView& view,
                bool no_activate, CommitRequest& request) {
  const Manifest& built = request.manifest;
  const auto record = state.views.find(view.name);
  const VersionRecord* before =
      record == state.views.end()
          ? nullptr
          : record->second.Find(request.over.value_or(record->second.current));
  request.message =
      HoldReason(built, before == nullptr ? nullptr : &before->manifest, view);
  if (request.message.empty() && request.over.has_value() &&
      before != nullptr &&
      before->phase == VersionRecord::Phase::kPendingApproval) {
    request.waits_for_base = !no_activate;
    request.message = fmt::format(
        "view '{0}', version {1}: it is laid over version {2}, which waits for "
        "approval, and {3}: freshet approve {0} {2}",
        view.name, built.version, before->manifest.version,
        no_activate ? "can be approved after that" : "goes live with that");
  }
  if (!request.message.empty()) {
    request.phase = VersionRecord::Phase::kPendingApproval;
  }
}

}  // namespace freshet
