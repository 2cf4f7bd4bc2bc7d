// SPDX-License-Identifier: Apache-2.0
#include "cli/reply_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <vector>

#include "cli/text.h"
#include "config/streams/stream_view.h"
#include "config/units.h"

namespace freshet {
namespace {

// `10m, sawtooth by 10s`, `10s, exact`, `lifetime`, `24 x 1h, exact`,
// `1h, sawtooth by 1m, by 'merchant' (at most 100)`.
std::string WindowModeText(const v1::FeatureWindow& window) {
  std::string text = WindowText(window.length_micros());
  if (window.count() > 1) text = fmt::format("{} x {}", window.count(), text);
  if (window.length_micros() > 0) {
    text += window.hop_micros() == 0
                ? ", exact"
                : ", sawtooth by " + FormatDuration(window.hop_micros());
  }
  if (window.by().empty()) return text;
  return fmt::format("{}, by '{}' (at most {})", text, window.by(),
                     window.max_groups());
}

// Null: it has no events, or they are of no topic.
const v1::EventFreshness* FreshnessOf(const v1::ViewState& view) {
  return view.has_live_freshness() ? &view.live_freshness() : nullptr;
}
const v1::EventFreshness* FreshnessOf(const v1::StreamViewState& view) {
  return view.has_freshness() ? &view.freshness() : nullptr;
}

template <typename Views>
bool AnyIsExpected(const Views& views) {
  return std::any_of(views.begin(), views.end(), [](const auto& view) {
    const v1::EventFreshness* freshness = FreshnessOf(view);
    return freshness != nullptr && freshness->expected_seconds() > 0;
  });
}

// Two cells, before OWNER and MESSAGE.
void Insert(const std::pair<std::string, std::string>& cells,
            std::vector<std::string>& row) {
  row.insert(row.end() - 2, {cells.first, cells.second});
}

// Of the columns BEHIND and EXPECTED.
std::pair<std::string, std::string> BehindCells(
    const v1::EventFreshness* freshness) {
  std::string behind = "-";
  std::string expected = "-";
  if (freshness != nullptr) {
    behind = freshness->has_behind_seconds()
                 ? FormatSeconds(freshness->behind_seconds())
                 : "?";
    if (freshness->expected_seconds() > 0) {
      expected = FormatSeconds(freshness->expected_seconds());
    }
  }
  return {behind, expected};
}

}  // namespace

std::string BehindText(const v1::EventFreshness& freshness) {
  std::string text = freshness.has_behind_seconds()
                         ? FormatSeconds(freshness.behind_seconds()) + " behind"
                         : "not known how far behind";
  if (freshness.expected_seconds() > 0) {
    text += fmt::format(", at most {} expected",
                        FormatSeconds(freshness.expected_seconds()));
  }
  return text;
}

std::string EventsText(
    const google::protobuf::Map<std::string, int64_t>& counts) {
  const std::map<std::string, int64_t> events(counts.begin(), counts.end());
  std::string text;
  for (const auto& [outcome, count] : events) {
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", outcome,
                        FormatCount(count));
  }
  return text.empty() ? "none since the daemon started" : text;
}

Type TypeFromProto(const v1::Type& type) {
  return Type{.kind = static_cast<Kind>(type.kind()),
              .list = type.list(),
              .fixed_length = type.fixed_length(),
              .precision = static_cast<uint8_t>(type.precision()),
              .scale = static_cast<uint8_t>(type.scale())};
}

std::string TypeText(const v1::Type& type) {
  return TypeFromProto(type).ToString();
}

std::string VersionPhaseText(const v1::VersionState& version) {
  constexpr std::string_view kPrefix = "VERSION_PHASE_";
  std::string text =
      v1::VersionPhase_Name(version.phase()).substr(kPrefix.size());
  for (char& c : text) {
    c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  }
  return version.waits_for_group() ? "waiting" : text;
}

std::string LabelText(const v1::VersionState& version) {
  std::string text = version.pinned() ? "pinned" : "";
  for (const std::string& label : version.labels()) {
    if (!text.empty()) text += ", ";
    text += label;
  }
  return text.empty() ? "-" : text;
}

std::string AsOfText(const v1::VersionState& version) {
  const bool has_one = version.phase() != v1::VERSION_PHASE_FAILED &&
                       version.phase() != v1::VERSION_PHASE_DELETED;
  return has_one ? FormatTime(version.as_of_micros()) : "-";
}

std::string ViewsTable(
    const google::protobuf::RepeatedPtrField<v1::ViewState>& views) {
  const bool any_expected = AnyIsExpected(views);
  std::vector<std::string> header = {"VIEW", "KEYS",  "FEATURES", "VERSION",
                                     "ROWS", "SIZE",  "AGE",      "LIMIT",
                                     "KEPT", "OWNER", "MESSAGE"};
  if (any_expected) Insert({"BEHIND", "EXPECTED"}, header);
  Table table(std::move(header));
  for (const v1::ViewState& view : views) {
    const bool loaded = view.version() != 0;
    std::vector<std::string> row = {
        view.name(),
        fmt::format("{}", fmt::join(view.join_keys(), ",")),
        std::to_string(view.features()),
        loaded ? std::to_string(view.version()) : "-",
        FormatCount(view.rows()),
        FormatBytes(view.bytes()),
        loaded ? FormatSeconds(view.age_seconds()) : "-",
        view.freshness_seconds() > 0 ? FormatSeconds(view.freshness_seconds())
                                     : "-",
        std::to_string(view.versions()),
        view.owner(),
        view.message()};
    if (any_expected) Insert(BehindCells(FreshnessOf(view)), row);
    table.Add(std::move(row));
  }
  return table.ToString();
}

std::string StreamViewsTable(
    const google::protobuf::RepeatedPtrField<v1::StreamViewState>& views) {
  if (views.empty()) return "";
  const bool any_expected = AnyIsExpected(views);
  std::vector<std::string> header = {"STREAM VIEW", "SOURCE",     "KEYS",
                                     "FEATURES",    "INCOMPLETE", "WHOLE FROM",
                                     "EVENTS",      "OWNER",      "MESSAGE"};
  if (any_expected) Insert({"BEHIND", "EXPECTED"}, header);
  Table table(std::move(header));
  for (const v1::StreamViewState& view : views) {
    const auto added = view.events().find("added");
    std::vector<std::string> row = {
        view.name(),
        view.source(),
        fmt::format("{}", fmt::join(view.join_keys(), ",")),
        std::to_string(view.features()),
        std::to_string(view.incomplete()),
        FormatTimeIfAny(view.whole_from_micros()),
        added == view.events().end() ? "-" : FormatCount(added->second),
        view.owner(),
        view.message()};
    if (any_expected) Insert(BehindCells(FreshnessOf(view)), row);
    table.Add(std::move(row));
  }
  return table.ToString();
}

std::string WindowsTable(
    const google::protobuf::RepeatedPtrField<v1::FeatureDescription>&
        features) {
  Table table({"FEATURE", "TYPE", "WINDOW"});
  for (const v1::FeatureDescription& feature : features) {
    table.Add({feature.name(), TypeText(feature.type()),
               WindowModeText(feature.window())});
  }
  return table.ToString();
}

}  // namespace freshet
