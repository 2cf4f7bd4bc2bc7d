// SPDX-License-Identifier: Apache-2.0
#include "loader/events/give_events.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>

#include <memory>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "features/event_files/event_file_order.h"
#include "features/event_files/event_frame.h"
#include "loader/events/event_encoder.h"
#include "loader/formats/batch_reader.h"
#include "loader/sandbox.h"
#include "loader/snapshot/local_files.h"
#include "loader/stdin_watch.h"

namespace freshet {
namespace {

// What decoding a batch may hold at once, as of a load.
constexpr int64_t kDecodeBytesMax = 208 << 20;
constexpr int64_t kColumnsMax = 100'000;
// Of a text row four times that is read, which is what a line may have.
constexpr int64_t kRowBytesMax = 4 << 20;
constexpr size_t kWriteBytes = 64 << 10;

// The events of one file, read twice: to see that all are right, and to give
// them.
class Giving {
 public:
  Giving(const EventFileOrder& order, int out)
      : order_(order),
        out_(out),
        pool_(arrow::default_memory_pool(), kDecodeBytesMax) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(encoder_, EventEncoder::Create(order_));
    BatchSource source;
    source.path = order_.path;
    ASSIGN_OR_RETURN(files_, LocalFiles::Open(source, {"/"}));
    if (!files_->listing().is_file) {
      return InvalidArgument("it is a directory; push the files in it");
    }
    RETURN_IF_ERROR(Read(/*give=*/false));
    AppendEventFrame(EventFrameKind::kChecked, encoder_->present(), frames_);
    RETURN_IF_ERROR(Write());
    return Read(/*give=*/true);
  }

  // What is not written of `Run`, and the last frame.
  absl::Status End(const absl::Status& status) {
    AppendEndFrame(status, frames_);
    return Write();
  }

 private:
  absl::StatusOr<std::unique_ptr<BatchReader>> Open() {
    const SourceFile& file = files_->files().front();
    OpenFile open;
    ASSIGN_OR_RETURN(open.fd, files_->OpenFile(file));
    open.name = file.name;
    open.bytes = file.bytes;
    open.format = order_.format;
    open.wanted = encoder_->wanted();
    open.limits.columns_max = kColumnsMax;
    open.limits.row_bytes_max = kRowBytesMax;
    open.scratch.dir = order_.scratch_dir;
    open.pool = &pool_;
    return OpenBatchReader(std::move(open));
  }

  absl::Status Read(bool give) {
    ASSIGN_OR_RETURN(const std::unique_ptr<BatchReader> reader, Open());
    RETURN_IF_ERROR(encoder_->Bind(
        reader->schema(),
        [&](std::string_view column) { return reader->is_text(column); }));
    for (;;) {
      ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatch> batch,
                       reader->Next());
      if (batch == nullptr) break;
      const int64_t rows = batch->num_rows();
      encoder_->Attach(std::move(batch));
      for (int64_t i = 0; i < rows; ++i) {
        const absl::StatusOr<std::string_view> row = encoder_->Encode(i);
        if (!row.ok()) return Annotate(row.status(), reader->Place(i));
        if (give) RETURN_IF_ERROR(Give(*row));
      }
      if (give) AppendReadFrame(reader->bytes_read(), frames_);
    }
    return files_->CheckUnchanged();
  }

  absl::Status Give(std::string_view row) {
    AppendEventFrame(EventFrameKind::kRow, row, frames_);
    return frames_.size() < kWriteBytes ? absl::OkStatus() : Write();
  }

  absl::Status Write() {
    const std::string frames = std::exchange(frames_, {});
    return WriteAll(out_, frames, "the pipe");
  }

  const EventFileOrder& order_;
  const int out_;
  arrow::CappedMemoryPool pool_;
  std::unique_ptr<EventEncoder> encoder_;
  std::unique_ptr<LocalFiles> files_;
  std::string frames_;  // Not written yet.
};

// Exceptions are Arrow's and the allocator's.
absl::Status RunGiving(Giving& giving) {
  try {
    return giving.Run();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted(
        "the loader ran out of memory; a smaller file is needed, or one of "
        "smaller rows");
  } catch (const std::exception& error) {
    return DataLoss("{}", error.what());
  }
}

}  // namespace

absl::Status GiveEvents(const std::string& line, int in, int out) {
  const absl::StatusOr<EventFileOrder> order = ParseEventFileOrder(line);
  SandboxOptions sandbox;
  // Somebody waits for it.
  sandbox.idle = false;
  if (order.ok()) sandbox.memory_max_bytes = order->memory_max_bytes;
  RETURN_IF_ERROR(EnterSandbox(sandbox));
  ExitAtEndOf(in);
  if (!order.ok()) {
    EventFileOrder none;
    return Giving(none, out).End(order.status());
  }
  Giving giving(*order, out);
  return giving.End(RunGiving(giving));
}

}  // namespace freshet
