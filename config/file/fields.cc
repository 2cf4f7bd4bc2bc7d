// SPDX-License-Identifier: Apache-2.0
#include "config/file/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/streams/aggregate_function.h"

namespace freshet {
namespace {

constexpr std::string_view kName = "[a-z][a-z0-9_]{0,62}";
constexpr std::string_view kColumn = "[a-zA-Z_][a-zA-Z0-9_]{0,62}";

std::string TypePattern() {
  constexpr std::string_view kScalar =
      "(bool|int32|int64|float|double|string|bytes|timestamp|"
      "decimal\\([0-9]{1,2}, ?[0-9]{1,2}\\))";
  return fmt::format("{0}|list<{0}>|float\\[[1-9][0-9]{{0,4}}\\]", kScalar);
}

std::string QuantityPattern(const FieldSpec& field,
                            const std::vector<std::string>& units) {
  const std::string unit = fmt::format("({})", fmt::join(units, "|"));
  if (field.min > 0) return "[1-9][0-9]{0,18}" + unit;
  return "0|(0|[1-9][0-9]{0,18})" + unit;
}

constexpr std::string_view kTimestamp =
    "([0-9]{4}|\\+[0-9]{5,6}|-[0-9]{4,6})-[0-9]{2}-[0-9]{2}[Tt ]"
    "[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?"
    "([Zz]|[+-][0-9]{2}:[0-9]{2})";

std::string ReferencePattern() {
  return fmt::format("{0}(\\.({1}|\\*)|\\[ *{1} *(, *{1} *)*\\])?", kName,
                     kColumn);
}

ObjectSpec MakeFileSpec() {
  using enum FieldKind;
  return {
      .name = "file",
      .doc =
          "One file holds the settings of a daemon, definitions, or both. "
          "Fields whose names begin with `x-` are ignored: a place for YAML "
          "anchors.",
      .fields = {
          {.name = "project",
           .kind = kName,
           .doc = "Names the set of definitions. Required with any of "
                  "those below but `settings`."},
          {.name = "settings",
           .kind = kObject,
           .doc = "How one daemon runs. Changes by restart or SIGHUP, never "
                  "by `freshet apply`.",
           .object = &SettingsSpec()},
          {.name = "entities",
           .kind = kObjects,
           .doc = "What features describe.",
           .object = &EntitySpec()},
          {.name = "batch_feature_views",
           .kind = kObjects,
           .doc = "Features that come as snapshots from a batch job.",
           .object = &BatchViewSpec()},
          {.name = "stream_sources",
           .kind = kObjects,
           .doc = "Events as they happen.",
           .object = &StreamSourceSpec()},
          {.name = "stream_feature_views",
           .kind = kObjects,
           .doc = "Features over windows of events.",
           .object = &StreamViewSpec()},
          {.name = "feature_services",
           .kind = kObjects,
           .doc = "The features that one model asks for.",
           .object = &ServiceSpec()},
      }};
}

}  // namespace

const FieldSpec* ObjectSpec::Find(std::string_view field) const {
  for (const FieldSpec& spec : fields) {
    if (spec.name == field) return &spec;
  }
  return nullptr;
}

std::vector<std::string> ObjectSpec::Names() const {
  std::vector<std::string> names;
  for (const FieldSpec& spec : fields) names.emplace_back(spec.name);
  return names;
}

const ObjectSpec& FileSpec() {
  static const ObjectSpec spec = MakeFileSpec();
  return spec;
}

std::string NumberText(const FieldSpec& field) {
  using Limits = std::numeric_limits<int64_t>;
  if (field.max != Limits::max()) {
    return fmt::format("number from {} to {}", field.min, field.max);
  }
  return field.min == Limits::min()
             ? "number"
             : fmt::format("number of at least {}", field.min);
}

std::string PatternOf(const FieldSpec& field) {
  switch (field.kind) {
    case FieldKind::kName:
    case FieldKind::kNames:
      return std::string(kName);
    case FieldKind::kColumnName:
    case FieldKind::kColumnMap:
      return std::string(kColumn);
    case FieldKind::kAddress:
      return "(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}";
    case FieldKind::kIpv4Address:
      return "[A-Za-z0-9._-]+:[0-9]{1,5}";
    case FieldKind::kZone:
      return "[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*";
    case FieldKind::kTimestamp:
      return std::string(kTimestamp);
    case FieldKind::kType:
      return TypePattern();
    case FieldKind::kKeyType:
      return "string|int64|bytes";
    case FieldKind::kDuration:
      return QuantityPattern(field, field.choices);
    case FieldKind::kSize:
      return QuantityPattern(field, {"B", "KiB", "MiB", "GiB", "TiB"});
    case FieldKind::kReferences:
      return ReferencePattern();
    case FieldKind::kFunctions:
      return fmt::format("({})(\\([0-9., ]+\\))?",
                         fmt::join(AggregateFunctionNames(), "|"));
    case FieldKind::kTopicStart:
      return fmt::format("earliest|latest|{}", kTimestamp);
    case FieldKind::kWindows:
      return "lifetime|[1-9][0-9]{0,18}(s|m|h|d|w)";
    default:
      return {};
  }
}

}  // namespace freshet
