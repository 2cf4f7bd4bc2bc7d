// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/child_process.h"
#include "cli/push/event_file.h"
#include "features/event_files/event_frame.h"
#include "features/row_schema.h"

namespace freshet {

// CSV, Parquet or Arrow IPC, read by freshet-load, a process of its own that
// reads the file twice: to see that all of it is right, and to give its events.
class LoadedFile final : public EventFile {
 public:
  // ABORTED if the loader cannot be started.
  static absl::StatusOr<std::unique_ptr<EventFile>> Open(
      const EventFileOptions& options, FileFormat format,
      const StreamSource& source);

  absl::Status Check() override;
  absl::Status Read(size_t events_max, EventLines& out) override;
  int64_t bytes_read() const override { return bytes_read_; }
  int64_t bytes() const override { return bytes_; }
  std::string_view unit() const override { return "row"; }

 private:
  LoadedFile(ChildProcess loader, std::string path, int64_t bytes,
             const std::vector<StreamField>& fields);
  void Tell(std::string_view line);
  // Waits for it; valid until the next call.
  absl::StatusOr<EventFrame> NextFrame();
  // Waits for more of what the loader writes. False: it has ended.
  bool Hear();
  void HearComplaints();
  // Of a loader that ended without a last frame.
  absl::Status EndedEarly();
  absl::Status AddEvent(std::string_view row, EventLines& out);
  absl::Status Named(const absl::Status& wrong) const;

  ChildProcess loader_;
  const std::string path_;
  const int64_t bytes_;
  const std::vector<StreamField> fields_;
  const RowSchema schema_;
  std::vector<bool> present_;  // By field: the file has a column for it.
  std::string heard_;          // Of the loader's output.
  size_t taken_ = 0;           // Of it, by NextFrame.
  std::string complaints_;     // The end of its standard error.
  bool complaining_ = true;    // Which is not closed.
  int64_t row_ = 0;
  int64_t bytes_read_ = 0;
  bool ended_ = false;
};

}  // namespace freshet
