// SPDX-License-Identifier: Apache-2.0
#include "config/file/fields.h"
#include "config/names.h"

namespace freshet {
namespace {

using enum FieldKind;

std::vector<std::string> AnyDuration() {
  return {"us", "ms", "s", "m", "h", "d", "w"};
}

std::vector<std::string> FromSeconds() { return {"s", "m", "h", "d", "w"}; }

// Of views and features, which `freshet describe` prints; not of entities and
// services.
FieldSpec Description(bool described) {
  return {.name = "description",
          .doc = described
                     ? "What it is, for people. `freshet describe` prints it."
                     : "What it is, for people."};
}
FieldSpec Tags(bool described) {
  return {.name = "tags",
          .kind = kTextMap,
          .doc = described ? "Words of your own, as name: text. `freshet "
                             "describe` prints them."
                           : "Words of your own, as name: text."};
}
FieldSpec Owner(std::string_view doc) { return {.name = "owner", .doc = doc}; }

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

const ObjectSpec& WatchSpec() {
  static const ObjectSpec spec = {
      .name = "watch",
      .doc =
          "How new snapshots are noticed and loaded without being asked "
          "for: see [Watched sources](snapshots.md#watched-sources). "
          "`watch: {}` takes every default.",
      .fields = {
          {.name = "every",
           .kind = kDuration,
           .doc = "How often the source is looked at. `freshet notify` has it "
                  "looked at at once.",
           .default_text = "30s",
           .min = 1'000'000,
           .choices = FromSeconds()},
          {.name = "complete",
           .kind = kChoice,
           .doc = "What tells that a snapshot is complete. `success`: its "
                  "`_SUCCESS`, and no file is younger. `quiet`: nothing of it "
                  "has changed for `quiet_for`.",
           .default_text = "success",
           .choices = CompleteNames()},
          {.name = "quiet_for",
           .kind = kDuration,
           .doc = "For `complete: quiet`.",
           .default_text = "1m",
           .min = 1'000'000,
           .choices = FromSeconds()},
          {.name = "each",
           .kind = kChoice,
           .doc = "Where each snapshot lies. `path`: at the source's path, "
                  "written anew each time. `directory`: in a directory of its "
                  "own beneath it, of which the one that is last by name, and "
                  "complete, is loaded.",
           .default_text = "path",
           .choices = SnapshotPlaceNames()},
      }};
  return spec;
}

FieldSpec ColumnCaseField() {
  return {.name = "column_case",
          .kind = kChoice,
          .doc =
              "How the files write the names of features and join keys "
              "that `columns` does not map: `upper` is what Snowflake does.",
          .default_text = "as_is",
          .choices = ColumnCaseNames()};
}

FieldSpec PartitionsField() {
  return {.name = "partitions",
          .kind = kChoice,
          .doc =
              "Names of directories, such as `ds=2026-01-31`: with `hive` "
              "each is a column of the files beneath it, as text, and wins "
              "over one in the file.",
          .default_text = "ignore",
          .choices = PartitionsNames()};
}

const ObjectSpec& SourceSpec() {
  static const ObjectSpec spec = {
      .name = "source",
      .doc =
          "Where a view's snapshots come from and how their columns are "
          "read. A time without zone needs `zone`; a date needs `zone` and "
          "`at`: neither has a default, because a wrong guess makes "
          "training see the future.",
      .fields = {
          {.name = "path",
           .kind = kText,
           .doc = "A file or a directory, or an object or a prefix in an "
                  "object store (`s3://bucket/prefix`, `gs://bucket/prefix`), "
                  "under one of `settings.load.roots`. "
                  "A relative path starts at the directory of the daemon's own "
                  "file, also where `freshet apply` sent it from elsewhere. A "
                  "load may name another path.",
           .required = true},
          {.name = "format",
           .kind = kChoice,
           .doc = "`auto` goes by the file's name.",
           .default_text = "auto",
           .choices = FileFormatNames()},
          {.name = "require_success",
           .kind = kFlag,
           .doc = "Whether a directory is refused until its `_SUCCESS` is "
                  "there.",
           .default_text = "false"},
          {.name = "timestamp_field",
           .kind = kText,
           .doc = "The column with each row's event time: a timestamp or a "
                  "date. Without it every row has the time of the load's "
                  "`as_of`."},
          {.name = "zone",
           .kind = kZone,
           .doc = "The IANA zone of dates and of times that carry none, such "
                  "as `America/New_York` or `UTC`."},
          {.name = "at",
           .kind = kChoice,
           .doc = "Which moment of its day a date stands for: with "
                  "`end_of_day` nothing is known before the day is over.",
           .choices = DayPointNames()},
          {.name = "duplicates",
           .kind = kChoice,
           .doc = "Two rows with one key: `refuse` fails the load, `latest` "
                  "keeps the row with the newest event time.",
           .default_text = "refuse",
           .choices = DuplicatesNames()},
          {.name = "columns",
           .kind = kColumnMap,
           .doc = "For a feature or join key, the column of the file, where "
                  "the names differ."},
          ColumnCaseField(),
          PartitionsField(),
          {.name = "watch",
           .kind = kObject,
           .doc = "Loads what arrives. Without it loads are asked for.",
           .object = &WatchSpec()},
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
          Description(true),
          Tags(true),
          {.name = "pii",
           .kind = kFlag,
           .doc = "Whether it is about a person. `freshet describe` says so.",
           .default_text = "false"},
      }};
  return spec;
}

const ObjectSpec& GuardsSpec() {
  static const ObjectSpec spec = {
      .name = "guards",
      .doc =
          "What a new version must pass before it goes live. One that does "
          "not waits for `freshet approve`.",
      .fields = {
          {.name = "rows_ratio_min",
           .kind = kNumber,
           .doc = "The least rows, as a share of the version before.",
           .default_text = "0.5",
           .min = 0,
           .max = 1},
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
       .doc = "Where its snapshots come from.",
       .required = true,
       .object = &SourceSpec()},
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
       .doc = "An alert fires while the data is older than this. 0: no alert.",
       .default_text = "0",
       .choices = AnyDuration()},
      Owner("Who is asked and paged: alerts carry it."),
      Description(true),
      Tags(true),
      {.name = "pii",
       .kind = kFlag,
       .doc = "Whether its rows are about persons. `freshet describe` says "
              "so.",
       .default_text = "false"},
      {.name = "critical",
       .kind = kFlag,
       .doc = "Whether the daemon is ready only once this view serves, and its "
              "alerts page.",
       .default_text = "false"},
      {.name = "guards",
       .kind = kObject,
       .doc = "What a new version must pass.",
       .object = &GuardsSpec()},
      {.name = "retention",
       .kind = kObject,
       .doc = "How long versions are kept.",
       .object = &RetentionSpec()},
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
          Owner("Who is asked about it."),
          Description(false),
          Tags(false),
      }};
  return spec;
}

const ObjectSpec& BatchViewSpec() {
  static const ObjectSpec spec = {
      .name = "feature view",
      .doc = "A table of features that a batch job hands over as snapshots.",
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
          Owner("Who is asked about it."),
          Description(false),
          Tags(false),
      }};
  return spec;
}

}  // namespace freshet
