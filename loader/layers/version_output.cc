// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/version_output.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr int64_t kReportEveryRows = 4096;

}  // namespace

absl::StatusOr<std::unique_ptr<VersionOutput>> VersionOutput::Create(
    const LoadSpec& spec, Manifest identity, int64_t bytes_read,
    ProgressReporter& progress) {
  std::unique_ptr<VersionOutput> output(
      new VersionOutput(bytes_read, progress));
  VersionWriterOptions options;
  options.disk_reserve_bytes = spec.disk_reserve_bytes;
  options.on_work = [&progress] { progress.Worked(); };
  options.on_ingested = [out = output.get()] {
    const int64_t rows = out->writer_->rows();
    out->progress_.EnterPhase(LoadPhase::kVerifying, rows, rows);
  };
  ASSIGN_OR_RETURN(
      output->writer_,
      VersionWriter::Create(spec.building_dir, std::move(identity), options));
  return output;
}

absl::Status VersionOutput::Add(std::string_view key, std::string_view row) {
  RETURN_IF_ERROR(writer_->Add(key, row));
  if (writer_->rows() % kReportEveryRows == 0) Report();
  return absl::OkStatus();
}

absl::Status VersionOutput::Finish(int64_t rows_replaced,
                                   std::optional<int64_t> live_rows) {
  Report();
  progress_.EnterPhase(LoadPhase::kIngesting, writer_->rows(), writer_->rows());
  ASSIGN_OR_RETURN(const Manifest manifest,
                   writer_->Finish(rows_replaced, live_rows));
  CHECK(manifest.rows == writer_->rows());
  return absl::OkStatus();
}

void VersionOutput::Report() {
  progress_.Update(writer_->rows(), bytes_read_, writer_->bytes_written());
}

}  // namespace freshet
