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
constexpr Named<KafkaSecurity> kSecurities[] = {
    {KafkaSecurity::kPlaintext, "plaintext"},
    {KafkaSecurity::kSsl, "ssl"},
    {KafkaSecurity::kSaslPlaintext, "sasl_plaintext"},
    {KafkaSecurity::kSaslSsl, "sasl_ssl"}};
constexpr Named<SaslMechanism> kMechanisms[] = {
    {SaslMechanism::kPlain, "plain"},
    {SaslMechanism::kScramSha256, "scram_sha_256"},
    {SaslMechanism::kScramSha512, "scram_sha_512"}};
constexpr Named<KafkaIsolation> kIsolations[] = {
    {KafkaIsolation::kReadCommitted, "read_committed"},
    {KafkaIsolation::kReadUncommitted, "read_uncommitted"}};
constexpr Named<StreamFormat> kStreamFormats[] = {
    {StreamFormat::kJson, "json"},
    {StreamFormat::kAvro, "avro"},
    {StreamFormat::kProtobuf, "protobuf"}};
constexpr Named<RecordEnvelope> kEnvelopes[] = {
    {RecordEnvelope::kNone, "none"}, {RecordEnvelope::kDebezium, "debezium"}};
constexpr Named<WindowMode> kWindowModes[] = {
    {WindowMode::kSawtooth, "sawtooth"}, {WindowMode::kExact, "exact"}};
constexpr Named<ValueEncoding> kEncodings[] = {
    {ValueEncoding::kText, "text"},     {ValueEncoding::kBinary, "binary"},
    {ValueEncoding::kBase64, "base64"}, {ValueEncoding::kSeconds, "seconds"},
    {ValueEncoding::kMillis, "millis"}, {ValueEncoding::kMicros, "micros"},
    {ValueEncoding::kNanos, "nanos"},   {ValueEncoding::kDays, "days"}};

struct Suffix {
  std::string_view text;
  FileFormat format;
};

constexpr Suffix kSuffixes[] = {
    Suffix{".parquet", FileFormat::kParquet},
    Suffix{".pq", FileFormat::kParquet},
    Suffix{".csv", FileFormat::kCsv},
    Suffix{".jsonl", FileFormat::kJsonLines},
    Suffix{".ndjson", FileFormat::kJsonLines},
    Suffix{".json", FileFormat::kJsonLines},
    Suffix{".arrow", FileFormat::kArrow},
    Suffix{".arrows", FileFormat::kArrow},
    Suffix{".ipc", FileFormat::kArrow},
    Suffix{".feather", FileFormat::kArrow},
};

FileFormat ByName(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  for (const Suffix& suffix : kSuffixes) {
    if (name.ends_with(suffix.text)) return suffix.format;
  }
  return FileFormat::kAuto;
}

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

FileFormat FileFormatOfFile(std::string_view name, std::string_view head) {
  const FileFormat format = ByName(name);
  if (format != FileFormat::kAuto) return format;
  if (head.starts_with("PAR1")) return FileFormat::kParquet;
  if (head.starts_with("ARROW1")) return FileFormat::kArrow;
  return FileFormat::kAuto;
}

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
std::string KafkaSecurityName(KafkaSecurity security) {
  return NameOf(kSecurities, security);
}
std::string SaslMechanismName(SaslMechanism mechanism) {
  return NameOf(kMechanisms, mechanism);
}
std::string KafkaIsolationName(KafkaIsolation isolation) {
  return NameOf(kIsolations, isolation);
}
std::string StreamFormatName(StreamFormat format) {
  return NameOf(kStreamFormats, format);
}
std::string RecordEnvelopeName(RecordEnvelope envelope) {
  return NameOf(kEnvelopes, envelope);
}
std::string WindowModeName(WindowMode mode) {
  return NameOf(kWindowModes, mode);
}
std::string ValueEncodingName(ValueEncoding encoding) {
  return NameOf(kEncodings, encoding);
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
KafkaSecurity KafkaSecurityOf(std::string_view name) {
  return ValueOf(kSecurities, name);
}
SaslMechanism SaslMechanismOf(std::string_view name) {
  return ValueOf(kMechanisms, name);
}
KafkaIsolation KafkaIsolationOf(std::string_view name) {
  return ValueOf(kIsolations, name);
}
StreamFormat StreamFormatOf(std::string_view name) {
  return ValueOf(kStreamFormats, name);
}
RecordEnvelope RecordEnvelopeOf(std::string_view name) {
  return ValueOf(kEnvelopes, name);
}
WindowMode WindowModeOf(std::string_view name) {
  return ValueOf(kWindowModes, name);
}
ValueEncoding ValueEncodingOf(std::string_view name) {
  return ValueOf(kEncodings, name);
}

std::vector<std::string> FileFormatNames() { return NamesOf(kFormats); }
std::vector<std::string> DuplicatesNames() { return NamesOf(kDuplicates); }
std::vector<std::string> DayPointNames() { return NamesOf(kDayPoints); }
std::vector<std::string> PartitionsNames() { return NamesOf(kPartitions); }
std::vector<std::string> ColumnCaseNames() { return NamesOf(kColumnCases); }
std::vector<std::string> LoadModeNames() { return NamesOf(kLoadModes); }
std::vector<std::string> CompleteNames() { return NamesOf(kCompletes); }
std::vector<std::string> SnapshotPlaceNames() { return NamesOf(kPlaces); }
std::vector<std::string> KafkaSecurityNames() { return NamesOf(kSecurities); }
std::vector<std::string> SaslMechanismNames() { return NamesOf(kMechanisms); }
std::vector<std::string> KafkaIsolationNames() { return NamesOf(kIsolations); }
std::vector<std::string> StreamFormatNames() { return NamesOf(kStreamFormats); }
std::vector<std::string> RecordEnvelopeNames() { return NamesOf(kEnvelopes); }
std::vector<std::string> WindowModeNames() { return NamesOf(kWindowModes); }
std::vector<std::string> ValueEncodingNames() { return NamesOf(kEncodings); }

}  // namespace freshet
