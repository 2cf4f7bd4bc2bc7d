// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/audit_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/json_fields.h"
#include "versions/layout.h"

namespace freshet {
namespace {

// Of a line that was cut short; an empty file ends well.
bool EndsWithinALine(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

absl::Status AuditLog::Append(const Entry& entry,
                              const nlohmann::json& details) {
  nlohmann::ordered_json line = {{"at_micros", entry.at_micros},
                                 {"action", entry.action},
                                 {"who", entry.who}};
  line.update(nlohmann::ordered_json(details));
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string path = AuditPath(dir_);
  MutexLock lock(mu_);
  RETURN_IF_ERROR(FAILPOINT("audit.append"));
  const bool is_new = !PathExists(path);
  const UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd.ok()) return ErrnoError("cannot open", path, errno);
  const char* before = EndsWithinALine(fd.get()) ? "\n" : "";
  RETURN_IF_ERROR(
      WriteAll(fd.get(), fmt::format("{}{}\n", before, text), path));
  if (::fsync(fd.get()) != 0) return ErrnoError("cannot fsync", path, errno);
  return is_new ? SyncDir(dir_) : absl::OkStatus();
}

absl::StatusOr<std::vector<AuditLog::ForgottenEntity>>
AuditLog::ReadForgotten() {
  const std::string path = AuditPath(dir_);
  std::vector<ForgottenEntity> forgotten;
  MutexLock lock(mu_);
  if (!PathExists(path)) return forgotten;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto json = ParseJsonObject(line);
    if (!json.ok()) continue;  // A crash cut it short: it was never answered.
    JsonFields fields(*json);
    if (fields.String("action") != "forget") continue;
    ForgottenEntity& one = forgotten.emplace_back();
    one.entity = fields.String("entity");
    one.hash = fields.Hex64("key");
    one.at_micros = fields.Int64("at_micros");
    if (fields.Has("live_views")) {
      for (const nlohmann::json& view : fields.Array("live_views")) {
        if (view.is_string()) one.live_views.insert(view.get<std::string>());
      }
    }
    RETURN_IF_ERROR(Annotate(fields.status(), path));
  }
  if (in.bad()) return ErrnoError("cannot read", path, errno);
  return forgotten;
}

}  // namespace freshet
