// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"

namespace freshet {
namespace {

using enum FieldKind;

std::vector<std::string> AnyDuration() {
  return {"us", "ms", "s", "m", "h", "d", "w"};
}

const ObjectSpec& JoinKeySpec() {
  static const ObjectSpec spec = {
      .name = "join key",
      .doc = "One part of the key by which an entity is found.",
      .fields = {
          {.name = "name",
           .kind = kColumnName,
           .doc = "What requests call it, and the column of the snapshot "
                  "unless `columns` says otherwise.",
           .required = true},
          {.name = "type",
           .kind = kKeyType,
           .doc = "`string`, `int64` or `bytes`. Narrower integers of a file "
                  "fit int64.",
           .required = true},
      }};
  return spec;
}

const ObjectSpec& FeatureGuardSpec() {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  static const ObjectSpec spec = {
      .name = "guard",
      .doc =
          "What a feature's values must be in a new version, or it waits for "
          "`freshet approve`. `min` and `max` are of what its [statistics]"
          "(snapshots.md#statistics) measure.",
      .fields = {
          {.name = "min",
           .kind = kNumber,
           .doc = "No value is less.",
           .min = kLeast},
          {.name = "max",
           .kind = kNumber,
           .doc = "No value is greater.",
           .min = kLeast},
          {.name = "nulls_max",
           .kind = kNumber,
           .doc = "The greatest share of rows without a value: NULL or NaN.",
           .default_text = "1",
           .min = 0,
           .max = 1},
      }};
  return spec;
}

const ObjectSpec& FeatureSpec() {
  static const ObjectSpec spec = {
      .name = "feature",
      .doc = "One value of a row.",
      .fields = {
          {.name = "name",
           .kind = kColumnName,
           .doc = "Also the column of the snapshot, unless `columns` says "
                  "otherwise.",
           .required = true},
          {.name = "type",
           .kind = kType,
           .doc = "See [Types](#types).",
           .required = true},
          {.name = "default",
           .kind = kValue,
           .doc = "Answered instead of NULL, NOT_FOUND and EXPIRED, with the "
                  "cause DEFAULTED. A value of the feature's type."},
          {.name = "was",
           .kind = kColumnName,
           .doc = "The name before, when a feature is renamed: it keeps its "
                  "identity, so that older versions still answer."},
          DescriptionField(true),
          TagsField(true),
          {.name = "pii",
           .kind = kFlag,
           .doc = "Whether it is about a person. `freshet describe` says so.",
           .default_text = "false"},
          {.name = "guard",
           .kind = kObject,
           .doc = "What its values must be.",
           .object = &FeatureGuardSpec()},
      }};
  return spec;
}

FieldSpec Share(std::string_view name, std::string_view doc) {
  return {.name = name,
          .kind = kNumber,
          .doc = doc,
          .default_text = "0.5",
          .min = 0,
          .max = 1};
}

const ObjectSpec& GuardsSpec() {
  static const ObjectSpec spec = {
      .name = "guards",
      .doc =
          "What a new version must pass before it goes live. One that does "
          "not waits for `freshet approve`.",
      .fields = {
          Share("rows_ratio_min",
                "The least rows, as a share of the version before."),
          {.name = "rows_ratio_max",
           .kind = kNumber,
           .doc = "The most rows, as a multiple of the version before. Not "
                  "given: any number.",
           .min = 1},
          Share("bytes_ratio_min",
                "The least bytes of rows before compression, as a share of the "
                "version before."),
          Share("values_ratio_min",
                "Of each feature, the least share of rows with a value (not "
                "NULL, not NaN), as a share of that of the version before."),
          {.name = "age_max",
           .kind = kDuration,
           .doc = "How old the data may be, by its `as_of`, when its load "
                  "begins. 0: any age.",
           .default_text = "0",
           .choices = AnyDuration()},
          {.name = "allow_empty",
           .kind = kFlag,
           .doc = "Whether a snapshot without rows may go live.",
           .default_text = "false"},
      }};
  return spec;
}

const ObjectSpec& RetentionSpec() {
  static const ObjectSpec spec = {
      .name = "retention",
      .doc =
          "How long versions are kept. What is current, pinned or labelled "
          "is always kept.",
      .fields = {
          {.name = "versions",
           .kind = kInteger,
           .doc = "How many of those that served, the current one included; "
                  "rollback "
                  "needs 2. As many that are held, corrupt or were never "
                  "activated "
                  "are kept besides.",
           .default_text = "2",
           .min = 1,
           .max = 1'000},
          {.name = "max_age",
           .kind = kDuration,
           .doc = "Versions older than this go too. 0: no limit by age.",
           .default_text = "0",
           .choices = AnyDuration()},
      }};
  return spec;
}

std::vector<FieldSpec> BatchViewFields() {
  return {
      {.name = "name",
       .kind = kName,
       .doc = "What services and `freshet` call it.",
       .required = true},
      {.name = "entities",
       .kind = kNames,
       .doc = "The entities that a row describes. Their join keys, in order, "
              "are the key.",
       .required = true},
      {.name = "source",
       .kind = kObject,
       .doc = "Where its snapshots come from. Required, unless there is "
              "`live`.",
       .object = &SourceSpec()},
      LiveRowsField(),
      {.name = "features",
       .kind = kObjects,
       .doc = "The columns that are kept; others are not read.",
       .required = true,
       .object = &FeatureSpec()},
      {.name = "ttl",
       .kind = kDuration,
       .doc = "A row whose event time is older when read answers EXPIRED. 0: "
              "never.",
       .default_text = "0",
       .choices = AnyDuration()},
      {.name = "freshness",
       .kind = kDuration,
       .doc = "An alert fires while the `as_of` of its snapshot is older than "
              "this. 0: no alert. Live rows do not make it younger: theirs is "
              "`expected_freshness` of `live`.",
       .default_text = "0",
       .choices = AnyDuration()},
      OwnerField("Who is asked and paged: alerts carry it."),
      DescriptionField(true),
      TagsField(true),
      {.name = "pii",
       .kind = kFlag,
       .doc = "Whether its rows are about persons. `freshet describe` says "
              "so.",
       .default_text = "false"},
      CriticalField(),
      {.name = "guards",
       .kind = kObject,
       .doc = "What a new version must pass.",
       .object = &GuardsSpec()},
      {.name = "retention",
       .kind = kObject,
       .doc = "How long versions are kept.",
       .object = &RetentionSpec()},
      {.name = "snapshot_group",
       .kind = kName,
       .doc = "Views that name the same group go live together: once each has "
              "a version of one run, in one step. A run is the directory's "
              "name where each snapshot has one, or what the load says."},
  };
}

}  // namespace

const ObjectSpec& EntitySpec() {
  static const ObjectSpec spec = {
      .name = "entity",
      .doc =
          "A kind of thing that features describe: a carrier, a user, a "
          "route.",
      .fields = {
          {.name = "name",
           .kind = kName,
           .doc = "What views call it.",
           .required = true},
          {.name = "join_keys",
           .kind = kObjects,
           .doc = "The parts of its key, in order; more than one is a "
                  "composite key.",
           .required = true,
           .object = &JoinKeySpec()},
          OwnerField("Who is asked about it."),
          DescriptionField(false),
          TagsField(false),
      }};
  return spec;
}

const ObjectSpec& BatchViewSpec() {
  static const ObjectSpec spec = {
      .name = "feature view",
      .doc =
          "A table of features that a batch job hands over as snapshots, or "
          "whose rows come one by one.",
      .fields = BatchViewFields()};
  return spec;
}

const ObjectSpec& ServiceSpec() {
  static const ObjectSpec spec = {
      .name = "feature service",
      .doc =
          "The named list of features that one model asks for, in the order "
          "of the reply.",
      .fields = {
          {.name = "name",
           .kind = kName,
           .doc = "What requests call it.",
           .required = true},
          {.name = "features",
           .kind = kReferences,
           .doc = "`view` (all of its features), `view.feature`, or "
                  "`\"view[a, b]\"`.",
           .required = true},
          OwnerField("Who is asked about it."),
          DescriptionField(false),
          TagsField(false),
      }};
  return spec;
}

}  // namespace freshet
