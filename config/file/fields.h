// SPDX-License-Identifier: Apache-2.0
// The one table of what may stand in a file: the parser reads by it, the JSON
// Schema and the reference in docs/configuration.md are made from it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

enum class FieldKind {
  kText,
  kName,        // Of a project, entity, view or service.
  kColumnName,  // Of a feature or join key.
  kChoice,      // One of `choices`.
  kAddress,     // host:port.
  kIpv4Address,
  kZone,  // IANA.
  kTimestamp,
  kType,
  kKeyType,
  kFlag,
  kInteger,   // From `min` to `max`.
  kNumber,    // From `min` to `max`.
  kDuration,  // From `min` to `max` microseconds, in one of `choices`.
  kSize,      // From `min` to `max` bytes.
  kValue,     // Of the type beside it.
  kTexts,
  kNames,
  kReferences,  // `view`, `view.feature`, `view[a, b]`.
  kFunctions,   // `sum`, `last_n(5)`.
  kWindows,     // `10m`, `lifetime`.
  kTopicStart,  // `earliest`, `latest`, or a timestamp.
  kTextMap,     // Any word -> text.
  kColumnMap,   // Feature or join key -> text.
  kObject,
  kObjects,
};

struct ObjectSpec;

struct FieldSpec {
  std::string_view name = {};
  FieldKind kind = FieldKind::kText;
  std::string_view doc = {};  // Markdown, whole sentences.
  bool required = false;
  std::string_view default_text = {};  // As it would be written; "": none.
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  std::vector<std::string> choices = {};
  const ObjectSpec* object = nullptr;  // kObject, kObjects.
};

// The fields of one kind of mapping.
struct ObjectSpec {
  std::string_view name;  // As in "a feature view lacks 'source'".
  std::string_view doc;
  std::vector<FieldSpec> fields;

  // Null if there is none of this name.
  const FieldSpec* Find(std::string_view field) const;
  std::vector<std::string> Names() const;
};

// The whole file; all others hang below it.
const ObjectSpec& FileSpec();

// Parts of a file that define something, and need its `project`.
inline constexpr std::array<std::string_view, 5> kDefinedParts = {
    "entities", "batch_feature_views", "stream_sources", "stream_feature_views",
    "feature_services"};

// The parts of FileSpec.
const ObjectSpec& SettingsSpec();
const ObjectSpec& EventExportSpec();  // `settings.event_export`.
const ObjectSpec& EntitySpec();
const ObjectSpec& BatchViewSpec();
const ObjectSpec& SourceSpec();
const ObjectSpec& ServiceSpec();
const ObjectSpec& StreamSourceSpec();
const ObjectSpec& StreamViewSpec();

// What the text of a field must match as a whole (ECMAScript, as in JSON
// Schema); "" where the kind has no pattern of its own.
std::string PatternOf(const FieldSpec& field);

// What a kNumber takes: `number`, `number of at least 1`, `number from 0 to 1`.
std::string NumberText(const FieldSpec& field);

// Longest text of a field with a pattern.
inline constexpr size_t kPatternTextMax = 255;

}  // namespace freshet
