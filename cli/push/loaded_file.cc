// SPDX-License-Identifier: Apache-2.0
#include "cli/push/loaded_file.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "features/event_files/event_file_order.h"
#include "features/little_endian.h"
#include "features/row_codec.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr size_t kComplaintsMax = 2000;

std::string LoaderOf(const EventFileOptions& options) {
  if (!options.loader.empty()) return options.loader;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "freshet-load").string();
}

absl::StatusOr<EventFileOrder> OrderOf(const EventFileOptions& options,
                                       FileFormat format,
                                       const StreamSource& source) {
  std::error_code error;
  EventFileOrder order;
  order.path = fs::absolute(options.path, error).string();
  order.format = format;
  order.fields = source.fields;
  // Without them every event is rejected, or counts each time that it comes.
  order.required.push_back(source.timestamp_field);
  if (!source.id_field.empty()) order.required.push_back(source.id_field);
  order.zone = options.zone;
  order.at_day = options.at_day;
  order.scratch_dir = fs::temp_directory_path(error).string();
  if (error) return Aborted("no directory for what memory does not hold");
  if (!kSanitized) order.memory_max_bytes = kChildAddressSpaceBytes;
  return order;
}

// What the file is said to be wrong for, whatever the loader calls it.
bool IsFaultOfFile(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsDataLoss(status) || absl::IsResourceExhausted(status) ||
         absl::IsUnimplemented(status) || absl::IsOutOfRange(status);
}

absl::Status OtherVersion(const absl::Status& status) {
  return Aborted("{}; is the loader the freshet-load of this version?",
                 std::string(status.message()));
}

// Into the event begun last. Requires: the row has a value.
absl::Status SetValue(const RowView& row, size_t column, Kind kind,
                      EventRows& rows) {
  switch (kind) {
    case Kind::kBool:
      rows.SetInteger(column, row.Fixed(column)[0] != 0 ? 1 : 0);
      return absl::OkStatus();
    case Kind::kInt32:
      rows.SetInteger(column, LoadLittle<int32_t>(row.Fixed(column), 0));
      return absl::OkStatus();
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      rows.SetInteger(column, LoadLittle<int64_t>(row.Fixed(column), 0));
      return absl::OkStatus();
    case Kind::kFloat:
      rows.SetReal(column, LoadLittle<float>(row.Fixed(column), 0));
      return absl::OkStatus();
    case Kind::kDouble:
      rows.SetReal(column, LoadLittle<double>(row.Fixed(column), 0));
      return absl::OkStatus();
    case Kind::kString:
    case Kind::kBytes:
      break;
  }
  ASSIGN_OR_RETURN(const std::string_view text, row.Variable(column));
  rows.SetText(column, text);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventFile>> LoadedFile::Open(
    const EventFileOptions& options, FileFormat format,
    const StreamSource& source) {
  ASSIGN_OR_RETURN(const int64_t bytes, FileSize(options.path));
  ASSIGN_OR_RETURN(const EventFileOrder order,
                   OrderOf(options, format, source));
  ChildOptions child;
  child.executable = LoaderOf(options);
  child.memory_max_bytes = order.memory_max_bytes;
  absl::StatusOr<ChildProcess> loader = ChildProcess::Spawn(child);
  if (!loader.ok()) {
    return Aborted(
        "{}; it reads CSV, Parquet and Arrow: --loader says where "
        "it is",
        std::string(loader.status().message()));
  }
  auto file = absl::WrapUnique(
      new LoadedFile(*std::move(loader), options.path, bytes, source.fields));
  file->Tell(SerializeEventFileOrder(order) + "\n");
  return std::unique_ptr<EventFile>(std::move(file));
}

LoadedFile::LoadedFile(ChildProcess loader, std::string path, int64_t bytes,
                       const std::vector<StreamField>& fields)
    : EventFile(fields),
      loader_(std::move(loader)),
      path_(std::move(path)),
      bytes_(bytes),
      fields_(fields),
      schema_(EventRowSchema(fields)) {}

void LoadedFile::Tell(std::string_view line) {
  while (!line.empty()) {
    const ssize_t n =
        ::send(loader_.input(), line.data(), line.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      line.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd fd{loader_.input(), POLLOUT, 0};
      ::poll(&fd, 1, -1);
    } else if (errno != EINTR) {
      return;  // It has ended; Check says how.
    }
  }
}

absl::Status LoadedFile::Named(const absl::Status& wrong) const {
  absl::Status named = Annotate(wrong, fmt::format("'{}'", path_));
  if (!IsFaultOfFile(named)) return named;
  return absl::InvalidArgumentError(named.message());
}

void LoadedFile::HearComplaints() {
  std::array<char, kComplaintsMax> bytes;
  const ssize_t n = ::read(loader_.errors(), bytes.data(), bytes.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  complaining_ = n > 0;
  if (n > 0) complaints_.append(bytes.data(), static_cast<size_t>(n));
  if (complaints_.size() > kComplaintsMax) {
    complaints_.erase(0, complaints_.size() - kComplaintsMax);
  }
}

bool LoadedFile::Hear() {
  std::array<char, 64 << 10> bytes;
  for (;;) {
    std::array<pollfd, 2> fds = {
        {{loader_.output(), POLLIN, 0},
         {complaining_ ? loader_.errors() : -1, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) HearComplaints();
    if (fds[0].revents == 0) continue;
    const ssize_t n = ::read(loader_.output(), bytes.data(), bytes.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return false;
    heard_.append(bytes.data(), static_cast<size_t>(n));
    return true;
  }
}

absl::Status LoadedFile::EndedEarly() {
  const ChildEnd end = loader_.Wait();
  const char* const name = ::sigabbrev_np(end.signal);
  return Aborted("'{}': the loader ended amid the file, by {}{}{}", path_,
                 end.signal == 0
                     ? fmt::format("exit code {}", end.exit_code)
                     : fmt::format("SIG{}", name == nullptr ? "?" : name),
                 complaints_.empty() ? "" : "; its last words: ", complaints_);
}

absl::StatusOr<EventFrame> LoadedFile::NextFrame() {
  for (;;) {
    std::string_view rest = std::string_view(heard_).substr(taken_);
    const size_t before = rest.size();
    const auto taken = TakeEventFrame(rest);
    if (!taken.ok()) return OtherVersion(taken.status());
    const std::optional<EventFrame>& frame = *taken;
    taken_ += before - rest.size();
    if (frame.has_value() && frame->kind == EventFrameKind::kEnd) {
      ended_ = true;
      const absl::Status told = StatusOfEndFrame(frame->payload);
      if (!told.ok()) return Named(told);
    }
    if (frame.has_value()) return *frame;
    heard_.erase(0, taken_);
    taken_ = 0;
    if (!Hear()) return EndedEarly();
  }
}

absl::Status LoadedFile::Check() {
  ASSIGN_OR_RETURN(const EventFrame frame, NextFrame());
  if (frame.kind != EventFrameKind::kChecked ||
      frame.payload.size() != fields_.size()) {
    return OtherVersion(DataLoss("the loader did not say that it is right"));
  }
  for (const char has : frame.payload) present_.push_back(has != 0);
  return absl::OkStatus();
}

absl::Status LoadedFile::AddEvent(std::string_view bytes, EventLines& out) {
  ASSIGN_OR_RETURN(const RowView row, RowView::Parse(schema_, bytes));
  out.rows.Begin(0, 0);
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!present_[i]) continue;
    if (row.IsNull(i)) {
      out.rows.SetNull(i);
    } else {
      RETURN_IF_ERROR(SetValue(row, i, fields_[i].type.kind, out.rows));
    }
  }
  out.lines.push_back(++row_);
  NoteLast(out.rows);
  return absl::OkStatus();
}

absl::Status LoadedFile::Read(size_t events_max, EventLines& out) {
  out.rows.Clear();
  out.lines.clear();
  while (!ended_ && !IsFull(out.rows, events_max)) {
    ASSIGN_OR_RETURN(const EventFrame frame, NextFrame());
    if (frame.kind == EventFrameKind::kRow) {
      const absl::Status added = AddEvent(frame.payload, out);
      if (!added.ok()) return OtherVersion(added);
    } else if (frame.kind == EventFrameKind::kRead) {
      const absl::StatusOr<int64_t> bytes = BytesOfReadFrame(frame.payload);
      if (!bytes.ok()) return OtherVersion(bytes.status());
      bytes_read_ = *bytes;
    }
  }
  return absl::OkStatus();
}

}  // namespace freshet
