// SPDX-License-Identifier: Apache-2.0
#include "server/event_export/export_process.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/child_talk.h"
#include "base/error.h"
#include "base/status.h"
#include "server/net/printable.h"

namespace freshet {
namespace {

constexpr size_t kLineBytesMax = 64 << 10;
constexpr size_t kTailBytesMax = 2 << 10;

// What a child has said so far, in bounded memory.
struct Said {
  std::string line;  // The unfinished one.
  std::string tail;  // Of its standard error.
  std::optional<ExportReport> last;
  int64_t advances = 0;

  absl::Status TakeOutput(std::string_view bytes) {
    line += bytes;
    size_t start = 0;
    for (size_t end; (end = line.find('\n', start)) != std::string::npos;
         start = end + 1) {
      const auto report =
          ParseExportReport(std::string_view(line).substr(start, end - start));
      if (!report.ok()) {
        return Internal(
            "the child wrote what is no report: {}; is "
            "settings.load.loader the freshet-load of this "
            "version?",
            std::string(report.status().message()));
      }
      last = *report;
      ++advances;
    }
    line.erase(0, start);
    if (line.size() <= kLineBytesMax) return absl::OkStatus();
    return Internal("the child wrote a line of more than {} bytes",
                    kLineBytesMax);
  }

  void TakeErrors(std::string_view bytes) {
    tail += bytes;
    if (tail.size() > kTailBytesMax) tail.erase(0, tail.size() - kTailBytesMax);
  }
};

absl::Status EndedBy(const ChildEnd& end, const Said& said) {
  std::string_view tail = said.tail;
  while (tail.ends_with('\n')) tail.remove_suffix(1);
  return Aborted("the child that writes files ended by {} {}{}{}",
                 end.signal != 0 ? "signal" : "exit code",
                 end.signal != 0 ? end.signal : end.exit_code,
                 tail.empty() ? "" : ": ", Printable(tail, kTailBytesMax));
}

}  // namespace

ExportProcess::ExportProcess(Options options)
    : options_(std::move(options)),
      cancelled_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(cancelled_.ok());
}

absl::StatusOr<ExportReport> ExportProcess::Run(const ExportOrder& order) {
  ChildOptions child_options;
  child_options.executable = options_.executable;
  child_options.memory_max_bytes = order.memory_max_bytes;
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Spawn(child_options));
  Said said;
  const std::string input = SerializeExportOrder(order) + "\n";
  ChildTalk talk;
  talk.input = input;
  talk.take_output = [&](std::string_view bytes) {
    return said.TakeOutput(bytes);
  };
  talk.take_errors = [&](std::string_view bytes) { said.TakeErrors(bytes); };
  talk.advances = [&] { return said.advances; };
  talk.idle_timeout = options_.idle_timeout;
  talk.cancelled = cancelled_.get();
  talk.when_cancelled = Cancelled("the daemon ends");
  talk.when_idle = [&] {
    return DeadlineExceeded(
        "the child that writes files made no progress for {} s and was killed: "
        "see whether '{}' hangs",
        std::chrono::duration<double>(options_.idle_timeout).count(),
        order.directory);
  };
  ChildEnd end;
  RETURN_IF_ERROR(HearChild(std::move(child), talk, end));
  if (!said.last || !said.last->is_last) return EndedBy(end, said);
  RETURN_IF_ERROR(said.last->status);
  return *said.last;
}

void ExportProcess::Cancel() {
  const uint64_t one = 1;
  CHECK(::write(cancelled_.get(), &one, sizeof(one)) == sizeof(one));
}

}  // namespace freshet
