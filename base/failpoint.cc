// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <charconv>
#include <cstdlib>
#include <map>

#include "base/check.h"
#include "base/mutex.h"
#include "base/status.h"

namespace freshet {
namespace {

struct Action {
  enum class Kind { kKill, kError, kSleep } kind = Kind::kError;
  int sleep_ms = 0;
  int times = -1;  // Without end.
};

absl::Status BadSpec(std::string_view item) {
  const std::string text = fmt::format(
      "failpoint '{}': want name=[COUNT*](kill|error|sleep:MS)", item);
  return absl::InvalidArgumentError(absl::string_view(text));
}

bool ParseInt(std::string_view text, int* out) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

absl::StatusOr<Action> ParseAction(std::string_view text,
                                   std::string_view item) {
  Action action;
  if (const size_t star = text.find('*'); star != std::string_view::npos) {
    if (!ParseInt(text.substr(0, star), &action.times)) return BadSpec(item);
    text.remove_prefix(star + 1);
  }
  if (text == "kill") {
    action.kind = Action::Kind::kKill;
  } else if (text == "error") {
    action.kind = Action::Kind::kError;
  } else if (text.starts_with("sleep:") &&
             ParseInt(text.substr(6), &action.sleep_ms)) {
    action.kind = Action::Kind::kSleep;
  } else {
    return BadSpec(item);
  }
  return action;
}

using Table = std::map<std::string, Action, std::less<>>;

absl::StatusOr<Table> ParseTable(std::string_view spec) {
  Table table;
  while (!spec.empty()) {
    const size_t end = std::min(spec.find(';'), spec.size());
    const std::string_view item = spec.substr(0, end);
    spec.remove_prefix(std::min(end + 1, spec.size()));
    if (item.empty()) continue;
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return BadSpec(item);
    ASSIGN_OR_RETURN(table[std::string(item.substr(0, equals))],
                     ParseAction(item.substr(equals + 1), item));
  }
  return table;
}

// The one place of mutable process-wide state: the environment is that too.
class Registry {
 public:
  static Registry& Get() {
    static Registry registry;
    return registry;
  }

  void Replace(Table table) {
    MutexLock lock(mu_);
    table_ = std::move(table);
  }

  // The action to take, its count lowered; nullopt-like `false` if none.
  bool Take(std::string_view name, Action* action) {
    MutexLock lock(mu_);
    const auto it = table_.find(name);
    if (it == table_.end() || it->second.times == 0) return false;
    if (it->second.times > 0) --it->second.times;
    *action = it->second;
    return true;
  }

 private:
  Registry() {
    const char* spec = std::getenv("FRESHET_FAILPOINTS");
    if (spec == nullptr) return;
    auto table = ParseTable(spec);
    if (!table.ok()) CheckFailed("FRESHET_FAILPOINTS", 0, spec);
    table_ = *std::move(table);
  }

  Mutex mu_;
  Table table_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::Status HitFailpoint(std::string_view name) {
  Action action;
  if (!Registry::Get().Take(name, &action)) return absl::OkStatus();
  switch (action.kind) {
    case Action::Kind::kKill:
      ::raise(SIGKILL);  // What the loader's sandbox allows.
      break;
    case Action::Kind::kSleep:
      ::poll(nullptr, 0, action.sleep_ms);
      return absl::OkStatus();
    case Action::Kind::kError:
      break;
  }
  const std::string text = fmt::format("failpoint '{}'", name);
  return absl::InternalError(absl::string_view(text));
}

absl::Status ArmFailpoints(std::string_view spec) {
  ASSIGN_OR_RETURN(Table table, ParseTable(spec));
  Registry::Get().Replace(std::move(table));
  return absl::OkStatus();
}

}  // namespace freshet
