// SPDX-License-Identifier: Apache-2.0
#include "loader/log_export/export_log.h"

#include <arrow/memory_pool.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "loader/log_export/event_file.h"
#include "loader/log_export/event_files.h"
#include "loader/sandbox.h"
#include "loader/sort/disk_reserve.h"
#include "loader/stdin_watch.h"
#include "storage/change_log/log_reader.h"
#include "storage/change_log/log_record.h"

namespace freshet {
namespace {

// Of one file: a row group. Of all of them: more, and the largest is written.
constexpr int64_t kFileBytesMax = 32 << 20;
constexpr int64_t kAllBytesMax = 128 << 20;
constexpr int64_t kTellEveryRecords = 1'000;

class Export {
 public:
  Export(const ExportOrder& order,
         const std::function<void(const ExportReport&)>& tell,
         ExportReport& report)
      : order_(order),
        tell_(tell),
        report_(report),
        building_dir_(BuildingDir(order)) {}

  absl::Status Run() {
    // A mount that is missing is not to fill the disk beneath.
    if (!PathExists(order_.directory)) {
      return NotFound("there is no directory '{}': make it, or mount it",
                      order_.directory);
    }
    // Of one that was killed.
    RETURN_IF_ERROR(RemoveTree(building_dir_));
    RETURN_IF_ERROR(MakeDir(building_dir_));
    RETURN_IF_ERROR(ReadRecords());
    for (auto& [source, file] : open_) RETURN_IF_ERROR(Finish(std::move(file)));
    open_.clear();
    for (const auto& file : finished_) {
      RETURN_IF_ERROR(file->Publish());
      ++report_.files;
      report_.bytes += file->bytes();
    }
    RETURN_IF_ERROR(RemoveTree(building_dir_));
    if (order_.keep_from_micros == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(report_.removed_files, RemoveOldFiles(order_));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadRecords() {
    absl::Status status;
    RETURN_IF_ERROR(ReadChangeLog(order_.log_dir, order_.from, order_.until,
                                  [&](uint64_t number, std::string_view bytes) {
                                    status = Take(number, bytes);
                                    if (++report_.records % kTellEveryRecords ==
                                        0)
                                      tell_(report_);
                                    return status.ok();
                                  }));
    return status;
  }

  absl::Status Take(uint64_t number, std::string_view bytes) {
    const absl::StatusOr<LogRecord> record = DecodeRecord(bytes);
    if (!record.ok()) {
      return Annotate(record.status(), fmt::format("record {}", number));
    }
    const auto* logged = std::get_if<LoggedEvents>(&*record);
    if (logged == nullptr || logged->events.rows == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(EventFile * file, FileFor(*logged, number));
    for (size_t row = 0; row < logged->events.rows; ++row) {
      RETURN_IF_ERROR(file->table().Add(*logged, row, number));
      if (file->table().bytes() >= kFileBytesMax) {
        RETURN_IF_ERROR(Flush(*file));
      }
    }
    report_.events += static_cast<int64_t>(logged->events.rows);
    return FlushLargest();
  }

  // The open one, if it is of the same day and fields; else another.
  absl::StatusOr<EventFile*> FileFor(const LoggedEvents& logged,
                                     uint64_t number) {
    ASSIGN_OR_RETURN(
        const std::string dir,
        EventsDir(order_.directory, logged.source, logged.arrival_micros));
    std::unique_ptr<EventFile>& file = open_[logged.source];
    if (file != nullptr) {
      if (file->path().starts_with(dir + "/") &&
          file->table().Has(logged.fields)) {
        return file.get();
      }
      RETURN_IF_ERROR(Finish(std::move(file)));
    }
    const std::string name = EventFileName(order_.log_id, number);
    const auto source = order_.sources.find(logged.source);
    ASSIGN_OR_RETURN(
        file,
        EventFile::Make(
            {.building = fmt::format("{}/{}.building", building_dir_, name),
             .path = fmt::format("{}/{}", dir, name)},
            logged,
            source == order_.sources.end() ? ExportedSource() : source->second,
            arrow::default_memory_pool()));
    return file.get();
  }

  absl::Status FlushLargest() {
    int64_t bytes = 0;
    EventFile* largest = nullptr;
    for (const auto& [source, file] : open_) {
      const int64_t of_file = file->table().bytes();
      bytes += of_file;
      if (largest == nullptr || of_file > largest->table().bytes()) {
        largest = file.get();
      }
    }
    return bytes < kAllBytesMax ? absl::OkStatus() : Flush(*largest);
  }

  absl::Status Flush(EventFile& file) const {
    RETURN_IF_ERROR(CheckDiskReserve(
        order_.directory, order_.disk_reserve_bytes, file.table().bytes()));
    return file.Flush();
  }

  absl::Status Finish(std::unique_ptr<EventFile> file) {
    RETURN_IF_ERROR(Flush(*file));
    RETURN_IF_ERROR(file->Finish());
    finished_.push_back(std::move(file));
    return absl::OkStatus();
  }

  const ExportOrder& order_;
  const std::function<void(const ExportReport&)>& tell_;
  ExportReport& report_;
  const std::string building_dir_;
  std::map<std::string, std::unique_ptr<EventFile>> open_;  // By source.
  std::vector<std::unique_ptr<EventFile>> finished_;
};

}  // namespace

// Exceptions are Arrow's and the allocator's.
absl::Status ExportLog(const ExportOrder& order,
                       const std::function<void(const ExportReport&)>& tell,
                       ExportReport& report) {
  try {
    return Export(order, tell, report).Run();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("out of memory (its limit is {} bytes)",
                             order.memory_max_bytes);
  } catch (const std::exception& error) {
    return Internal("{}", error.what());
  }
}

absl::Status RunExport(const std::string& line, int in, int out) {
  const absl::StatusOr<ExportOrder> order = ParseExportOrder(line);
  SandboxOptions sandbox;
  if (order.ok()) sandbox.memory_max_bytes = order->memory_max_bytes;
  RETURN_IF_ERROR(EnterSandbox(sandbox));
  ExitAtEndOf(in);
  absl::Status told;
  const auto tell = [&](const ExportReport& report) {
    told.Update(WriteAll(out, SerializeExportReport(report), "the pipe"));
  };
  ExportReport report;
  const absl::Status done =
      order.ok() ? ExportLog(*order, tell, report) : order.status();
  report.is_last = true;
  report.status = done;
  tell(report);
  return told;
}

}  // namespace freshet
