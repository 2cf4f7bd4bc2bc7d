// SPDX-License-Identifier: Apache-2.0
#include "config/names.h"

#include "base/check.h"

namespace freshet {
namespace {

template <typename T>
struct Named {
  T value;
  std::string_view name;
};

constexpr Named<FileFormat> kFormats[] = {
    {FileFormat::kAuto, "auto"},
    {FileFormat::kParquet, "parquet"},
    {FileFormat::kCsv, "csv"},
    {FileFormat::kJsonLines, "json_lines"},
    {FileFormat::kArrow, "arrow"}};
constexpr Named<Duplicates> kDuplicates[] = {{Duplicates::kRefuse, "refuse"},
                                             {Duplicates::kLatest, "latest"}};
constexpr Named<DayPoint> kDayPoints[] = {
    {DayPoint::kStartOfDay, "start_of_day"},
    {DayPoint::kEndOfDay, "end_of_day"}};
constexpr Named<Partitions> kPartitions[] = {{Partitions::kIgnore, "ignore"},
                                             {Partitions::kHive, "hive"}};
constexpr Named<ColumnCase> kColumnCases[] = {{ColumnCase::kAsIs, "as_is"},
                                              {ColumnCase::kUpper, "upper"},
                                              {ColumnCase::kLower, "lower"}};
constexpr Named<LoadMode> kLoadModes[] = {{LoadMode::kFull, "full"},
                                          {LoadMode::kUpsert, "upsert"}};
constexpr Named<Complete> kCompletes[] = {{Complete::kSuccess, "success"},
                                          {Complete::kManifest, "manifest"},
                                          {Complete::kQuiet, "quiet"}};
constexpr Named<SnapshotPlace> kPlaces[] = {
    {SnapshotPlace::kPath, "path"}, {SnapshotPlace::kDirectory, "directory"}};

template <typename T, size_t N>
std::string NameOf(const Named<T> (&table)[N], T value) {
  for (const Named<T>& row : table) {
    if (row.value == value) return std::string(row.name);
  }
  return {};
}

template <typename T, size_t N>
T ValueOf(const Named<T> (&table)[N], std::string_view name) {
  for (const Named<T>& row : table) {
    if (row.name == name) return row.value;
  }
  CHECK(false && "not one of the names");
  return {};
}

template <typename T, size_t N>
std::vector<std::string> NamesOf(const Named<T> (&table)[N]) {
  std::vector<std::string> names;
  for (const Named<T>& row : table) names.emplace_back(row.name);
  return names;
}

}  // namespace

std::string FileFormatName(FileFormat format) {
  return NameOf(kFormats, format);
}
std::string DuplicatesName(Duplicates duplicates) {
  return NameOf(kDuplicates, duplicates);
}
std::string DayPointName(DayPoint point) { return NameOf(kDayPoints, point); }
std::string PartitionsName(Partitions partitions) {
  return NameOf(kPartitions, partitions);
}
std::string ColumnCaseName(ColumnCase column_case) {
  return NameOf(kColumnCases, column_case);
}
std::string LoadModeName(LoadMode mode) { return NameOf(kLoadModes, mode); }
std::string CompleteName(Complete complete) {
  return NameOf(kCompletes, complete);
}
std::string SnapshotPlaceName(SnapshotPlace place) {
  return NameOf(kPlaces, place);
}

FileFormat FileFormatOf(std::string_view name) {
  return ValueOf(kFormats, name);
}
Duplicates DuplicatesOf(std::string_view name) {
  return ValueOf(kDuplicates, name);
}
DayPoint DayPointOf(std::string_view name) { return ValueOf(kDayPoints, name); }
Partitions PartitionsOf(std::string_view name) {
  return ValueOf(kPartitions, name);
}
ColumnCase ColumnCaseOf(std::string_view name) {
  return ValueOf(kColumnCases, name);
}
LoadMode LoadModeOf(std::string_view name) { return ValueOf(kLoadModes, name); }
Complete CompleteOf(std::string_view name) { return ValueOf(kCompletes, name); }
SnapshotPlace SnapshotPlaceOf(std::string_view name) {
  return ValueOf(kPlaces, name);
}

std::vector<std::string> FileFormatNames() { return NamesOf(kFormats); }
std::vector<std::string> DuplicatesNames() { return NamesOf(kDuplicates); }
std::vector<std::string> DayPointNames() { return NamesOf(kDayPoints); }
std::vector<std::string> PartitionsNames() { return NamesOf(kPartitions); }
std::vector<std::string> ColumnCaseNames() { return NamesOf(kColumnCases); }
std::vector<std::string> LoadModeNames() { return NamesOf(kLoadModes); }
std::vector<std::string> CompleteNames() { return NamesOf(kCompletes); }
std::vector<std::string> SnapshotPlaceNames() { return NamesOf(kPlaces); }

}  // namespace freshet
