// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "config/value.h"
#include "features/row_schema.h"
#include "storage/manifest.h"
#include "storage/protocol/load_protocol.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {

struct LoadedRow {
  int64_t event_time_micros = 0;
  std::vector<Value> values;  // As the schema's columns.

  bool operator==(const LoadedRow&) const = default;
};

// A view, a directory for its snapshots, and what a load of them built.
class LoadKit {
 public:
  using NamedTypes = std::vector<std::pair<std::string, std::string>>;

  // Names and types as in a definition file. The snapshot is the directory
  // `snapshot`, its timestamp field `ts`.
  LoadKit(const NamedTypes& keys, const NamedTypes& features);
  ~LoadKit();

  // In the snapshot's directory.
  std::string File(const std::string& name) const;
  void Write(const std::string& name, std::string_view bytes) const;

  // Change it before Load.
  LoadSpec& spec() { return spec_; }

  // Into a fresh building directory, in this process.
  absl::Status Load();

  // What the last load built. Keys are written as `7` or `EWR|2013`.
  std::map<std::string, LoadedRow> Rows() const;
  // The one row's value, written as FormatValue does.
  std::string Only(const std::string& feature) const;
  Manifest manifest() const;

  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  LoadSpec spec_;
};

// gzip or zstd, by Arrow's codecs.
std::string Pack(std::string_view text, const std::string& codec);

}  // namespace freshet
