// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/loader_conversation.h"

#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"

namespace freshet {
namespace {

// Error messages go to logs and into protobuf strings: one line, valid UTF-8.
std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t valid = ValidUtf8Prefix(text);
    for (const char c : text.substr(0, valid)) {
      const auto byte = static_cast<unsigned char>(c);
      out += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += '?';
    text.remove_prefix(1);
  }
  const size_t last = out.find_last_not_of(' ');
  out.resize(last == std::string::npos ? 0 : last + 1);
  return out;
}

std::string Excerpt(std::string_view line) {
  constexpr size_t kShown = 80;
  std::string text = Printable(line.substr(0, kShown));
  if (line.size() > kShown) text += "...";
  return text;
}

bool OutOfMemory(std::string_view errors) {
  return errors.find("bad_alloc") != std::string_view::npos ||
         errors.find("out of memory") != std::string_view::npos ||
         errors.find("annot allocate memory") != std::string_view::npos;
}

bool Advanced(const LoadProgress& before, const LoadProgress& now) {
  return now.phase != before.phase || now.rows != before.rows ||
         now.bytes != before.bytes ||
         now.bytes_written != before.bytes_written || now.work != before.work;
}

absl::Status OutOfMemoryError(const LoadSpec& spec) {
  return ResourceExhausted(
      "the loader ran out of memory (limit {} bytes, sort buffer {} bytes): "
      "raise settings.load.memory_max or lower settings.load.sort_buffer",
      spec.memory_max_bytes, spec.sort_buffer_bytes);
}

}  // namespace

LoaderConversation::LoaderConversation(OnRecord on_record)
    : on_record_(std::move(on_record)) {}

absl::Status LoaderConversation::TakeOutput(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kLineBytesMax) {
      line_.append(piece.substr(0, kLineBytesMax - line_.size()));
      return WithTail(
          Internal("the loader wrote a line of more than {} bytes ('{}'); is "
                   "settings.load.loader the freshet-load of this version?",
                   kLineBytesMax, Excerpt(line_)));
    }
    line_.append(piece);
    if (end == std::string_view::npos) return absl::OkStatus();
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    RETURN_IF_ERROR(TakeLine(line));
  }
  return absl::OkStatus();
}

absl::Status LoaderConversation::TakeLine(std::string_view line) {
  const auto record = ParseLoadProgress(line);
  if (!record.ok()) {
    return WithTail(
        Internal("the loader wrote '{}', which is no progress record; is "
                 "settings.load.loader the freshet-load of this version?",
                 Excerpt(line)));
  }
  if (built_ || failure_.has_value()) {
    return WithTail(
        Internal("the loader went on with phase '{}' after its last record",
                 LoadPhaseName(record->phase)));
  }
  if (!last_.has_value() || Advanced(*last_, *record)) ++advances_;
  last_ = *record;
  built_ = record->phase == LoadPhase::kBuilt;
  if (record->phase == LoadPhase::kFailed) {
    failure_ = record->error.ok()
                   ? Internal("the loader failed without saying why")
                   : record->error;
  }
  return on_record_(*record);
}

void LoaderConversation::TakeErrors(std::string_view bytes) {
  if (bytes.size() > kTailBytesMax) {
    bytes.remove_prefix(bytes.size() - kTailBytesMax);
  }
  tail_.append(bytes);
  if (tail_.size() > kTailBytesMax) {
    tail_.erase(0, tail_.size() - kTailBytesMax);
  }
}

absl::Status LoaderConversation::Verdict(const ChildEnd& end,
                                         const LoadSpec& spec) const {
  if (failure_.has_value()) return *failure_;
  if (end.signal != 0) return WithTail(SignalError(end.signal, spec));
  if (end.exit_code != 0) {
    if (OutOfMemory(tail_)) return WithTail(OutOfMemoryError(spec));
    return WithTail(
        Internal("the loader ended with exit code {}", end.exit_code));
  }
  if (!built_) {
    return WithTail(Internal(
        "the loader ended with exit code 0 but did not say that it built the "
        "version"));
  }
  return absl::OkStatus();
}

absl::Status LoaderConversation::SignalError(int signal,
                                             const LoadSpec& spec) const {
  const char* const name = ::sigabbrev_np(signal);
  if (signal == SIGXCPU) {
    return ResourceExhausted(
        "the loader used more than {} s of CPU time: raise "
        "settings.load.cpu_max",
        spec.cpu_max_s);
  }
  if (signal == SIGKILL || signal == SIGTERM) {
    return Aborted(
        "the loader was killed from outside by SIG{}: by an operator, or by "
        "the kernel for want of memory (see the kernel's log; then lower "
        "settings.load.sort_buffer); load the snapshot again",
        name);
  }
  if (OutOfMemory(tail_)) return OutOfMemoryError(spec);
  return Internal(
      "the loader crashed by SIG{}: the snapshot may be damaged or hostile; "
      "the serving version is untouched",
      name == nullptr ? "?" : name);
}

absl::Status LoaderConversation::WithTail(const absl::Status& status) const {
  const std::string tail = Printable(tail_);
  if (status.ok() || tail.empty()) return status;
  const std::string text = fmt::format("{}; its last words: {}",
                                       std::string(status.message()), tail);
  return absl::Status(status.code(), absl::string_view(text));
}

}  // namespace freshet
