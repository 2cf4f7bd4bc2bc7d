// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/loader_process.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "base/child_process.h"
#include "base/child_talk.h"
#include "base/error.h"
#include "base/status.h"
#include "versions/loads/loader_conversation.h"

namespace freshet {

LoaderProcess::LoaderProcess(Options options)
    : options_(std::move(options)),
      cancelled_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(cancelled_.ok());
}

absl::Status LoaderProcess::Run(const LoadSpec& spec,
                                const OnProgress& on_progress) {
  ChildOptions child_options;
  child_options.executable = options_.executable;
  child_options.memory_max_bytes = spec.memory_max_bytes;
  child_options.cpu_max_s = spec.cpu_max_s;
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Spawn(child_options));

  LoaderConversation talk(on_progress);
  const std::string input = SerializeLoadSpec(spec) + "\n";
  ChildTalk hear;
  hear.input = input;
  hear.take_output = [&](std::string_view bytes) {
    return talk.TakeOutput(bytes);
  };
  hear.take_errors = [&](std::string_view bytes) { talk.TakeErrors(bytes); };
  hear.advances = [&] { return talk.advances(); };
  hear.idle_timeout = options_.idle_timeout;
  hear.term_grace = options_.term_grace;
  hear.cancelled = cancelled_.get();
  hear.when_cancelled = Cancelled("the load was cancelled");
  hear.when_idle = [&] {
    return talk.WithTail(DeadlineExceeded(
        "the loader made no progress for {} s and was killed: see "
        "whether the snapshot's storage hangs, or raise "
        "settings.load.idle_timeout",
        std::chrono::duration<double>(options_.idle_timeout).count()));
  };
  ChildEnd end;
  RETURN_IF_ERROR(HearChild(std::move(child), hear, end));
  return talk.Verdict(end, spec);
}

void LoaderProcess::Cancel() {
  const uint64_t one = 1;
  CHECK(::write(cancelled_.get(), &one, sizeof(one)) == sizeof(one));
}

}  // namespace freshet
