// SPDX-License-Identifier: Apache-2.0
// How the choices of a file are written, and what may be a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/definitions.h"

namespace freshet {

// `auto`, `parquet`, `csv`, `json_lines`, `arrow`.
std::string FileFormatName(FileFormat format);
// `refuse`, `latest`.
std::string DuplicatesName(Duplicates duplicates);
// `start_of_day`, `end_of_day`; "" for kNone.
std::string DayPointName(DayPoint point);
// `ignore`, `hive`.
std::string PartitionsName(Partitions partitions);
// `as_is`, `upper`, `lower`.
std::string ColumnCaseName(ColumnCase column_case);
// `full`, `upsert`.
std::string LoadModeName(LoadMode mode);
// `success`, `manifest`, `quiet`.
std::string CompleteName(Complete complete);
// `path`, `directory`.
std::string SnapshotPlaceName(SnapshotPlace place);
// `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`.
std::string KafkaSecurityName(KafkaSecurity security);
// `plain`, `scram_sha_256`, `scram_sha_512`.
std::string SaslMechanismName(SaslMechanism mechanism);
// `read_committed`, `read_uncommitted`.
std::string KafkaIsolationName(KafkaIsolation isolation);
// `json`, `avro`, `protobuf`.
std::string StreamFormatName(StreamFormat format);
// `none`, `debezium`.
std::string RecordEnvelopeName(RecordEnvelope envelope);
// `sawtooth`, `exact`.
std::string WindowModeName(WindowMode mode);
// `text`, `binary`, `base64`, `seconds`, `millis`, `micros`, `nanos`, `days`;
// "" for kUsual.
std::string ValueEncodingName(ValueEncoding encoding);

// By how a file's name ends, also where it says that the file is packed (.gz,
// .zst), and else by its first bytes, of which six are enough; kAuto: neither
// says.
FileFormat FileFormatOfFile(std::string_view name, std::string_view head);

// The inverse. Requires: `name` is one of the names.
FileFormat FileFormatOf(std::string_view name);
Duplicates DuplicatesOf(std::string_view name);
DayPoint DayPointOf(std::string_view name);
Partitions PartitionsOf(std::string_view name);
ColumnCase ColumnCaseOf(std::string_view name);
LoadMode LoadModeOf(std::string_view name);
Complete CompleteOf(std::string_view name);
SnapshotPlace SnapshotPlaceOf(std::string_view name);
KafkaSecurity KafkaSecurityOf(std::string_view name);
SaslMechanism SaslMechanismOf(std::string_view name);
KafkaIsolation KafkaIsolationOf(std::string_view name);
StreamFormat StreamFormatOf(std::string_view name);
RecordEnvelope RecordEnvelopeOf(std::string_view name);
WindowMode WindowModeOf(std::string_view name);
ValueEncoding ValueEncodingOf(std::string_view name);

// All names of each, in the order of the enumeration.
std::vector<std::string> FileFormatNames();
std::vector<std::string> DuplicatesNames();
std::vector<std::string> DayPointNames();
std::vector<std::string> PartitionsNames();
std::vector<std::string> ColumnCaseNames();
std::vector<std::string> LoadModeNames();
std::vector<std::string> CompleteNames();
std::vector<std::string> SnapshotPlaceNames();
std::vector<std::string> KafkaSecurityNames();
std::vector<std::string> SaslMechanismNames();
std::vector<std::string> KafkaIsolationNames();
std::vector<std::string> StreamFormatNames();
std::vector<std::string> RecordEnvelopeNames();
std::vector<std::string> WindowModeNames();
std::vector<std::string> ValueEncodingNames();

}  // namespace freshet
