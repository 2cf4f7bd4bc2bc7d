// SPDX-License-Identifier: Apache-2.0
#include "loader/log_export/event_file.h"

#include <arrow/io/file.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <filesystem>
#include <utility>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

// Also those above it that are missing, each on disk in the one above.
absl::Status MakeDirs(const std::filesystem::path& dir) {
  if (PathExists(dir.string())) return absl::OkStatus();
  RETURN_IF_ERROR(MakeDirs(dir.parent_path()));
  RETURN_IF_ERROR(MakeDir(dir.string()));
  return SyncDir(dir.parent_path().string());
}

}  // namespace

struct EventFile::Writer {
  std::shared_ptr<arrow::io::FileOutputStream> out;
  std::unique_ptr<parquet::arrow::FileWriter> parquet;
};

EventFile::EventFile(Place place, EventTable table)
    : place_(std::move(place)), table_(std::move(table)) {}
EventFile::~EventFile() = default;

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Make(
    Place place, const LoggedEvents& logged, const ExportedSource& source,
    arrow::MemoryPool* pool) {
  ASSIGN_OR_RETURN(EventTable table, EventTable::Make(logged, source, pool));
  std::unique_ptr<EventFile> file(
      new EventFile(std::move(place), std::move(table)));
  file->writer_ = std::make_unique<Writer>();
  ASSIGN_OR_RETURN(file->writer_->out,
                   FromArrowResult(arrow::io::FileOutputStream::Open(
                       file->place_.building)));
  const auto properties = parquet::WriterProperties::Builder()
                              .memory_pool(pool)
                              ->compression(parquet::Compression::ZSTD)
                              ->build();
  ASSIGN_OR_RETURN(
      file->writer_->parquet,
      FromArrowResult(parquet::arrow::FileWriter::Open(
          *file->table_.schema(), pool, file->writer_->out, properties)));
  return file;
}

absl::Status EventFile::Flush() {
  ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Table> rows, table_.Take());
  if (rows->num_rows() == 0) return absl::OkStatus();
  return FromArrow(writer_->parquet->WriteTable(*rows, rows->num_rows()));
}

absl::Status EventFile::Finish() {
  RETURN_IF_ERROR(Flush());
  RETURN_IF_ERROR(FromArrow(
      writer_->parquet->AddKeyValueMetadata(table_.schema()->metadata())));
  RETURN_IF_ERROR(FromArrow(writer_->parquet->Close()));
  RETURN_IF_ERROR(FromArrow(writer_->out->Close()));
  writer_.reset();
  RETURN_IF_ERROR(FAILPOINT("export.before_sync"));
  RETURN_IF_ERROR(SyncFile(place_.building));
  ASSIGN_OR_RETURN(bytes_, FileSize(place_.building));
  return absl::OkStatus();
}

absl::Status EventFile::Publish() const {
  RETURN_IF_ERROR(MakeDirs(std::filesystem::path(place_.path).parent_path()));
  RETURN_IF_ERROR(FAILPOINT("export.before_rename"));
  RETURN_IF_ERROR(RenameSynced(place_.building, place_.path));
  return FAILPOINT("export.after_rename");
}

}  // namespace freshet
