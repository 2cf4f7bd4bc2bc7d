// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/push/event_file.h"
#include "ingest/formats/json_events.h"

namespace freshet {

// JSON Lines, read as the loader reads it: one event a line, lines without one
// are skipped. Holds one line in memory.
class JsonLinesFile final : public EventFile {
 public:
  // `path` is "-" for `in`, which must stay. The error says why it cannot be
  // opened.
  static absl::StatusOr<std::unique_ptr<EventFile>> Open(
      const std::string& path, std::FILE* in,
      const std::vector<StreamField>& fields);
  ~JsonLinesFile() override;

  absl::Status Check() override;
  absl::Status Read(size_t events_max, EventLines& out) override;
  int64_t bytes_read() const override { return bytes_read_; }
  int64_t bytes() const override { return bytes_; }
  std::string_view unit() const override { return "line"; }

 private:
  JsonLinesFile(std::FILE* file, std::string path, bool owned,
                const std::vector<StreamField>& fields);
  // To its beginning. False: it is no regular file, and gives its lines once.
  bool Rewind();
  // Into line_; false at the end.
  absl::StatusOr<bool> NextLine();
  absl::Status Wrong(std::string_view what) const;

  std::FILE* const file_;
  const std::string path_;
  const bool owned_;
  const std::vector<StreamField> fields_;
  JsonEvents events_;
  std::string line_;
  int64_t line_number_ = 0;
  int64_t bytes_read_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace freshet
