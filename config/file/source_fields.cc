// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"
#include "config/names.h"

namespace freshet {
namespace {

using enum FieldKind;

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
                  "`_SUCCESS`, and no file is younger. `manifest`: the one "
                  "that `source.manifest` names, what it lists is there, and "
                  "no file is younger. `quiet`: nothing of it has changed for "
                  "`quiet_for`. Not given: `manifest` where the source names "
                  "one, else `success`.",
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

FieldSpec ManifestField() {
  return {.name = "manifest",
          .kind = kText,
          .doc =
              "The file in a snapshot's directory that lists its files with "
              "sizes and, where it says so, SHA-256 and rows, such as "
              "`_manifest.json`. With it only what it lists is read, and all "
              "of it must be as it says."};
}

FieldSpec ModeField() {
  return {.name = "mode",
          .kind = kChoice,
          .doc =
              "What a snapshot is. `full`: all there is. `upsert`: what is "
              "new, changed or deleted since, laid over the version that "
              "serves: see [Upserts](snapshots.md#upserts).",
          .default_text = "full",
          .choices = LoadModeNames()};
}

FieldSpec DeletedField() {
  return {.name = "deleted_field",
          .kind = kText,
          .doc =
              "For `mode: upsert` the boolean column that is true in a row "
              "that says that its key was deleted; its features are not "
              "read."};
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

const ObjectSpec& LiveRowsSpec() {
  static const ObjectSpec spec = {
      .name = "live",
      .doc =
          "Rows that come one by one, each an event of a stream source, and "
          "lie "
          "over the snapshot's: [Rows](streaming.md#rows).",
      .fields = {
          {.name = "source",
           .kind = kName,
           .doc = "One of `stream_sources`.",
           .required = true},
          {.name = "filter",
           .doc = "An [expression](expressions.md): only events of which it is "
                  "true are rows."},
          {.name = "columns",
           .kind = kColumnMap,
           .doc = "Join key or feature: an [expression](expressions.md), where "
                  "it is not the field of its name."},
          {.name = "deleted",
           .doc = "An [expression](expressions.md) of type bool: whether the "
                  "event says that its key was deleted."},
          {.name = "partial",
           .kind = kFlag,
           .doc = "Whether an event changes only the features that it says "
                  "something of. Else one that it says nothing of becomes "
                  "NULL.",
           .default_text = "false"},
          ExpectedFreshnessField(),
      }};
  return spec;
}

}  // namespace

FieldSpec LiveRowsField() {
  return {.name = "live",
          .kind = kObject,
          .doc =
              "Rows that come one by one, over those of snapshots or instead "
              "of them.",
          .object = &LiveRowsSpec()};
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
          ManifestField(),
          ModeField(),
          {.name = "timestamp_field",
           .kind = kText,
           .doc = "The column with each row's event time: a timestamp or a "
                  "date. Without it every row has the time of the load's "
                  "`as_of`."},
          DeletedField(),
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

const ObjectSpec& EventExportSpec() {
  static const ObjectSpec spec = {
      .name = "settings.event_export",
      .doc =
          "Events of streams as Parquet files, for training and analysis "
          "(docs/streaming.md, \"Events as Parquet\").",
      .fields = {
          {.name = "directory",
           .kind = kText,
           .doc = "An existing directory that the files are written under, of "
                  "this daemon's machine. A relative path starts at the "
                  "file's directory. `freshet forget` does not reach them.",
           .required = true},
          {.name = "every",
           .kind = kDuration,
           .doc = "What came is in files so much later.",
           .default_text = "15m",
           .min = 1'000'000,
           .max = 86'400'000'000,
           .choices = FromSeconds()},
          {.name = "keep",
           .kind = kDuration,
           .doc = "Files of days that ended longer ago are removed. 0: none "
                  "are.",
           .default_text = "0",
           .max = int64_t{36'500} * 86'400'000'000,
           .choices = FromSeconds()},
          {.name = "log_max",
           .kind = kSize,
           .doc = "How much of the change log may wait to be written to files; "
                  "beyond it, or where the disk is short, the oldest is let "
                  "go, and is in no file.",
           .default_text = "4GiB",
           .min = int64_t{256} << 20},
      }};
  return spec;
}

namespace {

const ObjectSpec& HistorySpec() {
  static const ObjectSpec spec = [] {
    ObjectSpec history = {
        .name = "batch source",
        .doc =
            "Where a stream view's events of the past lie, and how their "
            "columns are read: one for each field of its source. They are "
            "loaded with `freshet load VIEW.history`: "
            "[History](streaming.md#history). One of `since` and `covers` is "
            "needed.",
        .fields = {
            {.name = "since",
             .kind = kTimestamp,
             .doc = "From this moment on the files have every event."},
            {.name = "covers",
             .kind = kDuration,
             .doc = "So far back from when they were made (`--as-of` of the "
                    "load, else their newest event) the files have every "
                    "event.",
             .min = 1'000'000,
             .choices = FromSeconds()},
            {.name = "settle",
             .kind = kDuration,
             .doc = "How long after an event happened it is in the files for "
                    "sure: what happened so long before they were made is "
                    "read from them, and what came later from the stream.",
             .default_text = "2h",
             .choices = FromSeconds()},
        }};
    for (const FieldSpec& field : SourceSpec().fields) {
      if (field.name == "mode" || field.name == "timestamp_field" ||
          field.name == "deleted_field" || field.name == "duplicates") {
        continue;
      }
      history.fields.push_back(field);
      if (field.name == "columns") {
        history.fields.back().doc =
            "For a field of the stream source, the column of the file, where "
            "the names differ.";
      }
    }
    return history;
  }();
  return spec;
}

}  // namespace

FieldSpec HistoryField() {
  return {.name = "batch_source",
          .kind = kObject,
          .doc =
              "Files with its events of the past, for windows that begin "
              "before everything was known of the stream.",
          .object = &HistorySpec()};
}

}  // namespace freshet
